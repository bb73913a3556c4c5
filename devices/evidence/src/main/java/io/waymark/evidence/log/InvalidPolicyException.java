package io.waymark.evidence.log;

/** A policy file that is refused: the line and the rule it breaks. */
public final class InvalidPolicyException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param line from 1; 0 when the file as a whole is at fault */
    InvalidPolicyException(int line, String detail) {
        super(line == 0 ? "policy: " + detail : "policy, line " + line + ": " + detail);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
