-- What a key's revocations say of the time before them: from this ledger index on its messages may be another's. Null: nothing is suspected.
-- Rows of messages are never touched for it; whoever reads them compares.
ALTER TABLE stream_key
  ADD COLUMN suspect_from bigint CHECK (suspect_from BETWEEN 0 AND revoked_index),
  -- Ledger indexes of the revocations after the first: a key found compromised after it was superseded, or earlier than was thought.
  ADD COLUMN later_revocations bigint[] NOT NULL DEFAULT '{}';
