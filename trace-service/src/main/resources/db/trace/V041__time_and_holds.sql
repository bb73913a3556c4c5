-- When a message was signed, from two sides: after the receipt that it names (not_before), before its inclusion (received_at).
-- time_flags: 1 its clock is ahead of ours, 2 it is before its predecessor's time, 4 it is before the receipt that it names.
-- admission: the reason for which it was refused, when an operator took it after all.
ALTER TABLE message
  ADD COLUMN not_before timestamptz,
  ADD COLUMN time_flags smallint NOT NULL DEFAULT 0,
  ADD COLUMN admission text,
  ADD COLUMN admission_index bigint;
CREATE INDEX message_clock ON message (stream_id, ledger_index DESC) WHERE time_flags <> 0;
CREATE INDEX message_broken ON message (stream_id, ledger_index DESC) WHERE link_state = 'chain-break';
GRANT UPDATE (link_state, time_flags) ON message TO trace_ledger;

-- When the epoch's first message came: a replay of an old epoch is told from a straggler by it.
ALTER TABLE stored_range ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now();

-- Receipts that were signed, by the first half of what a message calls its anchor.
CREATE TABLE issued_receipt (
  anchor    bytea NOT NULL CHECK (length(anchor) = 16),
  stream_id bytea NOT NULL,
  tenant_id text NOT NULL,
  tree_size bigint NOT NULL,
  issued_at timestamptz NOT NULL,
  PRIMARY KEY (anchor)
);
CREATE INDEX issued_receipt_age ON issued_receipt (issued_at);

-- From this place of its stream on nothing new by this key is taken: two messages were signed under one number.
ALTER TABLE stream_key
  ADD COLUMN held_epoch bigint,
  ADD COLUMN held_seq bigint,
  ADD COLUMN held_at timestamptz;

-- Why an operator took a refused message after all; the log has a commitment to these words (FORMAT.md §6).
CREATE TABLE message_admission (
  ledger_index bigint PRIMARY KEY,
  stream_id    bytea NOT NULL,
  epoch        bigint NOT NULL,
  seq          bigint NOT NULL,
  digest       bytea NOT NULL CHECK (length(digest) = 32),
  tenant_id    text NOT NULL,
  refused_as   text NOT NULL,
  reason       text NOT NULL,
  admitted_by  text NOT NULL,
  admitted_at  timestamptz NOT NULL DEFAULT now()
);

CALL protect('issued_receipt');
CALL protect('message_admission');
GRANT SELECT ON message_admission TO trace_app;
GRANT SELECT, INSERT ON message_admission TO trace_ledger;
GRANT SELECT, INSERT, DELETE ON issued_receipt TO trace_ledger;
