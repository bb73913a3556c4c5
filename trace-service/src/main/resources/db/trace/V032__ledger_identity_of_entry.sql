-- What the index of identities keeps of a statement is its tag from here on, no longer a hash of numbers that the log does not hold: so that
-- the index can be made again from any copy of the log. Links had their tag before; public entries keep their names. Reads every bundle once.
CREATE TABLE ledger_renamed (index bigint PRIMARY KEY, identity bytea NOT NULL);
DO $rename$
DECLARE
  bundle record;
  bytes bytea;
  at int;
  entry int;
  indexes bigint[];
  names bytea[];
BEGIN
  FOR bundle IN SELECT number, entries FROM ledger_bundle ORDER BY number LOOP
    bytes := bundle.entries || ''::bytea;  -- read once, not at every byte looked at
    at := 0;
    entry := 0;
    indexes := '{}';
    names := '{}';
    WHILE at < length(bytes) LOOP
      -- u16 length ‖ entry; a statement is 0x01 ‖ tag(32) ‖ digest(32). substring counts from 1.
      IF get_byte(bytes, at) = 0 AND get_byte(bytes, at + 1) = 65 AND get_byte(bytes, at + 2) = 1 THEN
        indexes := indexes || (bundle.number * 256 + entry);
        names := names || substring(bytes FROM at + 4 FOR 16);
      END IF;
      at := at + 2 + 256 * get_byte(bytes, at) + get_byte(bytes, at + 1);
      entry := entry + 1;
    END LOOP;
    INSERT INTO ledger_renamed SELECT * FROM unnest(indexes, names);
  END LOOP;
END
$rename$;
DELETE FROM ledger_identity i USING ledger_renamed r WHERE i.index = r.index;
-- Two streams under one secret have equal tags. The first keeps the name; the other stays in the log without one.
INSERT INTO ledger_identity (identity, index) SELECT identity, index FROM ledger_renamed ORDER BY index ON CONFLICT DO NOTHING;
DROP TABLE ledger_renamed;
