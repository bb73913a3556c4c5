package io.waymark.sdk.interop;

import static io.waymark.sdk.interop.Driver.bytes;
import static io.waymark.sdk.interop.Driver.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code mvn -Pinterop test}: the C reference in {@code c/} against Java, byte for byte. Compiled by gcc with address and undefined-behaviour
 * sanitizers; skipped with a message where there is no gcc. Random cases take {@code -Dwaymark.c.seed=N}.
 */
@Tag("interop")
class CInteropTest {
    private static final Path VECTORS = Path.of("../evidence/src/test/resources/vectors");
    private static final List<String> STRICT = List.of("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic");
    private static final int BUFFER_TOO_SMALL = 1;
    private static final int SIGNER_FAILED = 4;
    private static final int MALFORMED = 5;
    private static final int STRANGER = 6;
    private static final int OTHER_DEVICE = 7;
    private static final int OTHER_MESSAGE = 8;

    /** What the README says of one call's stack, on the machine it names; elsewhere compilers differ. */
    private static final int MOST_STACK = 2_048;

    @TempDir
    static Path folder;

    static Driver driver;

    private final long seed = Long.getLong("waymark.c.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void compile() throws Exception {
        Assumptions.assumeTrue(hasGcc(), "gcc is not installed");
        String executable = folder.resolve("driver").toString();
        gcc(
                "-g",
                "-O1",
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover=all",
                "-o",
                executable,
                "-Ic",
                "c/waymark.c",
                "src/interop/c/driver.c");
        driver = new Driver(executable);
    }

    @AfterAll
    static void end() throws Exception {
        if (driver != null) driver.close();
    }

    @Test
    void everyGoodVectorOfADeviceIsRebuiltByteForByte() throws Exception {
        Set<Integer> rebuilt = new TreeSet<>();
        for (Path file : vectors("good-message-")) {
            Map<String, String> vector = vector(file);
            SignedMessage message = SignedMessage.parse(bytes(vector.get("wire")));
            if (message.head().type() >= MessageType.CUSTODY_STEP) continue; // an organisation's, no device signs those
            VerificationKey key = VerificationKey.ofCose(bytes(vector.get("key")));
            boolean older = file.getFileName().toString().contains("older-algorithm-number");
            // A rekey is signed by the new key first, over the slot, then by the old one, over the whole.
            Deque<VerificationKey> signers = new ArrayDeque<>(List.of(key));
            Deque<byte[]> signatures = new ArrayDeque<>(List.of(signature(message)));
            if (message.head().type() == MessageType.REKEY) {
                signers.push(VerificationKey.ofCose(of(message, 40).bytes()));
                signatures.push(of(message, 41).bytes());
            }
            stand(message.head(), key);
            String[] answer = driver.ask(script(message, 65_536), words -> {
                byte[] signature = signatures.pop();
                // The vector's own signature is good over these bytes: they are the ones that were signed.
                if (!older) assertTrue(signers.pop().verifies(bytes(words[1]), signature), file.toString());
                assertArrayEquals(Sha256.of(bytes(words[1])), bytes(words[2]), "the digest handed to the signer");
                return new String[] {hex(signature)};
            });
            assertEquals("ok", answer[0], file + ": " + String.join(" ", answer));
            if (older) {
                // −8 and −7 are read, never written: everything is the same but that one number.
                int at = vector.get("wire").indexOf("a20127");
                assertTrue(at > 0);
                assertEquals(
                        vector.get("wire").substring(0, at) + "a20132"
                                + vector.get("wire").substring(at + 6),
                        answer[1]);
            } else {
                assertEquals(vector.get("wire"), answer[1], file.toString());
                assertEquals(vector.get("digest"), answer[2], file.toString());
                assertEquals(message.head().seq() + 1, Long.parseLong(answer[4]));
                assertEquals(vector.get("digest"), answer[5], "the chain's prev");
            }
            rebuilt.add(message.head().type());
        }
        assertTrue(rebuilt.containsAll(Set.of(1, 3, 4, 5)), "types of the vectors of device messages: " + rebuilt);
    }

    @Test
    void randomMessagesAreTheSameAsJavas() throws Exception {
        rebuild(400, driver);
    }

