package io.waymark.evidence.log;

/** A signed note or checkpoint that is not believed. */
public final class InvalidNoteException extends Exception {
    private static final long serialVersionUID = 1L;

    public enum Reason {
        /** Not a signed note, or not a checkpoint inside one. */
        MALFORMED,
        /** Well-formed, but not signed by the key we know: cannot tell. */
        UNKNOWN_KEY,
        /** Carries our key's name and id and the signature is wrong. */
        BAD_SIGNATURE,
        /** Signed by our key, but says it is another log. */
        OTHER_ORIGIN
    }

    private final Reason reason;

    public InvalidNoteException(Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    public Reason reason() {
        return reason;
    }
}
