package io.waymark.trace.ledger;

/** Told of every commit of the log, on the writer's thread; must be quick and not throw. */
@FunctionalInterface
interface CommitTimes {
    CommitTimes NONE = (entries, rows, pages, commit, lockFile) -> {};

    /**
     * Nanoseconds, one after the other.
     *
     * @param entries  appended
     * @param rows     looking identities up, and the callers' own rows
     * @param pages    tree, tiles, index and signed checkpoint as one statement
     * @param commit   COMMIT, until the database acknowledged it
     * @param lockFile the checkpoint kept outside the database
     */
    void committed(int entries, long rows, long pages, long commit, long lockFile);
}
