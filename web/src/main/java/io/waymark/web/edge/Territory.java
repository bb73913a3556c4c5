package io.waymark.web.edge;

import java.util.regex.Pattern;

/**
 * Which paths are the web's. In the one-JVM assembly the other services' prefixes live in the same application;
 * headers, cookies and redirects of the web must not touch them.
 */
public final class Territory {
    private static final Pattern OTHERS = Pattern.compile("/(api|ledger|epcis|vision|q)(/.*)?");
    private static final Pattern CONSOLE = Pattern.compile("/console(/.*)?");
    private static final Pattern LABEL = Pattern.compile("(/qr|/proof)?/(00|01)/.*");

    private Territory() {}

    public static boolean owns(String path) {
        return !OTHERS.matcher(path).matches();
    }

    public static boolean isConsole(String path) {
        return CONSOLE.matcher(path).matches();
    }

    /** Paths below which percent-encoded delimiters are legal, because GS1 lots and serials may contain them. */
    static boolean isLabel(String rawPath) {
        return LABEL.matcher(rawPath).matches();
    }
}
