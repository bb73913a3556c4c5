package io.waymark.evidence.fuzz;

import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Gives a target inputs, and altered seeds. */
public final class Replay {
    private Replay() {}

    public static void prepare(String name) {
        FuzzTarget.named(name).prepare();
    }

    /** @throws AssertionError names the input for which a property does not hold */
    public static void run(String name, List<byte[]> inputs, List<byte[]> seeds, long seed, int altered) {
        FuzzTarget<?> target = FuzzTarget.named(name);
        for (byte[] input : inputs) {
            take(target, input, "an input of the corpus");
        }
        Random random = new Random(seed ^ name.hashCode());
        for (int round = 0; round < altered; round++) {
            take(target, Corpus.altered(seeds, random), "seed " + seed + ", round " + round);
        }
    }

    private static void take(FuzzTarget<?> target, byte[] input, String where) {
        try {
            target.take(input);
        } catch (RuntimeException | Error e) {
            String bytes = HexFormat.of().formatHex(input, 0, Math.min(input.length, 4096));
            throw new AssertionError(target + ", " + where + ", input " + bytes + ": " + e.getMessage(), e);
        }
    }
}
