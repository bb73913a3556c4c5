package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogHandOverTest {
    private static final String ORIGIN = "test.waymark.localhost/handed-over";
    private static final String IN_TRANSACTION = "in the transaction";
    private static final String AFTER_COMMIT = "after COMMIT, before the lock file";

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private AgroalDataSource database;

    @BeforeEach
    void emptyLog() throws SQLException {
        database = LogDatabase.connect(LogDatabase.fresh());
        open.add(database);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void theFirstEntryPromisesTheNextKeyAndLaterStartsDoNotPromiseAgain() throws Exception {
        Ledger ledger = start(files());
        append(ledger, "a");
        LogKey promise = LogKey.parse(ledger.entry(0));
        assertEquals(0, promise.generation());
        assertEquals(ledger.verifier().key(), promise.key());
        assertArrayEquals(LogKey.commitment(secret("log-next.p12").verificationKey()), promise.next());
        assertTrue(ledger.handOvers(ledger.checkpoint()).isEmpty());
        ledger.stop();

        // Taken somewhere safe: the log needs it for nothing but the hand-over.
        Files.move(directory.resolve("log-next.p12"), directory.resolve("elsewhere.p12"));
        Ledger again = start(files());
        append(again, "b");
        assertEquals(3, again.checkpoint().size());
        assertFalse(Files.exists(directory.resolve("log-next.p12")));
    }

    @Test
    void aLogOfBeforePromisesWhereItStands() throws Exception {
        Ledger before = new Ledger(
                database,
                ORIGIN,
                directory.resolve("log.p12"),
                directory.resolve("lock"),
                Optional.empty(),
                Optional.empty());
        start(before);
        append(before, "a");
        before.stop();

        Ledger ledger = start(files());
        append(ledger, "b");

        assertTrue(LogKey.is(ledger.entry(1)));
        assertEquals(before.verifier().vkey(), ledger.verifier().vkey());
    }

    @Test
    void afterTwoHandOversAReaderOfTheFirstKeyFollows() throws Exception {
        Ledger ledger = start(files());
        append(ledger, "a");
        NoteVerifier first = ledger.verifier();
        VerifiedCheckpoint kept = ledger.checkpoint();
        for (int generation = 1; generation <= 2; generation++) {
            ledger.stop();
            String promised = vkey(secret("log-next.p12"));
            files().askToHandOver();
            ledger = start(files());
            append(ledger, "after " + generation);
            assertEquals(promised, ledger.verifier().vkey());
        }

        VerifiedCheckpoint newest = ledger.checkpoint();
        assertThrows(InvalidNoteException.class, () -> first.checkpoint(newest.note()));
        NoteVerifier followed = ledger.handOvers(newest).orElseThrow().follow(first, newest.note());
        assertEquals(ledger.verifier().vkey(), followed.vkey());
        VerifiedCheckpoint verified = followed.checkpoint(newest.note());
        assertTrue(ledger.consistency(kept.size(), newest.size()).extends_(followed.checkpoint(kept.note()), verified));
        assertSound(ledger);
    }

    /** One log, whose every hand-over is killed at another place. */
    @Test
    void aHandOverThatIsKilledIsDoneAtTheNextStartAndOnce() throws Exception {
        Ledger ledger = start(files());
        append(ledger, "a");
        NoteVerifier first = ledger.verifier();
        VerifiedCheckpoint kept = ledger.checkpoint();
        int generation = 0;
        for (String where : List.of(
                "made the key after the next",
                IN_TRANSACTION,
                AFTER_COMMIT,
                "committed",
                "named the key before",
                "named the key in force",
                "named the promised key")) {
            generation++;
            String before = ledger.verifier().vkey();
            String promised = vkey(secret("log-next.p12"));
            ledger.stop();
            files().askToHandOver();

            Kill kill = new Kill(where);
            Ledger killed = new Ledger(
                    kill.around(database),
                    ORIGIN,
                    kill.files(),
                    directory.resolve("lock"),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Drill.NONE);
            killed.start();
            kill.awaitDeath();
            killed.stop();
            assertTrue(kill.happened, where);

            ledger = start(files());
            append(ledger, "after " + where);
            assertEquals(promised, ledger.verifier().vkey(), where);
            assertEquals(generation, ledger.keys().size() - 1, where);
            NoteVerifier followed = ledger.handOvers(ledger.checkpoint())
                    .orElseThrow()
                    .follow(first, ledger.checkpoint().note());
            assertTrue(
                    ledger.consistency(kept.size(), ledger.checkpoint().size())
                            .extends_(
                                    kept,
                                    followed.checkpoint(ledger.checkpoint().note())),
                    where);
            assertEquals(promised, vkey(secret("log.p12")), where);
            assertEquals(before, vkey(secret("log-before.p12")), where);
            assertArrayEquals(
                    ledger.keys().get(generation).key().next(),
                    LogKey.commitment(secret("log-next.p12").verificationKey()),
                    where);
            assertEquals(
                    Set.of("log.p12", "log.p12.passphrase", "log-before.p12", "log-next.p12", "lock"), names(), where);
        }
        assertSound(ledger);
    }

    @Test
    void aKeyThatWasNotPromisedTakesNothingOver() throws Exception {
        Ledger ledger = start(files());
        append(ledger, "a");
        ledger.stop();
        files().askToHandOver();
        Files.move(directory.resolve("log-next.p12"), directory.resolve("promised.p12"));

        Ledger missing = start(files());
        append(missing, "b");
        assertEquals(ledger.verifier().vkey(), missing.verifier().vkey());
        missing.stop();

        files().next().create();
        Ledger thief = start(files());
        append(thief, "c");
        assertEquals(ledger.verifier().vkey(), thief.verifier().vkey());
        thief.stop();

        Files.delete(directory.resolve("log-next.p12"));
        Files.move(directory.resolve("promised.p12"), directory.resolve("log-next.p12"));
        Ledger promised = start(files());
        append(promised, "d");
        assertNotEquals(ledger.verifier().vkey(), promised.verifier().vkey());
        assertSound(promised);
    }

    // ---- helpers ----

    private LogKeyFiles files() {
        return new LogKeyFiles(
                KeyFile.at(directory.resolve("log.p12")), Optional.of(directory.resolve("log-next.p12")));
    }

    private SigningKey secret(String name) {
        return new KeyFile(directory.resolve(name), directory.resolve("log.p12.passphrase"))
                .key()
                .orElseThrow();
    }

    private static String vkey(SigningKey key) {
        return new NoteSigner(ORIGIN, key).verifier().vkey();
    }

    private Ledger start(LogKeyFiles files) {
        return start(new Ledger(
                database,
                ORIGIN,
                files,
                directory.resolve("lock"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Drill.NONE));
    }

    private Ledger start(Ledger ledger) {
        ledger.start();
        open.add(ledger::stop);
        ledger.awaitWritable();
        return ledger;
    }

    private static void append(Ledger ledger, String text) {
        byte[] entry = ("\t" + text).getBytes(StandardCharsets.UTF_8);
        ledger.append(List.of(Submission.of(entry)), CommitWork.NONE);
    }

    private Set<String> names() throws Exception {
        try (var all = Files.list(directory)) {
            return new HashSet<>(all.map(file -> file.getFileName().toString()).toList());
        }
    }

    /** Every entry is what was signed, and every checkpoint ever signed is by the key that was in force at its size. */
    private void assertSound(Ledger ledger) throws Exception {
        try (Connection c = database.getConnection()) {
            StoredPages pages = new StoredPages(() -> c, false);
            StoredLogAudit audit = new StoredLogAudit(ledger.verifier(), pages::page, (from, to) -> notes(c, from, to));
            VerifiedCheckpoint end = ledger.checkpoint();
            while (audit.position() < end.size()) {
                assertEquals(Optional.empty(), audit.step(end));
            }
        }
    }

    private static List<String> notes(Connection c, long from, long to) {
        try (PreparedStatement select =
                c.prepareStatement("SELECT note FROM ledger_checkpoint WHERE size > ? AND size <= ? ORDER BY size")) {
            select.setLong(1, from);
            select.setLong(2, to);
            List<String> notes = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    notes.add(rows.getString(1));
                }
            }
            return notes;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The process ends at a named place of the hand-over: what comes after it in the writer never runs. */
    private final class Kill {
        private final String where;
        private volatile boolean armed;
        private volatile boolean happened;

        Kill(String where) {
            this.where = where;
        }

        private void now() {
            happened = true;
            armed = false;
            throw new Error("killed " + where);
        }

        LogKeyFiles files() {
            return new LogKeyFiles(
                    KeyFile.at(directory.resolve("log.p12")), Optional.of(directory.resolve("log-next.p12"))) {
                @Override
                void step(String done) {
                    armed = true;
                    if (done.equals(where)) {
                        now();
                    }
                }
            };
        }

        DataSource around(DataSource inner) {
            return proxy(
                    DataSource.class,
                    inner,
                    (method, argument, result) -> method.equals("getConnection")
                            ? proxy(Connection.class, (Connection) result, (called, sql, returned) -> {
                                if (armed
                                        && where.equals(IN_TRANSACTION)
                                        && String.valueOf(sql).contains("UPDATE ledger_head SET size")) {
                                    now();
                                }
                                if (armed && where.equals(AFTER_COMMIT) && called.equals("commit")) {
                                    now();
                                }
                                return returned;
                            })
                            : result);
        }

        void awaitDeath() throws InterruptedException {
            for (int i = 0; i < 3000 && !happened; i++) {
                Thread.sleep(10);
            }
        }
    }

    private interface After {
        Object result(String method, Object firstArgument, Object result);
    }

    private static <T> T proxy(Class<T> type, T inner, After after) {
        return type.cast(Proxy.newProxyInstance(
                LogHandOverTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(inner, arguments);
                        return after.result(method.getName(), arguments == null ? null : arguments[0], result);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
