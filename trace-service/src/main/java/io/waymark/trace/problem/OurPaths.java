package io.waymark.trace.problem;

import java.util.List;

/** The path prefixes that are this service's. In the assembly every other path is another module's. */
public final class OurPaths {
    /** Value of WWW-Authenticate in every 401 on our paths. */
    public static final String CHALLENGE = "Bearer realm=\"waymark\"";

    static final List<String> PREFIXES = List.of("/api", "/ledger", "/epcis");

    private OurPaths() {}

    /** True for the prefixes and what is below them. */
    public static boolean holds(String path) {
        return PREFIXES.stream().anyMatch(p -> path.equals(p) || path.startsWith(p + "/"));
    }
}
