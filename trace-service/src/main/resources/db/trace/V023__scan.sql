-- Scans of codes and reports of fakes. A device is an opaque hash made by the caller; a country is as coarse as a place gets here.

CREATE TABLE trace.scan (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  text NOT NULL REFERENCES trace.organisation (slug),        -- the maker of the item
    uri        text NOT NULL,
    device     text NOT NULL CHECK (length(device) BETWEEN 1 AND 64),
    country    text CHECK (country ~ '^[A-Z]{2}$'),
    after_sale boolean NOT NULL,
    at         timestamptz NOT NULL
);
CREATE INDEX scan_of_item ON trace.scan (uri, at);

CREATE TABLE trace.fake_report (
    case_number text PRIMARY KEY,
    tenant_id   text REFERENCES trace.organisation (slug),                -- null: the code belongs to nobody we know
    uri         text,
    text        text NOT NULL CHECK (length(text) <= 4000),
    place       text CHECK (length(place) <= 200),
    contact     bytea CHECK (length(contact) <= 1000),                    -- sealed under the master key: it may name a person
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX fake_report_of_tenant ON trace.fake_report (tenant_id, at DESC);

CALL trace.protect('trace.scan');
CALL trace.show_in_passports('trace.scan');
GRANT SELECT, INSERT ON trace.scan TO trace_app;
GRANT SELECT ON trace.scan TO trace_passport;

CALL trace.protect('trace.fake_report');
-- A report about an unknown code has no tenant: anybody may leave one, no tenant reads it (the operator does, in the database).
CREATE POLICY leave ON trace.fake_report FOR INSERT TO trace_app WITH CHECK (tenant_id IS NULL);
GRANT SELECT, INSERT ON trace.fake_report TO trace_app;
