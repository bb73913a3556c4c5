package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishedFilesTest {
    private static final String ORIGIN = "test.waymark.localhost/ledger";

    @TempDir
    Path directory;

    private final NoteSigner signer = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));
    private final RightEdge edge = RightEdge.empty();
    private final Map<String, byte[]> stored = new HashMap<>();
    private int reads;

    @Test
    void everyPublishedCheckpointIsTheRootOfTheFilesBesideIt() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        PublishedFiles files = files();
        for (int round = 0; round < 25; round++) {
            VerifiedCheckpoint next = grow(1 + random.nextInt(round % 5 == 4 ? 9_000 : 300));

            files.publish(next);

            VerifiedCheckpoint shown = files.checkpoint().orElseThrow();
            assertEquals(next.size(), shown.size());
            assertArrayEquals(shown.root(), Tiles.root(shown.size(), this::tileFile), "at " + shown.size());
            assertEquals(shown.size(), entriesInFiles(shown.size()));
            assertFalse(somePartialBesideItsFullPage(), "partial pages of full ones are collected");
        }
    }

    @Test
    void whatIsPublishedIsNotReadAgain() throws Exception {
        PublishedFiles files = files();
        files.publish(grow(3 * 256));
        reads = 0;

        files.publish(grow(1));

        assertEquals(3, reads, "one bundle, and its tile to compare and to write");
    }

    @Test
    void aPageIsGivenToEveryWidthThatIsPublishedAndAsItsFileIs() throws Exception {
        PublishedFiles files = files();
        files.publish(grow(100));
        files.publish(grow(200));

        assertArrayEquals(page(0, 0, 37), files.page(0, 0, 37).orElseThrow(), "of a page that is full now");
        assertArrayEquals(page(-1, 0, 256), files.page(-1, 0, 256).orElseThrow());
        assertArrayEquals(page(-1, 1, 43), files.page(-1, 1, 43).orElseThrow(), "of one that grows");
        assertArrayEquals(page(1, 0, 1), files.page(1, 0, 1).orElseThrow());
        assertTrue(files.page(0, 1, 45).isEmpty());
        assertTrue(files.page(0, 2, 1).isEmpty());

        byte[] altered = new byte[33];
        Files.write(directory.resolve("tile/0/000"), altered);
        Files.write(directory.resolve("tile/entries/000"), altered);
        assertArrayEquals(altered, files.page(0, 0, 256).orElseThrow());
        assertEquals(32, files.page(0, 0, 1).orElseThrow().length);
        assertEquals(33, files.page(-1, 0, 256).orElseThrow().length, "no entries to count: all of it");
        Files.delete(directory.resolve("tile/0/000"));
        assertTrue(files.page(0, 0, 256).isEmpty());
    }

    @Test
    void whatWasAlteredInTheDatabaseIsNotPublished() throws Exception {
        PublishedFiles files = files();
        files.publish(grow(10));
        VerifiedCheckpoint next = grow(600);
        for (String altered : List.of("-1/1", "0/1")) {
            byte[] page = stored.get(altered).clone();
            stored.get(altered)[40] ^= 1;

            IllegalStateException refused = assertThrows(IllegalStateException.class, () -> files.publish(next));

            assertTrue(refused.getMessage().contains("is not the one that was signed"), refused.getMessage());
            assertEquals(10, files.checkpoint().orElseThrow().size());
            stored.put(altered, page);
        }
        files.publish(next);
        assertEquals(610, files.checkpoint().orElseThrow().size());
    }

    @Test
    void aFileWithOtherBytesIsNeverReplaced() throws Exception {
        PublishedFiles files = files();
        files.publish(grow(10));
        Path next = directory.resolve("tile/0/000.p/12");
        Files.write(next, new byte[12 * 32]);

        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> files.publish(grow(2)));

        assertTrue(refused.getMessage().contains("other bytes"), refused.getMessage());
        assertEquals(10, files.checkpoint().orElseThrow().size());
        assertArrayEquals(new byte[12 * 32], Files.readAllBytes(next));
    }

    @Test
    void aFolderThatShowsMoreThanTheLogIsRefused() throws Exception {
        VerifiedCheckpoint earlier = grow(5);
        files().publish(grow(5));

        assertThrows(IllegalStateException.class, () -> files().publish(earlier));
    }

    @Test
    void aCheckpointOfAnotherKeyIsRefused() throws Exception {
        files().publish(grow(5));
        NoteSigner other = new NoteSigner(ORIGIN, SigningKey.generate(Algorithm.ED25519));

        assertThrows(IllegalStateException.class, () -> new PublishedFiles(directory, other::verifier, this::page)
                .checkpoint());
    }

    /** The source fails at every page once: a crash at each point. What is shown stays whole, and the next try ends at the same bytes. */
    @Test
    void aRunThatEndsInTheMiddleLeavesTheOldViewWholeAndIsFinishedByTheNext() throws Exception {
        files().publish(grow(500));
        VerifiedCheckpoint next = grow(70_000);
        for (int survives = 0; ; survives += 37) {
            int[] left = {survives};
            PublishedFiles dying = new PublishedFiles(directory, signer::verifier, (level, number, width) -> {
                if (left[0]-- == 0) {
                    throw new UncheckedIOException(new IOException("ended here"));
                }
                return page(level, number, width);
            });
            Files.createDirectories(directory.resolve("tile/entries"));
            Files.write(directory.resolve("tile/entries/001.new"), new byte[3]);
            try {
                dying.publish(next);
                break;
            } catch (UncheckedIOException ended) {
                VerifiedCheckpoint shown = files().checkpoint().orElseThrow();
                assertEquals(500, shown.size());
                assertArrayEquals(shown.root(), Tiles.root(500, this::tileFile));
            }
        }
        files().tidy();

        assertArrayEquals(next.root(), Tiles.root(next.size(), this::tileFile));
        assertFalse(somePartialBesideItsFullPage());
        try (Stream<Path> all = Files.walk(directory)) {
            assertEquals(0, all.filter(f -> f.toString().endsWith(".new")).count());
        }
    }

    private PublishedFiles files() {
        return new PublishedFiles(directory, signer::verifier, this::page);
    }

    private VerifiedCheckpoint grow(int entries) throws Exception {
        List<byte[]> added = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            added.add(MerkleHash.sha256((edge.size() + i + "").getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        }
        for (RightEdge.Page page : edge.append(added)) {
            stored.put(page.level() + "/" + page.number(), page.bytes());
        }
        return signer.verifier().checkpoint(signer.sign(new Checkpoint(ORIGIN, edge.size(), edge.root()).text()));
    }

    private byte[] page(int level, long number, int width) {
        reads++;
        byte[] bytes = stored.get(level + "/" + number);
        int each = level < 0 ? 2 + 32 : 32;
        return java.util.Arrays.copyOf(bytes, width * each);
    }

    /** As a reader does: the partial file of that width, else the full one. */
    private byte[] tileFile(int level, long number, int width) {
        try {
            Path partial = directory.resolve(Tiles.path(level, number, width));
            Path full = directory.resolve(Tiles.path(level, number, Tiles.WIDTH));
            return java.util.Arrays.copyOf(Files.readAllBytes(Files.exists(partial) ? partial : full), width * 32);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long entriesInFiles(long size) throws Exception {
        long count = 0;
        for (long number = 0; number << 8 < size; number++) {
            int width = (int) Math.min(Tiles.WIDTH, size - (number << 8));
            count += Tiles.entries(Files.readAllBytes(directory.resolve(Tiles.entriesPath(number, width))))
                    .size();
        }
        return count;
    }

    private boolean somePartialBesideItsFullPage() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(f -> f.toString().endsWith(".p"))
                    .anyMatch(f -> Files.exists(
                            f.resolveSibling(f.getFileName().toString().replace(".p", ""))));
        }
    }
}
