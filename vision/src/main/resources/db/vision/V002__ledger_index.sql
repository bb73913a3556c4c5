-- Who may register photographs of an object is its maker, and trace-service knows who that is: the first to come owns nothing any more.
DROP TABLE vision.subject CASCADE;

-- Where the photograph's digest stands in the ledger. Null: of a field device, whose signed manifest is there; or registered before there
-- were such entries, to be completed (photo/MissingEntries).
ALTER TABLE vision.photo ADD COLUMN ledger_index bigint CHECK (ledger_index >= 0);
GRANT UPDATE (ledger_index) ON vision.photo TO vision_app;

DROP FUNCTION vision.photos_of(text);
CREATE FUNCTION vision.photos_of(p_uri text)
    RETURNS TABLE (tenant_id text, digest bytea, registered_at timestamptz, ledger_index bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT p.tenant_id, p.digest, p.registered_at, p.ledger_index FROM vision.photo p WHERE p.uri = p_uri
          ORDER BY p.registered_at, p.digest $$;

-- Photographs of organisations that have no entry yet: names only, a hundred at a time.
CREATE FUNCTION vision.photos_without_entry(p_skip integer) RETURNS TABLE (tenant_id text, uri text, digest bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT p.tenant_id, p.uri, p.digest FROM vision.photo p WHERE p.ledger_index IS NULL AND p.device IS NULL
          ORDER BY p.registered_at, p.tenant_id, p.uri, p.digest OFFSET p_skip LIMIT 100 $$;

REVOKE ALL ON FUNCTION vision.photos_of(text), vision.photos_without_entry(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vision.photos_of(text), vision.photos_without_entry(integer) TO vision_app;
