package io.waymark.evidence.command;

/** The command could not come to a judgement: exit code 2, one line for the user. */
public final class CannotTellException extends Exception {
    private static final long serialVersionUID = 1L;

    public CannotTellException(String message) {
        super(message);
    }

    CannotTellException(String message, Throwable cause) {
        super(message, cause);
    }
}
