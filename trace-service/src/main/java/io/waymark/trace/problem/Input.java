package io.waymark.trace.problem;

import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Reads fields of a request; what cannot be read is a 400 problem that names the field. */
public final class Input {
    private Input() {}

    /** Exactly {@code length} bytes as lower-case hex. */
    public static byte[] hex(String field, String value, int length) {
        if (value == null || value.length() != 2 * length || !value.equals(value.toLowerCase(Locale.ROOT))) {
            throw Problem.malformed(field + " must be " + 2 * length + " lower-case hex digits");
        }
        try {
            return HexFormat.of().parseHex(value);
        } catch (IllegalArgumentException e) {
            throw Problem.malformed(field + " must be " + 2 * length + " lower-case hex digits");
        }
    }

    /** {@code min} to {@code max} bytes as base64. */
    public static byte[] base64(String field, String value, int min, int max) {
        if (value != null && value.length() <= (max + 2) / 3 * 4) {
            try {
                byte[] bytes = Base64.getDecoder().decode(value);
                if (bytes.length >= min && bytes.length <= max) {
                    return bytes;
                }
            } catch (IllegalArgumentException e) {
                // the problem below says it
            }
        }
        throw Problem.malformed(
                field + " must be " + (min == max ? "" + min : min + " to " + max) + " bytes as base64");
    }

    /** Text that may have several lines: not blank, at most {@code max} characters, no other control characters. */
    public static String needed(String field, String value, int max) {
        if (value == null || value.isBlank()) {
            throw Problem.malformed(field + " is needed");
        }
        return optional(field, value, max);
    }

    /** As {@link #needed}, but may be absent: blank becomes null. */
    public static String optional(String field, String value, int max) {
        if (value == null || value.isBlank()) {
            return null;
        }
        if (value.length() > max
                || value.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t')) {
            throw Problem.malformed(field + " is longer than " + max + " characters or holds control characters");
        }
        return value;
    }

    /** One line of 1 to {@code max} characters. */
    public static String text(String field, String value, int max) {
        if (value == null
                || value.isBlank()
                || value.length() > max
                || value.chars().anyMatch(Character::isISOControl)) {
            throw Problem.malformed(field + " must be 1 to " + max + " characters");
        }
        return value;
    }

    /** One of the listed words. */
    public static String oneOf(String field, String value, List<String> allowed) {
        if (value == null || !allowed.contains(value)) {
            throw Problem.malformed(field + " must be one of " + String.join(", ", allowed));
        }
        return value;
    }

    /** The body; a 400 problem when there is none. */
    public static <T> T body(T body) {
        if (body == null) {
            throw Problem.malformed("the request has no body");
        }
        return body;
    }
}
