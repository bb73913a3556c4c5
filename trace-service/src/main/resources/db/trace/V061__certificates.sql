-- X.509 certificates by which devices prove themselves to a broker. Not evidence: a certificate says who may connect, a key binding in the log
-- who signed. The root's key is in no table; each organisation's issuing key is sealed with the master key.
CREATE TABLE trace.issuing_authority (
  tenant_id   text PRIMARY KEY,
  certificate bytea NOT NULL,
  sealed      bytea NOT NULL,
  not_after   timestamptz NOT NULL
);
CREATE TABLE trace.device_certificate (
  serial      bytea PRIMARY KEY,
  tenant_id   text NOT NULL,
  stream_id   bytea NOT NULL REFERENCES trace.stream,
  -- SHA-256 of its public key: a request sent again gets the certificate of the first.
  key_hash    bytea NOT NULL CHECK (length(key_hash) = 32),
  certificate bytea NOT NULL,
  issued_at   timestamptz NOT NULL,
  not_after   timestamptz NOT NULL
);
CREATE INDEX device_certificate_of_stream ON trace.device_certificate (stream_id, issued_at DESC);
CALL trace.protect('trace.issuing_authority');
CALL trace.protect('trace.device_certificate');
GRANT SELECT, INSERT, UPDATE ON trace.issuing_authority TO trace_ledger;
GRANT SELECT (tenant_id, certificate, not_after) ON trace.issuing_authority TO trace_app;
GRANT SELECT, INSERT, DELETE ON trace.device_certificate TO trace_ledger;
GRANT SELECT ON trace.device_certificate TO trace_app;