    @Test
    void soTheyAreWithTheHardwaresSha256() throws Exception {
        String executable = folder.resolve("driver-hardware").toString();
        gcc(
                "-O2",
                "-DWM_SHA256_HEADER=\"hardware_sha256.h\"",
                "-o",
                executable,
                "-Ic",
                "-Isrc/interop/c",
                "c/waymark.c",
                "src/interop/c/driver.c",
                "src/interop/c/hardware_sha256.c");
        try (Driver hardware = new Driver(executable)) {
            rebuild(40, hardware);
        }
    }

    @Test
    void sha256IsJavasWhateverTheLengthAndWhereverItIsCut() throws Exception {
        for (int length = 0; length <= 200; length++) {
            byte[] input = randomBytes(length);
            int cut = random.nextInt(length + 1);
            assertEquals(hex(Sha256.of(input)), driver.ask("sha " + hex(input) + " " + cut)[1], "seed " + seed);
        }
    }

    @Test
    void aBufferCutShortAnywhereIsRefusedAndNothingIsWrittenBeyondIt() throws Exception {
        Set<Integer> types = new HashSet<>();
        for (int i = 0; i < 40 || types.size() < 6; i++) {
            SigningKey key = randomKey();
            SignedMessage message = randomMessage(key, 1 + i % 6);
            if (message.wire().length > 1_500) continue;
            stand(message.head(), key.verificationKey());
            List<String> script = script(message, 0);
            script.set(script.size() - 1, "cut");
            String[] answer = driver.ask(script, words -> {
                throw new AssertionError("nothing is signed for a buffer too small");
            });
            assertEquals("ok", answer[0], "seed " + seed + ", message " + i + ": " + String.join(" ", answer));
            assertEquals(message.wire().length, Integer.parseInt(answer[1]), "seed " + seed);
            types.add(message.head().type());
        }
    }

    @Test
    void aMessageLargerThanAllowedIsRefusedWhateverTheBuffer() throws Exception {
        SigningKey key = randomKey();
        Head head = new Head(MessageType.READING, randomBytes(16), 0, 0, null, 1, 0, null, null);
        stand(head, key.verificationKey());
        List<String> script = new ArrayList<>(List.of(begin(head, randomBytes(16))));
        script.add("associations 7 " + hex(randomBytes(40_000)));
        script.add("images " + hex(randomBytes(32 * 800)));
        script.add("finish 200000");
        assertEquals(BUFFER_TOO_SMALL, error(driver.ask(script, signer(key))));
    }

    @Test
    void aSignerThatSaysNoMovesNothing() throws Exception {
        SigningKey key = randomKey();
        SignedMessage message = randomMessage(key, MessageType.READING);
        stand(message.head(), key.verificationKey());
        assertEquals(SIGNER_FAILED, error(driver.ask(script(message, 65_536), words -> new String[] {"no"})));
        assertEquals(
                "ok", driver.ask(script(message, 65_536), signer(key))[0], "the same message can be signed after it");
    }

    @Test
    void zeroedErasedAndNullAreRefused() throws Exception {
        SigningKey key = randomKey();
        stand(new Head(1, randomBytes(16), 0, 0, null, 1, 0, null, null), key.verificationKey());
        assertEquals("ok", String.join(" ", driver.ask("misuse")));
    }

    @Test
    void receiptVectorsAreJudgedAsInJava() throws Exception {
        int judged = 0;
        for (Path file : vectors("good-receipt", "broken-receipt-")) {
            Map<String, String> vector = vector(file);
            byte[] receipt = bytes(vector.get("receipt"));
            VerificationKey key = VerificationKey.ofCose(bytes(vector.get("key")));
            boolean accepted = judge(receipt, key, idIn(receipt));
            assertEquals(file.getFileName().toString().startsWith("good-"), accepted, file.toString());
            judged++;
        }
        assertEquals(9, judged, "receipt vectors");
    }

