-- Makers whose devices may show themselves without a code: by a certificate of the factory's authority. They wait for a person like all others,
-- unless the organisation has said to which site such devices go.
CREATE TABLE trace.factory (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     text NOT NULL,
  name          text NOT NULL,
  certificate   bytea NOT NULL CHECK (length(certificate) <= 8192),
  approved_site text CHECK (approved_site ~ '^[a-z0-9-]{1,32}$'),
  made_by       text NOT NULL,
  made_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX factory_of_tenant ON trace.factory (tenant_id, made_at);
CALL trace.protect('trace.factory');
GRANT SELECT, INSERT, DELETE ON trace.factory TO trace_app;
GRANT SELECT ON trace.factory TO trace_ledger;

-- Which factory vouched, and what the certificate calls the device. One admission per device and organisation.
ALTER TABLE trace.admission
  ADD COLUMN factory text,
  ADD COLUMN factory_subject text;
CREATE UNIQUE INDEX admission_by_factory ON trace.admission (tenant_id, stream_id) WHERE factory IS NOT NULL;
GRANT SELECT (factory, factory_subject) ON trace.admission TO trace_app;
GRANT INSERT ON trace.admission TO trace_ledger;
