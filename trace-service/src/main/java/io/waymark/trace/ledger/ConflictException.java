package io.waymark.trace.ledger;

/** An identity or a link tag is taken by another entry. Nothing of the submission was stored. */
public class ConflictException extends RuntimeException {
    private final int position;

    /** @param position place of the offending entry in the submitted list */
    public ConflictException(int position, String message) {
        super(message);
        this.position = position;
    }

    public int position() {
        return position;
    }
}
