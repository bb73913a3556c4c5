-- A table of devices sent twice must not expect anything twice: one living admission per site and name.
CREATE INDEX admission_by_name ON trace.admission (tenant_id, site, name) WHERE state <> 'rejected';
