package io.waymark.web.console;

import io.waymark.web.edge.Refusal;

/** The console has no page for what was asked: it does not exist, or the address asks for something odd. */
final class NothingToShow extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final Refusal.Kind kind;

    private NothingToShow(Refusal.Kind kind, String detail) {
        super(detail);
        this.kind = kind;
    }

    static NothingToShow missing() {
        return missing("It does not exist, or belongs to another organisation.");
    }

    static NothingToShow missing(String what) {
        return new NothingToShow(Refusal.Kind.NO_SUCH_PAGE, what);
    }

    static NothingToShow badParameter(String why) {
        return new NothingToShow(Refusal.Kind.BAD_PARAMETER, why);
    }
}
