package io.waymark.evidence.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.LogForTests;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Cosignature.Type;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A witness in its own process, spoken to over HTTP as C2SP tlog-witness says. */
class WitnessTest {
    private static final String NAME = "witness.example/w";
    private static final String SHOWN = "/"
            + HexFormat.of().formatHex(Sha256.of(LogForTests.ORIGIN.getBytes(StandardCharsets.UTF_8))) + "/checkpoint";

    private final LogForTests log = new LogForTests();
    private final LogForTests fork = log.fork(3, "other");

    @TempDir
    Path folder;

    private WitnessProcess witness;

    @BeforeEach
    void start() throws IOException {
        witness = WitnessProcess.start(folder.resolve("w"), NAME);
    }

    @AfterEach
    void stop() {
        witness.close();
    }

    private HttpResponse<String> add(LogForTests of, long oldSize, long size) throws Exception {
        return witness.add(new Submission(
                oldSize,
                oldSize > 0 && oldSize < size ? of.between(oldSize, size) : new ConsistencyProof(List.of()),
                of.checkpoint(size).note()));
    }

    private static void assertCosigned(WitnessProcess by, VerifiedCheckpoint checkpoint, HttpResponse<String> answer)
            throws Exception {
        assertEquals(200, answer.statusCode(), answer.body());
        CosignedCheckpoint together =
                CosignedCheckpoint.read(checkpoint.note() + answer.body(), new LogForTests().key(), by.keys);
        assertEquals(by.keys.size(), together.cosignatures().size());
        assertEquals(NAME, together.cosignatures().get(0).name());
    }

