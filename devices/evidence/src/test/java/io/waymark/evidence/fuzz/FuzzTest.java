package io.waymark.evidence.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.SignedMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every target over its seeds and a fixed number of altered ones; with {@code -Pfuzz} for real, by Jazzer, for
 * {@code -Dwaymark.fuzz.seconds} each. Either way the target's floor of coverage must be reached.
 */
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("waymark.fuzz.rounds", 2_000);
    private static final long SEED = Long.getLong("waymark.fuzz.seed", 20261120L);
    private static final int SECONDS = Integer.getInteger("waymark.fuzz.seconds", 0);
    private static final String ONLY = System.getProperty("waymark.fuzz.target", "");

    @TestFactory
    Stream<DynamicTest> targets() {
        return FuzzTarget.all().stream()
                .filter(target -> ONLY.isEmpty() || ONLY.equals(target.name()))
                .map(target -> DynamicTest.dynamicTest(target + ", seed " + SEED, () -> {
                    List<byte[]> corpus = target.seeds().get();
                    if (SECONDS > 0) {
                        corpus = fuzzed(target, corpus);
                    }
                    Coverage coverage = Coverage.of(target, corpus, corpus, SEED, ROUNDS);
                    System.out.println("fuzz " + target + ": seed " + SEED + ", " + corpus.size() + " inputs, " + ROUNDS
                            + " altered, " + coverage.percent() + " % of branches (floor " + target.branches() + ")");
                    coverage.atLeast(target);
                }));
    }

    /** Jazzer's corpus, which begins with the seeds. It lies in target/fuzz, and the next run goes on from there. */
    private static List<byte[]> fuzzed(FuzzTarget<?> target, List<byte[]> seeds) throws Exception {
        Path folder = Files.createDirectories(Path.of("target/fuzz", target.name()));
        Jazzer.Ended ended = Jazzer.run(
                folder,
                Jazzed.class,
                List.of(target.name()),
                seeds,
                false,
                List.of("-max_total_time=" + SECONDS, "-seed=" + (int) (SEED & 0x7fffffff)));
        assertEquals(0, ended.exitCode(), () -> "Jazzer found something in " + target + ": " + ended.finding());
        return ended.corpus();
    }

    @Test
    void withoutSeedsEveryTargetMissesItsFloor() throws Exception {
        List<String> reached = new ArrayList<>();
        for (FuzzTarget<?> target : FuzzTarget.all()) {
            Coverage blind = Coverage.of(target, List.of(), List.of(), SEED, 20);
            if (blind.percent() >= target.branches()) {
                reached.add(target.name());
            } else {
                AssertionError red = assertThrows(AssertionError.class, () -> blind.atLeast(target));
                assertTrue(red.getMessage().contains("the floor is " + target.branches()), red.getMessage());
            }
        }
        assertEquals(List.of(), reached);
    }

    @Test
    void jazzerFindsAPlantedMistakeAndKeepsTheInput(@TempDir Path folder) throws Exception {
        Jazzer.Ended ended = Jazzer.run(
                folder,
                Planted.class,
                List.of(),
                List.of(new byte[] {1, 2, 3}),
                true,
                List.of("-runs=5000000", "-seed=1", "-max_len=64"));
        assertEquals(77, ended.exitCode(), () -> "not found: " + ended.finding());
        assertTrue(Planted.isIt(HexFormat.of().parseHex(ended.finding())), ended.finding());
    }

    @Test
    void aBrokenPropertyNamesTheInput() {
        FuzzTarget<Boolean> planted = new FuzzTarget<>(
                "planted",
                0,
                List.of(),
                List::of,
                input -> true,
                (input, accepted) -> Planted.fuzzerTestOneInput(input));
        planted.take(new byte[] {1});
        assertThrows(AssertionError.class, () -> planted.take(Planted.MAGIC.clone()));
        FuzzTarget<Boolean> careless = new FuzzTarget<>(
                "careless",
                0,
                List.of(),
                List::of,
                input -> new byte[input[0] << 24].length > 0,
                (input, accepted) -> {});
        AssertionError greedy = assertThrows(AssertionError.class, () -> careless.take(new byte[] {4}));
        assertTrue(greedy.getMessage().startsWith("allocates "), greedy.getMessage());
        AssertionError undocumented = assertThrows(AssertionError.class, () -> careless.take(new byte[0]));
        assertTrue(undocumented.getMessage().contains("ArrayIndexOutOfBounds"), undocumented.getMessage());
    }

    /** Deep, wide and lying about their length: each must be refused before anything is allocated for it (see {@link FuzzTarget#take}). */
    @Test
    void bombsAreRefusedAtOnce() {
        byte[] deep = new byte[4 << 20];
        Arrays.fill(deep, (byte) 0x81);
        byte[] wide = new byte[4 << 20];
        wide[0] = (byte) 0x9a;
        wide[2] = 0x3f;
        List<byte[]> bombs = new ArrayList<>(List.of(deep, wide));
        for (String lie : List.of(
                "9b7fffffffffffffff",
                "bb7fffffffffffffff",
                "5b7fffffffffffffff",
                "7b7fffffffffffffff",
                "9a7fffffff8181",
                "ba3fffffff0000",
                "5a7fffffff00")) {
            bombs.add(HexFormat.of().parseHex(lie));
        }
        for (FuzzTarget<?> target : FuzzTarget.all()) {
            bombs.forEach(target::take);
        }
        FuzzTarget<?> cbor = FuzzTarget.named("cbor");
        bombs.forEach(bomb ->
                assertThrows(MalformedException.class, () -> cbor.parser().parse(bomb)));
    }

    @Test
    void aDeviceMessageOfMoreThan64KiBIsRefused() {
        byte[] huge = new byte[SignedMessage.MAX_STEP + 1];
        MalformedException e = assertThrows(MalformedException.class, () -> SignedMessage.parse(huge));
        assertEquals(MalformedException.Reason.TOO_LARGE, e.reason());
    }

    /** Every parser of the module is somebody's target: a new one has to be added here, or named as read by no stranger. */
    @Test
    void everyParserHasATarget() throws IOException {
        List<String> covered = FuzzTarget.all().stream()
                .flatMap(t -> t.parsers().stream())
                .map(p -> p.split(":")[0])
                .toList();
        // Read through another target's parser, or no outside bytes.
        List<String> others = List.of("key.Algorithm");
        List<String> without = new ArrayList<>();
        Path main = Path.of("src/main/java/io/waymark/evidence");
        try (Stream<Path> sources = Files.walk(main)) {
            for (Path source :
                    sources.filter(p -> p.toString().endsWith(".java")).toList()) {
                String name =
                        main.relativize(source).toString().replace(".java", "").replace('/', '.');
                if (Files.readString(source).matches("(?s).*static \\S+(?: \\S+)? (?:parse|ofCose|ofVkey|entries)\\(.*")
                        && !covered.contains(name)
                        && !others.contains(name)) {
                    without.add(name);
                }
            }
        }
        assertEquals(List.of(), without);
    }
}
