package io.waymark.trace.ledger;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * The caller's own rows, written in the transaction that stores its entries.
 * Runs on the sequencer's thread, role {@code trace_ledger}, inside a savepoint: throwing undoes this submission alone.
 * Keep it short, every other appender waits for it; never commit, roll back or close.
 */
@FunctionalInterface
public interface CommitWork {
    /** No rows of its own. */
    CommitWork NONE = (connection, indexes) -> {};

    /** @param indexes one per submitted entry, in order; an entry that was stored earlier has its old index */
    void in(Connection connection, long[] indexes) throws SQLException;
}
