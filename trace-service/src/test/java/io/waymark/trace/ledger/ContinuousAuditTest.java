package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.trace.PostgresResource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContinuousAuditTest {
    @TempDir
    Path directory;

    @Test
    void anAlteredEntryEndsTheSigningAndIsNamed() throws Exception {
        String url = LogDatabase.fresh();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = new Ledger(
                    database,
                    "test.waymark.localhost/ledger",
                    directory.resolve("key"),
                    directory.resolve("lock"),
                    Optional.empty(),
                    Optional.empty());
            ledger.start();
            ledger.awaitWritable();
            append(ledger, 700);
            ContinuousAudit audit = new ContinuousAudit(ledger, database, 1_000_000, meters);
            audit.start(new StartupEvent());
            try {
                await(() -> meters.get("waymark.ledger.audit.rounds").gauge().value() >= 1);
                assertEquals(
                        700, meters.get("waymark.ledger.audit.position").gauge().value());
                assertTrue(ledger.trouble().isEmpty());

                sql(
                        url,
                        "UPDATE trace.ledger_bundle SET entries = set_byte(entries, 40, get_byte(entries, 40) # 1)"
                                + " WHERE number = 1");

                await(() -> ledger.trouble().orElse("").contains("is not what was signed"));
                assertEquals(
                        1, meters.get("waymark.ledger.audit.faults").gauge().value());
                ReadOnlyException refused = assertThrows(ReadOnlyException.class, () -> append(ledger, 1));
                assertTrue(refused.getMessage().contains("stored entry 25"), refused.getMessage());
            } finally {
                audit.stop(new ShutdownEvent());
                ledger.stop();
            }
        }
    }

    @Test
    void aPublishedFileWithAnotherByteIsNamedAndOneThatIsGoneIsWrittenAnew() throws Exception {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Path published = directory.resolve("published");
        try (AgroalDataSource database = LogDatabase.connect(LogDatabase.fresh())) {
            Ledger ledger = new Ledger(
                    database,
                    "test.waymark.localhost/ledger",
                    directory.resolve("key"),
                    directory.resolve("lock"),
                    Optional.of(published),
                    Optional.empty());
            ledger.start();
            ledger.awaitWritable();
            append(ledger, 700);
            await(() -> ledger.shown().size() == 700
                    && ledger.files().orElseThrow().shown().isPresent());
            ContinuousAudit audit = new ContinuousAudit(ledger, database, 1_000_000, meters);
            audit.start(new StartupEvent());
            try {
                await(() -> gauge(meters, "rounds") >= 1);
                // Bundles 0 and 1, tiles 0/000, 0/001; partial: bundle 2, tiles 0/002 and 1/000.
                assertEquals(7, gauge(meters, "files"));
                assertEquals(0, gauge(meters, "file.faults"));

                byte[] right = Files.readAllBytes(published.resolve("tile/0/001"));
                byte[] wrong = right.clone();
                wrong[77] ^= 1;
                Files.write(published.resolve("tile/0/001"), wrong);
                Files.write(published.resolve("tile/1/000.p/2"), new byte[64]);
                await(() -> gauge(meters, "file.faults") == 2);

                assertTrue(
                        ledger.files().orElseThrow().fault().orElseThrow().contains("tile/0/001 has another byte 77"));
                assertTrue(
                        new LedgerHealth(ledger).call().getData().orElseThrow().containsKey("files"));
                assertArrayEquals(wrong, Files.readAllBytes(published.resolve("tile/0/001")), "never replaced");
                assertEquals(List.of(700L), append(ledger, "later"), "the log behind it is sound");

                Files.delete(published.resolve("tile/0/001"));
                Files.delete(published.resolve("tile/1/000.p/2"));
                await(() -> Files.exists(published.resolve("tile/0/001")));
                assertArrayEquals(right, Files.readAllBytes(published.resolve("tile/0/001")));
                await(() -> gauge(meters, "file.faults") == 0);
                assertEquals(Optional.empty(), ledger.files().orElseThrow().fault());
            } finally {
                audit.stop(new ShutdownEvent());
                ledger.stop();
            }
        }
    }

    private static double gauge(SimpleMeterRegistry meters, String name) {
        return meters.get("waymark.ledger.audit." + name).gauge().value();
    }

    private static List<Long> append(Ledger ledger, String text) {
        byte[] entry = text.getBytes(StandardCharsets.UTF_8);
        return ledger.append(List.of(Submission.of(entry)), CommitWork.NONE);
    }

    private static void append(Ledger ledger, int count) {
        List<Submission> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] entry = ("entry " + count + "/" + i).getBytes(StandardCharsets.UTF_8);
            entries.add(Submission.of(entry));
        }
        ledger.append(entries, CommitWork.NONE);
    }

    private static void sql(String url, String text) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "trace_owner", PostgresResource.PASSWORD);
                Statement s = c.createStatement()) {
            s.execute(text);
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