    @Test
    void randomReceiptsAlteredCutAndProlongedAreJudgedAsInJava() throws Exception {
        for (int i = 0; i < 12; i++) {
            SigningKey key = randomKey();
            byte[] id = randomBytes(16);
            byte[] receipt = randomReceipt(id, i == 0 ? Receipt.MAX_RANGES : 1 + random.nextInt(4))
                    .sign(key);
            assertTrue(judge(receipt, key.verificationKey(), id), "seed " + seed);
            int step = Math.max(1, receipt.length / 120);
            for (int at = 0; at < receipt.length; at += step) {
                byte[] altered = receipt.clone();
                altered[at] ^= (byte) (1 << random.nextInt(8));
                judge(altered, key.verificationKey(), id);
                assertFalse(judge(Arrays.copyOf(receipt, at), key.verificationKey(), id), "seed " + seed);
            }
            assertFalse(judge(Arrays.copyOf(receipt, receipt.length + 1), key.verificationKey(), id), "seed " + seed);
        }
    }

    @Test
    void aReceiptByAStrangerOrForAnotherDeviceIsRefused() throws Exception {
        SigningKey key = randomKey();
        SigningKey stranger = SigningKey.generate(key.algorithm());
        byte[] id = randomBytes(16);
        byte[] receipt = randomReceipt(id, 2).sign(key);
        assertEquals(STRANGER, error(read(receipt, stranger.verificationKey(), id, "70000")));
        assertEquals(OTHER_DEVICE, error(read(receipt, key.verificationKey(), randomBytes(16), "70000")));
        driver.ask(device(id, key.verificationKey()));
        // With no key at all nothing is believed.
        assertEquals(STRANGER, error(driver.ask("receipt " + hex(receipt) + " 70000")));
    }

    @Test
    void scratchIsNeededForEd25519Only() throws Exception {
        byte[] id = randomBytes(16);
        SigningKey p256 = SigningKey.generate(Algorithm.P256);
        assertEquals("ok", read(randomReceipt(id, 1).sign(p256), p256.verificationKey(), id, "-")[0]);
        SigningKey ed25519 = SigningKey.generate(Algorithm.ED25519);
        byte[] receipt = randomReceipt(id, 1).sign(ed25519);
        for (String scratch : List.of("-", "0", "100"))
            assertEquals(BUFFER_TOO_SMALL, error(read(receipt, ed25519.verificationKey(), id, scratch)));
        assertEquals("ok", read(receipt, ed25519.verificationKey(), id, "" + (receipt.length + 16))[0]);
    }

    @Test
    void onlyWhatTheReceiptNamesIsForgottenAndOnlyByOurOwnDigest() throws Exception {
        SigningKey key = randomKey();
        byte[] id = randomBytes(16);
        byte[] digest = randomBytes(32);
        Receipt older = new Receipt(
                id,
                List.of(new Receipt.Range(3, 0, 4, digest, 77), new Receipt.Range(4, 2, 2, digest, 78)),
                100,
                randomBytes(32),
                Receipt.STORED,
                1);
        Receipt newer = new Receipt(id, older.ranges(), 101, randomBytes(32), Receipt.STORED, 2);
        stand(new Head(1, id, 4, 0, null, 1, 0, null, null), key.verificationKey());

        byte[] olderBytes = older.sign(key);
        byte[] newerBytes = newer.sign(key);
        assertEquals("ok", read(newerBytes, key.verificationKey(), id, "70000")[0]);
        assertEquals("error 8", String.join(" ", driver.ask("accept " + hex(randomBytes(32)))), "nothing forgotten");
        assertEquals(
                "ok " + hex(Sha256.of(newerBytes)) + " 3:0-4 4:2-2",
                String.join(" ", driver.ask("accept " + hex(digest))));
        // One that comes late covers as before, but the anchor stays with the newest.
        assertEquals("ok", driver.ask(receiptLine(olderBytes, key.verificationKey(), "70000"), verifier())[0]);
        assertEquals("ok " + hex(Sha256.of(newerBytes)) + " 3:0-4 4:2-2", String.join(" ", driver.ask("accept -")));
        assertEquals(OTHER_MESSAGE, error(driver.ask("accept " + hex(new byte[32]))));
    }

