package io.waymark.evidence.cbor;

/** Bytes that are not what the format says: which rule they break, and where. The input was not changed and nothing was accepted. */
public final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** One name per rule of FORMAT.md; the test vectors use the same words. */
    public enum Reason {
        /** The input ends inside an item, or a length or count reaches beyond the input. */
        TRUNCATED,
        /** Bytes follow the item that should have been the last. */
        TRAILING_BYTES,
        /** An integer, length or count could have been written shorter. */
        NOT_SHORTEST,
        INDEFINITE_LENGTH,
        /** Floats, undefined, and simple values other than false, true and null. */
        NOT_IN_SUBSET,
        /** A tag other than 18, or 18 anywhere but around a COSE_Sign1. */
        TAG_NOT_ALLOWED,
        /** Beyond int64, or negative where only 0 and up makes sense. */
        INTEGER_OUT_OF_RANGE,
        INVALID_UTF8,
        KEYS_NOT_ASCENDING,
        DUPLICATE_KEY,
        TOO_DEEP,
        TOO_LARGE,
        /** A well-formed item of another kind than the format has here. */
        WRONG_TYPE,
        /** A byte string, array or map of another size than the format has here. */
        WRONG_LENGTH,
        UNKNOWN_KEY,
        MISSING_KEY,
        /** The right kind, but not one of the allowed values. */
        VALUE_NOT_ALLOWED,
        UNPROTECTED_NOT_EMPTY,
        UNKNOWN_ALGORITHM,
        UNKNOWN_TYPE,
        GROUPS_NOT_ASCENDING,
        GROUP_NOT_ALLOWED,
        GROUP_MISSING,
        /** The groups and the secret do not hash to the signed root. */
        FIELDS_ROOT_MISMATCH,
        /** Not a point of the curve, not canonical, small order, or the identity. */
        KEY_NOT_VALID
    }

    private final Reason reason;
    private final int offset;

    public MalformedException(Reason reason, int offset) {
        this(reason, offset, "");
    }

    /** @param detail what was seen, for people; may be empty */
    public MalformedException(Reason reason, int offset, String detail) {
        super(reason + " at byte " + offset + (detail.isEmpty() ? "" : ": " + detail));
        this.reason = reason;
        this.offset = offset;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    public Reason reason() {
        return reason;
    }

    /** Offset in the buffer being read; a byte string that holds CBOR is read as a buffer of its own. */
    public int offset() {
        return offset;
    }
}
