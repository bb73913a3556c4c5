package io.waymark.evidence.log;

/**
 * A checkpoint whose signature a {@link NoteVerifier} has checked; nothing else makes one. Proofs take it whole, so that nobody can
 * pair a root with another tree's size.
 */
public final class VerifiedCheckpoint {
    private final Checkpoint checkpoint;
    private final String note;

    VerifiedCheckpoint(Checkpoint checkpoint, String note) {
        this.checkpoint = checkpoint;
        this.note = note;
    }

    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** The signed note as received: text, blank line, signature lines. */
    public String note() {
        return note;
    }

    public long size() {
        return checkpoint.size();
    }

    /** 32 bytes; do not change the array. */
    public byte[] root() {
        return checkpoint.root();
    }
}
