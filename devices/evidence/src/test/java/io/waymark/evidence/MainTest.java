package io.waymark.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.TlogProof;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an auditor sees, and the exit codes scripts rely on. */
class MainTest {
    private static final NoteSigner SIGNER = new NoteSigner("trace.example/test", SigningKey.ofSeed(new byte[32]));
    private static final String KEY = SIGNER.verifier().vkey();

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        out.reset();
        err.reset();
        return Main.run(
                List.of(args),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String vector(String file, String name) throws Exception {
        try (Stream<String> lines = Files.lines(Path.of("src/test/resources/vectors", file + ".txt"))) {
            return lines.filter(l -> l.startsWith(name + ": "))
                    .findFirst()
                    .orElseThrow()
                    .substring(name.length() + 2);
        }
    }

    private String proof(String vector) throws Exception {
        Path file = folder.resolve(vector + ".waymark");
        Files.write(file, HexFormat.of().parseHex(vector(vector, "file")));
        return file.toString();
    }

    @Test
    void aValidFileExitsWith0AndShowsEveryCheck() throws Exception {
        Path key = folder.resolve("log.vkey");
        Files.writeString(key, vector("good-proof-whole-story", "log-key") + "\n");
        assertEquals(0, run("verify", proof("good-proof-whole-story"), "--log-key", "@" + key));
        assertTrue(printed().contains("commissioning, maker.example, a vessel in the North Sea"), printed());
        assertTrue(printed().contains("pass  label commitment: step 0"), printed());
        assertTrue(printed().contains("valid: everything above"), printed());
    }

    @Test
    void theWordThatNothingCameLaterHasATimeAndAnAge() throws Exception {
        String key = vector("good-proof-whole-story", "log-key");
        String file = proof("good-proof-as-of-a-map-head");
        assertEquals(0, run("verify", file, "--log-key", key), printed());
        assertTrue(printed().contains("none, as of 2026-09-22T14:13:20Z by the operator's own clock"), printed());
        assertEquals(0, run("verify", file, "--log-key", key, "--max-age", "99999d"), printed());
        assertEquals(2, run("verify", file, "--log-key", key, "--max-age", "1s"), printed());
        assertTrue(printed().contains("  ?   no later step: map head"), printed());
        assertEquals(2, run("verify", file, "--log-key", key, "--max-age", "soon"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("--max-age is a number of seconds"));
        assertEquals(1, run("verify", proof("broken-proof-last-step-left-out"), "--log-key", key));
        assertTrue(printed().contains("has a step 3"), printed());
    }

    @Test
    void theReadersOwnWitnessesAreCountedAndTheirClocksSayAsOfWhen() throws Exception {
        String key = vector("good-proof-witnessed", "log-key");
        Path policy = Files.write(
                folder.resolve("policy"), HexFormat.of().parseHex(vector("good-proof-witnessed", "policy")));
        String file = proof("good-proof-witnessed");
        assertEquals(0, run("verify", file, "--log-key", key, "--policy", policy.toString()), printed());
        assertTrue(printed().contains("2 of 3: one, two"), printed());
        assertTrue(printed().contains("none, as of 2026-10-22T14:13:20Z by the witnesses' clocks"), printed());
        assertEquals(
                2,
                run(
                        "verify",
                        proof("broken-proof-witnesses-too-few"),
                        "--log-key",
                        key,
                        "--policy",
                        policy.toString()));
        assertTrue(printed().contains("1 of 3: one"), printed());
        Files.writeString(policy, "quorum nobody\n");
        assertEquals(2, run("verify", file, "--log-key", key, "--policy", policy.toString()));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("--policy"), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void anAlteredFileExitsWith1() throws Exception {
        assertEquals(
                1,
                run(
                        "verify",
                        proof("broken-proof-reading-value-altered"),
                        "--log-key",
                        vector("good-proof-whole-story", "log-key"),
                        "--json"));
        assertTrue(
                printed().startsWith("{\"outcome\":\"invalid\",\"checks\":[{\"name\":\"checkpoint signature\""),
                printed());
        assertTrue(
                printed().contains("\"name\":\"reading content\",\"lookedAt\":\"message 0\",\"outcome\":\"fail\""),
                printed());
    }

    @Test
    void whatCannotBeJudgedExitsWith2() throws Exception {
        String key = vector("good-proof-whole-story", "log-key");
        assertEquals(2, run("verify", proof("broken-proof-step-key-not-bound"), "--log-key", key));
        assertEquals(2, run("verify", proof("broken-proof-unreadable-truncated"), "--log-key", key));
        assertTrue(err.toString(StandardCharsets.UTF_8).startsWith("cannot tell: "));
        assertEquals(2, run("verify", proof("good-proof-whole-story"), "--log-key", KEY));
        assertEquals(2, run("verify", folder.resolve("absent").toString(), "--log-key", key));
        assertEquals(2, run("verify", proof("good-proof-whole-story")));
        assertEquals(2, run("verify", proof("good-proof-whole-story"), "--log-key", "nonsense"));
        assertEquals(2, run("verify", proof("good-proof-whole-story"), "--log-key", key, "--jsno"));
        assertEquals(2, run("frobnicate"));
        assertEquals(2, run());
        assertEquals(0, run("--help"));
    }

    @Test
    void aTlogProofIsCheckedWithItsEntry() throws Exception {
        Path log = PublishedLog.write(folder, 300, SIGNER);
        byte[] entry = PublishedLog.entry(257);
        TlogProof proof = new TlogProof(
                Tiles.inclusion(257, 300, (l, i, w) -> PublishedLog.read(log.resolve(Tiles.path(l, i, w)))),
                Files.readString(log.resolve("checkpoint")));
        Path file = folder.resolve("entry.tlog-proof");
        Files.writeString(file, proof.text());
        Path entryFile = folder.resolve("entry.bin");
        Files.write(entryFile, entry);
        assertEquals(0, run("verify", file.toString(), "--log-key", KEY, "--entry", entryFile.toString()));
        Files.write(entryFile, PublishedLog.entry(258));
        assertEquals(1, run("verify", file.toString(), "--log-key", KEY, "--entry", entryFile.toString()));
        assertEquals(2, run("verify", file.toString(), "--log-key", KEY));
        Files.writeString(
                file, new TlogProof(new InclusionProof(256, proof.place().path()), proof.note()).text());
        assertEquals(1, run("verify", file.toString(), "--log-key", KEY, "--entry", entryFile.toString()));
    }

    @Test
    void aWholeLogIsReadAndTheFirstDifferenceNamed() throws Exception {
        Path log = PublishedLog.write(folder, 70_000, SIGNER);
        assertEquals(0, run("audit", log.toString(), "--log-key", KEY), printed());
        assertTrue(printed().contains("70000 entries"), printed());

        Path bundle = log.resolve(Tiles.entriesPath(100, 256));
        byte[] bytes = Files.readAllBytes(bundle);
        byte[] altered = bytes.clone();
        altered[5] ^= 1;
        Files.write(bundle, altered);
        assertEquals(1, run("audit", log.toString(), "--log-key", KEY));
        assertTrue(printed().contains("leaf of entry 25600"), printed());

        Files.write(bundle, Arrays.copyOf(bytes, bytes.length - 1));
        assertEquals(1, run("audit", log.toString(), "--log-key", KEY));
        Files.delete(bundle);
        assertEquals(2, run("audit", log.toString(), "--log-key", KEY));
        Files.write(bundle, bytes);

        Files.writeString(
                log.resolve("checkpoint"),
                SIGNER.sign(new Checkpoint("trace.example/test", 70_000, new byte[32]).text()));
        assertEquals(1, run("audit", log.toString(), "--log-key", KEY));
        assertTrue(printed().contains("log root"), printed());
    }

    @Test
    void textFromAFileCannotSteerTheTerminal() {
        assertEquals(
                "a\ufffd[31mb\ufffdc", io.waymark.evidence.command.ReportForTests.printable("a\u001b[31mb\u202ec"));
    }

    @Test
    void aFraudProofExitsWith0AndEverythingElseDoesNot() throws Exception {
        String key = vector("good-fraud-larger", "vkey");
        Path file = folder.resolve("one.waymark-fraud");
        Files.write(file, HexFormat.of().parseHex(vector("good-fraud-larger", "file")));
        assertEquals(0, run("fraud", file.toString(), "--log-key", key));
        assertTrue(printed().contains("signed two histories"), printed());
        assertEquals(2, run("fraud", file.toString(), "--log-key", KEY));
        Files.write(file, HexFormat.of().parseHex(vector("broken-fraud-consistent", "file")));
        assertEquals(1, run("fraud", file.toString(), "--log-key", key));
        Files.write(file, HexFormat.of().parseHex(vector("broken-fraud-trailing-byte", "file")));
        assertEquals(2, run("fraud", file.toString(), "--log-key", key));
    }

    @Test
    void aWitnessesEvidenceIsExportedAndNothingIsOverwritten() throws Exception {
        Path kept = folder.resolve("w");
        Path to = folder.resolve("out");
        assertEquals(1, run("witness", "export-fraud", "--folder", kept.toString(), "--to", to.toString()));
        Files.createDirectories(kept.resolve("fraud"));
        Files.writeString(kept.resolve("fraud/a.waymark-fraud"), "evidence");
        Files.writeString(kept.resolve("fraud/.tmp-1"), "half");
        assertEquals(0, run("witness", "export-fraud", "--folder", kept.toString(), "--to", to.toString()));
        assertEquals("evidence", Files.readString(to.resolve("a.waymark-fraud")));
        Files.writeString(kept.resolve("fraud/a.waymark-fraud"), "other");
        assertEquals(0, run("witness", "export-fraud", "--folder", kept.toString(), "--to", to.toString()));
        assertEquals("evidence", Files.readString(to.resolve("a.waymark-fraud")));
        try (Stream<Path> files = Files.list(to)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aServerIsNotStartedOnWrongUsage() {
        String w = folder.resolve("w").toString();
        assertEquals(2, run("witness", "--name", "w.example", "--folder", w, "--listen", "127.0.0.1:0"));
        assertEquals(2, run("witness", "--name", "w.example", "--folder", w, "--listen", "127.0.0.1", "--log", KEY));
        assertEquals(2, run("witness", "--name", "w x", "--folder", w, "--listen", "127.0.0.1:0", "--log", KEY));
        assertEquals(2, run("witness", "--name", "w.example", "--folder", w, "--listen", "127.0.0.1:0", "--log", "x"));
        assertEquals(2, run("witness", "w", "--name", "w.example", "--folder", w, "--listen", "127.0.0.1:0"));
        assertEquals(
                2,
                run(
                        "mirror",
                        "http://127.0.0.1:1",
                        "--log-key",
                        KEY,
                        "--folder",
                        w,
                        "--listen",
                        "127.0.0.1:0",
                        "--every",
                        "soon"));
        assertEquals(2, run("mirror", "--log-key", KEY, "--folder", w, "--listen", "127.0.0.1:0"));
    }

    @Test
    void aLogIsReadOverHttp() throws Exception {
        Path log = PublishedLog.write(folder, 600, SIGNER);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/ledger/", exchange -> {
            Path file = log.resolve(exchange.getRequestURI().getPath().substring("/ledger/".length()));
            byte[] body = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(Files.exists(file) ? 200 : 404, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/ledger";
            assertEquals(0, run("audit", url, "--log-key", KEY, "--json"), printed());
            Files.delete(log.resolve(Tiles.path(0, 1, 256)));
            assertEquals(2, run("audit", url, "--log-key", KEY));
            assertTrue(err.toString(StandardCharsets.UTF_8).contains("there is no tile/0/001"));
        } finally {
            server.stop(0);
        }
        assertEquals(2, run("audit", "http://127.0.0.1:1/ledger", "--log-key", KEY));
    }
}
