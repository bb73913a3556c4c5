-- Subjects whose evaluation failed: the watch goes on without them and tries again. A row leaves when it was evaluated.
CREATE TABLE condition_trouble (
  tenant_id text NOT NULL,
  rule_set  text NOT NULL,
  about     text NOT NULL CHECK (about IN ('device', 'lot')),
  subject   text NOT NULL,
  since     timestamptz NOT NULL,
  tried_at  timestamptz NOT NULL,
  tries     int NOT NULL DEFAULT 1,
  reason    text NOT NULL,
  PRIMARY KEY (tenant_id, rule_set, about, subject)
);
CALL protect('condition_trouble');
GRANT SELECT, INSERT, UPDATE, DELETE ON condition_trouble TO trace_ledger;  -- a queue, not a record
