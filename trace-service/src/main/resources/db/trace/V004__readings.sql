-- Signed messages of devices and statements of organisations, as received: wire is the evidence, the other columns are read from it.
CREATE TABLE message (
  stream_id    bytea NOT NULL REFERENCES stream,
  epoch        bigint NOT NULL,
  seq          bigint NOT NULL,
  tenant_id    text NOT NULL,
  type         smallint NOT NULL,
  kid          bytea NOT NULL,
  digest       bytea NOT NULL CHECK (length(digest) = 32),
  prev         bytea CHECK (length(prev) = 32),
  tag          bytea NOT NULL CHECK (length(tag) = 32),
  wire         bytea NOT NULL,
  ledger_index bigint NOT NULL UNIQUE,
  device_time  timestamptz NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  -- linked: prev is the predecessor's digest; pending-link: predecessor not here yet; chain-break: predecessor is another message.
  link_state   text NOT NULL CHECK (link_state IN ('linked', 'pending-link', 'chain-break')),
  PRIMARY KEY (stream_id, epoch, seq)
);
ALTER TABLE message ALTER COLUMN wire SET STORAGE EXTERNAL;
CREATE INDEX message_newest ON message (stream_id, ledger_index DESC);
CREATE INDEX message_pending ON message (stream_id) WHERE link_state = 'pending-link';

-- A second message under a taken identity, kept as proof: both are signed by the same key.
CREATE TABLE equivocation (
  stream_id    bytea NOT NULL,
  epoch        bigint NOT NULL,
  seq          bigint NOT NULL,
  digest       bytea NOT NULL CHECK (length(digest) = 32),
  tenant_id    text NOT NULL,
  kid          bytea NOT NULL,
  tag          bytea NOT NULL CHECK (length(tag) = 32),
  wire         bytea NOT NULL,
  ledger_index bigint NOT NULL UNIQUE,
  received_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, epoch, seq, digest),
  FOREIGN KEY (stream_id, epoch, seq) REFERENCES message
);

-- What is stored of a stream, as ranges of sequence numbers: the source of receipts.
CREATE TABLE stored_range (
  stream_id bytea NOT NULL REFERENCES stream,
  epoch     bigint NOT NULL,
  tenant_id text NOT NULL,
  seqs      int8multirange NOT NULL,
  PRIMARY KEY (stream_id, epoch)
);

-- Single values of a reading; a series is expanded. value × 10^exponent in the quantity's unit (FORMAT.md).
CREATE TABLE measurement (
  stream_id bytea NOT NULL,
  epoch     bigint NOT NULL,
  seq       bigint NOT NULL,
  ordinal   int NOT NULL,
  tenant_id text NOT NULL,
  quantity  int NOT NULL,
  sensor    int NOT NULL,
  at        timestamptz NOT NULL,
  value     bigint NOT NULL,
  exponent  int NOT NULL,
  flags     int NOT NULL,
  PRIMARY KEY (stream_id, epoch, seq, ordinal),
  FOREIGN KEY (stream_id, epoch, seq) REFERENCES message
);

-- What a reading says it is about: Digital Link paths (/01/…/21/…, /01/…/10/…) and /00/… for logistic units.
CREATE TABLE message_subject (
  subject      text NOT NULL,
  stream_id    bytea NOT NULL,
  epoch        bigint NOT NULL,
  seq          bigint NOT NULL,
  tenant_id    text NOT NULL,
  ledger_index bigint NOT NULL,
  PRIMARY KEY (subject, stream_id, epoch, seq),
  FOREIGN KEY (stream_id, epoch, seq) REFERENCES message
);
CREATE INDEX message_subject_newest ON message_subject (subject, ledger_index DESC);

CALL protect('message');
CALL protect('equivocation');
CALL protect('stored_range');
CALL protect('measurement');
CALL protect('message_subject');
CALL show_in_passports('message');
CALL show_in_passports('measurement');
CALL show_in_passports('message_subject');
GRANT SELECT ON message, equivocation, measurement, message_subject TO trace_app;
GRANT SELECT ON message, measurement, message_subject TO trace_passport;
-- No DELETE anywhere; of a message only its link state may change.
GRANT SELECT, INSERT ON message, equivocation, measurement, message_subject TO trace_ledger;
GRANT UPDATE (link_state) ON message TO trace_ledger;
GRANT SELECT, INSERT, UPDATE ON stored_range TO trace_ledger;