    /** The figures of {@code c/README.md}: printed, and bounded where a change would be news to its readers. The caller's callbacks come on top. */
    @Test
    void sizeAndStackAreBounded() throws Exception {
        Path object = folder.resolve("waymark.o");
        gcc(
                "-Os",
                "-fno-asynchronous-unwind-tables",
                "-fstack-usage",
                "-fcallgraph-info=su",
                "-c",
                "-o",
                object.toString(),
                "c/waymark.c");
        System.out.println(run("size", object.toString()).strip());
        System.out.println(String.join(" ", driver.ask("sizes")));
        Map<String, Integer> frames = new HashMap<>();
        Map<String, Set<String>> calls = new HashMap<>();
        // node: { title: "waymark.c:wm_finish" label: "wm_finish\n…\n512 bytes (static)\n…" }   edge: { sourcename: "…"
        // targetname: "…" }
        String graph = Files.readString(folder.resolve("waymark.ci"));
        Matcher node = Pattern.compile("title: \"([^\"]+)\" label: \"[^\"]*?\\\\n(\\d+) bytes \\((\\w+)\\)")
                .matcher(graph);
        while (node.find()) {
            assertEquals("static", node.group(3), "a frame whose size is not known: " + node.group(1));
            frames.put(node.group(1), Integer.parseInt(node.group(2)));
        }
        Matcher edge = Pattern.compile("sourcename: \"([^\"]+)\" targetname: \"([^\"]+)\"")
                .matcher(graph);
        while (edge.find())
            calls.computeIfAbsent(edge.group(1), k -> new HashSet<>()).add(edge.group(2));
        int deepest = 0;
        for (String function : frames.keySet()) {
            if (!function.startsWith("wm_")) continue;
            int stack = stack(function, frames, calls, List.of());
            System.out.println(function + " " + stack + " bytes of stack");
            deepest = Math.max(deepest, stack);
        }
        assertTrue(deepest > 0 && deepest <= MOST_STACK, "deepest " + deepest);
    }

    private static int stack(
            String function, Map<String, Integer> frames, Map<String, Set<String>> calls, List<String> above) {
        assertFalse(above.contains(function), "recursion: " + above + " " + function);
        List<String> path = new ArrayList<>(above);
        path.add(function);
        int below = 0;
        Set<String> called = new HashSet<>(calls.getOrDefault(function, Set.of()));
        // The one pointer that does not lead to the caller's own callbacks: what writes a group's value.
        if (called.remove("__indirect_call") && function.contains(":add"))
            frames.keySet().stream().filter(f -> f.endsWith("_value")).forEach(called::add);
        for (String one : called) below = Math.max(below, stack(one, frames, calls, path));
        return frames.getOrDefault(function, 0) + below;
    }

    private void rebuild(int count, Driver with) throws Exception {
        for (int i = 0; i < count; i++) {
            SigningKey key = randomKey();
            SignedMessage message = randomMessage(key, 1 + i % 6);
            with.ask(device(message.head().id(), key.verificationKey()));
            with.ask(chain(message.head()));
            String[] answer = with.ask(script(message, message.wire().length), signer(key));
            String where = "message " + i + " of type " + message.head().type() + ", -Dwaymark.c.seed=" + seed;
            assertEquals("ok", answer[0], where + ": " + String.join(" ", answer));
            assertEquals(hex(message.wire()), answer[1], where);
            assertEquals(hex(message.digest()), answer[2], where);
        }
    }

    private static UnaryOperator<String[]> signer(SigningKey key) {
        return words -> new String[] {hex(key.sign(bytes(words[1])))};
    }

    private static UnaryOperator<String[]> verifier() {
        return words -> {
            try {
                VerificationKey key = VerificationKey.ofCose(bytes(words[1]));
                if (!words[2].equals("-"))
                    assertArrayEquals(Sha256.of(bytes(words[2])), bytes(words[3]), "the digest handed to the verifier");
                boolean good = words[2].equals("-") || key.verifies(bytes(words[2]), bytes(words[4]));
                return new String[] {good ? "yes" : "no"};
            } catch (MalformedException e) {
                throw new AssertionError(e);
            }
        };
    }

