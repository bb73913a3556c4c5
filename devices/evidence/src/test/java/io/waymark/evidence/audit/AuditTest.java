package io.waymark.evidence.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.MainForTests;
import io.waymark.evidence.PublishedLog;
import io.waymark.evidence.SharedData;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.Tiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Logs that are right, and logs of which one thing is wrong: the audit names it and its index. */
class AuditTest {
    private static final String KEY = LogStory.SIGNER.verifier().vkey();
    private static final long SEED = Long.getLong("waymark.audit.seed", System.nanoTime());
    private static final int SIZE = 3000;

    @TempDir
    Path folder;

    private String err = "";

    private record Audited(int exit, JsonNode json) {
        JsonNode check(String name) {
            for (JsonNode check : json.get("checks")) {
                if (check.get("name").asText().equals(name)) {
                    return check;
                }
            }
            throw new AssertionError("no check " + name + " in " + json);
        }

        void assertBad(String check, long index) {
            String told = "seed " + SEED + ": " + json;
            assertEquals(1, exit, told);
            assertEquals(check, json.get("firstBad").get("check").asText(), told);
            assertEquals(index, json.get("firstBad").get("index").asLong(-1), told);
            assertEquals("fail", check(check).get("outcome").asText(), told);
        }
    }

    private Audited audit(String log, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("audit", log, "--log-key", KEY, "--json"));
        args.addAll(List.of(more));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int exit = MainForTests.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
        err = errors.toString(StandardCharsets.UTF_8);
        return new Audited(exit, new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8)));
    }

    private Audited audit(Path log, String... more) throws IOException {
        return audit(log.toString(), more);
    }

    private Path publish(LogStory story) throws IOException {
        return publish("log", story.entries);
    }

    private Path publish(String name, List<byte[]> entries) throws IOException {
        return PublishedLog.write(Files.createDirectories(folder.resolve(name)), entries, LogStory.SIGNER);
    }

    private static void assertRight(Audited audited, long entries) {
        assertEquals(0, audited.exit(), "seed " + SEED + ": " + audited.json());
        assertEquals("valid", audited.json().get("outcome").asText());
        assertTrue(audited.json().get("firstBad").isNull());
        assertEquals(entries, audited.json().get("entries").asLong());
    }

    @Test
    void aRightLogPassesEveryCheck() throws IOException {
        LogStory story = LogStory.right(SEED, SIZE);
        Audited audited = audit(publish(story));
        assertRight(audited, story.entries.size());
        List<String> names = new ArrayList<>();
        audited.json()
                .get("checks")
                .forEach(check -> names.add(check.get("name").asText()));
        assertEquals(
                List.of("checkpoint signature", "log entries", "log tiles", "log root", "tags", "keys", "map heads"),
                names);
        assertTrue(audited.json().get("entries_per_second").asLong() > 0);
        assertTrue(audited.json().get("seconds").asDouble() > 0);
        assertTrue(audited.json().get("machine").asText().contains("processors"));
        long heads = story.entries.stream().filter(MapHead::is).count();
        assertEquals(
                heads + " map heads", audited.check("map heads").get("lookedAt").asText());
    }

    @Test
    void everySizeAroundATileIsRight() throws IOException {
        LogStory story = LogStory.right(SEED, 700);
        for (int size : new int[] {0, 1, 255, 256, 257, 511, 512, 513}) {
            assertRight(audit(publish("log" + size, story.entries.subList(0, size))), size);
        }
    }

    private static Stream<Arguments> wrongEntries() {
        return Stream.of(
                wrong("statement tag twice", "tags", s -> s.add(s.entries.get(lastOf(s, Entries.STATEMENT)))),
                wrong("link tag twice, other digest", "tags", s -> {
                    byte[] again = s.entries.get(lastOf(s, Entries.LINK)).clone();
                    again[64] ^= 1;
                    return s.add(again);
                }),
                wrong("link of 64 bytes", "log entries", s -> s.add(Arrays.copyOf(s.entries.get(s.link()), 64))),
                wrong(
                        "statement of 66 bytes",
                        "log entries",
                        s -> s.add(Arrays.copyOf(s.entries.get(s.statement()), 66))),
                wrong("public entry that is no map", "log entries", s -> s.add(new byte[] {2, 0})),
                wrong("key binding cut short", "log entries", s -> {
                    byte[] binding = s.entries.get(s.bind(LogStory.STREAM_SECRET));
                    return s.add(Arrays.copyOf(binding, binding.length - 1));
                }),
                wrong("stream bound to another secret", "keys", s -> s.bind(new byte[32])),
                wrong(
                        "revocation of a key never bound",
                        "keys",
                        s -> s.add(new Revocation(new byte[16], new byte[8], "lost", null).entry())),
                wrong(
                        "suspect from an index to come",
                        "keys",
                        s -> s.add(Revocation.compromised(
                                        LogStory.STREAM,
                                        LogStory.DEVICE.verificationKey().kid(),
                                        99_999)
                                .entry())),
                wrong(
                        "map root",
                        "map heads",
                        s -> s.add(head(s, s.head(), h -> {
                            byte[] root = h.root().clone();
                            root[7] ^= 1;
                            return new MapHead(h.size(), h.count(), root, h.timeMillis());
                        }))),
                wrong(
                        "map count",
                        "map heads",
                        s -> s.add(head(
                                s, s.head(), h -> new MapHead(h.size(), h.count() - 1, h.root(), h.timeMillis())))),
                wrong(
                        "map over more than stands before it",
                        "map heads",
                        s -> s.add(head(
                                s, s.head(), h -> new MapHead(h.size() + 2, h.count(), h.root(), h.timeMillis())))),
                wrong("map that leaves the last link out", "map heads", s -> {
                    int without = s.entries.size();
                    s.link();
                    return s.add(head(
                            s,
                            s.head(without),
                            h -> new MapHead(s.entries.size(), h.count(), h.root(), h.timeMillis())));
                }),
                wrong("map of the past with the time of the day", "map heads", s -> {
                    int past = s.entries.size();
                    s.link();
                    s.statement();
                    return s.head(past);
                }));
    }

    private static Arguments wrong(String what, String check, ToIntFunction<LogStory> how) {
        return Arguments.of(what, check, how);
    }

    private interface Edit {
        MapHead of(MapHead head);
    }

    /** Takes the head back and gives its altered bytes. */
    private static byte[] head(LogStory story, int at, Edit edit) {
        try {
            return edit.of(MapHead.parse(story.entries.remove(at))).entry();
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private static int lastOf(LogStory story, byte kind) {
        int at = story.entries.size() - 1;
        while (story.entries.get(at)[0] != kind) {
            at--;
        }
        return at;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongEntries")
    void namesTheEntryThatIsWrongInARightTree(String what, String check, ToIntFunction<LogStory> how)
            throws IOException {
        LogStory story = LogStory.right(SEED, 600);
        int bad = how.applyAsInt(story);
        story.strangers(400);
        audit(publish(story)).assertBad(check, bad);
    }

    @Test
    void namesTheFirstOfSeveralWrongEntries() throws IOException {
        LogStory story = LogStory.right(SEED, 600);
        int revocation = story.add(new Revocation(new byte[16], new byte[8], "lost", null).entry());
        int again = story.add(story.entries.get(lastOf(story, Entries.LINK)));
        Audited audited = audit(publish(story));
        audited.assertBad("keys", revocation);
        assertTrue(audited.check("tags").get("lookedAt").asText().contains("entry " + again));
        assertEquals("pass", audited.check("log root").get("outcome").asText());
    }

    private void flip(Path file, long at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) at] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void namesTheEntryOrTheTileThatWasAltered() throws IOException {
        LogStory story = LogStory.right(SEED, SIZE);
        // A right edge on two levels.
        story.strangers(story.entries.size() % 256 == 0 ? 1 : 0);
        Path log = publish(story);
        int size = story.entries.size();
        int edge = size / 256;

        int target = 2 * 256 + 10;
        int at = 2;
        for (int i = 2 * 256; i < target; i++) {
            at += 2 + story.entries.get(i).length;
        }
        Path bundle = log.resolve(Tiles.entriesPath(2, 256));
        flip(bundle, at + story.entries.get(target).length - 1);
        audit(log).assertBad("log entries", target);
        flip(bundle, at + story.entries.get(target).length - 1);

        flip(log.resolve(Tiles.path(0, 2, 256)), 32 * 17 + 3);
        audit(log).assertBad("log tiles", 2 * 256 + 17);
        flip(log.resolve(Tiles.path(0, 2, 256)), 32 * 17 + 3);

        flip(log.resolve(Tiles.path(0, edge, size % 256)), 32 * (size % 256) - 1);
        audit(log).assertBad("log tiles", size - 1);
        flip(log.resolve(Tiles.path(0, edge, size % 256)), 32 * (size % 256) - 1);

        flip(log.resolve(Tiles.path(1, 0, edge)), 32 * 5);
        audit(log).assertBad("log tiles", 5 * 256);
        flip(log.resolve(Tiles.path(1, 0, edge)), 32 * 5);

        byte[] whole = Files.readAllBytes(bundle);
        Files.write(bundle, Arrays.copyOf(whole, whole.length - 1));
        audit(log).assertBad("log entries", 3 * 256 - 1);
        Files.write(bundle, Arrays.copyOf(whole, whole.length + 1));
        audit(log).assertBad("log entries", 3 * 256);
        Files.write(bundle, whole);

        String note = Files.readString(log.resolve("checkpoint"));
        Files.writeString(
                log.resolve("checkpoint"),
                LogStory.SIGNER.sign(new Checkpoint(LogStory.SIGNER.verifier().name(), size, new byte[32]).text()));
        audit(log).assertBad("log root", -1);
        Files.writeString(log.resolve("checkpoint"), note.replace("\n" + size + "\n", "\n" + (size - 1) + "\n"));
        Audited unsigned = audit(log);
        assertEquals(1, unsigned.exit());
        assertEquals(
                "fail", unsigned.check("checkpoint signature").get("outcome").asText());
        Files.writeString(log.resolve("checkpoint"), note);
        assertRight(audit(log), size);
    }

    @Test
    void whatWasFoundIsToldAlsoWhenTheRestIsMissing() throws IOException {
        LogStory story = LogStory.right(SEED, 600);
        int again = story.add(story.entries.get(lastOf(story, Entries.LINK)));
        story.strangers(600);
        Path log = publish(story);
        Files.delete(log.resolve(Tiles.path(0, 3, 256)));
        Audited audited = audit(log);
        audited.assertBad("tags", again);
        assertEquals("cannot-tell", audited.check("log files").get("outcome").asText());
    }

    @Test
    void everyEarlierCheckpointMustBeAPrefix() throws IOException {
        LogStory story = LogStory.right(SEED, 1500);
        Path log = publish(story);
        StringBuilder notes = new StringBuilder();
        for (int size = 0; size <= 1500; size += 75) {
            notes.append(story.checkpoint(size)).append(size % 2 == 0 ? "" : "\n\n");
        }
        Path earlier = folder.resolve("earlier");
        Files.writeString(earlier, notes);
        Audited audited = audit(log, "--checkpoints", earlier.toString());
        assertRight(audited, story.entries.size());
        assertEquals(
                "21 checkpoints",
                audited.check("earlier checkpoints").get("lookedAt").asText());

        String origin = LogStory.SIGNER.verifier().name();
        Files.writeString(earlier, notes + LogStory.SIGNER.sign(new Checkpoint(origin, 800, new byte[32]).text()));
        audited = audit(log, "--checkpoints", earlier.toString());
        audited.assertBad("earlier checkpoints", -1);
        assertEquals(
                "checkpoint of 800 entries",
                audited.check("earlier checkpoints").get("lookedAt").asText());

        Files.writeString(earlier, LogStory.SIGNER.sign(new Checkpoint(origin, 99_999, new byte[32]).text()));
        audit(log, "--checkpoints", earlier.toString()).assertBad("earlier checkpoints", story.entries.size());

        NoteSigner other = new NoteSigner(origin, SigningKey.ofSeed(LogStory.STREAM_SECRET));
        Files.writeString(earlier, other.sign(new Checkpoint(origin, 0, new byte[32]).text()));
        assertEquals(2, audit(log, "--checkpoints", earlier.toString()).exit());
        Files.writeString(earlier, "\n");
        assertEquals(2, audit(log, "--checkpoints", earlier.toString()).exit());
    }

    @Test
    void everyCheckpointTheLogSaysItSignedIsARootOfItsTree() throws Exception {
        LogStory story = LogStory.right(SEED, 1500);
        Path log = publish(story);
        Path first = log.resolve("checkpoints?after=0");
        Path second = log.resolve("checkpoints?after=600");
        StringBuilder notes = new StringBuilder();
        for (int size = 75; size <= 600; size += 75) {
            notes.append(story.checkpoint(size));
        }
        Files.writeString(first, notes);
        Files.writeString(second, story.checkpoint(1024) + story.checkpoint(story.entries.size()));
        Files.writeString(log.resolve("checkpoints?after=" + story.entries.size()), "");
        HttpServer server = serve(log, path -> {});
        try {
            Audited audited = audit(url(server));
            assertRight(audited, story.entries.size());
            assertEquals(
                    "10 checkpoints",
                    audited.check("signed checkpoints").get("lookedAt").asText());

            String origin = LogStory.SIGNER.verifier().name();
            Files.writeString(
                    second,
                    LogStory.SIGNER.sign(new Checkpoint(origin, 1024, new byte[32]).text())
                            + story.checkpoint(story.entries.size()));
            audited = audit(url(server));
            audited.assertBad("signed checkpoints", -1);
            assertEquals(
                    "checkpoint of 1024 entries",
                    audited.check("signed checkpoints").get("lookedAt").asText());

            Files.writeString(second, story.checkpoint(300));
            audit(url(server)).assertBad("signed checkpoints", -1);
            Files.writeString(second, "not a note");
            audit(url(server)).assertBad("signed checkpoints", -1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void originalsAreCheckedWhereTheyAre() throws IOException {
        LogStory story = LogStory.right(SEED, 1500);
        Path log = publish(story);
        Path originals = Files.createDirectory(folder.resolve("originals"));
        for (int i = 0; i < story.messages.size(); i += 2) {
            Files.write(wire(originals, story, i), story.messages.get(i).wire());
        }
        Audited audited = audit(log, "--originals", originals.toString());
        assertRight(audited, story.entries.size());
        long statements =
                story.entries.stream().filter(e -> e[0] == Entries.STATEMENT).count();
        int kept = (story.messages.size() + 1) / 2;
        assertEquals(
                kept + " signed by keys bound before, " + (statements - kept) + " without original",
                audited.check("originals").get("seen").asText());

        Files.write(wire(originals, story, 2), story.messages.get(0).wire());
        audited = audit(log, "--originals", originals.toString());
        assertEquals(1, audited.exit());
        assertTrue(audited.check("originals")
                .get("seen")
                .asText()
                .contains("" + HexFormat.of().formatHex(story.messages.get(0).digest())));
        Files.write(wire(originals, story, 2), new byte[] {1, 2, 3});
        assertEquals(1, audit(log, "--originals", originals.toString()).exit());
    }

    private static Path wire(Path originals, LogStory story, int message) {
        return originals.resolve(
                HexFormat.of().formatHex(story.messages.get(message).digest()) + ".wire");
    }

    @Test
    void anOriginalIsJudgedByTheKeysBeforeIt() throws IOException {
        LogStory stolen = LogStory.right(SEED, 300);
        stolen.revoke();
        int bad = stolen.reading(LogStory.DEVICE);
        Path originals = Files.createDirectory(folder.resolve("originals"));
        Files.write(
                wire(originals, stolen, stolen.messages.size() - 1),
                stolen.messages.get(stolen.messages.size() - 1).wire());
        audit(publish("stolen", stolen.entries), "--originals", originals.toString())
                .assertBad("originals", bad);

        LogStory unbound = new LogStory(SEED);
        unbound.reading(LogStory.DEVICE);
        Files.write(wire(originals, unbound, 0), unbound.messages.get(0).wire());
        Audited audited = audit(publish("unbound", unbound.entries), "--originals", originals.toString());
        assertEquals(2, audited.exit());
        assertEquals("cannot-tell", audited.check("originals").get("outcome").asText());
    }

    @Test
    void aSecondAuditGoesOnWhereTheFirstEnded() throws IOException {
        LogStory story = LogStory.right(SEED, 2000);
        int size = story.entries.size();
        int first = 1111;
        Path log = publish("log", story.entries.subList(0, first));
        String state = folder.resolve("audit.state").toString();
        assertRight(audit(log, "--from-state", state), first);
        assertRight(audit(log, "--from-state", state), 0);

        publish("log", story.entries);
        assertRight(audit(log, "--from-state", state), size - first);
        assertTrue(err.contains("going on after " + first + " entries"), err);

        // A tag of the part that is not read again, a second time in the new part.
        int again = story.add(story.entries.get(0).clone());
        publish("log", story.entries);
        audit(log, "--from-state", state).assertBad("tags", again);
        // What failed is not remembered as read.
        audit(log, "--from-state", state).assertBad("tags", again);
        story.entries.remove(again);

        // Another past under the same new entries.
        List<byte[]> rewritten = new ArrayList<>(story.entries);
        rewritten.set(0, Entries.statement(new byte[32], new byte[32]));
        rewritten.add(Entries.statement(LogStory.STREAM_SECRET, new byte[32]));
        Audited changed = audit(publish("rewritten", rewritten), "--from-state", state);
        assertEquals(1, changed.exit(), changed.json().toString());

        Audited shorter = audit(publish("shorter", story.entries.subList(0, 500)), "--from-state", state);
        shorter.assertBad("log root", 500);

        byte[] bytes = Files.readAllBytes(Path.of(state));
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            // The beginning has the counts and lengths.
            int at = random.nextInt(round % 2 == 0 ? 400 : bytes.length);
            byte[] damaged = bytes.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(Path.of(state), damaged);
            assertEquals(2, audit(log, "--from-state", state).exit(), "seed " + SEED + ", byte " + at);
            assertTrue(err.startsWith("cannot tell: cannot go on from"), err);
        }
        Files.write(Path.of(state), Arrays.copyOf(bytes, bytes.length - 40));
        assertEquals(2, audit(log, "--from-state", state).exit());
    }

    @Test
    void anAuditThatIsKilledGoesOnFromWhatItKept() throws Exception {
        LogStory story = LogStory.right(SEED, 2500);
        Path log = publish(story);
        Path state = folder.resolve("audit.state");
        CountDownLatch killed = new CountDownLatch(1);
        String stuck = "/" + Tiles.entriesPath(6, 256);
        HttpServer server = serve(log, path -> {
            if (path.equals(stuck)) {
                killed.await(120, TimeUnit.SECONDS);
            }
        });
        try {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "io.waymark.evidence.Main",
                            "audit",
                            url(server),
                            "--log-key",
                            KEY,
                            "--from-state",
                            state.toString(),
                            "--save-every",
                            "256")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("killed.out").toFile())
                    .start();
            try {
                for (int i = 0; i < 1200 && !Files.exists(state) && process.isAlive(); i++) {
                    Thread.sleep(50);
                }
                assertTrue(Files.exists(state), () -> "no state; printed: " + read(folder.resolve("killed.out")));
            } finally {
                process.destroyForcibly();
                assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            }
        } finally {
            killed.countDown();
            server.stop(0);
        }
        Audited rest = audit(log, "--from-state", state.toString());
        assertEquals(0, rest.exit(), rest.json().toString());
        long read = rest.json().get("entries").asLong();
        assertTrue(read > 0 && read < story.entries.size(), "read " + read);
        assertRight(audit(log), story.entries.size());
    }

    private static String read(Path file) {
        return new String(PublishedLog.read(file), StandardCharsets.UTF_8);
    }

    private interface Before {
        void answering(String path) throws Exception;
    }

    private HttpServer serve(Path log, Before before) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool(run -> {
            Thread thread = new Thread(run);
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            try (exchange) {
                String path = exchange.getRequestURI().getPath();
                try {
                    before.answering(path);
                } catch (Unavailable e) {
                    exchange.sendResponseHeaders(503, -1);
                    return;
                }
                String query = exchange.getRequestURI().getQuery();
                Path file = log.resolve(path.substring(1) + (query == null ? "" : "?" + query));
                boolean there = Files.isRegularFile(file);
                byte[] body = there ? Files.readAllBytes(file) : new byte[0];
                exchange.sendResponseHeaders(there ? 200 : 404, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
            } catch (Exception e) {
                throw new IOException(e);
            }
        });
        server.start();
        return server;
    }

    private static String url(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void aFileThatDoesNotComeAtOnceIsAskedForAgain() throws Exception {
        LogStory story = LogStory.right(SEED, 1500);
        Set<String> asked = ConcurrentHashMap.newKeySet();
        HttpServer server = serve(publish(story), path -> {
            if (asked.add(path)) {
                throw new Unavailable();
            }
        });
        try {
            assertRight(audit(url(server)), story.entries.size());
            assertTrue(asked.contains("/checkpoint"));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aFileWithoutEndIsGivenUpOn() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, 0);
                byte[] block = new byte[1 << 16];
                for (int i = 0; i < 1024; i++) {
                    exchange.getResponseBody().write(block);
                }
            }
        });
        server.start();
        try {
            assertEquals(2, audit(url(server)).exit());
            assertTrue(err.contains("larger than"), err);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void tesserasTestLogIsRight() throws Exception {
        Path from = SharedData.path("ledger/tessera-testlog/testdata/log");
        Path log = folder.resolve("tessera");
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path to = log.resolve(from.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
                return FileVisitResult.CONTINUE;
            }
        });
        StringBuilder notes = new StringBuilder();
        for (int size = 0; size < 15; size++) {
            notes.append(Files.readString(log.resolve("checkpoint." + size)));
        }
        Files.writeString(folder.resolve("earlier"), notes);
        Files.copy(log.resolve("checkpoint.15"), log.resolve("checkpoint"), StandardCopyOption.REPLACE_EXISTING);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int exit = MainForTests.run(
                List.of(
                        "audit",
                        log.toString(),
                        "--log-key",
                        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
                        "--checkpoints",
                        folder.resolve("earlier").toString()),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                System.err);
        String printed = out.toString(StandardCharsets.UTF_8);
        assertEquals(0, exit, printed);
        assertTrue(printed.contains("15 of other kinds"), printed);
        assertTrue(printed.contains("earlier checkpoints: 15 checkpoints"), printed);
        assertFalse(printed.contains("FAIL"), printed);
    }
}
