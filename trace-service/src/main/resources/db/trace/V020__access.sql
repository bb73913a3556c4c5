-- Who may call: accounts, login sessions, API keys, and the one use of the set-up token.
-- A caller is looked up before its tenant is known. So that the run-time role still cannot list other tenants' callers, those look-ups go
-- through functions of the owner that answer for one name or one hash and nothing else.

CREATE TABLE trace.account (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'),
    tenant_id     text NOT NULL REFERENCES trace.organisation (slug),
    password_hash text NOT NULL,
    role          text NOT NULL CHECK (role IN ('administrator', 'producer', 'viewer')),
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE trace.login_session (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    tenant_id  text NOT NULL REFERENCES trace.organisation (slug),
    account    text NOT NULL REFERENCES trace.account (name),
    expires_at timestamptz NOT NULL
);
CREATE INDEX login_session_expiry ON trace.login_session (expires_at);

CREATE TABLE trace.api_key (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    tenant_id  text NOT NULL REFERENCES trace.organisation (slug),
    label      text NOT NULL,
    role       text NOT NULL CHECK (role IN ('producer', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- Tenant-free: one row at most, written when the set-up token is used.
CREATE TABLE trace.setup (
    used    boolean PRIMARY KEY DEFAULT true CHECK (used),
    used_at timestamptz NOT NULL DEFAULT now()
);

CALL trace.protect('trace.account');
CALL trace.protect('trace.login_session');
CALL trace.protect('trace.api_key');
-- Forced row-level security binds the owner as well; its functions below may look.
CREATE POLICY of_functions ON trace.account TO trace_owner USING (true);
CREATE POLICY of_functions ON trace.login_session TO trace_owner USING (true);
CREATE POLICY of_functions ON trace.api_key TO trace_owner USING (true);
GRANT SELECT, INSERT ON trace.account, trace.api_key TO trace_app;
GRANT SELECT, INSERT, DELETE ON trace.login_session TO trace_app;
GRANT SELECT, INSERT ON trace.setup TO trace_app;

-- The caller behind an unexpired session or API key.
CREATE FUNCTION trace.caller(hash bytea)
    RETURNS TABLE (name text, tenant_id text, organisation text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = trace, pg_temp AS $$
    SELECT a.name, a.tenant_id, o.name, a.role
      FROM login_session s JOIN account a ON a.name = s.account JOIN organisation o ON o.slug = a.tenant_id
     WHERE s.token_hash = hash AND s.expires_at > now()
    UNION ALL
    SELECT k.label, k.tenant_id, o.name, k.role
      FROM api_key k JOIN organisation o ON o.slug = k.tenant_id
     WHERE k.token_hash = hash AND k.expires_at > now()
$$;

-- What a login needs to compare: never more than the one account named.
CREATE FUNCTION trace.account_named(wanted text)
    RETURNS TABLE (tenant_id text, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = trace, pg_temp AS $$
    SELECT a.tenant_id, a.password_hash FROM account a WHERE a.name = wanted
$$;

CREATE FUNCTION trace.end_session(hash bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = trace, pg_temp AS $$
    DELETE FROM login_session WHERE token_hash = hash
$$;

REVOKE ALL ON FUNCTION trace.caller(bytea), trace.account_named(text), trace.end_session(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trace.caller(bytea), trace.account_named(text), trace.end_session(bytea) TO trace_app;