    /** Whether C accepts, which is whether Java does. */
    private boolean judge(byte[] receipt, VerificationKey key, byte[] id) throws Exception {
        Receipt.Signed java = null;
        try {
            java = Receipt.parse(receipt);
        } catch (MalformedException e) {
            // stays null
        }
        String[] answer = read(receipt, key, id, "70000");
        String where = "seed " + seed + ", receipt " + hex(receipt) + ": " + String.join(" ", answer);
        if (java == null) {
            assertEquals(MALFORMED, error(answer), where);
            return false;
        }
        Receipt r = java.receipt();
        if (!Arrays.equals(r.deviceId(), id)) {
            assertEquals(OTHER_DEVICE, error(answer), where);
            return false;
        }
        if (!java.verifies(key)) {
            assertEquals(STRANGER, error(answer), where);
            return false;
        }
        StringBuilder expected = new StringBuilder(
                "ok " + r.treeSize() + " " + r.timeMillis() + " " + r.receiptClass() + " " + hex(r.root()) + " "
                        + hex(java.anchor()) + " " + r.ranges().size());
        for (Receipt.Range range : r.ranges())
            expected.append(" " + range.epoch() + " " + range.from() + " " + range.to() + " " + hex(range.digest())
                    + " " + range.index());
        assertEquals(expected.toString(), String.join(" ", answer), where);
        return true;
    }

    private String[] read(byte[] receipt, VerificationKey key, byte[] id, String scratch) throws IOException {
        // The device's own key plays no part here.
        driver.ask(device(id, SigningKey.ofSeed(new byte[32]).verificationKey()));
        return driver.ask(receiptLine(receipt, key, scratch), verifier());
    }

    private static List<String> receiptLine(byte[] receipt, VerificationKey key, String scratch) {
        return List.of("receipt " + hex(receipt) + " " + scratch + " " + words(key));
    }

    private static byte[] idIn(byte[] receipt) {
        try {
            return Receipt.parse(receipt).receipt().deviceId();
        } catch (MalformedException e) {
            byte[] any = new byte[16]; // a vector that is no receipt is refused before the id matters
            any[0] = 1;
            return any;
        }
    }

    private static int error(String[] answer) {
        assertEquals("error", answer[0], String.join(" ", answer));
        assertEquals(2, answer.length, "nothing else happened: " + String.join(" ", answer));
        return Integer.parseInt(answer[1]);
    }

    private void stand(Head head, VerificationKey key) throws IOException {
        driver.ask(device(head.id(), key));
        driver.ask(chain(head));
    }

    private static String device(byte[] id, VerificationKey key) {
        return "device " + hex(id) + " " + words(key);
    }

    private static String chain(Head head) {
        return "chain " + head.epoch() + " " + head.seq() + " " + hex(head.prev()) + " " + hex(head.anchor());
    }

    private static String words(VerificationKey key) {
        byte[] raw = key.raw();
        return key.algorithm() == Algorithm.ED25519
                ? "ed25519 " + hex(raw) + " -"
                : "p256 " + hex(Arrays.copyOfRange(raw, 1, 33)) + " " + hex(Arrays.copyOfRange(raw, 33, 65));
    }

    private static String begin(Head head, byte[] secret) {
        return "message " + head.type() + " " + head.timeMillis() + " " + head.clockSource() + " "
                + (head.clockUncertaintyMillis() == null ? "-" : head.clockUncertaintyMillis()) + " " + hex(secret);
    }

