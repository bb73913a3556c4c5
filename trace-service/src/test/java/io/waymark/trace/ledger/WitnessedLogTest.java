package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.trace.PostgresResource;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log and its witnesses: each witness a process of its own, with its own folder and key, started as a stranger would start it. */
class WitnessedLogTest {
    private static final String ORIGIN = "test.waymark.localhost/ledger";

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String url;
    private AgroalDataSource database;
    private String logKey;
    private Path policy;

    @BeforeEach
    void aLogThatNobodyWitnesses() throws Exception {
        url = LogDatabase.fresh();
        database = connect(url);
        policy = Files.writeString(directory.resolve("policy"), "quorum none\n");
        Ledger ledger = start(database, directory.resolve("lock"));
        ledger.append(List.of(text("a"), text("b")), CommitWork.NONE);
        logKey = ledger.verifier().vkey();
        ledger.stop();
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void whatIsShownCarriesTheCosignaturesOfThePolicy() throws Exception {
        Witness first = witness("one.example");
        Witness second = witness("two.example");
        policy(2, 0, first, second);
        Ledger ledger = start(database, directory.resolve("lock"));

        ledger.append(List.of(text("c")), CommitWork.NONE);
        awaitShown(ledger, 3);

        Policy.Judgement judgement = judge(ledger, ledger.shown());
        assertTrue(judgement.satisfied());
        assertEquals(List.of(), judgement.missing());
        assertEquals(
                judgement.checkpoint().checkpoint().note(),
                ledger.checkpointOver(3).note());
        await(() -> read(directory.resolve("public/checkpoint"))
                .equals(ledger.shown().note()));
    }

    @Test
    void aWitnessThatIsAwayNeverStopsAppendsAndWhatIsShownWaitsForIt() throws Exception {
        Witness only = witness("one.example");
        policy(1, 0, only);
        Ledger ledger = start(database, directory.resolve("lock"));
        awaitShown(ledger, 2);
        only.kill();

        assertEquals(List.of(2L), ledger.append(List.of(text("c")), CommitWork.NONE));
        assertEquals(3, ledger.checkpointOver(3).size(), "a proof is given all the same, without the cosignature");
        assertEquals(2, ledger.shown().size());
        assertEquals(2, ledger.cosigned().orElseThrow().size(), "no receipt may speak of witnesses for more");

        only.start();
        awaitShown(ledger, 3);
        await(() -> ledger.cosigned().orElseThrow().size() == 3);
        assertTrue(judge(ledger, ledger.shown()).satisfied());
    }

    @Test
    void aWitnessJoinsARunningLogByALineInThePolicy() throws Exception {
        Ledger ledger = start(database, directory.resolve("lock"));
        assertTrue(
                ledger.hasWitnesses() && ledger.cosigned().isEmpty(),
                "a list without witnesses makes no witnessed tree");
        Witness late = witness("late.example");
        policy(1, 0, late);
        // Whatever the clock's grain: the change is to be seen.
        Files.setLastModifiedTime(policy, FileTime.fromMillis(System.currentTimeMillis() + 5_000));

        // Nothing is appended: a quiet log is cosigned too.
        await(() -> judge(ledger, ledger.shown()).satisfied());

        Files.writeString(policy, "witness nobody nokey nowhere\n");
        Files.setLastModifiedTime(policy, FileTime.fromMillis(System.currentTimeMillis() + 10_000));
        long size = ledger.checkpoint().size() + 1;
        ledger.append(List.of(text("c")), CommitWork.NONE);
        awaitShown(ledger, size); // the policy before stays in force
    }

    @Test
    void aTreeThatEndsWithTheMapHeadIsCosignedAndProofsStandOnIt() throws Exception {
        policy(2, 0, witness("one.example"), witness("two.example"));
        Ledger ledger = start(database, directory.resolve("lock"));
        byte[] tag = MerkleHash.sha256("a tag".getBytes(StandardCharsets.UTF_8));
        byte[] link = ByteBuffer.allocate(65).put((byte) 3).put(tag).array();
        long index =
                ledger.append(List.of(Submission.of(link)), CommitWork.NONE).get(0);

        Ledger.MapAnswer answer = ledger.inMap(tag, index + 1).orElseThrow();
        assertTrue(answer.holds(tag));
        long size = answer.index() + 1;
        await(() -> ledger.checkpointOver(size).size() == size
                && judge(ledger, ledger.checkpointOver(size)).satisfied());
        ledger.append(List.of(text("later")), CommitWork.NONE);
        awaitShown(ledger, size + 1);

        VerifiedCheckpoint stands = ledger.checkpointOver(size);
        assertEquals(size, stands.size(), "the tree that ends with the head, although a later one is shown");
        assertTrue(judge(ledger, stands).seconds() > 0);
        assertTrue(ledger.inclusion(answer.index(), size).places(MerkleHash.leaf(answer.entry()), stands));
        Ledger.Witnessed witnessed = ledger.witnessed(stands);
        assertEquals(2, witnessed.entities());
        assertEquals(List.of("one.example", "two.example"), witnessed.by());
        assertEquals(Files.readString(policy), ledger.witnessPolicy().orElseThrow());
    }

    @Test
    void aWitnessThatClaimsMoreWithoutShowingItStopsNoRunningLogButLetsNoneBegin() throws Exception {
        Ledger ledger = start(database, directory.resolve("lock"));
        HttpServer boasting = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
        AtomicInteger asked = new AtomicInteger();
        boasting.createContext("/", exchange -> {
            boolean add = exchange.getRequestURI().getPath().equals("/add-checkpoint");
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/x.tlog.size");
            exchange.sendResponseHeaders(add ? 409 : 404, 0);
            try (var body = exchange.getResponseBody()) {
                body.write("1000\n".getBytes(StandardCharsets.UTF_8));
            }
            asked.incrementAndGet();
        });
        boasting.start();
        open.add(() -> boasting.stop(0));
        Witness honest = witness("one.example");
        Witness liar = new Witness("two.example", boasting.getAddress().getPort());
        liar.vkey = Cosigner.of("two.example", Cosignature.Type.ED25519, new byte[32])
                .verifier()
                .vkey();
        policy(2, 0, honest, liar);
        Files.setLastModifiedTime(policy, FileTime.fromMillis(System.currentTimeMillis() + 5_000));

        await(() -> asked.get() >= 4);
        assertEquals(List.of(2L), ledger.append(List.of(text("c")), CommitWork.NONE));
        ledger.stop();

        Ledger later = start(database, directory.resolve("lock"));
        await(() -> later.trouble().orElse("").contains("two.example has cosigned 1000"));
    }

    @Test
    void aBackupThatAWitnessHasSeenBeyondNeverSignsAlthoughItsLockFileIsAsOld() throws Exception {
        Witness only = witness("one.example");
        policy(1, 0, only);
        Files.copy(directory.resolve("lock"), directory.resolve("lock-at-two"));
        database.close();
        String backup = PostgresResource.copyOf(url);
        Ledger ledger = start(connect(url), directory.resolve("lock"));
        ledger.append(List.of(text("c")), CommitWork.NONE);
        awaitShown(ledger, 3);
        ledger.stop();

        Files.deleteIfExists(directory.resolve("public/checkpoint")); // so that the folder does not say it first
        Ledger restored = start(connect(backup), directory.resolve("lock-at-two"));
        await(() -> restored.trouble().orElse("").contains("has cosigned 3"));
        ReadOnlyException refusal =
                assertThrows(ReadOnlyException.class, () -> restored.append(List.of(text("other c")), CommitWork.NONE));
        assertTrue(refusal.getMessage().contains("old backup"), refusal.getMessage());
        assertEquals(2, restored.checkpoint().size());
    }

    /** After a restart of its database a log called itself forged: it asked about a tree from before, and the guard about the newest meanwhile. */
    @Test
    void aWitnessThatHasGoneOnWithThisVeryLogAccusesNobody() throws Exception {
        policy(1, 0, witness("one.example"));
        AgroalDataSource database = connect(url);
        Ledger ledger = start(database, directory.resolve("lock"));
        ledger.append(List.of(text("c")), CommitWork.NONE);
        VerifiedCheckpoint older = ledger.checkpoint();
        ledger.append(List.of(text("d")), CommitWork.NONE);
        awaitShown(ledger, ledger.checkpoint().size());

        StoredPages pages = new StoredPages(database::getConnection, true);
        try (Witnesses witnesses = new Witnesses(policy)) {
            Witnesses.Answer answer = witnesses.ask(ledger.verifier(), older, pages, Duration.ofSeconds(20));
            assertEquals(Optional.empty(), answer.fraud());
            assertTrue(answer.beyond());
            assertFalse(answer.satisfied());
            // To a log that does not hold that tree, the same answer is what it was.
            answer = witnesses.ask(
                    ledger.verifier(),
                    older,
                    (level, number, width) -> {
                        throw new IllegalStateException("less is stored");
                    },
                    Duration.ofSeconds(20));
            assertTrue(answer.fraud().orElseThrow().contains("has cosigned"), answer.toString());
        }
    }

    @Test
    void aBackupThatThePublishedFilesAreBeyondNeverSigns() throws Exception {
        Files.copy(directory.resolve("lock"), directory.resolve("lock-at-two"));
        database.close();
        String backup = PostgresResource.copyOf(url);
        Ledger ledger = start(connect(url), directory.resolve("lock"));
        ledger.append(List.of(text("c")), CommitWork.NONE);
        await(() -> Files.exists(directory.resolve("public/tile/entries/000.p/3")));
        await(() -> read(directory.resolve("public/checkpoint")).contains("\n3\n"));
        ledger.stop();

        Ledger restored = start(connect(backup), directory.resolve("lock-at-two"));
        await(() -> restored.trouble().orElse("").contains("shows 3 entries"));
        assertThrows(ReadOnlyException.class, () -> restored.append(List.of(text("other c")), CommitWork.NONE));
    }

    @Test
    void aPolicyThatIsNoneIsSaidBeforeAnythingStarts() throws Exception {
        Files.writeString(policy, "quorum nobody\n");
        assertThrows(IllegalArgumentException.class, () -> start(database, directory.resolve("lock")));
    }

    // ---- helpers ----

    private Ledger start(AgroalDataSource at, Path lock) {
        Ledger started = new Ledger(
                at,
                ORIGIN,
                directory.resolve("key"),
                lock,
                Optional.of(directory.resolve("public")),
                Optional.of(policy));
        started.start();
        open.add(started::stop);
        try {
            started.awaitWritable();
        } catch (IllegalStateException readOnly) {
            // Some tests are about that.
        }
        return started;
    }

    private AgroalDataSource connect(String to) throws Exception {
        AgroalDataSource source = LogDatabase.connect(to);
        open.add(source);
        return source;
    }

    private void policy(int needed, int survives, Witness... witnesses) throws IOException {
        StringBuilder text = new StringBuilder("log " + logKey + "\n");
        for (Witness witness : witnesses) {
            text.append("witness ")
                    .append(witness.name)
                    .append(' ')
                    .append(witness.vkey)
                    .append(" http://127.0.0.1:")
                    .append(witness.port)
                    .append("/\n");
        }
        text.append("group all ").append(needed);
        for (Witness witness : witnesses) {
            text.append(' ').append(witness.name);
        }
        Files.writeString(policy, text + "\nquorum all\nwaymark-survives " + survives + "\n");
    }

    private Policy.Judgement judge(Ledger ledger, VerifiedCheckpoint checkpoint) {
        try {
            Policy read = Policy.parse(Files.readString(policy));
            return read.judge(read.read(checkpoint.note(), ledger.verifier()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private static void awaitShown(Ledger ledger, long size) throws InterruptedException {
        await(() -> ledger.shown().size() == size
                && ledger.shown().note().lines().filter(l -> l.startsWith("—")).count() > 1);
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

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static Submission text(String text) {
        return Submission.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private Witness witness(String name) throws Exception {
        Witness witness = new Witness(name);
        witness.start();
        open.add(witness::kill);
        return witness;
    }

    private final class Witness {
        final String name;
        final int port;
        String vkey;
        private Process process;

        Witness(String name) throws IOException {
            this(name, freePort());
        }

        Witness(String name, int port) {
            this.name = name;
            this.port = port;
        }

        void start() throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "io.waymark.evidence.Main",
                            "witness",
                            "--name",
                            name,
                            "--folder",
                            directory.resolve(name).toString(),
                            "--listen",
                            "127.0.0.1:" + port,
                            "--log",
                            logKey)
                    .redirectErrorStream(true)
                    .start();
            BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
            StringBuilder all = new StringBuilder();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                all.append(line).append('\n');
                if (line.startsWith("vkey ")) {
                    vkey = line.substring("vkey ".length());
                    return;
                }
            }
            throw new IllegalStateException("the witness did not start: " + all);
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        }
    }
}
