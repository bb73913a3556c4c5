package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.Tiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log and the folder it is published to. */
class PublishingTest {
    @TempDir
    Path directory;

    private AgroalDataSource database;
    private Ledger ledger;

    @BeforeEach
    void connect() throws Exception {
        database = LogDatabase.connect(LogDatabase.fresh());
    }

    @AfterEach
    void close() {
        ledger.stop();
        database.close();
    }

    /** As a full disk or one that may only be read: nothing can be made in the folder. */
    @Test
    void aFolderThatCannotBeWrittenStopsNothingIsToldAndIsTakenUpAgain() throws Exception {
        Path published = Files.createDirectory(directory.resolve("published"));
        Path inTheWay = Files.writeString(published.resolve("tile"), "a file where a folder should be");
        start(Optional.of(published));
        append(3);

        await(() -> ledger.publishingTrouble().isPresent());
        append(2);

        assertEquals(5, ledger.shown().size(), "until something is published, the newest");
        assertEquals(5, ledger.checkpointOver(5).size());
        assertTrue(ledger.inclusion(4, 5).places(MerkleHash.leaf(ledger.entry(4)), ledger.checkpoint()));
        var health = new LedgerHealth(ledger).call();
        assertEquals("UP", health.getStatus().name());
        assertTrue(
                health.getData().orElseThrow().get("publishing").toString().startsWith("waits: "), health.toString());

        Files.delete(inTheWay);
        await(() -> ledger.publishingTrouble().isEmpty()
                && ledger.files().orElseThrow().shown().isPresent());
        assertEquals(5, ledger.shown().size());
        assertTrue(Files.readString(published.resolve("checkpoint")).contains("\n5\n"));
    }

    @Test
    void aLogThatWasNeverPublishedIsServedAllTheTimeUntilItsFilesAreThere() throws Exception {
        start(Optional.empty());
        for (int i = 0; i < 5; i++) {
            append(4000);
        }
        ledger.stop();
        Path published = directory.resolve("published");

        start(Optional.of(published));
        append(1);

        // From the database while there are no files, from the files then; always of the tree that is shown.
        long before = 0;
        while (before < 20_001) {
            long shown = ledger.shown().size();
            assertTrue(shown >= before, shown + " after " + before);
            assertTrue(
                    ledger.inclusion(shown - 1, shown).places(MerkleHash.leaf(ledger.entry(shown - 1)), ledger.shown())
                            || ledger.shown().size() > shown);
            before = ledger.files().orElseThrow().shown().isPresent() ? shown : 0;
        }
        assertTrue(java.util.Arrays.equals(
                ledger.checkpoint().root(),
                Tiles.root(20_001, (level, index, width) -> read(published.resolve(Tiles.path(level, index, width))))));
    }

    @Test
    void aFolderOfAnotherLogIsNeverServed() throws Exception {
        Path published = directory.resolve("published");
        start(Optional.of(published));
        append(3);
        await(() -> ledger.files().orElseThrow().shown().isPresent());
        ledger.stop();
        database.close();
        database = LogDatabase.connect(LogDatabase.fresh());
        Files.delete(directory.resolve("lock"));

        start(Optional.of(published)); // the same key, an empty log
        append(1);

        await(() -> ledger.publishingTrouble().orElse("").contains("shows 3 entries"));
        assertEquals(1, ledger.shown().size());
        assertEquals(Optional.empty(), ledger.files().orElseThrow().page(0, 0, 1));
    }

    private void start(Optional<Path> published) {
        ledger = new Ledger(
                database,
                "test.waymark.localhost/ledger",
                directory.resolve("key"),
                directory.resolve("lock"),
                published,
                Optional.empty());
        ledger.start();
        ledger.awaitWritable();
    }

    private void append(int count) {
        List<Submission> entries = new ArrayList<>();
        long from = ledger.checkpoint().size();
        for (int i = 0; i < count; i++) {
            byte[] entry = ("entry " + (from + i)).getBytes(StandardCharsets.UTF_8);
            entries.add(Submission.of(entry));
        }
        ledger.append(entries, CommitWork.NONE);
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1500; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("not within 30 s");
    }
}