    /** The calls that write this message. */
    private List<String> script(SignedMessage message, int capacity) throws MalformedException {
        List<String> lines = new ArrayList<>();
        lines.add(begin(message.head(), message.secret()));
        for (Group group : message.groups()) {
            CborReader value = group.value();
            switch (group.key()) {
                case Reading.POSITION -> {
                    Position p = Reading.position(message).orElseThrow();
                    lines.add("position " + p.latE7() + " " + p.lonE7() + " " + or(p.accuracyMetres()) + " "
                            + or(p.source()) + " " + or(p.altitudeDm()));
                }
                case Reading.ASSOCIATIONS -> {
                    StringBuilder line = new StringBuilder("associations");
                    for (Association a : Reading.associations(message)) {
                        line.append(" ").append(a.key()).append(" ");
                        if (a.number() != null) line.append(a.number());
                        else line.append(hex(a.text() != null ? a.text().getBytes(StandardCharsets.UTF_8) : a.bytes()));
                    }
                    lines.add(line.toString());
                }
                case Reading.MEASUREMENTS -> {
                    StringBuilder line = new StringBuilder("measurements");
                    for (Measurement m : Reading.measurements(message))
                        line.append(" " + m.quantity() + " " + m.value() + " " + exponent(m.quantity(), m.exponent())
                                + " " + m.sensor() + " " + m.flags());
                    lines.add(line.toString());
                }
                case Reading.SERIES -> {
                    List<Series> all = Reading.series(message);
                    StringBuilder line = new StringBuilder("series " + all.size());
                    for (Series s : all) {
                        line.append(" " + s.quantity() + " " + s.offsetSeconds() + " " + s.stepSeconds() + " "
                                + exponent(s.quantity(), s.exponent()) + " " + s.sensor() + " " + s.values().length);
                        for (long v : s.values()) line.append(" ").append(v);
                    }
                    lines.add(line.toString());
                }
                case Reading.IMAGES -> {
                    StringBuilder line = new StringBuilder("images ");
                    Reading.images(message).forEach(digest -> line.append(hex(digest)));
                    lines.add(line.toString());
                }
                case Reading.CALIBRATION -> lines.add("calibration " + hex(value.bytes(32)));
                case 14 -> lines.add("no-content");
                case 20 -> {
                    String pixels = " 0 0";
                    if (message.group(25).isPresent()) {
                        CborReader in = message.group(25).get().value();
                        in.array(2);
                        pixels = " " + in.unsigned() + " " + in.unsigned();
                    }
                    lines.add("manifest " + hex(value.bytes(32)) + " "
                            + of(message, 21).unsigned() + " "
                            + of(message, 22).text() + " " + of(message, 23).unsigned() + " "
                            + hex(of(message, 24).bytes()) + pixels);
                }
                case 30 -> {
                    String evidence =
                            message.group(32).isPresent() ? hex(of(message, 32).bytes()) : "-";
                    String remembered = " - -";
                    if (message.group(33).isPresent()) {
                        CborReader in = of(message, 33);
                        in.array(2);
                        remembered = " " + in.unsigned() + " " + in.unsigned();
                    }
                    lines.add("boot " + value.unsigned() + " "
                            + hex(of(message, 31).bytes()) + " " + evidence + remembered);
                }
                case 40 -> lines.add("rekey " + words(VerificationKey.ofCose(value.bytes())));
                case 50 -> {
                    StringBuilder line =
                            new StringBuilder("gaps " + of(message, 51).unsigned());
                    for (GapDeclaration.Range range : GapDeclaration.of(message).ranges()) {
                        line.append(" " + range.epoch() + " " + range.from() + " " + range.to());
                    }
                    lines.add(line.toString());
                }
                case 60 ->
                    lines.add("reply " + hex(value.bytes(16)) + " "
                            + of(message, 61).unsigned());
                default -> {
                    // written with the group before
                }
            }
        }
        lines.add("finish " + capacity);
        return lines;
    }

    private static CborReader of(SignedMessage message, int key) {
        return message.group(key).orElseThrow().value();
    }

    private static Object or(Integer value) {
        return value == null ? "-" : value;
    }

    private String exponent(int quantity, int exponent) {
        return exponent == Measurement.defaultExponent(quantity) && random.nextBoolean()
                ? "-"
                : String.valueOf(exponent);
    }

    private static byte[] signature(SignedMessage message) {
        byte[] cose = message.cose();
        return Arrays.copyOfRange(cose, cose.length - 64, cose.length);
    }

    // ---- random content ----

    private SigningKey randomKey() {
        return random.nextBoolean()
                ? SigningKey.ofSeed(randomBytes(32))
                : SigningKey.ofP256(
                        new BigInteger(1, randomBytes(32)).shiftRight(1).add(BigInteger.ONE));
    }

    /** Signed with the fixed keys of this run; a rekey's second signature is by the same key, so that one signer answers both. */
    private SignedMessage randomMessage(SigningKey key, int type) {
        long seq = random.nextInt(3) == 0 ? 0 : randomUnsigned();
        Head head = new Head(
                type,
                randomBytes(16),
                randomUnsigned(),
                seq,
                seq == 0 ? null : randomBytes(32),
                randomUnsigned(),
                random.nextInt(5),
                random.nextBoolean() ? null : randomUnsigned(),
                random.nextBoolean() ? null : randomBytes(32));
        return SignedMessage.sign(head, randomGroups(head, key), randomBytes(16), key);
    }

