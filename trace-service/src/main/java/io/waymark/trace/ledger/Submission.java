package io.waymark.trace.ledger;

/**
 * An entry to append, and the name under which it may exist once.
 *
 * @param identity 32 bytes of a hash, the first 16 unique in the log for ever; same identity with same entry = the same index again
 * @param entry    1–65,535 bytes, the leaf's preimage; owned by the ledger from here on
 */
public record Submission(byte[] identity, byte[] entry) {
    public Submission {
        if (identity.length != 32) {
            throw new IllegalArgumentException("identity of " + identity.length + " bytes, 32 needed");
        }
        if (entry.length == 0 || entry.length > 65_535) {
            throw new IllegalArgumentException("entry of " + entry.length + " bytes, 1 to 65,535 allowed");
        }
    }
}
