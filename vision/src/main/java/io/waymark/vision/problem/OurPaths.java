package io.waymark.vision.problem;

/** The paths that are this service's. In the assembly every other path is another module's. */
public final class OurPaths {
    static final String PREFIX = "/vision";

    private OurPaths() {}

    /** True for the prefix and what is below it. */
    public static boolean holds(String path) {
        return path.equals(PREFIX) || path.startsWith(PREFIX + "/");
    }
}