    private List<Group> randomGroups(Head head, SigningKey key) {
        List<Group> groups = new ArrayList<>();
        switch (head.type()) {
            case MessageType.READING -> {
                maybe(groups, g -> g.add(Reading.position(randomPosition())));
                maybe(groups, g -> g.add(Reading.associations(list(5, this::randomAssociation))));
                maybe(groups, g -> g.add(Reading.measurements(list(30, this::randomMeasurement))));
                maybe(groups, g -> g.add(Reading.series(list(2, this::randomSeries))));
                maybe(groups, g -> g.add(Reading.images(list(3, () -> randomBytes(32)))));
                maybe(groups, g -> g.add(Reading.calibration(randomBytes(32))));
                if (groups.isEmpty()) groups.add(Reading.noContent());
            }
            case MessageType.IMAGE_MANIFEST -> {
                maybe(groups, g -> g.add(Reading.position(randomPosition())));
                maybe(groups, g -> g.add(Reading.associations(list(2, this::randomAssociation))));
                int chunks = 1 + random.nextInt(random.nextInt(8) == 0 ? 512 : 6);
                long chunkBytes = 1 + random.nextInt(65_536);
                groups.add(Group.of(20, out -> out.bytes(randomBytes(32))));
                groups.add(Group.of(
                        21, out -> out.unsigned((chunks - 1) * chunkBytes + 1 + random.nextInt((int) chunkBytes))));
                groups.add(Group.of(22, out -> out.text(random.nextBoolean() ? "image/jpeg" : "image/véga")));
                groups.add(Group.of(23, out -> out.unsigned(chunkBytes)));
                groups.add(Group.of(24, out -> out.bytes(randomBytes(32 * chunks))));
                maybe(
                        groups,
                        g -> g.add(Group.of(25, out -> out.array(2)
                                .unsigned(1 + random.nextInt(5_000))
                                .unsigned(1_080))));
            }
            case MessageType.BOOT -> {
                groups.add(Group.of(30, out -> out.unsigned(randomUnsigned())));
                groups.add(Group.of(31, out -> out.bytes(randomBytes(32))));
                maybe(groups, g -> g.add(Group.of(32, out -> out.bytes(randomBytes(1 + random.nextInt(400))))));
                maybe(
                        groups,
                        g -> g.add(Group.of(
                                33,
                                out -> out.array(2).unsigned(randomUnsigned()).unsigned(randomUnsigned()))));
            }
            case MessageType.REKEY -> {
                byte[] fresh = randomKey().verificationKey().coseKey();
                byte[] over = new CborWriter()
                        .array(4)
                        .bytes(head.id())
                        .unsigned(head.epoch())
                        .unsigned(head.seq())
                        .bytes(fresh)
                        .toBytes();
                groups.add(Group.of(40, out -> out.bytes(fresh)));
                groups.add(Group.of(41, out -> out.bytes(key.sign(over))));
            }
            case MessageType.GAP_DECLARATION -> {
                List<GapDeclaration.Range> ranges = list(4, () -> {
                    long from = randomUnsigned() / 2;
                    return new GapDeclaration.Range(
                            random.nextBoolean() ? head.epoch() : randomUnsigned(), from, from + random.nextInt(1_000));
                });
                groups.addAll(new GapDeclaration(ranges, randomUnsigned()).groups(head.epoch()));
            }
            default -> {
                groups.add(Group.of(60, out -> out.bytes(randomBytes(16))));
                groups.add(Group.of(61, out -> out.unsigned(randomUnsigned())));
            }
        }
        return groups;
    }

    private void maybe(List<Group> groups, Consumer<List<Group>> add) {
        if (random.nextBoolean()) add.accept(groups);
    }

    private <T> List<T> list(int most, java.util.function.Supplier<T> one) {
        return Stream.generate(one).limit(1 + random.nextInt(most)).toList();
    }

