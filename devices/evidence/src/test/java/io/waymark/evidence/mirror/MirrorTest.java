package io.waymark.evidence.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.CommandProcess;
import io.waymark.evidence.LogForTests;
import io.waymark.evidence.ServedLog;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.Tiles;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mirror in a process of its own beside a log served over HTTP. */
class MirrorTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final LogForTests log = new LogForTests();

    @TempDir
    Path folder;

    private ServedLog served;
    private CommandProcess mirror;

    @BeforeEach
    void start() throws IOException {
        served = new ServedLog();
    }

    @AfterEach
    void stop() {
        if (mirror != null) {
            mirror.close();
        }
        served.close();
    }

    private void mirror() throws IOException {
        mirror = CommandProcess.start(List.of(
                "mirror",
                served.url(),
                "--log-key",
                log.key().vkey(),
                "--folder",
                folder.resolve("copy").toString(),
                "--listen",
                "127.0.0.1:0",
                "--every",
                "50ms"));
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(mirror.address().resolve(path))
                        .timeout(Duration.ofSeconds(60))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    /** Waits until the mirror says so. */
    private String await(String said) throws Exception {
        String health = "";
        for (long end = System.nanoTime() + Duration.ofSeconds(180).toNanos(); System.nanoTime() < end; ) {
            health = new String(get("/health").body());
            if (health.contains(said)) {
                return health;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("never said " + said + ", last " + health);
    }

    private void awaitCopied(long size) throws Exception {
        await("\"status\":\"current\",\"origin\":\"" + LogForTests.ORIGIN + "\",\"detail\":\"\",\"copied\":" + size
                + ",");
    }

    private List<Path> files(String below) throws IOException {
        Path root = folder.resolve("copy").resolve(below);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    private void assertServesTheLog() throws Exception {
        for (Map.Entry<String, byte[]> file : served.files.entrySet()) {
            HttpResponse<byte[]> answer = get("/" + file.getKey());
            boolean superseded = file.getKey().contains(".p/") && answer.statusCode() == 404;
            if (superseded) {
                answer = get("/" + file.getKey().replaceAll("\\.p/.*", ""));
            }
            assertEquals(200, answer.statusCode(), file.getKey());
            if (!superseded) {
                assertArrayEquals(file.getValue(), answer.body(), file.getKey());
            }
            boolean tile = file.getKey().startsWith("tile/");
            assertEquals(
                    tile ? "public, max-age=31536000, immutable" : "public, max-age=5",
                    answer.headers().firstValue("Cache-Control").orElse(""));
        }
    }

    private void assertFraudProven() throws Exception {
        List<Path> fraud = files("fraud");
        assertEquals(1, fraud.size());
        FraudProof proof = FraudProof.parse(Files.readAllBytes(fraud.get(0)));
        assertInstanceOf(FraudProof.Verdict.Proven.class, proof.judge(log.key()));
    }

    @Test
    void copiesAGrowingLogAndServesItFileByFile() throws Exception {
        served.show(log, 300);
        mirror();
        awaitCopied(300);
        for (long size : new long[] {301, 512, 513, 1100}) {
            served.show(log, size);
            awaitCopied(size);
        }
        assertServesTheLog();
        assertEquals(5, files("checkpoints").size());
        assertTrue(Files.notExists(folder.resolve("copy/tile/0/001.p")), "partial tiles go when the full one is there");
        assertEquals(404, get("/tile/0/004.p/77").statusCode());
        assertEquals(404, get("/key").statusCode());
        assertEquals(404, get("/tile/0/../../lock").statusCode());
        assertEquals(404, get("/tile/0/%2e%2e/%2e%2e/lock").statusCode());
    }

    /** Tiles of three levels: {@code -Dwaymark.mirror.entries=66000}. */
    @Test
    void goesOnWithAFirstCopyAfterItWasKilled() throws Exception {
        int size = Integer.getInteger("waymark.mirror.entries", 4_000);
        served.show(log, size);
        mirror();
        for (int copied = 0; copied < 5; copied = files("tile").size()) {
            Thread.sleep(1);
        }
        mirror.kill();
        mirror();
        awaitCopied(size);
        assertServesTheLog();
        mirror.stop();
        served.files.keySet().removeIf(name -> name.startsWith("tile/"));
        mirror();
        // What is there is not fetched again.
        awaitCopied(size);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "tile/0/000, tile/0/000 is not of the tree",
        "tile/0/001.p/44, do not give the root",
        "tile/1/000.p/1, do not give the root",
        "tile/entries/000, entry 255 is not the one that was signed",
        "tile/entries/001.p/44, entry 299 is not the one that was signed"
    })
    void takesNothingThatIsNotUnderTheSignedRoot(String path, String why) throws Exception {
        served.show(log, 40);
        mirror();
        awaitCopied(40);

        try (ServedLog grown = new ServedLog()) {
            grown.show(log, 300);
            byte[] honest = grown.files.get(path);
            grown.alter(path, bytes -> {
                bytes[bytes.length - 1] ^= 1;
                return bytes;
            });
            byte[] checkpoint = grown.files.remove("checkpoint");
            served.files.putAll(grown.files);
            served.files.put("checkpoint", checkpoint);
            assertTrue(await("\"status\":\"refused\"").contains(why));
            assertTrue(new String(get("/checkpoint").body()).contains("\n40\n"));
            assertEquals(List.of(), files("fraud"));

            served.files.put(path, honest);
            awaitCopied(300);
            assertServesTheLog();
        }
    }

    @Test
    void saysWhenTheLogRollsBackAndProvesItWhenItGrowsDifferently() throws Exception {
        served.show(log, 600);
        mirror();
        awaitCopied(600);

        served.show(log, 400);
        assertTrue(await("\"status\":\"rolled_back\"").contains("shows 400 entries and has signed 600"));
        assertEquals(503, get("/health").statusCode());

        served.show(log.fork(400, "rewritten"), 700);
        assertTrue(await("\"status\":\"contradiction\"").contains(".waymark-fraud"));
        assertFraudProven();
        assertTrue(new String(get("/checkpoint").body()).contains("\n600\n"), "the copy stays as it was");

        // Nothing the log shows later makes it forget, and no restart.
        served.show(log, 800);
        mirror.stop();
        mirror();
        await("\"status\":\"contradiction\"");
        assertEquals(503, get("/health").statusCode());
        assertEquals(1, files("fraud").size());
    }

    @Test
    void provesAForkOfTheSameSizeAndOfASmallerOne() throws Exception {
        served.show(log, 300);
        mirror();
        awaitCopied(300);
        served.show(log.fork(10, "other"), 300);
        await("\"status\":\"contradiction\"");
        assertFraudProven();
        mirror.stop();

        Path again = folder.resolve("again");
        served.show(log, 300);
        mirror = CommandProcess.start(List.of(
                "mirror",
                served.url(),
                "--log-key",
                log.key().vkey(),
                "--folder",
                again.toString(),
                "--listen",
                "127.0.0.1:0",
                "--every",
                "50ms"));
        awaitCopied(300);
        served.show(log.fork(10, "other"), 256);
        await("\"status\":\"contradiction\"");
        try (Stream<Path> files = Files.list(again.resolve("fraud"))) {
            FraudProof proof =
                    FraudProof.parse(Files.readAllBytes(files.findFirst().orElseThrow()));
            assertInstanceOf(FraudProof.Verdict.Proven.class, proof.judge(log.key()));
        }
    }

    @Test
    void doesNotStartOnACopyThatWasAltered() throws Exception {
        served.show(log, 300);
        mirror();
        awaitCopied(300);
        mirror.stop();
        Path tile = folder.resolve("copy").resolve(Tiles.path(0, 1, 44));
        byte[] bytes = Files.readAllBytes(tile);
        bytes[3] ^= 1;
        Files.write(tile, bytes);
        assertThrows(IOException.class, this::mirror);
    }

    @Test
    void refusesACheckpointOfAnotherKey() throws Exception {
        served.show(log, 30);
        served.alter(
                "checkpoint",
                bytes -> new String(bytes).replace("\n30\n", "\n31\n").getBytes());
        mirror();
        await("\"status\":\"refused\"");
        assertEquals(404, get("/checkpoint").statusCode());
        served.show(log, 30);
        awaitCopied(30);
    }

    @Test
    void servesThePageAndTheVerifierUnderAStrictPolicy() throws Exception {
        mirror();
        await("\"status\":\"unreachable\"");
        for (String path : List.of("/", "/page.js", "/page.css", "/verify/proof.js", "/verify/consistency.js")) {
            HttpResponse<byte[]> answer = get(path);
            assertEquals(200, answer.statusCode(), path);
            String policy =
                    answer.headers().firstValue("Content-Security-Policy").orElse("");
            assertTrue(policy.startsWith("default-src 'none'; script-src 'self'"), path);
        }
        assertEquals(404, get("/verify/absent.js").statusCode());
        assertEquals(404, get("/verify/..%2fproof.js").statusCode());
    }
}
