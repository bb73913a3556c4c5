package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.TagMap;
import io.waymark.trace.PostgresResource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import javax.sql.DataSource;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
    private static final String ORIGIN = "test.waymark.localhost/ledger";

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String url;
    private AgroalDataSource database;
    private Ledger ledger;

    @BeforeEach
    void emptyLog() throws SQLException {
        url = LogDatabase.fresh();
        database = connect(url);
        ledger = start(database);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void checkpointOfAnEmptyLogIsTheHashOfNothing() {
        assertEquals(0, ledger.checkpoint().size());
        assertArrayEquals(MerkleHash.EMPTY, ledger.checkpoint().root());
    }

    @Test
    void everyEntryIsProvenInTheTreeAfterRandomAppends() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        CompactTree expected = new CompactTree();
        List<byte[]> entries = new ArrayList<>();
        List<VerifiedCheckpoint> checkpoints = new ArrayList<>();
        while (entries.size() < 900) {
            List<Submission> some = new ArrayList<>();
            for (int n = 1 + random.nextInt(300); n > 0; n--) {
                byte[] entry = new byte[20 + random.nextInt(200)]; // long enough that none comes twice
                random.nextBytes(entry);
                entry[0] = 9;
                some.add(Submission.of(entry));
                entries.add(entry);
                expected.append(MerkleHash.leaf(entry));
            }
            ledger.append(some, CommitWork.NONE);
            assertArrayEquals(expected.root(), ledger.checkpoint().root(), "root at " + entries.size());
            checkpoints.add(ledger.checkpoint());
        }

        VerifiedCheckpoint head = ledger.checkpoint();
        assertEquals(entries.size(), head.size());
        for (int i = 0; i < entries.size(); i++) {
            assertArrayEquals(entries.get(i), ledger.entry(i), "entry " + i);
            assertTrue(ledger.inclusion(i, head.size()).places(MerkleHash.leaf(entries.get(i)), head), "entry " + i);
        }
        for (VerifiedCheckpoint older : checkpoints) {
            assertTrue(ledger.consistency(older.size(), head.size()).extends_(older, head), "from " + older.size());
            assertTrue(ledger.inclusion(0, older.size()).places(MerkleHash.leaf(entries.get(0)), older));
        }
    }

    @Test
    void aFullTileIsHashedUpwardOnce() {
        List<Submission> some = new ArrayList<>();
        for (int i = 0; i < 256 * 256 / 32; i++) {
            some.add(text("e" + i));
        }
        CompactTree expected = new CompactTree();
        for (int round = 0; round < 33; round++) {
            List<Submission> batch = new ArrayList<>();
            for (int i = 0; i < some.size(); i++) {
                batch.add(text(round + "/" + i));
                expected.append(MerkleHash.leaf(batch.get(i).entry()));
            }
            ledger.append(batch, CommitWork.NONE);
        }
        assertEquals(expected.size(), ledger.checkpoint().size());
        assertArrayEquals(expected.root(), ledger.checkpoint().root());
        assertTrue(ledger.page(2, 0, 1).isPresent());
        assertTrue(ledger.page(2, 0, 2).isEmpty());
        assertTrue(ledger.page(1, 1, 8).isPresent());
    }

    @Test
    void theSameEntryAgainKeepsItsIndex() {
        List<Long> first = ledger.append(List.of(text("a"), text("b")), CommitWork.NONE);
        List<Long> again = ledger.append(List.of(text("b"), text("c"), text("c"), text("a")), CommitWork.NONE);
        assertEquals(List.of(0L, 1L), first);
        assertEquals(List.of(1L, 2L, 2L, 0L), again);
        assertEquals(3, ledger.checkpoint().size());
    }

    @Test
    void anIdentityTakenByAnotherEntryIsAConflictAndStoresNothing() {
        byte[] secret = id("stream secret");
        ledger.append(List.of(Submission.of(Entries.statement(secret, 0, 7, id("a")))), CommitWork.NONE);
        Submission other = Submission.of(Entries.statement(secret, 0, 7, id("z")));
        ConflictException conflict =
                assertThrows(ConflictException.class, () -> ledger.append(List.of(text("b"), other), CommitWork.NONE));
        assertEquals(1, conflict.position());
        assertEquals(1, ledger.checkpoint().size());
        assertEquals(List.of(1L), ledger.append(List.of(text("b")), CommitWork.NONE));
    }

    @Test
    void aLinkTagExistsOnce() {
        byte[] secret = new byte[32];
        Submission first = Submission.of(Entries.link(secret, 0, new byte[32]));
        Submission second = Submission.of(Entries.link(secret, 0, id("other step")));
        ledger.append(List.of(first), CommitWork.NONE);
        assertThrows(ConflictException.class, () -> ledger.append(List.of(second), CommitWork.NONE));
        assertThrows(
                ConflictException.class,
                () -> ledger.append(
                        List.of(
                                Submission.of(Entries.link(secret, 1, new byte[32])),
                                Submission.of(Entries.link(secret, 1, id("x")))),
                        CommitWork.NONE));
    }

    @Test
    void concurrentAppendersShareOneDenseOrder() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(16);
        open.add(threads::shutdownNow);
        List<Future<List<Long>>> answers = new ArrayList<>();
        for (int t = 0; t < 16; t++) {
            int thread = t;
            answers.add(threads.submit(() -> {
                List<Long> mine = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    mine.addAll(ledger.append(List.of(text(thread + "/" + i), text("shared " + i)), CommitWork.NONE));
                }
                return mine;
            }));
        }
        Set<Long> seen = new HashSet<>();
        for (int t = 0; t < 16; t++) {
            List<Long> mine = answers.get(t).get(60, TimeUnit.SECONDS);
            seen.addAll(mine);
            for (int i = 0; i < 40; i++) {
                assertArrayEquals(text(t + "/" + i).entry(), ledger.entry(mine.get(2 * i)));
                assertArrayEquals(text("shared " + i).entry(), ledger.entry(mine.get(2 * i + 1)));
            }
        }
        assertEquals(16 * 40 + 40, seen.size());
        assertEquals(seen.size(), ledger.checkpoint().size());
    }

    @Test
    void workThatFailsTakesOnlyItsOwnSubmissionWithIt() throws Exception {
        sql("CREATE TABLE trace.beside (n bigint PRIMARY KEY); GRANT INSERT, SELECT ON trace.beside TO trace_ledger");
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        open.add(threads::shutdownNow);
        // The first occupies the writer, so that the others are committed together.
        Future<?> first = threads.submit(() -> ledger.append(List.of(text("first")), (c, indexes) -> {
            entered.countDown();
            await(go);
        }));
        assertTrue(entered.await(10, TimeUnit.SECONDS));
        List<Future<List<Long>>> good = new ArrayList<>();
        List<Future<List<Long>>> bad = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int n = i;
            good.add(threads.submit(
                    () -> ledger.append(List.of(text("good " + n)), (c, indexes) -> insert(c, indexes[0]))));
            bad.add(threads.submit(() -> ledger.append(List.of(text("bad " + n)), (c, indexes) -> {
                insert(c, 1_000 + n);
                insert(c, 1_000 + n);
            })));
        }
        Thread.sleep(200);
        go.countDown();
        first.get(10, TimeUnit.SECONDS);
        for (Future<List<Long>> f : bad) {
            assertThrows(java.util.concurrent.ExecutionException.class, () -> f.get(10, TimeUnit.SECONDS));
        }
        Set<Long> rows = new HashSet<>();
        for (Future<List<Long>> f : good) {
            rows.addAll(f.get(10, TimeUnit.SECONDS));
        }
        assertEquals(Set.of(1L, 2L, 3L), rows);
        assertEquals(4, ledger.checkpoint().size());
        assertEquals(3, count("SELECT count(*) FROM trace.beside"));
        assertEquals(0, count("SELECT count(*) FROM trace.beside WHERE n >= 1000"));
    }

    @Test
    void workCannotEndTheTransaction() {
        assertThrows(IllegalStateException.class, () -> ledger.append(List.of(text("a")), (c, indexes) -> c.commit()));
        assertEquals(0, ledger.checkpoint().size());
    }

    @Test
    void aLostConnectionMeansTryAgainAndNothingIsStoredTwice() {
        ledger.append(List.of(text("a")), CommitWork.NONE);
        assertThrows(
                BusyException.class,
                () -> ledger.append(List.of(text("b")), (c, indexes) -> {
                    try (Statement s = c.createStatement()) {
                        s.execute("SELECT pg_terminate_backend(pg_backend_pid())");
                    }
                }));
        assertEquals(List.of(1L, 0L), retried(List.of(text("b"), text("a"))));
    }

    @Test
    @Timeout(60)
    void lostConnectionsDoNotUseUpThePool() throws Exception {
        ledger.stop();
        AgroalDataSource few = LogDatabase.connect(url, 4);
        open.add(few);
        ledger = start(few);
        for (int i = 0; i < 8; i++) {
            assertThrows(
                    BusyException.class,
                    () -> ledger.append(List.of(text("lost")), (c, indexes) -> {
                        try (Statement s = c.createStatement()) {
                            s.execute("SELECT pg_terminate_backend(pg_backend_pid())");
                        }
                    }));
            assertEquals(List.of((long) i), retried(List.of(text("e" + i))));
        }
    }

    @Test
    void aRestartContinuesTheSameTree() {
        CompactTree expected = new CompactTree();
        for (int i = 0; i < 300; i++) {
            ledger.append(List.of(text("e" + i)), CommitWork.NONE);
            expected.append(MerkleHash.leaf(text("e" + i).entry()));
            if (i % 60 == 59) {
                ledger.stop();
                ledger = start(database);
            }
        }
        assertEquals(300, ledger.checkpoint().size());
        assertArrayEquals(expected.root(), ledger.checkpoint().root());
    }

    @Test
    void aDatabaseRestoredFromAnOldBackupNeverSigns() throws Exception {
        ledger.append(List.of(text("a"), text("b")), CommitWork.NONE);
        String backup = backup();
        ledger = start(database);
        retried(List.of(text("c")));
        ledger.stop();

        Ledger restored = start(connect(backup));
        assertEquals(2, restored.checkpoint().size());
        ReadOnlyException refusal = refusal(restored, text("other c"));
        assertTrue(refusal.getMessage().contains("ends at 2 but 3"), refusal.getMessage());
    }

    @Test
    void anotherHistoryOfTheSameOrLargerSizeNeverSigns() throws Exception {
        ledger.append(List.of(text("a"), text("b")), CommitWork.NONE);
        String backup = backup();
        Path lock = directory.resolve("lock");
        Path lockAtTwo = directory.resolve("lock-at-two");
        Files.copy(lock, lockAtTwo);
        ledger = start(database);
        retried(List.of(text("c")));
        ledger.stop();
        Path lockAtThree = directory.resolve("lock-at-three");
        Files.copy(lock, lockAtThree);

        Files.copy(lockAtTwo, lock, StandardCopyOption.REPLACE_EXISTING);
        Ledger fork = start(connect(backup));
        retried(fork, List.of(text("other c")));
        fork.stop();
        Files.copy(lockAtThree, lock, StandardCopyOption.REPLACE_EXISTING);
        Ledger again = start(connect(backup));
        assertTrue(refusal(again, text("d")).getMessage().contains("another history"));
    }

    @Test
    void theMapAnswersForEveryTagThatIsThereAndForOnesThatAreNot() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<byte[]> secrets = new ArrayList<>();
        for (int round = 0; round < 6; round++) {
            List<Submission> links = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(300); i++) {
                byte[] secret = new byte[32];
                random.nextBytes(secret);
                secrets.add(secret);
                links.add(Submission.of(Entries.link(secret, 0, new byte[32])));
            }
            List<Long> indexes = ledger.append(links, CommitWork.NONE);
            ledger.append(List.of(text("between " + round)), CommitWork.NONE);
            if (round == 3) {
                ledger.stop();
                ledger = start(database);
                ledger.awaitWritable();
            }

            long covered = indexes.get(indexes.size() - 1) + 1;
            for (byte[] secret : secrets.subList(Math.max(0, secrets.size() - 20), secrets.size())) {
                assertEquals(MapProof.Finding.PRESENT, find(Entries.linkTag(secret, 0), covered));
                assertEquals(MapProof.Finding.ABSENT, find(Entries.linkTag(secret, 1), covered));
            }
        }
        byte[] sorted = new byte[32 * secrets.size()];
        List<byte[]> tags = secrets.stream()
                .map(s -> Entries.linkTag(s, 0))
                .sorted(java.util.Arrays::compareUnsigned)
                .toList();
        for (int i = 0; i < tags.size(); i++) {
            System.arraycopy(tags.get(i), 0, sorted, 32 * i, 32);
        }
        MapHead head = MapHead.parse(ledger.inMap(new byte[32], 0).orElseThrow().entry());
        assertArrayEquals(TagMap.root(sorted, 0), head.root());
        assertEquals(secrets.size(), head.count());
    }

    /** Between the entries a head speaks of and the head itself no link may stand: there one could hide. */
    @Test
    void aHeadReachesToItsOwnIndexWhileLinksKeepComing() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        open.add(threads::shutdownNow);
        List<Future<?>> writers = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            byte[] secret = id("writer " + t);
            writers.add(threads.submit(() -> {
                for (int n = 0; n < 60; n++) {
                    ledger.append(List.of(Submission.of(Entries.link(secret, n, new byte[32]))), CommitWork.NONE);
                }
                return null;
            }));
        }
        ledger.awaitWritable();
        int heads = 0;
        long last = -1;
        while (writers.stream().anyMatch(w -> !w.isDone()) || heads < 2) {
            Ledger.MapAnswer answer = ledger.inMap(new byte[32], 1).orElseThrow();
            if (answer.index() != last) {
                heads++;
                last = answer.index();
                assertEquals(answer.index(), answer.size());
                MapHead head = MapHead.parse(answer.entry());
                assertEquals(
                        count("SELECT count(*) FROM ledger_link_tag WHERE index < " + answer.size()), head.count());
            }
            ledger.inMap(new byte[32], ledger.checkpoint().size());
        }
        for (Future<?> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
    }

    /** The answer, after its head was found in the log and over enough of it. */
    private MapProof.Finding find(byte[] tag, long covered) throws Exception {
        Ledger.MapAnswer answer = ledger.inMap(tag, covered).orElseThrow();
        assertTrue(answer.size() >= covered, answer.size() + " of " + covered);
        assertTrue(answer.index() >= answer.size());
        VerifiedCheckpoint tree = ledger.checkpointOver(answer.index() + 1);
        assertTrue(ledger.inclusion(answer.index(), tree.size()).places(MerkleHash.leaf(answer.entry()), tree));
        return answer.proof().find(tag, MapHead.parse(answer.entry()).root());
    }

    @Test
    void aQuietLogIsHeadedAgainWhenTheHeadIsOld() throws Exception {
        LinkMap map = new LinkMap(database);
        assertFalse(map.due(System.currentTimeMillis(), 1), "nothing to head");
        ledger.append(List.of(Submission.of(Entries.link(new byte[32], 0, new byte[32]))), CommitWork.NONE);
        long size = ledger.inMap(new byte[32], 1).orElseThrow().size();
        assertTrue(map.follow().isEmpty());
        assertEquals(size, map.size());
        assertFalse(map.due(System.currentTimeMillis(), 3_600_000));
        assertTrue(map.due(System.currentTimeMillis() + 3_700_000, 3_600_000));
    }

    @Test
    void aLinkTagThatIsGoneStopsTheSigning() throws Exception {
        ledger.append(
                List.of(
                        Submission.of(Entries.link(new byte[32], 0, new byte[32])),
                        Submission.of(Entries.link(new byte[32], 1, new byte[32]))),
                CommitWork.NONE);
        ledger.inMap(new byte[32], 2).orElseThrow();
        ledger.stop();
        sql("DELETE FROM trace.ledger_link_tag WHERE index = 0");

        Ledger again = start(database);
        for (int i = 0; i < 1000 && !again.trouble().orElse("").contains("map root"); i++) {
            Thread.sleep(20);
        }
        assertTrue(
                again.trouble().orElse("").contains("do not give the map root"),
                again.trouble().toString());
    }

    @Test
    void theFilesFollowTheLog() throws Exception {
        ledger.append(List.of(text("a"), text("b")), CommitWork.NONE);
        PublishedFiles files = new PublishedFiles(
                directory.resolve("public"), ledger::verifier, (level, number, width) -> new byte[0]);
        for (int i = 0;
                i < 1000 && files.checkpoint().map(VerifiedCheckpoint::size).orElse(0L) < 2;
                i++) {
            Thread.sleep(20);
        }
        assertArrayEquals(
                ledger.checkpoint().root(), files.checkpoint().orElseThrow().root());
    }

    @Test
    void aLogWithoutItsKeyDoesNotStart() throws Exception {
        ledger.append(List.of(text("a")), CommitWork.NONE);
        ledger.stop();
        Files.move(directory.resolve("key"), directory.resolve("key.away"));
        IllegalStateException missing = assertThrows(IllegalStateException.class, () -> start(database));
        assertTrue(missing.getMessage().contains("is missing"), missing.getMessage());
        KeyFile.create(directory.resolve("key"));
        IllegalStateException other = assertThrows(IllegalStateException.class, () -> start(database));
        assertTrue(other.getMessage().contains("another key"), other.getMessage());
    }

    @Test
    void aSecondProcessOnTheSameDatabaseDoesNotWrite() throws Exception {
        ledger.append(List.of(text("a")), CommitWork.NONE);
        Ledger second = start(database);
        Thread.sleep(700);
        assertThrows(BusyException.class, () -> second.append(List.of(text("b")), CommitWork.NONE));
        assertEquals(List.of(1L), ledger.append(List.of(text("b")), CommitWork.NONE));
    }

    @Test
    void anErrorInTheWriterMakesTheLogReadOnlyAndEverybodyIsTold() throws Exception {
        ledger.stop();
        AtomicBoolean broken = new AtomicBoolean();
        Ledger failing = new Ledger(
                failing(broken),
                ORIGIN,
                directory.resolve("key"),
                directory.resolve("lock"),
                Optional.empty(),
                Optional.empty());
        failing.start();
        open.add(failing::stop);
        retried(failing, List.of(text("a")));
        broken.set(true);
        ExecutorService callers = Executors.newFixedThreadPool(6);
        try {
            List<Callable<Throwable>> calls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Submission entry = text("b" + i);
                calls.add(() ->
                        assertThrows(RuntimeException.class, () -> failing.append(List.of(entry), CommitWork.NONE)));
            }
            for (Future<Throwable> told : callers.invokeAll(calls)) {
                assertEquals(ReadOnlyException.class, told.get().getClass());
            }
        } finally {
            callers.shutdownNow();
        }
        broken.set(false);
        assertThrows(ReadOnlyException.class, () -> failing.append(List.of(text("c")), CommitWork.NONE));
        HealthCheckResponse health = new LedgerHealth(failing).call();
        assertEquals(HealthCheckResponse.Status.DOWN, health.getStatus());
        assertTrue(health.getData().orElseThrow().get("reason").toString().contains("NoClassDefFoundError"));
        assertEquals(1, failing.checkpoint().size());
        assertArrayEquals(text("a").entry(), failing.entry(0));
        failing.stop();
        assertEquals(List.of(1L), retried(start(database), List.of(text("c"))));
    }

    /** The database, whose connections fail with an Error where a checkpoint is stored while {@code broken}. */
    private DataSource failing(AtomicBoolean broken) {
        return wrapped(DataSource.class, database, (method, result) -> {
            if (!method.getName().equals("getConnection")) {
                return result;
            }
            return wrapped(Connection.class, (Connection) result, (called, statement) -> {
                if (broken.get()
                        && called.getName().equals("prepareStatement")
                        && statement.toString().contains("INTO ledger_checkpoint")) {
                    throw new NoClassDefFoundError("a class of the test");
                }
                return statement;
            });
        });
    }

    private static <T> T wrapped(Class<T> type, T inner, BiFunction<Method, Object, Object> after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader() == null ? LedgerTest.class.getClassLoader() : type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> {
                    try {
                        return after.apply(method, method.invoke(inner, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    // ---- helpers ----

    private Ledger start(AgroalDataSource at) {
        Ledger started = new Ledger(
                at,
                ORIGIN,
                directory.resolve("key"),
                directory.resolve("lock"),
                Optional.of(directory.resolve("public")),
                Optional.empty());
        started.start();
        open.add(started::stop);
        return started;
    }

    private AgroalDataSource connect(String to) throws SQLException {
        AgroalDataSource source = LogDatabase.connect(to);
        open.add(source);
        return source;
    }

    /** Stops the log and copies its database; the URL of the copy. */
    private String backup() throws SQLException {
        ledger.stop();
        database.close();
        String copy = PostgresResource.copyOf(url);
        database = connect(url);
        return copy;
    }

    private List<Long> retried(List<Submission> entries) {
        return retried(ledger, entries);
    }

    private static List<Long> retried(Ledger at, List<Submission> entries) {
        for (int i = 0; ; i++) {
            try {
                return at.append(entries, CommitWork.NONE);
            } catch (BusyException e) {
                if (i == 20) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static ReadOnlyException refusal(Ledger at, Submission entry) {
        return assertThrows(ReadOnlyException.class, () -> {
            for (int i = 0; i < 20; i++) {
                try {
                    at.append(List.of(entry), CommitWork.NONE);
                    return;
                } catch (BusyException e) {
                    pause();
                }
            }
        });
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void insert(Connection c, long n) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("INSERT INTO beside VALUES (" + n + ")");
        }
    }

    private void sql(String text) throws SQLException {
        try (Connection c = java.sql.DriverManager.getConnection(url, "trace_owner", PostgresResource.PASSWORD);
                Statement s = c.createStatement()) {
            s.execute(text);
        }
    }

    private long count(String query) throws SQLException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static byte[] id(String name) {
        return MerkleHash.sha256(name.getBytes(StandardCharsets.UTF_8));
    }

    private static Submission text(String text) {
        return Submission.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
