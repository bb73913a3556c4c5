-- Tenancy: every table with a tenant_id is under forced row-level security from its first migration.

-- The tenants. Public facts only (a passport shows them), so this table itself is tenant-free.
CREATE TABLE organisation (
  slug       text PRIMARY KEY CHECK (slug ~ '^[a-z0-9-]{1,32}$'),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  domain     text CHECK (length(domain) <= 253),
  country    text CHECK (country ~ '^[A-Z]{2}$'),
  kind       text CHECK (length(kind) <= 40),
  created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON organisation TO trace_app, trace_ledger;
GRANT SELECT ON organisation TO trace_passport;

-- Call once per table with a tenant_id, right after CREATE TABLE: CALL protect('device');
-- trace_app sees and writes the rows of the tenant bound to its connection, and none when no tenant is bound. trace_ledger sees all.
-- Privileges (GRANT) stay the caller's business. FORCE binds the owner too: a migration that must touch rows says
-- ALTER TABLE … NO FORCE ROW LEVEL SECURITY and puts it back.
CREATE PROCEDURE protect(tab regclass) LANGUAGE plpgsql AS $protect$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
  EXECUTE format(
    'CREATE POLICY of_tenant ON %s TO trace_app USING (tenant_id = current_setting(''waymark.tenant'', true)) '
    'WITH CHECK (tenant_id = current_setting(''waymark.tenant'', true))', tab);
  EXECUTE format('CREATE POLICY of_ledger ON %s TO trace_ledger USING (true) WITH CHECK (true)', tab);
END
$protect$;

-- Call for a tenant table that passports show; grant SELECT (on the columns shown) beside it.
CREATE PROCEDURE show_in_passports(tab regclass) LANGUAGE plpgsql AS $show$
BEGIN
  EXECUTE format('CREATE POLICY of_passport ON %s FOR SELECT TO trace_passport USING (true)', tab);
END
$show$;
REVOKE EXECUTE ON PROCEDURE protect(regclass), show_in_passports(regclass) FROM PUBLIC;