    private Position randomPosition() {
        return new Position(
                random.nextInt(1_800_000_001) - 900_000_000L,
                (long) (random.nextDouble() * 3_600_000_000L) - 1_800_000_000L,
                random.nextBoolean() ? null : random.nextInt(Integer.MAX_VALUE),
                random.nextBoolean() ? null : Integer.valueOf(1 + random.nextInt(4)),
                random.nextBoolean() ? null : Integer.valueOf(random.nextInt()));
    }

    private Association randomAssociation() {
        int key = 1 + random.nextInt(7);
        if (key == Association.SSCC) return Association.sscc(randomUnsigned());
        if (key == Association.OPAQUE) return Association.opaque(randomBytes(random.nextInt(300)));
        StringBuilder text = new StringBuilder(random.nextBoolean() ? "/01/09521234543213/21/" : "");
        for (int i = random.nextInt(40); i > 0; i--) {
            int point = random.nextInt(random.nextBoolean() ? 0x80 : 0x110000);
            text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? '?' : point);
        }
        return new Association(key, text.toString(), null, null);
    }

    private Measurement randomMeasurement() {
        int quantity = 1 + random.nextInt(random.nextInt(5) == 0 ? 100_000 : 10);
        return new Measurement(
                quantity,
                random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(20_001) - 10_000,
                random.nextInt(3) == 0 ? random.nextInt(37) - 18 : Measurement.defaultExponent(quantity),
                random.nextInt(3) == 0 ? random.nextInt(Integer.MAX_VALUE) : 0,
                random.nextInt(3) == 0 ? random.nextInt(Integer.MAX_VALUE) : 0);
    }

    private Series randomSeries() {
        int quantity = 1 + random.nextInt(10);
        long[] values = new long[1 + random.nextInt(random.nextInt(6) == 0 ? 1_440 : 60)];
        boolean wild = random.nextInt(4) == 0;
        for (int i = 0; i < values.length; i++) values[i] = wild ? random.nextInt() : random.nextInt(3_000) - 1_000;
        return new Series(
                quantity,
                randomUnsigned(),
                1 + random.nextInt(Integer.MAX_VALUE),
                values,
                random.nextInt(3) == 0 ? random.nextInt(37) - 18 : Measurement.defaultExponent(quantity),
                random.nextInt(3) == 0 ? random.nextInt(Integer.MAX_VALUE) : 0);
    }

    private Receipt randomReceipt(byte[] id, int ranges) {
        List<Receipt.Range> list = new ArrayList<>();
        for (int i = 0; i < ranges; i++) {
            long from = randomUnsigned() / 2;
            list.add(new Receipt.Range(
                    randomUnsigned(), from, from + random.nextInt(100), randomBytes(32), randomUnsigned()));
        }
        return new Receipt(id, list, randomUnsigned(), randomBytes(32), random.nextInt(3), randomUnsigned());
    }

    /** Of every encoded length, and both ends of each. */
    private long randomUnsigned() {
        long[] edges = {0, 1, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffffL, 0x1_0000_0000L, Long.MAX_VALUE - 1};
        return random.nextInt(3) == 0
                ? edges[random.nextInt(edges.length)]
                : random.nextLong() >>> (1 + random.nextInt(63));
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    // ---- files and processes ----

    private static List<Path> vectors(String... beginnings) throws IOException {
        try (Stream<Path> files = Files.list(VECTORS)) {
            return files.filter(f -> Arrays.stream(beginnings)
                            .anyMatch(b -> f.getFileName().toString().startsWith(b)))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }

    private static Map<String, String> vector(Path file) throws IOException {
        Map<String, String> values = new HashMap<>();
        for (String line : Files.readAllLines(file)) {
            int colon = line.indexOf(": ");
            if (colon > 0 && !line.startsWith("#"))
                values.putIfAbsent(line.substring(0, colon), line.substring(colon + 2));
        }
        return values;
    }

    private static void gcc(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gcc"));
        command.addAll(STRICT);
        command.addAll(List.of(arguments));
        String said = run(command.toArray(String[]::new));
        assertEquals("", said, "gcc has something to say");
    }

    private static boolean hasGcc() throws InterruptedException {
        try {
            return new ProcessBuilder("gcc", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor(1, TimeUnit.MINUTES);
        } catch (IOException e) {
            return false;
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), List.of(command) + "\n" + printed);
        return printed;
    }
}
