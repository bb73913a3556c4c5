-- The keys that have signed this log, from the first that promised its successor (FORMAT.md §6.2). The entries stand in the log, the checkpoint
-- that two of them signed is that of size index + 1 in ledger_checkpoint; these rows only save looking for them.
CREATE TABLE ledger_log_key (
  generation bigint PRIMARY KEY CHECK (generation >= 0),
  index      bigint NOT NULL UNIQUE,
  entry      bytea NOT NULL
);
GRANT SELECT, INSERT ON ledger_log_key TO trace_ledger;
