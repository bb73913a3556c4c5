package io.waymark.web.console;

/** trace-service no longer knows the session. */
final class SessionEnded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SessionEnded() {
        super("session ended");
    }
}
