-- Who may sign: streams (a device, one signing key's stream of an organisation, a receipt key) and the keys bound to them in the log.
-- The platform's own streams (receipt keys) have tenant '~platform', which no slug can be.
CREATE TABLE stream (
  id         bytea PRIMARY KEY CHECK (length(id) = 16),
  tenant_id  text NOT NULL,
  role       text NOT NULL CHECK (role IN ('device', 'organisation', 'receipt')),
  secret     bytea NOT NULL CHECK (length(secret) = 32),
  label      text NOT NULL,
  site       text CHECK (site ~ '^[a-z0-9-]{1,32}$'),
  name       text,
  kind       text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen  timestamptz
);
CREATE INDEX stream_of_tenant ON stream (tenant_id, role, id);

CREATE TABLE stream_key (
  stream_id     bytea NOT NULL REFERENCES stream,
  kid           bytea NOT NULL CHECK (length(kid) = 8),
  tenant_id     text NOT NULL,
  cose_key      bytea NOT NULL,
  keeper        text NOT NULL,
  first_epoch   bigint NOT NULL,
  binding_index bigint NOT NULL UNIQUE,
  -- Position of the revocation entry: what is included after it is not this key's any more.
  revoked_index bigint UNIQUE,
  revoked_reason text,
  PRIMARY KEY (stream_id, kid)
);

-- Newest value per device, quantity and sensor: what a list of devices shows.
CREATE TABLE device_last (
  stream_id bytea NOT NULL REFERENCES stream,
  quantity  int NOT NULL,
  sensor    int NOT NULL,
  tenant_id text NOT NULL,
  at        timestamptz NOT NULL,
  value     bigint NOT NULL,
  exponent  int NOT NULL,
  PRIMARY KEY (stream_id, quantity, sensor)
);

CALL protect('stream');
CALL protect('stream_key');
CALL protect('device_last');
CALL show_in_passports('stream');
CALL show_in_passports('stream_key');
-- The app reads without the stream secrets; writing happens in the sequencer's transactions only.
GRANT SELECT (id, tenant_id, role, label, site, name, kind, created_at, last_seen) ON stream TO trace_app, trace_passport;
GRANT SELECT ON stream_key TO trace_app, trace_passport;
GRANT SELECT ON device_last TO trace_app;
GRANT SELECT, INSERT, UPDATE ON stream, stream_key, device_last TO trace_ledger;
