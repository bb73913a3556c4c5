-- The log. One writer (role trace_ledger); tenant-free: entries are bytes without a tenant.
CREATE TABLE ledger_head (
  one          boolean PRIMARY KEY DEFAULT true CHECK (one),
  origin       text NOT NULL,
  vkey         text NOT NULL,
  size         bigint NOT NULL CHECK (size >= 0),
  root         bytea NOT NULL CHECK (length(root) = 32),
  epoch        bigint NOT NULL,
  note         text NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now()
);

-- Every checkpoint ever signed, so that an auditor can ask for all of them.
CREATE TABLE ledger_checkpoint (
  size      bigint PRIMARY KEY,
  note      text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now()
);

-- C2SP tlog-tiles entry bundles: up to 256 × (u16 length ‖ entry). Only the right edge is ever rewritten.
CREATE TABLE ledger_bundle (
  number  bigint PRIMARY KEY,
  width   smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
  entries bytea NOT NULL
);
ALTER TABLE ledger_bundle ALTER COLUMN entries SET STORAGE EXTERNAL;

CREATE TABLE ledger_tile (
  level  smallint NOT NULL,
  number bigint NOT NULL,
  width  smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
  hashes bytea NOT NULL CHECK (length(hashes) = width * 32),
  PRIMARY KEY (level, number)
);
ALTER TABLE ledger_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Strong deduplication. identity and tag are random-looking: this index is the first thing to outgrow RAM (about 100 B per entry).
CREATE TABLE ledger_identity (
  identity   bytea PRIMARY KEY CHECK (length(identity) = 32),
  index      bigint NOT NULL,
  entry_hash bytea NOT NULL CHECK (length(entry_hash) = 32)
);

-- Tags of link entries (kind 0x03): unique, so an object's chain has one link per n; ordered, for the map over all tags later.
CREATE TABLE ledger_link_tag (
  tag   bytea PRIMARY KEY CHECK (length(tag) = 32),
  index bigint NOT NULL
);
CREATE INDEX ledger_link_tag_index ON ledger_link_tag (index);

-- No DELETE for anyone at run time; UPDATE only where the right edge or the head moves.
GRANT SELECT, INSERT, UPDATE ON ledger_head, ledger_bundle, ledger_tile TO trace_ledger;
GRANT SELECT, INSERT ON ledger_checkpoint, ledger_identity, ledger_link_tag TO trace_ledger;
