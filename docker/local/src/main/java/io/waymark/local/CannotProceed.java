package io.waymark.local;

/**
 * The command cannot do what it was asked, and the operator can change that. The message is one line naming cause and cure;
 * {@link Waymark} prints it to stderr without a stack trace and exits with 1.
 */
public final class CannotProceed extends Exception {
    private static final long serialVersionUID = 1L;

    public CannotProceed(String causeAndCure) {
        super(causeAndCure);
    }

    public CannotProceed(String causeAndCure, Throwable cause) {
        super(causeAndCure, cause);
    }
}
