-- Run as vision_owner. The roles vision_owner and vision_app and the schema vision exist before (README, "Database").
-- vision_app owns nothing, cannot bypass row security, and sees only rows of the tenant named in waymark.tenant, which is
-- set for one transaction at a time. Without that setting a query fails instead of returning rows.

-- Who may register photographs of an object: the tenant that did so first.
-- Without this anybody with an account could register pictures of a copy under somebody else's code, and the copy would match.
CREATE TABLE vision.subject (
    uri        text PRIMARY KEY CHECK (length(uri) <= 512),
    tenant_id  text NOT NULL CHECK (tenant_id ~ '^[a-z0-9-]{1,32}$'),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, uri)
);

CREATE TABLE vision.photo (
    tenant_id     text NOT NULL,
    uri           text NOT NULL,
    digest        bytea NOT NULL CHECK (length(digest) = 32),   -- SHA-256 of the file as it came
    key_points    integer NOT NULL,                             -- -1: registered where matching was not available
    sharpness     real NOT NULL,
    device        bytea CHECK (length(device) = 16),            -- null: registered over HTTP by the organisation
    registered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, uri, digest),
    FOREIGN KEY (tenant_id, uri) REFERENCES vision.subject (tenant_id, uri)
);
CREATE INDEX photo_uri ON vision.photo (uri);

-- Images of field devices. The chunks are files; a row is complete when completed_at is set and the image is in the vault.
CREATE TABLE vision.device_image (
    tenant_id     text NOT NULL CHECK (tenant_id ~ '^[a-z0-9-]{1,32}$'),
    digest        bytea NOT NULL CHECK (length(digest) = 32),
    device        bytea NOT NULL CHECK (length(device) = 16),
    bytes         bigint NOT NULL CHECK (bytes > 0),
    media_type    text NOT NULL,
    chunk_bytes   integer NOT NULL CHECK (chunk_bytes > 0),
    chunk_digests bytea NOT NULL CHECK (length(chunk_digests) % 32 = 0),
    uris          text[] NOT NULL,                              -- objects this image is of, by association key 2
    created_at    timestamptz NOT NULL DEFAULT now(),
    completed_at  timestamptz,
    photo         text,                                         -- 'registered' or 'refused: why'; null: not tried
    PRIMARY KEY (tenant_id, digest)
);

ALTER TABLE vision.subject      ENABLE ROW LEVEL SECURITY;
ALTER TABLE vision.subject      FORCE  ROW LEVEL SECURITY;
ALTER TABLE vision.photo        ENABLE ROW LEVEL SECURITY;
ALTER TABLE vision.photo        FORCE  ROW LEVEL SECURITY;
ALTER TABLE vision.device_image ENABLE ROW LEVEL SECURITY;
ALTER TABLE vision.device_image FORCE  ROW LEVEL SECURITY;

CREATE POLICY tenant ON vision.subject TO vision_app
    USING (tenant_id = current_setting('waymark.tenant')) WITH CHECK (tenant_id = current_setting('waymark.tenant'));
CREATE POLICY tenant ON vision.photo TO vision_app
    USING (tenant_id = current_setting('waymark.tenant')) WITH CHECK (tenant_id = current_setting('waymark.tenant'));
CREATE POLICY tenant ON vision.device_image TO vision_app
    USING (tenant_id = current_setting('waymark.tenant')) WITH CHECK (tenant_id = current_setting('waymark.tenant'));

-- The three questions that are asked across tenants, each a function that returns no more than its caller needs.
-- FORCE binds the owner too, so the owner gets a reading policy of its own; nobody logs in as the owner at run time.
CREATE POLICY across ON vision.photo        FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY across ON vision.device_image FOR SELECT TO CURRENT_USER USING (true);

-- A consumer's photograph is compared with those of the object, whoever made it.
CREATE FUNCTION vision.photos_of(p_uri text) RETURNS TABLE (tenant_id text, digest bytea, registered_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT p.tenant_id, p.digest, p.registered_at FROM vision.photo p WHERE p.uri = p_uri ORDER BY p.registered_at, p.digest $$;

-- A chunk that came without its tenant belongs to whoever announced the image.
CREATE FUNCTION vision.tenants_awaiting(p_digest bytea) RETURNS TABLE (tenant_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT d.tenant_id FROM vision.device_image d WHERE d.digest = p_digest $$;

-- Whether a new master key may be made.
CREATE FUNCTION vision.anything_stored() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT EXISTS (SELECT 1 FROM vision.photo) OR EXISTS (SELECT 1 FROM vision.device_image WHERE completed_at IS NOT NULL) $$;

REVOKE ALL ON FUNCTION vision.photos_of(text), vision.tenants_awaiting(bytea), vision.anything_stored() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vision.photos_of(text), vision.tenants_awaiting(bytea), vision.anything_stored() TO vision_app;

GRANT USAGE ON SCHEMA vision TO vision_app;
GRANT SELECT, INSERT ON vision.subject, vision.photo TO vision_app;
GRANT SELECT, INSERT, UPDATE (uris, completed_at, photo), DELETE ON vision.device_image TO vision_app;
