package io.waymark.web.console;

/** A form came without the session's token, or from another site. */
final class ForgedForm extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ForgedForm() {
        super("form without the session's token");
    }
}
