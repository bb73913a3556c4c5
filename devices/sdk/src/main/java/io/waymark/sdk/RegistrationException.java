package io.waymark.sdk;

import java.io.IOException;

/** The platform did not register the device; says with which status and words. */
public final class RegistrationException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    RegistrationException(int status, String answer) {
        super("HTTP " + status + ": " + (answer.length() > 500 ? answer.substring(0, 500) + "…" : answer));
        this.status = status;
    }

    public int status() {
        return status;
    }
}
