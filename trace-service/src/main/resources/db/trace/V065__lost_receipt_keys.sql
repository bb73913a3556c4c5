-- Of a receipt key whose row was lost with a database the log's revocations are known too: devices are told them.
ALTER TABLE lost_binding ADD COLUMN revoked bigint[] NOT NULL DEFAULT '{}';
GRANT UPDATE (revoked) ON lost_binding TO trace_ledger;
