package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.MirrorServer;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.trace.PostgresResource;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that lost entries with its database, and a mirror that has them. */
class RecoveryTest {
    static final String ORIGIN = "test.waymark.localhost/ledger";
    private static final byte[] STREAM = MerkleHash.sha256("a stream's secret".getBytes(StandardCharsets.UTF_8));

    /** More than one commit of a recovery. */
    private static final int LOST = 5_000;

    /** Made once: a database of 302 entries, the lock file and key it had, and a mirror with {@value #LOST} entries more. */
    @TempDir
    static Path made;

    private static String madeBackup;
    private static VerifiedCheckpoint before;
    private static VerifiedCheckpoint after;

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String backup;
    private Path mirror;

    @BeforeAll
    static void aBackupAndAMirrorThatHasMore() throws Exception {
        String url = LogDatabase.fresh();
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = ledger(database, made, "lock", "public");
            ledger.start();
            ledger.append(statements(0, 300), CommitWork.NONE);
            headed(ledger, ledger.append(List.of(link(0)), CommitWork.NONE)); // a map head is among what the backup has
            before = ledger.checkpoint();
            ledger.stop();
        }
        madeBackup = PostgresResource.copyOf(url);
        Files.copy(made.resolve("lock"), made.resolve("lock-of-backup"));
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger more = ledger(database, made, "lock", "public");
            more.start();
            writable(more);
            more.append(statements(300, LOST), CommitWork.NONE);
            // And another among what is lost. After it nothing comes by itself.
            headed(more, more.append(List.of(link(1), link(2)), CommitWork.NONE));
            published(more, made.resolve("public"));
            after = more.checkpoint();
            more.stop();
        }
        var source = LogPlace.of(made.resolve("public").toString());
        try (Mirror copy = Mirror.open(made.resolve("mirror"), verifier(made), source::get)) {
            assertEquals(
                    Mirror.State.CURRENT, copy.update().state(), copy.status().detail());
        }
    }

    @BeforeEach
    void copies() throws IOException {
        backup = PostgresResource.copyOf(madeBackup);
        mirror = directory.resolve("mirror");
        try (Stream<Path> files = Files.walk(made)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path to = directory.resolve(made.relativize(file));
                if (!Files.isDirectory(file)) {
                    Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
                } else if (!file.equals(made)) {
                    Files.createDirectories(to);
                }
            }
        }
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void whatWasLostComesBackAndEverythingKeepsItsPlace() throws Exception {
        AgroalDataSource database = connect(backup);
        Ledger restored = start(database, "lock", null);
        await(() -> restored.trouble().orElse("").contains(Recovery.OFFER));
        restored.stop();

        Recovery.Done done = recover(database, "lock", mirror.toString());

        assertEquals(new Recovery.Done(before.size(), before.size(), after.size(), true), done);
        Ledger again = start(database, "lock", "public-again");
        writable(again);
        assertEquals(after.size(), again.recovered());
        assertTrue(again.consistency(before.size(), after.size()).extends_(before, after));
        assertArrayEquals(after.root(), rootAt(again, after.size()));
        assertEquals(List.of(5L, 299L), again.append(List.of(statement(5), statement(299)), CommitWork.NONE));
        long lost = before.size() + 100;
        assertEquals(
                List.of(lost), again.append(List.of(statement(400)), CommitWork.NONE), "sent again: its old place");
        assertThrows(
                ConflictException.class,
                () -> again.append(
                        List.of(Submission.of(Entries.statement(STREAM, 0, 400, new byte[32]))), CommitWork.NONE));
        assertThrows(
                ConflictException.class,
                () -> again.append(List.of(Submission.of(Entries.link(STREAM, 1, STREAM))), CommitWork.NONE));
        assertEquals(
                after.size(),
                again.append(List.of(statement(LOST + 300)), CommitWork.NONE).get(0));
        headed(again, List.of(after.size() - 2));
        Ledger.MapAnswer map = again.inMap(Entries.linkTag(STREAM, 2), 0).orElseThrow();
        assertEquals(MapProof.Finding.PRESENT, map.proof().find(Entries.linkTag(STREAM, 2), map.root()));
        published(again, directory.resolve("public-again"));
        assertSound(again, directory.resolve("public-again"));
        assertEquals(
                0,
                count(
                        database,
                        "SELECT count(*) FROM ledger_recovery WHERE ended_at IS NULL OR from_size <> "
                                + before.size()));
        assertFalse(Files.exists(directory.resolve("lock.recovery")));
    }

    @Test
    void anEmptyDatabaseGetsTheWholeLog() throws Exception {
        AgroalDataSource database = connect(LogDatabase.fresh());

        assertEquals(
                new Recovery.Done(0, 0, after.size(), true), recover(database, "lock", served(mirror)), "over HTTP");

        Ledger again = start(database, "lock", null);
        writable(again);
        assertEquals(
                after.size(),
                again.append(List.of(statement(LOST + 300)), CommitWork.NONE).get(0));
    }

    @Test
    void killedInTheMiddleItIsRunAgainAndAStartInBetweenIsRefused() throws Exception {
        // As if the lock file had been restored with the database: only the recovery knows better.
        Files.copy(directory.resolve("lock-of-backup"), directory.resolve("lock"), StandardCopyOption.REPLACE_EXISTING);
        Process recovering = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        RecoveryThatStops.class.getName(),
                        backup,
                        directory.toString(),
                        mirror.toString())
                .redirectErrorStream(true)
                .start();
        open.add(recovering::destroyForcibly);
        BufferedReader said = recovering.inputReader(StandardCharsets.UTF_8);
        StringBuilder all = new StringBuilder();
        String line = said.readLine();
        while (line != null && !line.startsWith("stored ")) {
            all.append(line).append('\n');
            line = said.readLine();
        }
        assertTrue(line != null, "it did not come so far: " + all);
        recovering.destroyForcibly();
        assertTrue(recovering.waitFor(60, TimeUnit.SECONDS));

        AgroalDataSource database = connect(backup);
        Ledger tooEarly = start(database, "lock", null);
        await(() -> tooEarly.trouble().orElse("").contains(Recovery.OFFER));
        long middle = tooEarly.checkpoint().size();
        tooEarly.stop();
        assertTrue(before.size() < middle && middle < after.size(), "ended at " + middle);

        assertEquals(
                new Recovery.Done(before.size(), middle, after.size(), true),
                recover(database, "lock", mirror.toString()));

        Ledger again = start(database, "lock", "public-again");
        writable(again);
        published(again, directory.resolve("public-again"));
        assertSound(again, directory.resolve("public-again"));
        long size = again.checkpoint().size();
        again.stop();
        assertEquals(
                new Recovery.Done(size, size, size, true),
                recover(database, "lock", mirror.toString()),
                "nothing is missing any more");
    }

    /** Run by {@link #killedInTheMiddleItIsRunAgainAndAStartInBetweenIsRefused} as a process: stops for ever after its first commit. */
    static final class RecoveryThatStops {
        public static void main(String... arguments) throws Exception {
            try (AgroalDataSource database = LogDatabase.connect(arguments[0])) {
                Path directory = Path.of(arguments[1]);
                new Recovery(
                                database,
                                ORIGIN,
                                directory.resolve("key"),
                                directory.resolve("lock"),
                                Optional.empty(),
                                Optional.empty(),
                                List.of())
                        .from(
                                "the mirror",
                                LogPlace.of(arguments[2]),
                                (c, first, entries) -> {},
                                new Recovery.Progress() {
                                    @Override
                                    public void verified(long entries, long of) {}

                                    @Override
                                    public void stored(long entries, long of) {
                                        System.out.println("stored " + entries);
                                        while (true) {
                                            LockSupport.park();
                                        }
                                    }
                                });
            }
        }
    }

    @Test
    void aMirrorWithOneBitAlteredIsRefusedAndTheIndexIsNamed() throws Exception {
        // Entry 256 · 8 + 10 of 67 bytes with its length, and its leaf.
        flip(mirror.resolve("tile/entries/008"), 10 * 67 + 50);
        assertRefused("first at index 2058", "lock", mirror);
        flip(mirror.resolve("tile/entries/008"), 10 * 67 + 50);
        flip(mirror.resolve("tile/0/009"), 32 * 3);
        assertRefused("first at index 2307", "lock", mirror);
    }

    @Test
    void aMirrorThatIsShorterThanTheLockFileIsRefusedAndSaysHowManyAreMissing() throws Exception {
        Ledger ahead = startOn(recovered(), "lock", "public");
        ahead.append(statements(LOST + 300, 7), CommitWork.NONE);
        long size = ahead.checkpoint().size();
        ahead.stop();

        assertRefused(size + ": " + (size - after.size()) + " are missing", "lock", mirror);
    }

    @Test
    void aMirrorThatIsShorterThanWhatOthersSawIsRefused() throws Exception {
        Ledger ahead = startOn(recovered(), "lock", "public");
        ahead.append(statements(LOST + 300, 7), CommitWork.NONE);
        published(ahead, directory.resolve("public"));
        long size = ahead.checkpoint().size();
        ahead.stop();

        Recovery recovery = recovery(connect(PostgresResource.copyOf(madeBackup)), "lock-of-backup", "public");
        Recovery.RefusedException refused =
                assertThrows(Recovery.RefusedException.class, () -> run(recovery, mirror.toString()));
        assertTrue(
                refused.getMessage().contains("shows " + size + " entries, here are " + after.size() + ", "),
                refused.getMessage());
        assertTrue(refused.getMessage().contains("this log has ended"), refused.getMessage());
        assertEquals(
                Optional.of(before.note()),
                LockFile.noteIn(directory.resolve("lock-of-backup")),
                "the lock file was not touched");
    }

    @Test
    void aMirrorOfAnotherLogIsRefused() throws Exception {
        Files.move(directory.resolve("key"), directory.resolve("key-of-the-log"));
        Path key = directory.resolve("key");
        AgroalDataSource other = connect(LogDatabase.fresh());
        Ledger stranger = startOn(other, "lock-of-stranger", "public-of-stranger");
        stranger.append(statements(0, 10), CommitWork.NONE);
        published(stranger, directory.resolve("public-of-stranger"));
        stranger.stop();
        Files.move(directory.resolve("key-of-the-log"), key, StandardCopyOption.REPLACE_EXISTING);

        assertRefused("is not a copy of this log", "lock", directory.resolve("public-of-stranger"));
    }

    @Test
    void aMirrorOfAnotherHistoryIsRefusedAndBothAreKeptAsEvidence() throws Exception {
        AgroalDataSource database = connect(backup);
        Ledger fork = startOn(database, "lock-of-backup", null);
        fork.append(statements(900, 5), CommitWork.NONE);
        fork.stop();

        Recovery recovery = recovery(database, "lock-of-backup", null);
        Recovery.RefusedException refused =
                assertThrows(Recovery.RefusedException.class, () -> run(recovery, mirror.toString()));

        assertTrue(refused.getMessage().contains("two histories"), refused.getMessage());
        List<Path> evidence;
        try (var files = Files.list(directory.resolve("fraud"))) {
            evidence = files.toList();
        }
        assertEquals(1, evidence.size(), evidence.toString());
        FraudProof proof = FraudProof.parse(Files.readAllBytes(evidence.get(0)));
        assertTrue(proof.judge(fork.verifier()) instanceof FraudProof.Verdict.Proven);
        assertEquals(fork.checkpoint().size(), count(database, "SELECT size FROM ledger_head"), "nothing was written");
    }

    @Test
    void withoutALockFileTheEntriesComeBackAndNothingIsSigned() throws Exception {
        Files.delete(directory.resolve("lock"));
        AgroalDataSource database = connect(backup);

        assertFalse(recover(database, "lock", mirror.toString()).lockFile());

        assertFalse(Files.exists(directory.resolve("lock")));
        Ledger again = start(database, "lock", null);
        await(() -> again.trouble().orElse("").contains("is missing"));
        assertEquals(after.size(), again.checkpoint().size());
    }

    @Test
    void aLogThatIsBeingWrittenIsLeftAlone() throws Exception {
        AgroalDataSource database = connect(backup);
        Ledger running = startOn(database, "lock-of-backup", null);
        Recovery recovery = recovery(database, "lock-of-backup", null);
        Recovery.RefusedException refused =
                assertThrows(Recovery.RefusedException.class, () -> run(recovery, mirror.toString()));
        assertTrue(refused.getMessage().contains("stop it first"), refused.getMessage());
        running.append(List.of(statement(900)), CommitWork.NONE);
    }

    @Test
    void aStartAsksTheMirrorsWhatTheySawAndPassesOverThoseThatAreAway() throws Exception {
        AgroalDataSource database = connect(backup);
        String away = "http://127.0.0.1:1/";
        String junk = Files.createDirectories(directory.resolve("junk")).toString();
        Files.writeString(directory.resolve("junk/checkpoint"), "somebody else's\n");

        Ledger behind = withMirrors(database, "lock-of-backup", away, junk, mirror.toString());
        await(() -> behind.trouble().orElse("").contains("has " + after.size() + " entries of this log"));
        assertTrue(
                behind.trouble().orElse("").endsWith("recover --from-mirror " + mirror),
                behind.trouble().toString());
        assertThrows(ReadOnlyException.class, () -> behind.append(List.of(statement(900)), CommitWork.NONE));
        behind.stop();

        Ledger alone = withMirrors(database, "lock-of-backup", away, junk);
        writable(alone);
        alone.append(List.of(statement(900)), CommitWork.NONE);
        alone.stop();

        // More entries than the mirror by now, so that only the root tells.
        Ledger longer = withMirrors(database, "lock-of-backup", away, junk);
        writable(longer);
        longer.append(statements(10_000, LOST), CommitWork.NONE);
        longer.append(statements(20_000, 100), CommitWork.NONE);
        longer.stop();
        Ledger fork = withMirrors(database, "lock-of-backup", mirror.toString());
        await(() -> fork.trouble().orElse("").contains("has another history"));
    }

    // ---- helpers ----

    private static Submission statement(int seq) {
        return Submission.of(Entries.statement(
                STREAM, 0, seq, MerkleHash.sha256(("message " + seq).getBytes(StandardCharsets.UTF_8))));
    }

    private static List<Submission> statements(int from, int count) {
        List<Submission> statements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            statements.add(statement(from + i));
        }
        return statements;
    }

    private static Submission link(int n) {
        return Submission.of(Entries.link(STREAM, n, new byte[32]));
    }

    private static NoteVerifier verifier(Path directory) {
        return new NoteSigner(ORIGIN, KeyFile.read(directory.resolve("key")).orElseThrow()).verifier();
    }

    /** The address of a server in this process. */
    private String served(Path folder) throws Exception {
        Mirror copy = Mirror.open(folder, verifier(directory), path -> Optional.empty());
        open.add(copy);
        var server = MirrorServer.start(copy, new InetSocketAddress("127.0.0.1", 0));
        open.add(server);
        return "http://127.0.0.1:" + server.address().getPort() + "/";
    }

    /** The database with everything the mirror has. */
    private AgroalDataSource recovered() throws Exception {
        AgroalDataSource database = connect(backup);
        recover(database, "lock", mirror.toString());
        return database;
    }

    private Recovery.Done recover(AgroalDataSource database, String lock, String place) throws Exception {
        return run(recovery(database, lock, null), place);
    }

    private Recovery recovery(AgroalDataSource database, String lock, String publishTo) {
        return new Recovery(
                database,
                ORIGIN,
                directory.resolve("key"),
                directory.resolve(lock),
                Optional.ofNullable(publishTo).map(directory::resolve),
                Optional.empty(),
                List.of());
    }

    private static Recovery.Done run(Recovery recovery, String place) throws Exception {
        return recovery.from("the mirror", LogPlace.of(place), (c, first, entries) -> {}, new Recovery.Progress() {
            @Override
            public void verified(long entries, long of) {}

            @Override
            public void stored(long entries, long of) {}
        });
    }

    private void assertRefused(String why, String lock, Path place) throws Exception {
        AgroalDataSource database = connect(PostgresResource.copyOf(madeBackup));
        String locked = Files.readString(directory.resolve(lock));
        Recovery recovery = recovery(database, lock, null);
        Recovery.RefusedException refused =
                assertThrows(Recovery.RefusedException.class, () -> run(recovery, place.toString()));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"));
        assertEquals(0, count(database, "SELECT count(*) FROM ledger_recovery"), "nothing was written");
        assertEquals(locked, Files.readString(directory.resolve(lock)));
    }

    private static void assertSound(Ledger ledger, Path published) throws Exception {
        VerifiedCheckpoint shown = ledger.verifier().checkpoint(Files.readString(published.resolve("checkpoint")));
        List<Check> checks = Audit.fromTheStart(LogPlace.of(published.toString()), ledger.verifier(), shown)
                .run(List.of(), (read, at, of) -> {}, Long.MAX_VALUE, state -> {})
                .checks();
        assertEquals(Outcome.PASS, Check.summary(checks), checks.toString());
    }

    private static byte[] rootAt(Ledger ledger, long size) {
        return Tiles.root(
                size, (level, index, width) -> ledger.page(level, index, width).orElseThrow());
    }

    private Ledger start(AgroalDataSource database, String lock, String publishTo) {
        Ledger started = ledger(database, directory, lock, publishTo);
        started.start();
        open.add(started::stop);
        return started;
    }

    private static Ledger ledger(AgroalDataSource database, Path directory, String lock, String publishTo) {
        return new Ledger(
                database,
                ORIGIN,
                directory.resolve("key"),
                directory.resolve(lock),
                Optional.ofNullable(publishTo).map(directory::resolve),
                Optional.empty());
    }

    private Ledger startOn(AgroalDataSource database, String lock, String publishTo) throws InterruptedException {
        Ledger started = start(database, lock, publishTo);
        writable(started);
        return started;
    }

    private Ledger withMirrors(AgroalDataSource database, String lock, String... mirrors) {
        Ledger started = new Ledger(
                database,
                ORIGIN,
                new LogKeyFiles(KeyFile.at(directory.resolve("key")), Optional.empty()),
                directory.resolve(lock),
                Optional.empty(),
                Optional.empty(),
                List.of(mirrors));
        started.start();
        open.add(started::stop);
        return started;
    }

    private static void writable(Ledger ledger) throws InterruptedException {
        await(() -> ledger.trouble().isEmpty());
    }

    /** When the newest map head covers the last of these links. */
    private static void headed(Ledger ledger, List<Long> links) throws InterruptedException {
        long size = links.get(links.size() - 1) + 1;
        await(() -> ledger.inMap(new byte[32], size).map(Ledger.MapAnswer::size).orElse(0L) >= size);
    }

    private static void published(Ledger ledger, Path folder) throws Exception {
        Path checkpoint = folder.resolve("checkpoint");
        await(() -> {
            try {
                return Files.exists(checkpoint)
                        && ledger.verifier()
                                        .checkpoint(Files.readString(checkpoint))
                                        .size()
                                == ledger.checkpoint().size();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private AgroalDataSource connect(String url) throws Exception {
        AgroalDataSource source = LogDatabase.connect(url);
        open.add(source);
        return source;
    }

    private static long count(AgroalDataSource database, String query) throws Exception {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("not within 60 s");
    }
}
