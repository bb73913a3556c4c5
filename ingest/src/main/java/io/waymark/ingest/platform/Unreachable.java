package io.waymark.ingest.platform;

import java.time.Duration;

/**
 * A service could not tell: down, busy, timed out, or it does not accept our token. Says nothing about the message; it is neither
 * acknowledged nor quarantined, but tried again.
 */
public final class Unreachable extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Duration after;

    public Unreachable(String service, String why, Duration after) {
        super(service + ": " + why);
        this.after = after;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** How long the service asked to be left alone; zero when it did not. */
    public Duration after() {
        return after == null ? Duration.ZERO : after;
    }
}
