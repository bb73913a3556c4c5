-- Whose batch it is decides whose photographs of it count.
GRANT SELECT (gtin, lot, tenant_id) ON trace.batch TO trace_ledger;
