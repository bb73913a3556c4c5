-- Which public entries are map heads: roots of the map over all link tags (FORMAT.md §6.1). The entries themselves stand in the log; these
-- rows only save looking for the newest.
CREATE TABLE ledger_map_head (
  index       bigint PRIMARY KEY,
  size        bigint NOT NULL CHECK (size BETWEEN 0 AND index),
  count       bigint NOT NULL CHECK (count >= 0),
  root        bytea NOT NULL CHECK (length(root) = 32),
  time_millis bigint NOT NULL
);
GRANT SELECT, INSERT ON ledger_map_head TO trace_ledger;
