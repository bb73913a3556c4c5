-- Master data: places, trade items, batches, certificates. One organisation registers a GTIN; the passport finds the maker by it.

CREATE TABLE trace.location (
    tenant_id text NOT NULL REFERENCES trace.organisation (slug),
    id        text NOT NULL,
    name      text NOT NULL,
    lat       double precision CHECK (lat BETWEEN -90 AND 90),
    lon       double precision CHECK (lon BETWEEN -180 AND 180),
    kind      text,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE trace.trade_item (
    gtin                text PRIMARY KEY CHECK (gtin ~ '^[0-9]{14}$'),
    tenant_id           text NOT NULL REFERENCES trace.organisation (slug),
    name                text NOT NULL,
    description         text,
    category            text,
    kind                text,
    min_centi_celsius   integer,
    max_centi_celsius   integer,
    max_minutes_outside integer,
    created_at          timestamptz NOT NULL DEFAULT now(),
    UNIQUE (gtin, tenant_id)
);

CREATE TABLE trace.batch (
    gtin        text NOT NULL,
    lot         text NOT NULL CHECK (length(lot) BETWEEN 1 AND 20),
    tenant_id   text NOT NULL,
    produced_at timestamptz,
    expiry      date,
    quantity    bigint,
    origin      text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gtin, lot),
    UNIQUE (gtin, lot, tenant_id),
    FOREIGN KEY (gtin, tenant_id) REFERENCES trace.trade_item (gtin, tenant_id)
);
CREATE INDEX batch_of_tenant ON trace.batch (tenant_id, created_at DESC);

CREATE TABLE trace.certificate (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   text NOT NULL,
    gtin        text NOT NULL,
    lot         text NOT NULL DEFAULT '',               -- '' = for every batch of the trade item
    name        text NOT NULL,
    issuer      text NOT NULL,
    valid_until date,
    digest      text CHECK (digest ~ '^[0-9a-f]{64}$'),
    kind        text NOT NULL CHECK (kind IN ('evidenced', 'verified')),
    UNIQUE (tenant_id, gtin, lot, name, issuer),
    FOREIGN KEY (gtin, tenant_id) REFERENCES trace.trade_item (gtin, tenant_id)
);
CREATE INDEX certificate_of_item ON trace.certificate (gtin, lot);

-- The key with which the platform signs for an organisation that has none of its own. Sealed: AES-GCM under the installation's master key.
CREATE TABLE trace.platform_key (
    tenant_id text PRIMARY KEY REFERENCES trace.organisation (slug),
    stream_id bytea NOT NULL UNIQUE CHECK (length(stream_id) = 16),
    sealed    bytea NOT NULL
);

CALL trace.protect('trace.location');
CALL trace.protect('trace.trade_item');
CALL trace.protect('trace.batch');
CALL trace.protect('trace.certificate');
CALL trace.protect('trace.platform_key');
GRANT SELECT, INSERT, UPDATE ON trace.location, trace.trade_item, trace.batch, trace.certificate TO trace_app;
GRANT SELECT, INSERT ON trace.platform_key TO trace_app;

CALL trace.show_in_passports('trace.trade_item');
CALL trace.show_in_passports('trace.batch');
CALL trace.show_in_passports('trace.certificate');
GRANT SELECT ON trace.trade_item, trace.batch, trace.certificate TO trace_passport;
-- Who may commission a trade item is decided on the sequencer's side.
GRANT SELECT ON trace.trade_item TO trace_ledger;
