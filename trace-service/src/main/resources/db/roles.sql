-- Roles and schemas of trace-service and vision. Run once, as superuser, in the application's database, before the first start; safe to repeat.
-- Whoever runs it replaces ${owner_password}, ${app_password}, ${ledger_password}, ${passport_password}, ${vision_owner_password} and
-- ${vision_app_password} (letters and digits only: they are put between quotes as they are).
-- trace_owner    owns the tables, runs migrations, is never used at run time
-- trace_app      run time; sees one tenant's rows
-- trace_ledger   the sequencer and look-ups of streams: every tenant's ledger, reading and custody rows
-- trace_passport reads what a passport shows
-- None of them is superuser, owns what it uses at run time, or may bypass row-level security.
DO $roles$
DECLARE
  r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['trace_owner', 'trace_app', 'trace_ledger', 'trace_passport', 'vision_owner', 'vision_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I', r);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION', r);
  END LOOP;
END
$roles$;

ALTER ROLE trace_owner PASSWORD '${owner_password}';
ALTER ROLE trace_app PASSWORD '${app_password}';
ALTER ROLE trace_ledger PASSWORD '${ledger_password}';
ALTER ROLE trace_passport PASSWORD '${passport_password}';
ALTER ROLE vision_owner PASSWORD '${vision_owner_password}';
ALTER ROLE vision_app PASSWORD '${vision_app_password}';

CREATE SCHEMA IF NOT EXISTS trace AUTHORIZATION trace_owner;
CREATE SCHEMA IF NOT EXISTS vision AUTHORIZATION vision_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA trace TO trace_app, trace_ledger, trace_passport;
GRANT USAGE ON SCHEMA vision TO vision_app;

-- The roles find their tables without a search path in the URL.
ALTER ROLE trace_owner SET search_path = trace;
ALTER ROLE trace_app SET search_path = trace;
ALTER ROLE trace_ledger SET search_path = trace;
ALTER ROLE trace_passport SET search_path = trace;
ALTER ROLE vision_owner SET search_path = vision;
ALTER ROLE vision_app SET search_path = vision;
