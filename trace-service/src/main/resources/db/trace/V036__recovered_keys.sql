-- The checkpoint that the key before signed too, where it is not the one of size index + 1 in ledger_checkpoint: after a recovery.
ALTER TABLE ledger_log_key ADD COLUMN note text;

-- A recovery over hand-overs of the log's key (ledger.Recovery): the entries are put back under the newest key alone, then the keys are told
-- again and the checkpoints that it signed of trees of before it was in force are forgotten. Only while a recovery goes on: at any other
-- time nobody deletes a checkpoint or a key.
CREATE FUNCTION ledger_forget_keys() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = trace, pg_temp AS $$
  DELETE FROM ledger_log_key WHERE EXISTS (SELECT FROM ledger_recovery WHERE ended_at IS NULL)
$$;
CREATE FUNCTION ledger_forget_checkpoints(below bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = trace, pg_temp AS $$
  DELETE FROM ledger_checkpoint
   WHERE size > (SELECT min(from_size) FROM ledger_recovery WHERE ended_at IS NULL) AND size < below
$$;
REVOKE ALL ON FUNCTION ledger_forget_keys(), ledger_forget_checkpoints(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_forget_keys(), ledger_forget_checkpoints(bigint) TO trace_ledger;
