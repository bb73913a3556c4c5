package io.waymark.evidence.gossip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.CommandProcess;
import io.waymark.evidence.LogForTests;
import io.waymark.evidence.MainForTests;
import io.waymark.evidence.ServedLog;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.witness.Submission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One log key, two histories, each of which somebody saw alone: found out by comparing. Witnesses and mirrors are processes of their own with
 * their own keys and folders.
 */
class SplitViewTest {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LogForTests log = new LogForTests();
    private final LogForTests fork = log.fork(3, "other");
    private final List<AutoCloseable> running = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : running) {
            one.close();
        }
    }

    private CommandProcess witness(String name, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "witness",
                "--name",
                name + ".example/w",
                "--folder",
                folder.resolve(name).toString(),
                "--listen",
                "127.0.0.1:0",
                "--log",
                log.key().vkey(),
                "--compare-every",
                "50ms"));
        arguments.addAll(List.of(more));
        return started(arguments);
    }

    private CommandProcess mirror(String name, ServedLog of, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "mirror",
                of.url(),
                "--log-key",
                log.key().vkey(),
                "--folder",
                folder.resolve(name).toString(),
                "--listen",
                "127.0.0.1:0",
                "--every",
                "50ms",
                "--compare-every",
                "50ms"));
        arguments.addAll(List.of(more));
        return started(arguments);
    }

    private CommandProcess started(List<String> arguments) throws IOException {
        CommandProcess process = CommandProcess.start(arguments);
        running.add(process);
        return process;
    }

    private ServedLog served(LogForTests shown, long size) throws IOException {
        ServedLog served = new ServedLog();
        running.add(served);
        served.show(shown, size);
        return served;
    }

    /** The log goes to this witness alone. */
    private static void shows(LogForTests log, long oldSize, long size, CommandProcess witness) throws Exception {
        ConsistencyProof proof = oldSize == 0 ? new ConsistencyProof(List.of()) : log.between(oldSize, size);
        HttpResponse<String> answer = HTTP.send(
                HttpRequest.newBuilder(witness.address().resolve("/add-checkpoint"))
                        .timeout(Duration.ofSeconds(60))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(new Submission(
                                        oldSize, proof, log.checkpoint(size).note())
                                .encode()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
    }

    private static JsonNode health(CommandProcess process) throws Exception {
        return JSON.readTree(HTTP.send(
                        HttpRequest.newBuilder(process.address().resolve("/health"))
                                .timeout(Duration.ofSeconds(60))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
    }

    /** What the process says of its first peer, once that is so. */
    private static JsonNode await(CommandProcess process, Predicate<JsonNode> so) throws Exception {
        JsonNode health = null;
        for (long end = System.nanoTime() + Duration.ofSeconds(180).toNanos(); System.nanoTime() < end; ) {
            health = health(process);
            JsonNode first = health.path("compared").path(0);
            if (!first.isMissingNode() && so.test(first)) {
                return first;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("never so: " + health);
    }

    private static Predicate<JsonNode> state(String state) {
        return first -> first.get("state").asText().equals(state);
    }

    private List<Path> files(String below) throws IOException {
        Path path = folder.resolve(below);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.sorted().toList();
        }
    }

    /** Exported by the command, and judged by the command that has nothing but the log's key. */
    private FraudProof.Verdict.Proven evidence(String of) throws Exception {
        Path out = folder.resolve("evidence-" + of);
        assertEquals(
                0, run("witness", "export-fraud", "--folder", folder.resolve(of).toString(), "--to", out.toString()));
        List<Path> files = files("evidence-" + of);
        assertFalse(files.isEmpty());
        for (Path file : files) {
            assertEquals(0, run("fraud", file.toString(), "--log-key", log.key().vkey()), file.toString());
        }
        return assertInstanceOf(
                FraudProof.Verdict.Proven.class,
                FraudProof.parse(Files.readAllBytes(files.get(0))).judge(log.key()));
    }

    private static int run(String... arguments) {
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true);
        return MainForTests.run(List.of(arguments), out, out);
    }

    @Test
    void twoWitnessesThatAgreeSaySoAndSinceWhen() throws Exception {
        CommandProcess one = witness("one");
        shows(log, 0, 8, one);
        Instant before = Instant.now();
        CommandProcess two = witness("two", "--compare", one.address().toString());
        assertEquals("undecided", await(two, state("undecided")).get("state").asText());
        shows(log, 0, 8, two);
        JsonNode compared = await(two, state("agrees"));
        assertEquals(8, compared.get("size").asLong());
        assertEquals(LogForTests.ORIGIN, compared.get("origin").asText());
        assertEquals(one.address().toString(), compared.get("peer").asText());
        assertFalse(Instant.parse(compared.get("compared").asText()).isBefore(before));
        assertEquals(List.of(), files("two/undecided"));
        assertEquals(List.of(), files("two/fraud"));
        assertEquals(0, health(one).get("compared").size());
    }

    @Test
    void twoWitnessesThatSawOneSizeAndTwoRootsFindOutWithoutAnybodysTiles() throws Exception {
        CommandProcess one = witness("one");
        shows(log, 0, 8, one);
        CommandProcess two = witness("two", "--compare", one.address().toString());
        shows(fork, 0, 8, two);
        await(two, state("contradicts"));
        FraudProof.Verdict.Proven proven = evidence("two");
        assertEquals(8, proven.earlier().size());
        assertEquals(8, proven.later().size());
        // It goes on being a witness, and its word stays: the log may show the peer another history again.
        shows(fork, 8, 9, two);
        await(
                two,
                first -> first.get("size").asLong() == 8
                        && first.get("state").asText().equals("contradicts"));
        assertEquals(1, health(two).get("fraud").asInt());
    }

    @Test
    void twoSizesAreComparedOnceSomebodyShowsTilesOfATreeThatHasBoth() throws Exception {
        ServedLog served = served(log, 6);
        CommandProcess copy = mirror("copy", served);
        CommandProcess one = witness("one");
        shows(fork, 0, 12, one);
        CommandProcess two = witness(
                "two",
                "--compare",
                one.address().toString(),
                "--tiles",
                copy.address().toString());
        shows(log, 0, 8, two);
        JsonNode open = await(
                two,
                first -> state("undecided").test(first)
                        && first.get("detail").asText().contains("8 entries"));
        assertTrue(open.get("compared").isTextual(), open.toString());
        assertEquals(1, files("two/undecided").size());
        // What could not be compared outlives the process, and the peer that showed it.
        two.kill();
        one.kill();
        CommandProcess again = witness("two", "--compare", copy.address().toString());
        await(again, state("undecided"));
        assertEquals(0, health(again).get("fraud").asInt());
        served.show(log, 20);
        await(again, state("contradicts"));
        FraudProof.Verdict.Proven proven = evidence("two");
        assertEquals(12, proven.earlier().size());
        assertEquals(20, proven.later().size());
    }

    @Test
    void honestTreesOfTwoSizesAgreeByTheMirrorsTiles() throws Exception {
        CommandProcess copy = mirror("copy", served(log, 300));
        CommandProcess one = witness("one", "--compare", copy.address().toString());
        shows(log, 0, 8, one);
        assertEquals(300, await(one, state("agrees")).get("size").asLong());
        assertEquals(List.of(), files("one/fraud"));
        assertEquals(List.of(), files("one/undecided"));
    }

    @Test
    void aMirrorFindsOutFromItsOwnCopyAndCopiesNothingMore() throws Exception {
        ServedLog served = served(log, 300);
        CommandProcess one = witness("one");
        shows(fork, 0, 12, one);
        CommandProcess copy = mirror("copy", served, "--compare", one.address() + "/");
        await(copy, state("contradicts"));
        assertEquals("contradiction", health(copy).get("status").asText());
        FraudProof.Verdict.Proven proven = evidence("copy");
        assertEquals(12, proven.earlier().size());
        assertEquals(300, proven.later().size());
    }

    @Test
    void twoMirrorsOfTwoHistoriesFindOut() throws Exception {
        CommandProcess one = mirror("one", served(fork, 700));
        CommandProcess two = mirror("two", served(log, 300), "--compare", one.address() + "/checkpoint");
        await(two, state("contradicts"));
        FraudProof.Verdict.Proven proven = evidence("two");
        assertEquals(300, proven.earlier().size());
        assertEquals(700, proven.later().size());
    }

    @Test
    void whatThePeerAloneSaysProvesNothing() throws Exception {
        LogForTests strangers =
                new LogForTests(new NoteSigner(LogForTests.ORIGIN, SigningKey.ofSeed(new byte[32])), 3, "forged");
        ServedLog liar = served(strangers, 8);
        CommandProcess one = witness("one", "--compare", liar.url());
        shows(log, 0, 8, one);
        await(one, state("not_signed"));
        // A true checkpoint over tiles of another tree: no proof either way, and the checkpoint waits.
        liar.show(fork, 20);
        liar.files.put("checkpoint", log.checkpoint(20).note().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        await(one, state("undecided"));
        liar.files.remove("checkpoint");
        await(one, state("nothing"));
        liar.files.put("checkpoint", new byte[] {'x'});
        await(one, state("not_signed"));
        assertEquals(List.of(), files("one/fraud"));
        assertEquals(
                1,
                run(
                        "witness",
                        "export-fraud",
                        "--folder",
                        folder.resolve("one").toString(),
                        "--to",
                        folder.resolve("none").toString()));
    }
}
