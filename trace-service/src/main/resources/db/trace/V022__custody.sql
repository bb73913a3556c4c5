-- What is followed (traced_object), what was signed about it (step), and each object's own chain through the ledger (link).
-- Steps and links are written by trace_ledger only, in the sequencer's transaction, and never changed: no role here has UPDATE or DELETE on them.

CREATE TABLE trace.traced_object (
    uri             text PRIMARY KEY,                   -- canonical Digital Link URI
    tenant_id       text NOT NULL REFERENCES trace.organisation (slug),   -- who made it, or who first recorded the logistic unit
    gtin            text,
    lot             text,
    serial          text,
    secret          bytea NOT NULL CHECK (length(secret) = 32),
    state           text NOT NULL CHECK (state IN ('reserved', 'active', 'in_transit', 'sold', 'ended')),
    holder          text REFERENCES trace.organisation (slug),
    place           text,
    disposition     text,
    parent          text,                               -- SSCC URI while packed
    last_n          bigint NOT NULL DEFAULT -1,         -- -1 = reserved, nothing signed yet
    last_link       bytea,
    last_biz_step   text,
    last_time       timestamptz,
    last_lat_e7     bigint,
    last_lon_e7     bigint,
    created_at      timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (uri, tenant_id),
    FOREIGN KEY (gtin, lot, tenant_id) REFERENCES trace.batch (gtin, lot, tenant_id)
);
CREATE INDEX object_of_batch ON trace.traced_object (gtin, lot, serial);
CREATE INDEX object_changed ON trace.traced_object (changed_at DESC);

CREATE TABLE trace.step (
    digest      bytea PRIMARY KEY CHECK (length(digest) = 32),
    tenant_id   text NOT NULL REFERENCES trace.organisation (slug),       -- the signer's organisation
    stream_id   bytea NOT NULL CHECK (length(stream_id) = 16),
    epoch       bigint NOT NULL,
    seq         bigint NOT NULL,
    wire        bytea NOT NULL,
    biz_step    text NOT NULL,
    event_time  timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream_id, epoch, seq)
);

CREATE TABLE trace.link (
    uri          text NOT NULL,
    n            bigint NOT NULL,
    tenant_id    text NOT NULL,                         -- the signer's organisation, as in step
    step_digest  bytea NOT NULL REFERENCES trace.step (digest),
    position     integer NOT NULL,                      -- index of the object in the step's object tree
    path         bytea NOT NULL,                        -- the object's path in that tree, hashes joined: no recomputing of siblings per passport
    ledger_index bigint NOT NULL UNIQUE,
    link_digest  bytea NOT NULL,
    PRIMARY KEY (uri, n),
    UNIQUE (step_digest, position)
);

-- A contradiction found between signed steps. Found by us, not signed by anybody: shown as our reading of the steps.
CREATE TABLE trace.finding (
    uri       text NOT NULL,
    n         bigint NOT NULL,
    kind      text NOT NULL,
    tenant_id text NOT NULL,
    severity  text NOT NULL CHECK (severity IN ('caution', 'bad')),
    detail    text NOT NULL,
    found_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (uri, n, kind)
);

CALL trace.protect('trace.traced_object');
CALL trace.protect('trace.step');
CALL trace.protect('trace.link');
CALL trace.protect('trace.finding');
CALL trace.show_in_passports('trace.traced_object');
CALL trace.show_in_passports('trace.step');
CALL trace.show_in_passports('trace.link');
CALL trace.show_in_passports('trace.finding');
GRANT SELECT ON trace.traced_object, trace.step, trace.link, trace.finding TO trace_app, trace_passport;
GRANT SELECT, INSERT ON trace.traced_object, trace.step, trace.link, trace.finding TO trace_ledger;
GRANT INSERT ON trace.traced_object TO trace_app;       -- reserving serials
GRANT UPDATE ON trace.traced_object TO trace_ledger;    -- current state; the history is in step and link
