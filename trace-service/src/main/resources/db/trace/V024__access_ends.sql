-- Callers end: an account or an API key is deleted. What came with it stays, it names the organisation and never the account.

-- What a key is called when it is to be ended; the hash itself stays inside.
ALTER TABLE trace.api_key ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;

-- An account's sessions end with it, also one that begins at the same moment.
ALTER TABLE trace.login_session DROP CONSTRAINT login_session_account_fkey;
ALTER TABLE trace.login_session ADD CONSTRAINT login_session_account_fkey
  FOREIGN KEY (account) REFERENCES trace.account (name) ON DELETE CASCADE;

GRANT DELETE ON trace.account, trace.api_key TO trace_app;
