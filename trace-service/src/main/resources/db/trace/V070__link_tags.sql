-- The tags of these buckets (first and last possible tag of each, ascending) among the first entries of the log, ascending: one look into the
-- index for a bucket. Left alone, the planner takes a range between two unknown tags for a ninth of the table and reads all of it for every
-- bucket: a map head over 130,000 tags took minutes.
CREATE FUNCTION trace.link_tags(low bytea[], high bytea[], size bigint) RETURNS SETOF bytea
LANGUAGE sql STABLE SET search_path = trace, pg_temp SET enable_seqscan = off AS $$
  SELECT t.tag
    FROM unnest(link_tags.low, link_tags.high) WITH ORDINALITY AS b (low, high, nth)
   CROSS JOIN LATERAL (
     SELECT tag FROM ledger_link_tag l WHERE l.tag >= b.low AND l.tag <= b.high AND l.index < link_tags.size ORDER BY tag OFFSET 0) AS t
   ORDER BY b.nth, t.tag
$$;
REVOKE ALL ON FUNCTION trace.link_tags(bytea[], bytea[], bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trace.link_tags(bytea[], bytea[], bigint) TO trace_ledger;
