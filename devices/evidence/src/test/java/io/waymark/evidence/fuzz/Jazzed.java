package io.waymark.evidence.fuzz;

/** A target as Jazzer calls it. */
public final class Jazzed {
    private static FuzzTarget<?> target;

    private Jazzed() {}

    public static void fuzzerInitialize(String[] arguments) {
        target = FuzzTarget.named(arguments[0]);
    }

    public static void fuzzerTestOneInput(byte[] input) {
        target.take(input);
    }
}
