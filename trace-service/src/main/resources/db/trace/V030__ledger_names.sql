-- A row of the deduplication index is most of what the ledger stores beside an entry. Sixteen bytes of an identity name it as well as
-- thirty-two: two that agree in them cost 2^64 tries and gain a conflict between the finder's own messages. The entry's hash stands in its tile.
ALTER TABLE ledger_identity DROP COLUMN entry_hash, DROP CONSTRAINT ledger_identity_identity_check;
UPDATE ledger_identity SET identity = substring(identity FROM 1 FOR 16);
ALTER TABLE ledger_identity ADD CHECK (length(identity) = 16);
