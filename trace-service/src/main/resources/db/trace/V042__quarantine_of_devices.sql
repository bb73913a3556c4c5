-- The device that the topic names (null when it names none, or nobody's), so that one cannot push the others' messages out; and what was taken after all.
ALTER TABLE quarantine
  ADD COLUMN device bytea CHECK (length(device) = 16),
  ADD COLUMN admitted_at timestamptz,
  ADD COLUMN admitted_index bigint;
CREATE INDEX quarantine_of_device ON quarantine (tenant_id, device, id DESC);
CREATE INDEX quarantine_age ON quarantine (received_at);
GRANT UPDATE (admitted_at, admitted_index) ON quarantine TO trace_ledger;
