-- Entries taken from a mirror after the database lost them; the rows beside them are not in any mirror. ended_at is null while one goes on.
CREATE TABLE ledger_recovery (
  to_size   bigint PRIMARY KEY,
  from_size bigint NOT NULL CHECK (from_size BETWEEN 0 AND to_size),
  begun_at  timestamptz NOT NULL DEFAULT now(),
  ended_at  timestamptz
);
GRANT SELECT, INSERT ON ledger_recovery TO trace_ledger;
GRANT UPDATE (ended_at) ON ledger_recovery TO trace_ledger;

-- Keys that the log binds to streams whose rows were lost: nobody may take such a stream over with another secret. Tenant-free: the log
-- does not say whose they are.
CREATE TABLE lost_binding (
  binding_index bigint PRIMARY KEY,
  stream_id     bytea NOT NULL CHECK (length(stream_id) = 16),
  commitment    bytea NOT NULL CHECK (length(commitment) = 32),
  role          text NOT NULL
);
CREATE INDEX lost_binding_stream ON lost_binding (stream_id);
GRANT SELECT, INSERT ON lost_binding TO trace_ledger;

-- Two streams under one secret would have equal tags: looked for at registration.
CREATE INDEX stream_secret ON stream (secret);

-- A second message under one number is kept as evidence also when the row of the first was lost.
ALTER TABLE equivocation DROP CONSTRAINT equivocation_stream_id_epoch_seq_fkey;
