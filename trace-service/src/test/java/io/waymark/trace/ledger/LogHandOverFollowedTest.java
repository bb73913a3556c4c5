package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.witness.Witness;
import io.waymark.evidence.witness.WitnessServer;
import io.waymark.trace.PostgresResource;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others see of a log whose key changed: those who have its first key and nothing else. */
class LogHandOverFollowedTest {
    private static final String ORIGIN = "test.waymark.localhost/followed";

    /** More than one commit of a recovery. */
    private static final int MANY = 4_500;

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private String url;
    private NoteVerifier first;
    private Optional<Path> policy = Optional.empty();

    @BeforeEach
    void aPublishedLogWithItsFirstKey() throws Exception {
        url = LogDatabase.fresh();
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = ledger(database);
            ledger.start();
            ledger.awaitWritable();
            append(ledger, 0, 5);
            published(ledger);
            first = ledger.verifier();
            ledger.stop();
        }
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void aMirrorGoesOnAndALostDatabaseComesBackAcrossTheHandOvers() throws Exception {
        String before = PostgresResource.copyOf(url);
        Path copy = directory.resolve("copy");
        VerifiedCheckpoint kept;
        try (Mirror mirror = mirror(copy)) {
            assertEquals(Mirror.State.CURRENT, mirror.update().state());
            kept = mirror.latest().orElseThrow();
        }
        Path retired = Files.createDirectories(directory.resolve("retired"));
        for (String file : List.of("log.p12", "log.p12.passphrase", "lock")) {
            Files.copy(directory.resolve(file), retired.resolve(file));
        }
        VerifiedCheckpoint newest;
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            handOver(database, 5, MANY);
            newest = handOver(database, 10_000, 3);
        }

        try (Mirror mirror = mirror(copy)) {
            assertEquals(
                    Mirror.State.CURRENT,
                    mirror.update().state(),
                    mirror.status().detail());
            assertEquals(newest.size(), mirror.status().copied());
            assertEquals(secret("log.p12").verificationKey(), mirror.key().key());
            assertEquals(first.key(), mirror.key().keys().get(0).key());
            assertTrue(mirror.key().checkpoint(kept.note()).size() == kept.size());
        }
        try (Mirror again = mirror(copy)) {
            assertEquals(newest.size(), again.latest().orElseThrow().size(), "read with the first key after a restart");
        }
        assertFollowed(copy, 2);
        assertFollowed(directory.resolve("public"), 2);

        // Without its file of hand-overs a copy tells its reader nothing: neither to trust it nor to write it back.
        Path cut = directory.resolve("cut");
        copyTree(copy, cut);
        Files.delete(cut.resolve("hand-overs"));
        assertRefused(before, cut, "does not tell that one handed over to the other");
        String empty = LogDatabase.fresh();
        assertRefused(empty, cut, "and no checkpoint is here that both keys signed");
        // The lock file and the log's files know more than a copy of before.
        Path old = directory.resolve("old");
        try (Mirror mirror = Mirror.open(old, first, path -> Optional.empty())) {
            Files.writeString(old.resolve("checkpoint"), kept.note());
        }
        assertRefused(before, old, "is not a copy of this log, or one of before its key was");

        assertRefused(empty, retired, copy, "restore the file of the key in force");

