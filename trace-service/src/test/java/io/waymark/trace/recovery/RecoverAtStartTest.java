package io.waymark.trace.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.log.Entries;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.ledger.CommitWork;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recovery of a service that runs apart: a setting of its start. */
class RecoverAtStartTest {
    private static final String ORIGIN = "test.waymark.localhost/ledger";

    @TempDir
    Path directory;

    @Test
    void theStartTakesWhatIsMissingOrDoesNotHappen() throws Exception {
        Path published = directory.resolve("public");
        Path lock = directory.resolve("lock");
        try (AgroalDataSource database = database()) {
            Ledger ledger = ledger(database, Optional.of(published));
            ledger.append(statements(0), CommitWork.NONE);
            awaitPublished(published, 20);
            Files.walk(published).forEach(file -> copy(file, published, directory.resolve("of-20")));
            ledger.append(statements(20), CommitWork.NONE);
            awaitPublished(published, 40);
            ledger.stop();
        }

        try (AgroalDataSource lost = database()) {
            start(lost, Optional.empty());

            String locked = Files.readString(lock);
            String refusal = assertThrows(
                            IllegalStateException.class,
                            () -> start(
                                    lost, Optional.of(directory.resolve("of-20").toString())))
                    .getMessage();
            assertTrue(refusal.startsWith("recovery refused: mirror ") && refusal.contains("20 are missing"), refusal);
            assertEquals(locked, Files.readString(lock));
            assertThrows(
                    IllegalStateException.class,
                    () -> start(lost, Optional.of(directory.resolve("nowhere").toString())));

            start(lost, Optional.of(published.toString()));
            start(lost, Optional.of(published.toString()));

            Ledger again = ledger(lost, Optional.empty());
            assertEquals(40, again.checkpoint().size());
            assertEquals(39, again.append(statements(20), CommitWork.NONE).get(19));
            again.stop();
        }
    }

    // ---- helpers ----

    private void start(AgroalDataSource database, Optional<String> from) {
        new RecoverAtStart(
                        database,
                        ORIGIN,
                        directory.resolve("key"),
                        directory.resolve("lock"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        from)
                .recover(new StartupEvent());
    }

    private Ledger ledger(AgroalDataSource database, Optional<Path> publishTo) {
        Ledger ledger = new Ledger(
                database, ORIGIN, directory.resolve("key"), directory.resolve("lock"), publishTo, Optional.empty());
        ledger.start();
        for (int i = 0; i < 5; i++) {
            try {
                ledger.awaitWritable();
                return ledger;
            } catch (IllegalStateException slow) {
                // Ten seconds were not enough on a busy machine.
            }
        }
        throw new AssertionError("the ledger does not become writable");
    }

    private static List<Submission> statements(int from) {
        List<Submission> statements = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            statements.add(Submission.of(Entries.statement(new byte[32], 0, from + i, new byte[32])));
        }
        return statements;
    }

    private static void awaitPublished(Path folder, int size) throws Exception {
        for (int i = 0; i < 3000; i++) {
            Path checkpoint = folder.resolve("checkpoint");
            if (Files.exists(checkpoint) && Files.readString(checkpoint).contains("\n" + size + "\n")) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("not published within 60 s");
    }

    private static void copy(Path file, Path from, Path to) {
        try {
            Path place = to.resolve(from.relativize(file));
            if (Files.isDirectory(file)) {
                Files.createDirectories(place);
            } else {
                Files.copy(file, place, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static AgroalDataSource database() throws SQLException {
        String url = PostgresResource.freshDatabase();
        Flyway.configure()
                .dataSource(url, "trace_owner", PostgresResource.PASSWORD)
                .locations("db/trace")
                .defaultSchema("trace")
                .createSchemas(false)
                .load()
                .migrate();
        return AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(pool -> pool.maxSize(20).connectionFactoryConfiguration(f -> f.jdbcUrl(url)
                        .principal(new NamePrincipal("trace_ledger"))
                        .credential(new SimplePassword(PostgresResource.PASSWORD)))));
    }
}
