-- Messages that were refused, with the reason. Bounded per tenant; tenant '~unknown' when the topic names no registered device.
CREATE TABLE quarantine (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   text NOT NULL,
  topic       text NOT NULL,
  raw         bytea NOT NULL,
  reason      text NOT NULL,
  received_at timestamptz NOT NULL
);
CREATE INDEX quarantine_of_tenant ON quarantine (tenant_id, id DESC);

-- Counted for ever, also what was dropped.
CREATE TABLE quarantine_count (
  tenant_id text NOT NULL,
  reason    text NOT NULL,
  n         bigint NOT NULL,
  last_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, reason)
);
CALL protect('quarantine');
CALL protect('quarantine_count');
GRANT SELECT ON quarantine, quarantine_count TO trace_app;
GRANT SELECT, INSERT, DELETE ON quarantine TO trace_ledger;
GRANT SELECT, INSERT, UPDATE ON quarantine_count TO trace_ledger;
