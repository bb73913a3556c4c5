package io.waymark.evidence.fuzz;

import java.util.Arrays;

/** A parser with a mistake that random bytes never meet: only a fuzzer that watches the branches does. */
public final class Planted {
    static final byte[] MAGIC = {'w', 'a', 'y', '!'};

    private Planted() {}

    static boolean isIt(byte[] input) {
        return Arrays.equals(Arrays.copyOf(input, MAGIC.length), MAGIC);
    }

    public static void fuzzerTestOneInput(byte[] input) {
        int at = 0;
        while (at < MAGIC.length && at < input.length && step(at, input[at])) {
            at++;
        }
        if (at == MAGIC.length) {
            throw new AssertionError("planted");
        }
    }

    // One branch for each byte, as parsers have them.
    private static boolean step(int at, byte seen) {
        switch (at) {
            case 0:
                return seen == 'w';
            case 1:
                return seen == 'a';
            case 2:
                return seen == 'y';
            default:
                return seen == '!';
        }
    }
}