        for (String lost : List.of(before, empty)) {
            Path keys = Files.createDirectories(directory.resolve("keys-" + (lost.equals(before) ? "old" : "none")));
            restore(lost, keys, copy, newest);
        }
    }

    /** Killed after its first commit, and again when all entries are there: a start in between signs nothing, or is the log. */
    private void restore(String lost, Path at, Path copy, VerifiedCheckpoint newest) throws Exception {
        for (String file : List.of("log.p12", "log.p12.passphrase", "log-next.p12", "lock")) {
            Files.copy(directory.resolve(file), at.resolve(file));
        }
        AgroalDataSource database = LogDatabase.connect(lost);
        open.add(database);
        killed(database, at, copy, false);
        Ledger early = ledger(database, at, "public-of-" + at.getFileName());
        early.start();
        await(() -> early.trouble().orElse("").contains(Recovery.OFFER));
        early.stop();
        killed(database, at, copy, true);
        Ledger late = ledger(database, at, "public-of-" + at.getFileName());
        late.start();
        late.awaitWritable();
        late.stop();
        assertEquals(newest.size(), late.checkpoint().size());
        Recovery.Done done = recover(database, at, copy, (entries, of) -> {});
        assertEquals(newest.size(), done.size());
        assertTrue(done.lockFile());

        Ledger ledger = ledger(database, at, "public-of-" + at.getFileName());
        ledger.start();
        open.add(ledger::stop);
        ledger.awaitWritable();
        assertEquals(3, ledger.keys().size());
        append(ledger, 20_000, 2);
        published(ledger, directory.resolve("public-of-" + at.getFileName()));
        VerifiedCheckpoint grown = ledger.checkpoint();
        assertTrue(ledger.consistency(newest.size(), grown.size()).extends_(newest, grown));
        assertFollowed(directory.resolve("public-of-" + at.getFileName()), 2);
        NoteVerifier followed = ledger.handOvers(grown).orElseThrow().follow(first, grown.note());
        try (Connection c = database.getConnection()) {
            List<String> signed = StoredCheckpoints.between(c, 0, grown.size(), 100_000);
            for (String note : signed) {
                assertDoesNotThrow(() -> followed.checkpoint(note), "not signed by the key in force at its size");
            }
        }
    }

    private void killed(AgroalDataSource database, Path at, Path copy, boolean atTheEnd) {
        assertThrows(
                IllegalMonitorStateException.class,
                () -> recover(database, at, copy, (entries, of) -> {
                    if (!atTheEnd || entries == of) {
                        throw new IllegalMonitorStateException("killed");
                    }
                }));
    }

    /** The operator wrote the policy for the first key, the witness was started with it: nobody has to do anything. */
    @Test
    void aPolicyAndAWitnessOfTheFirstKeyGoOn() throws Exception {
        Witness witness = Witness.open(
                directory.resolve("witness"),
                "one.example/w",
                Map.of(ORIGIN, List.of(first)),
                false,
                Clock.systemUTC());
        LogFiles log = LogPlace.of(directory.resolve("public").toString());
        ExecutorService looking = Executors.newSingleThreadExecutor();
        open.add(looking::shutdownNow);
        witness.onUnknownKey(origin -> looking.submit(() -> witness.follow(origin, log::get)));
        BoundedServer server = WitnessServer.start(witness, new InetSocketAddress("127.0.0.1", 0));
        policy = Optional.of(Files.writeString(
                directory.resolve("policy"),
                "log " + first.vkey() + "\nwitness one " + witness.vkeys().get(0) + " http://127.0.0.1:"
                        + server.address().getPort() + "/\nquorum one\n"));
        SigningKey retired = secret("log.p12");
        aPolicyOfAnotherLogKeepsTheKeyWhereItIs();

        VerifiedCheckpoint shown;
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            shown = handOver(database, 5, 5);
            shown = handOver(database, 10, 5);
        }
        assertEquals(shown.size(), witness.sizes().get(ORIGIN));
        NoteVerifier known = witness.logs().get(ORIGIN).get(0);
        assertEquals(secret("log.p12").verificationKey(), known.key());
        assertEquals(1, witness.logs().get(ORIGIN).size());

        // The first key is a thief's by now: the same tree signed by it is not cosigned, before and after a restart.
        String stolen = new NoteSigner(ORIGIN, retired).sign(shown.checkpoint().text());
        byte[] body = new io.waymark.evidence.witness.Submission(shown.size(), new ConsistencyProof(List.of()), stolen)
                .encode();
        assertTrue(witness.add(body) instanceof Witness.Answer.NotSigned);
        server.close();
        witness.close();
        try (Witness again = Witness.open(
                directory.resolve("witness"),
                "one.example/w",
                Map.of(ORIGIN, List.of(first)),
                false,
                Clock.systemUTC())) {
            assertTrue(again.add(body) instanceof Witness.Answer.NotSigned);
            assertEquals(known.vkey(), again.logs().get(ORIGIN).get(0).vkey());
            byte[] right = new io.waymark.evidence.witness.Submission(
                            shown.size(), new ConsistencyProof(List.of()), shown.note())
                    .encode();
            assertTrue(again.add(right) instanceof Witness.Answer.Cosigned);
        }
    }

    private void aPolicyOfAnotherLogKeepsTheKeyWhereItIs() throws Exception {
        NoteVerifier stranger = new NoteSigner("stranger.example/log", SigningKey.ofSeed(new byte[32])).verifier();
        Path other = Files.writeString(directory.resolve("other"), "log " + stranger.vkey() + "\nquorum none\n");
        files(directory).askToHandOver();
        try (AgroalDataSource database = LogDatabase.connect(url)) {
            Ledger ledger = ledger(database, directory, "public", Optional.of(other));
            ledger.start();
            await(() -> ledger.trouble().orElse("").contains("is about other logs"));
            assertTrue(ledger.trouble().orElse("").contains("add the line \"log " + first.vkey()));
            ledger.stop();
            assertEquals(first.vkey(), ledger.verifier().vkey());
        }
    }

    // ---- helpers ----

    /** @return what is published after it, of {@code count} entries more */
    private VerifiedCheckpoint handOver(AgroalDataSource database, int from, int count) throws Exception {
        SigningKey promised = secret("log-next.p12");
        files(directory).askToHandOver();
        Ledger ledger = ledger(database);
        ledger.start();
        ledger.awaitWritable();
        try {
            assertEquals(promised.verificationKey(), ledger.verifier().key());
            append(ledger, from, count);
            published(ledger);
            VerifiedCheckpoint newest = ledger.checkpoint();
            assertNotEquals(0, newest.size());
            return newest;
        } finally {
            ledger.stop();
        }
    }

    /** With nothing but the first key. */
    private void assertFollowed(Path folder, int handOvers) throws Exception {
        LogFiles files = LogPlace.of(folder.toString());
        FollowedKey key = FollowedKey.of(first, files.get("hand-overs"));
        assertEquals(handOvers, key.handOvers().size());
        VerifiedCheckpoint shown = key.log().checkpoint(Files.readString(folder.resolve("checkpoint")));
        List<Check> checks = Audit.fromTheStart(files, key.log(), shown)
                .with(key)
                .run(List.of(), (read, at, of) -> {}, Long.MAX_VALUE, state -> {})
                .checks();
        assertEquals(Outcome.PASS, Check.summary(checks), checks.toString());
        assertTrue(checks.stream().anyMatch(check -> check.name().equals(Check.KEY_HAND_OVER)), checks.toString());
    }

    private void assertRefused(String database, Path copy, String why) throws Exception {
        assertRefused(database, directory, copy, why);
    }

    private void assertRefused(String database, Path at, Path copy, String why) throws Exception {
        String locked = Files.readString(at.resolve("lock"));
        try (AgroalDataSource lost = LogDatabase.connect(database)) {
            Recovery.RefusedException refused =
                    assertThrows(Recovery.RefusedException.class, () -> recover(lost, at, copy, (entries, of) -> {}));
            assertTrue(refused.getMessage().contains(why), refused.getMessage());
            assertFalse(refused.getMessage().contains("\n"));
        }
        assertEquals(locked, Files.readString(at.resolve("lock")));
    }

    private interface Stored {
        void stored(long entries, long of);
    }

    private Recovery.Done recover(AgroalDataSource database, Path at, Path copy, Stored progress) throws Exception {
        return new Recovery(
                        database,
                        ORIGIN,
                        at.resolve("log.p12"),
                        at.resolve("lock"),
                        Optional.empty(),
                        Optional.empty(),
                        List.of())
                .from("the mirror", LogPlace.of(copy.toString()), (c, index, entries) -> {}, new Recovery.Progress() {
                    @Override
                    public void verified(long entries, long of) {}

                    @Override
                    public void stored(long entries, long of) {
                        progress.stored(entries, of);
                    }
                });
    }

    private Mirror mirror(Path copy) throws Exception {
        return Mirror.open(copy, first, LogPlace.of(directory.resolve("public").toString())::get);
    }

    private static LogKeyFiles files(Path at) {
        return LogKeyFiles.beside(KeyFile.at(at.resolve("log.p12")));
    }

    private SigningKey secret(String name) {
        return new KeyFile(directory.resolve(name), directory.resolve("log.p12.passphrase"))
                .key()
                .orElseThrow();
    }

    private Ledger ledger(AgroalDataSource database) {
        return ledger(database, directory, "public");
    }

    private Ledger ledger(AgroalDataSource database, Path at, String publishTo) {
        return ledger(database, at, publishTo, policy);
    }

    private Ledger ledger(AgroalDataSource database, Path at, String publishTo, Optional<Path> policy) {
        return new Ledger(
                database,
                ORIGIN,
                files(at),
                at.resolve("lock"),
                Optional.of(directory.resolve(publishTo)),
                policy,
                List.of(),
                Drill.NONE);
    }

    private static void append(Ledger ledger, int from, int count) {
        List<Submission> entries = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            entries.add(Submission.of(("\tentry " + i).getBytes(StandardCharsets.UTF_8)));
        }
        ledger.append(entries, CommitWork.NONE);
    }

    private void published(Ledger ledger) throws Exception {
        published(ledger, directory.resolve("public"));
    }

    private static void published(Ledger ledger, Path folder) throws Exception {
        await(() -> {
            try {
                Path checkpoint = folder.resolve("checkpoint");
                return Files.exists(checkpoint)
                        && Checkpoint.ofUnverified(Files.readString(checkpoint)).size()
                                == ledger.checkpoint().size();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void copyTree(Path from, Path to) throws Exception {
        try (var all = Files.walk(from)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertTrue(condition.getAsBoolean(), "not within 30 s");
    }
}
