-- Epochs of streams in which numbers are missing, or were when somebody looked last: what reading.Gaps goes through.
CREATE TABLE sequence_watch (
  stream_id bytea NOT NULL REFERENCES stream,
  epoch     bigint NOT NULL,
  tenant_id text NOT NULL,
  -- The highest number that the device says it used (boot message, group 33); −1 when it says nothing.
  known_to  bigint NOT NULL DEFAULT -1,
  check_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, epoch)
);
CREATE INDEX sequence_watch_due ON sequence_watch (check_at);

-- Numbers that are missing now. A row goes when its numbers come; what was said of it in the log stays there.
CREATE TABLE sequence_gap (
  stream_id     bytea NOT NULL REFERENCES stream,
  epoch         bigint NOT NULL,
  first         bigint NOT NULL,
  last          bigint NOT NULL CHECK (last >= first),
  tenant_id     text NOT NULL,
  noticed_at    timestamptz NOT NULL,
  asked_at      timestamptz,
  -- Where the log says that it is missing, or that its device has declared it.
  missing_index  bigint,
  declared_index bigint,
  PRIMARY KEY (stream_id, epoch, first)
);

-- What the log says of missing numbers (FORMAT.md §6), for ever.
CREATE TABLE gap_entry (
  ledger_index bigint PRIMARY KEY,
  stream_id    bytea NOT NULL REFERENCES stream,
  epoch        bigint NOT NULL,
  first        bigint NOT NULL,
  last         bigint NOT NULL,
  tenant_id    text NOT NULL,
  noticed_at   timestamptz NOT NULL
);

-- What devices say of numbers that nobody will see any more (message type 5), for ever.
CREATE TABLE declared_gap (
  stream_id    bytea NOT NULL REFERENCES stream,
  epoch        bigint NOT NULL,
  first        bigint NOT NULL,
  last         bigint NOT NULL,
  ledger_index bigint NOT NULL,
  tenant_id    text NOT NULL,
  reason       bigint NOT NULL,
  PRIMARY KEY (stream_id, epoch, first, last, ledger_index)
);

CALL protect('sequence_watch');
CALL protect('sequence_gap');
CALL protect('gap_entry');
CALL protect('declared_gap');
GRANT SELECT ON sequence_gap, gap_entry, declared_gap TO trace_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sequence_watch, sequence_gap TO trace_ledger;
GRANT SELECT, INSERT ON gap_entry, declared_gap TO trace_ledger;
