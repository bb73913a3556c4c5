package io.waymark.web.label;

/** The text is no Digital Link of the kinds Waymark prints; the message says why, in words for the person who typed it. */
public final class MalformedLink extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedLink(String why) {
        super(why);
    }
}
