-- Devices on their way in: expected by a one-time code, then seen with the key they made, then approved by a person, then bound in the log.
-- The stream secret is not kept here: the device says it again when it is bound, and the commitment shows that it is the same.
CREATE TABLE trace.admission (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     text NOT NULL,
  code_hash     bytea UNIQUE CHECK (length(code_hash) = 32),
  state         text NOT NULL CHECK (state IN ('open', 'waiting', 'approved', 'bound', 'rejected')),
  site          text CHECK (site ~ '^[a-z0-9-]{1,32}$'),
  name          text,
  kind          text,
  made_by       text NOT NULL,
  made_at       timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  stream_id     bytea CHECK (length(stream_id) = 16),
  cose_key      bytea CHECK (length(cose_key) <= 256),
  keeper        text,
  first_epoch   bigint,
  commitment    bytea CHECK (length(commitment) = 32),
  seen_at       timestamptz,
  decided_by    text,
  decided_at    timestamptz,
  binding_index bigint,
  CHECK (state IN ('open', 'rejected') OR (stream_id IS NOT NULL AND cose_key IS NOT NULL AND commitment IS NOT NULL))
);
CREATE INDEX admission_of_tenant ON trace.admission (tenant_id, made_at DESC);
CALL trace.protect('trace.admission');
-- Never the hash of the code: who may look at the list may not ask whether a code is among them.
GRANT SELECT (id, tenant_id, state, site, name, kind, made_by, made_at, expires_at, stream_id, cose_key, keeper, seen_at, decided_by, decided_at,
  binding_index), INSERT (tenant_id, code_hash, state, site, name, kind, made_by, expires_at), UPDATE (state, site, name, kind, decided_by, decided_at), DELETE
  ON trace.admission TO trace_app;
GRANT SELECT, UPDATE ON trace.admission TO trace_ledger;
