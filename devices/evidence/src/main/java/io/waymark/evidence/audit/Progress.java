package io.waymark.evidence.audit;

/** Told after every bundle. */
public interface Progress {
    /**
     * @param read entries read in this run
     * @param at   entries of the log that are behind the reader
     * @param of   entries the log has
     */
    void read(long read, long at, long of);
}
