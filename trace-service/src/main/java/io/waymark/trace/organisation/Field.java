package io.waymark.trace.organisation;

import io.waymark.trace.problem.Problem;

/** Checks of single fields of a request; each names the field it refuses in a 400 problem. */
public final class Field {
    private Field() {}

    /** Not blank, at most {@code longest} characters, no control characters. */
    public static String needed(String name, String value, int longest) {
        if (value == null || value.isBlank()) {
            throw Problem.malformed(name + " is needed");
        }
        return optional(name, value, longest);
    }

    /** As {@link #needed}, but may be absent: blank becomes null. */
    public static String optional(String name, String value, int longest) {
        if (value == null || value.isBlank()) {
            return null;
        }
        if (value.length() > longest
                || value.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t')) {
            throw Problem.malformed(name + " is longer than " + longest + " characters or holds control characters");
        }
        return value;
    }

    /** The request body itself. */
    public static <T> T body(T request) {
        if (request == null) {
            throw Problem.malformed("a JSON body is needed");
        }
        return request;
    }
}
