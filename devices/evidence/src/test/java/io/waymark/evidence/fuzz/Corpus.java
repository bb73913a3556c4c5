package io.waymark.evidence.fuzz;

import io.waymark.evidence.vectors.VectorFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** Where fuzzing begins: the test vectors, good and broken, and what alters them. */
final class Corpus {
    private static final Path VECTORS = Path.of("src/test/resources/vectors");

    /** What parsers decide by: limits of CBOR heads, line ends, separators, signs of base64. */
    private static final byte[][] TOKENS = Stream.of(
                    "17",
                    "18",
                    "1817",
                    "1818",
                    "19ffff",
                    "1a00010000",
                    "1b7fffffffffffffff",
                    "1bffffffffffffffff",
                    "3b7fffffffffffffff",
                    "1f",
                    "5f",
                    "7f",
                    "9f",
                    "bf",
                    "ff",
                    "f4",
                    "f6",
                    "f7",
                    "f97e00",
                    "80",
                    "a0",
                    "40",
                    "60",
                    "d2",
                    "d8",
                    "0a",
                    "0a0a",
                    "2b",
                    "3d",
                    "3d3d",
                    "20",
                    "e28094",
                    "e2809420",
                    "00",
                    "7fffffffffffffff",
                    "8000000000000000")
            .map(java.util.HexFormat.of()::parseHex)
            .toArray(byte[][]::new);

    private Corpus() {}

    private static final java.util.Map<String, VectorFile> FILES = new java.util.TreeMap<>();

    static {
        try (Stream<Path> files = Files.list(VECTORS)) {
            for (Path file : files.toList()) {
                FILES.put(file.getFileName().toString(), VectorFile.parse(Files.readString(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Vectors of a kind whose file name begins so, in the order of their names. */
    static List<VectorFile> vectors(String kind, String beginning) {
        return FILES.entrySet().stream()
                .filter(file -> file.getKey().startsWith(beginning)
                        && file.getValue().text("kind").equals(kind))
                .map(java.util.Map.Entry::getValue)
                .toList();
    }

    /** The bytes in a field of all vectors of a kind, good and broken. */
    static List<byte[]> bytes(String kind, String field) {
        return vectors(kind, "").stream()
                .filter(v -> v.has(field))
                .map(v -> v.hex(field))
                .toList();
    }

    static List<byte[]> texts(Collection<String> texts) {
        return texts.stream().map(Corpus::utf8).toList();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A seed with some of it altered, or with a part of another seed in it. */
    static byte[] altered(List<byte[]> seeds, Random random) {
        byte[] out = seeds.isEmpty() ? new byte[0] : seeds.get(random.nextInt(seeds.size()));
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            out = change(out, seeds, random);
        }
        return out;
    }

    private static byte[] change(byte[] from, List<byte[]> seeds, Random random) {
        int at = random.nextInt(from.length + 1);
        int rest = from.length - at;
        switch (random.nextInt(8)) {
            case 0:
                return spliced(from, at, rest, new byte[0]);
            case 1: {
                byte[] noise = new byte[1 + random.nextInt(8)];
                random.nextBytes(noise);
                return spliced(from, at, 0, noise);
            }
            case 2:
                return spliced(from, at, Math.min(rest, random.nextInt(4)), TOKENS[random.nextInt(TOKENS.length)]);
            case 3: {
                // A part of another seed, or of this one again.
                byte[] other = seeds.isEmpty() ? from : seeds.get(random.nextInt(seeds.size()));
                int start = random.nextInt(other.length + 1);
                int end = start + random.nextInt(other.length - start + 1);
                return spliced(
                        from, at, Math.min(rest, random.nextInt(64)), java.util.Arrays.copyOfRange(other, start, end));
            }
            case 4:
                return spliced(from, at, Math.min(rest, 1 + random.nextInt(40)), new byte[0]);
            default: {
                byte[] out = from.clone();
                for (int flips = 1 + random.nextInt(4); flips > 0 && out.length > 0; flips--) {
                    out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
                }
                return out;
            }
        }
    }

    private static byte[] spliced(byte[] from, int at, int removed, byte[] put) {
        byte[] out = new byte[from.length - removed + put.length];
        System.arraycopy(from, 0, out, 0, at);
        System.arraycopy(put, 0, out, at, put.length);
        System.arraycopy(from, at + removed, out, at + put.length, from.length - at - removed);
        return out;
    }

    /** Each once. */
    static Set<String> distinct(Stream<String> texts) {
        return texts.collect(java.util.stream.Collectors.toCollection(java.util.LinkedHashSet::new));
    }
}