    private List<Path> fraud() throws IOException {
        Path path = folder.resolve("w/fraud");
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.toList();
        }
    }

    @Test
    void cosignsALogThatOnlyGrowsAndShowsWhatItCosigned() throws Exception {
        assertEquals(404, witness.get(SHOWN).statusCode());
        long before = 0;
        for (long size : new long[] {5, 5, 8, 300, 1000}) {
            assertCosigned(witness, log.checkpoint(size), add(log, before, size));
            before = size;
        }
        HttpResponse<String> shown = witness.get(SHOWN);
        assertEquals(
                "text/plain; charset=utf-8",
                shown.headers().firstValue("Content-Type").orElse(""));
        CosignedCheckpoint kept = CosignedCheckpoint.read(shown.body(), log.key(), witness.keys);
        assertEquals(1000, kept.checkpoint().size());
        assertEquals(1, kept.cosignatures().size());
        assertTrue(witness.get("/health").body().contains("\"size\":1000"));
        assertEquals(List.of(), fraud());
    }

    @Test
    void tellsItsSizeWhenTheLogBelievesAnother() throws Exception {
        add(log, 0, 5);
        for (long old : new long[] {0, 4, 6}) {
            HttpResponse<String> answer = add(log, old, 8);
            assertEquals(409, answer.statusCode());
            assertEquals("5\n", answer.body());
            assertEquals(
                    "text/x.tlog.size",
                    answer.headers().firstValue("Content-Type").orElse(""));
        }
    }

    @Test
    void refusesWithTheStatusThatTlogWitnessNames() throws Exception {
        String note = log.checkpoint(5).note();
        assertEquals(400, add(log, 6, 5).statusCode());
        for (String body : List.of(
                "",
                "old 0\n",
                "old 00\n\n" + note,
                "old -1\n\n" + note,
                "old 0\nAAAA\n\n" + note,
                "old 0\n\nnothing\n",
                "new 0\n\n" + note,
                "old 0\n\n" + note.substring(0, note.length() - 1),
                "old 0\n" + ("A".repeat(43) + "=\n").repeat(64) + "\n" + note)) {
            HttpResponse<String> answer = witness.post(body.getBytes(StandardCharsets.UTF_8));
            assertEquals(400, answer.statusCode(), body);
            assertEquals(
                    "application/problem+json",
                    answer.headers().firstValue("Content-Type").orElse(""));
        }
        byte[] noText = ("old 0\n\n" + note).getBytes(StandardCharsets.UTF_8);
        noText[noText.length - 30] = (byte) 0xff;
        assertEquals(400, witness.post(noText).statusCode());
        assertEquals(400, witness.post(new byte[Submission.MAX_BYTES + 1]).statusCode());
        LogForTests unknown =
                new LogForTests(new NoteSigner("other.example/log", SigningKey.ofSeed(new byte[32])), 0, "x");
        assertEquals(404, add(unknown, 0, 5).statusCode());
        LogForTests otherKey =
                new LogForTests(new NoteSigner(LogForTests.ORIGIN, SigningKey.ofSeed(new byte[32])), 0, "x");
        assertEquals(403, add(otherKey, 0, 5).statusCode());
        assertEquals(
                403,
                witness.add(new Submission(0, new ConsistencyProof(List.of()), note.replace("\n5\n", "\n6\n")))
                        .statusCode());
        assertEquals(
                422,
                witness.add(new Submission(0, new ConsistencyProof(List.of(new byte[32])), note))
                        .statusCode());
        assertEquals(405, witness.get("/add-checkpoint").statusCode());
        assertEquals(404, witness.get("/nothing").statusCode());
        assertTrue(witness.get("/health").body().contains("\"size\":0"));
    }

    @Test
    void neverCosignsAForkAndKeepsItAsEvidence() throws Exception {
        add(log, 0, 6);
        HttpResponse<String> sameSize = add(fork, 6, 6);
        HttpResponse<String> larger = add(fork, 6, 11);

        assertEquals(422, sameSize.statusCode());
        assertEquals(422, larger.statusCode());
        assertEquals(422, add(fork, 6, 11).statusCode());
        assertEquals(2, fraud().size());
        for (Path file : fraud()) {
            FraudProof proof = FraudProof.parse(Files.readAllBytes(file));
            assertInstanceOf(FraudProof.Verdict.Proven.class, proof.judge(log.key()));
        }
        assertTrue(witness.get("/health").body().contains("\"fraud\":2"));
        assertCosigned(witness, log.checkpoint(11), add(log, 6, 11));
    }

    @Test
    void aWrongProofWithATrueCheckpointIsNoEvidence() throws Exception {
        add(log, 0, 6);
        List<byte[]> path = new ArrayList<>(log.between(6, 11).path());
        path.set(1, new byte[32]);
        assertEquals(
                422,
                witness.add(new Submission(
                                6,
                                new ConsistencyProof(path),
                                log.checkpoint(11).note()))
                        .statusCode());
        assertEquals(List.of(), fraud());
    }

    @Test
    void goesOnAfterACleanStopWithTheSameKeyAndMemory() throws Exception {
        add(log, 0, 6);
        String vkey = witness.keys.get(0).vkey();
        witness.command.stop();

        assertThrows(IOException.class, () -> WitnessProcess.start(folder.resolve("w"), "other.example/w"));
        witness = WitnessProcess.start(folder.resolve("w"), NAME, "--ml-dsa");
        assertEquals(vkey, witness.keys.get(0).vkey());
        assertEquals(
                List.of(Type.ED25519, Type.ML_DSA_44),
                witness.keys.stream().map(CosignatureVerifier::type).toList());
        assertEquals(409, add(log, 0, 8).statusCode());
        assertEquals(422, add(fork, 6, 8).statusCode());
        assertCosigned(witness, log.checkpoint(8), add(log, 6, 8));
        if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
            assertEquals(
                    "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("w/key"))));
        }
    }

    @Test
    void remembersALogThatChangedItsKeyAndIsCalledOtherwiseThanItsKey() throws Exception {
        NoteSigner next = new NoteSigner("next.example/key", SigningKey.ofSeed(new byte[32]));
        List<String> both =
                List.of("--log", log.key().vkey(), "--log", next.verifier().vkey() + "=" + LogForTests.ORIGIN);
        add(log, 0, 6);
        witness.command.stop();
        witness = WitnessProcess.startWith(folder.resolve("w"), NAME, both);
        String note = next.sign(log.checkpoint(8).checkpoint().text());
        assertEquals(
                200, witness.add(new Submission(6, log.between(6, 8), note)).statusCode());
        witness.command.stop();

        witness = WitnessProcess.startWith(folder.resolve("w"), NAME, both.subList(2, 4));
        assertEquals(403, add(log, 8, 9).statusCode());
        String lie = next.sign(fork.checkpoint(8).checkpoint().text());
        assertEquals(
                422,
                witness.add(new Submission(8, new ConsistencyProof(List.of()), lie))
                        .statusCode());
        FraudProof proof = FraudProof.parse(Files.readAllBytes(fraud().get(0)));
        assertInstanceOf(FraudProof.Verdict.Proven.class, proof.judge(List.of(log.key(), next.verifier())));
    }

    @Test
    void cosignsTheSameCheckpointAgainAsOftenAsAsked() throws Exception {
        add(log, 0, 6);
        for (int i = 0; i < 50; i++) {
            assertCosigned(witness, log.checkpoint(6), add(log, 6, 6));
        }
        assertEquals(
                1,
                CosignedCheckpoint.read(witness.get(SHOWN).body(), log.key(), witness.keys)
                        .cosignatures()
                        .size());
    }

    @Test
    void doesNotStartWithoutItsMemoryOrBesideAnother() throws Exception {
        add(log, 0, 6);
        assertThrows(IOException.class, () -> WitnessProcess.start(folder.resolve("w"), NAME));
        witness.command.stop();
        Path kept = folder.resolve("w/logs").resolve(SHOWN.substring(1, 65));
        byte[] note = Files.readAllBytes(kept);
        Files.write(kept, Arrays.copyOf(note, note.length - 10));
        assertThrows(IOException.class, () -> WitnessProcess.start(folder.resolve("w"), NAME));
        Files.delete(kept);
        Files.delete(kept.getParent());
        assertThrows(IOException.class, () -> WitnessProcess.start(folder.resolve("w"), NAME));
    }

    @Test
    void cosignsNothingThatItCannotStoreAndForgetsNothing() throws Exception {
        add(log, 0, 6);
        Path logs = folder.resolve("w/logs");
        Files.move(logs, folder.resolve("away"));
        // Not a folder any more: whatever is written below it fails.
        Files.writeString(logs, "");
        assertEquals(500, add(log, 6, 8).statusCode());
        assertEquals(409, add(fork, 0, 8).statusCode());
        assertTrue(witness.get("/health").body().contains("\"size\":6"));

        Files.delete(logs);
        Files.move(folder.resolve("away"), logs);
        assertEquals(422, add(fork, 6, 8).statusCode());
        assertCosigned(witness, log.checkpoint(8), add(log, 6, 8));
    }

    @Test
    void stuckClientsDoNotStopOthers() throws Exception {
        List<Socket> stuck = new ArrayList<>();
        try {
            // More than there are threads: each begins a request and never ends it.
            for (int i = 0; i < 100; i++) {
                Socket socket = new Socket(
                        witness.command.address().getHost(),
                        witness.command.address().getPort());
                stuck.add(socket);
                OutputStream out = socket.getOutputStream();
                String begun = i % 2 == 0
                        ? "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 500\r\n\r\nold 0\n"
                        : "GET /health HTTP/1.1\r\nHo";
                out.write(begun.getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
            assertCosigned(witness, log.checkpoint(5), add(log, 0, 5));
        } finally {
            for (Socket socket : stuck) {
                socket.close();
            }
        }
    }

    /** More rounds: {@code -Dwaymark.witness.kills=200}. */
    @Test
    void killedAtAnyMomentItNeverCosignsAFork() throws Exception {
        int kills = Integer.getInteger("waymark.witness.kills", 4);
        long seed = Long.getLong("waymark.witness.seed", System.nanoTime());
        System.out.println("witness kills, seed " + seed);
        Random random = new Random(seed);
        long cosigned = 0;
        LogForTests honest = log;
        for (int round = 0; round < kills; round++) {
            CommitLoad load = new CommitLoad(witness, honest, cosigned);
            load.start();
            load.awaitOne();
            Thread.sleep(random.nextInt(300));
            witness.command.kill();
            load.join();
            assertEquals(null, load.failed);
            cosigned = load.lastCosigned;
            witness = WitnessProcess.start(folder.resolve("w"), NAME);
            String message = "seed " + seed + ", round " + round + ", cosigned " + cosigned;

            // What left the process is remembered: neither another root of that size nor a tree without it is cosigned.
            LogForTests lie = log.fork(cosigned - 1, "lie");
            assertEquals(409, add(lie, 0, cosigned).statusCode(), message);
            long kept = Long.parseLong(add(lie, 0, cosigned).body().strip());
            assertTrue(kept == cosigned || kept == cosigned + 1, message + ", kept " + kept);
            assertEquals(422, add(lie, kept, kept).statusCode(), message);
            assertEquals(422, add(lie, kept, kept + 5).statusCode(), message);
            assertCosigned(witness, honest.checkpoint(kept), add(honest, kept, kept));
            cosigned = kept;
        }
        assertFalse(fraud().isEmpty());
    }

    /** Grows the log by one entry per request, as fast as the witness answers, until it is gone. */
    private static final class CommitLoad extends Thread {
        private final WitnessProcess witness;
        private final LogForTests log;
        private final CountDownLatch one = new CountDownLatch(1);
        private volatile long lastCosigned;
        private volatile String failed;

        CommitLoad(WitnessProcess witness, LogForTests log, long from) {
            this.witness = witness;
            this.log = log;
            this.lastCosigned = from;
        }

        @Override
        public void run() {
            try {
                for (long size = lastCosigned + 1; ; size++) {
                    ConsistencyProof proof = size == 1 ? new ConsistencyProof(List.of()) : log.between(size - 1, size);
                    HttpResponse<String> answer = witness.add(
                            new Submission(size - 1, proof, log.checkpoint(size).note()));
                    if (answer.statusCode() != 200) {
                        failed = answer.statusCode() + " " + answer.body();
                        return;
                    }
                    lastCosigned = size;
                    one.countDown();
                }
            } catch (IOException e) {
                one.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void awaitOne() throws InterruptedException {
            assertTrue(one.await(60, TimeUnit.SECONDS));
        }
    }
}
