package io.waymark.evidence.log;

import java.util.Collection;

/**
 * A checkpoint whose signature a {@link NoteVerifier} has checked, or for a witness's own memory a
 * {@link CosignatureVerifier}; nothing else makes one. Proofs take it whole, so that nobody can
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

    /** What the log signed, its last line break included. */
    public String text() {
        return note.substring(0, note.lastIndexOf("\n\n") + 1);
    }

    /** The note with only those signature lines that are of these keys. */
    public String noteSignedBy(Collection<NoteVerifier> keys) {
        StringBuilder kept = new StringBuilder(text()).append('\n');
        try {
            for (Note.Line line : Note.parse(note).lines()) {
                if (keys.stream().anyMatch(key -> key.owns(line))) {
                    kept.append(line.text());
                }
            }
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("a note that was verified", e);
        }
        return kept.toString();
    }

    public long size() {
        return checkpoint.size();
    }

    /** 32 bytes; do not change the array. */
    public byte[] root() {
        return checkpoint.root();
    }
}
