package io.waymark.simulator.logger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Registration;
import io.waymark.simulator.logger.table.Choices;
import io.waymark.simulator.logger.table.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows, journal and chain together. The broker does not answer here, so everything that was ever signed is still in the outbox. */
class SigningTest {
    private static final String NOBODY = "tcp://127.0.0.1:1";
    private static final long START = 1_600_000_000L;

    @TempDir
    Path folder;

    @Test
    void everyRowOfOverlappingFilesIsSignedOnce() throws Exception {
        Path first = table("first.csv", 0, 1000, 4);
        Path second = table("second.csv", 500, 1700, 4);
        assertEquals(1000, signing(first));
        assertEquals(0, signing(first));
        assertEquals(700, signing(second));
        assertEquals(0, signing(first));
        assertEquals(0, signing(second));
        List<String> signed = signed();
        List<String> expected = new ArrayList<>();
        expected.add("file " + sha256(first));
        for (int i = 0; i < 1000; i++) expected.add(row(i, 4));
        expected.add("file " + sha256(second));
        for (int i = 1000; i < 1700; i++) expected.add(row(i, 4));
        assertEquals(expected, signed);
    }

    @Test
    void anotherValueForAKnownTimeIsFoundAndNotSigned() throws Exception {
        Path first = table("first.csv", 0, 10, 4);
        Path other = table("other.csv", 5, 20, 5);
        signing(first);
        try (Journal journal = Journal.read(folder)) {
            LoggerFile file = open(other);
            Summary summary = new Summary(file, journal.rows(), System.currentTimeMillis());
            file.rows(summary);
            assertEquals(5, summary.rejected());
            assertEquals(10, summary.fresh());
            assertEquals(2, summary.reasons().get(0).line());
            assertTrue(
                    summary.reasons()
                            .get(0)
                            .reason()
                            .contains("an earlier file of this logger has other values than 5.00"),
                    summary.reasons().toString());
        }
        assertEquals(10, signing(other));
        assertEquals(22, signed().size());
        assertTrue(signed().contains(row(7, 4)));
    }

    @Test
    void whatWasWrittenDownAndNotSignedIsSignedWithoutTheFile() throws Exception {
        Path file = table("first.csv", 0, 300, 4);
        assertEquals(300, signing(file));
        try (Journal journal = Journal.open(folder)) {
            List<Journal.Entry> more = new ArrayList<>();
            for (int i = 300; i < 310; i++)
                more.add(new Journal.Taken(new Row(
                        1,
                        (START + i) * 1000,
                        List.of(Quantities.measurement(
                                io.waymark.sdk.Quantity.TEMPERATURE, "C", java.math.BigDecimal.valueOf(4), 0)))));
            journal.append(more);
        }
        // The process died here. And while it wrote the next block, too:
        Files.writeString(folder.resolve("imported"), "row 1600000310000 1,400,-2,0,0 0000", StandardOpenOption.APPEND);
        assertEquals(10, signing(file));
        assertEquals(311, signed().size());
        assertEquals(row(309, 4), signed().get(310));
        assertEquals(0, signing(file));
    }

    @Test
    void aLostOutboxIsNotGuessedAround() throws Exception {
        Path file = table("first.csv", 0, 10, 4);
        signing(file);
        try (Stream<Path> outbox = Files.list(folder.resolve("outbox"))) {
            for (Path segment : outbox.toList()) Files.delete(segment);
        }
        assertTrue(assertThrows(IOException.class, () -> signing(file))
                .getMessage()
                .contains("lost what it had signed"));
    }

    /** kill -9 at random moments, then once to the end: each row one message, in order, and the chain has no other. */
    @Test
    void killedAnywhereEveryRowIsSignedOnce() throws Exception {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("SigningTest: -Dwaymark.seed=" + seed);
        Random random = new Random(seed);
        int count = 2_500;
        Path file = table("first.csv", 0, count, 4);
        Path journal = folder.resolve("imported");
        for (int round = 0; round < 2; round++) {
            long size = Files.exists(journal) ? Files.size(journal) : 0;
            long until = size + 1 + random.nextInt(count * 12);
            Process process = process(file);
            while (process.isAlive() && (!Files.exists(journal) || Files.size(journal) < until))
                process.waitFor(1, TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
        }
        Process last = process(file);
        assertTrue(last.waitFor(2, TimeUnit.MINUTES), "the last import did not end");
        assertEquals(0, last.exitValue());
        List<String> expected = new ArrayList<>();
        expected.add("file " + sha256(file));
        for (int i = 0; i < count; i++) expected.add(row(i, 4));
        assertEquals(expected, signed());
    }

    /** One import, as a process of its own. */
    static final class OneImport {
        public static void main(String[] args) throws Exception {
            signing(Path.of(args[0]), Path.of(args[1]));
            Runtime.getRuntime().halt(0); // nothing that still runs is waited for
        }
    }

    private Process process(Path file) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OneImport.class.getName(),
                        folder.toString(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** @return readings signed */
    private long signing(Path path) throws IOException {
        return signing(folder, path);
    }

    private static long signing(Path folder, Path path) throws IOException {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        DeviceConfig config = DeviceConfig.of(NOBODY, new Registration("v1/test/import/" + keys.idHex(), "none", 0));
        try (Journal journal = Journal.open(folder);
                Device device = Device.open(folder, config)) {
            Signing signing = new Signing(folder, journal, device, line -> {});
            signing.finish();
            signing.rows(open(path), sha256(path), 0);
            return signing.readings();
        }
    }

    private static LoggerFile open(Path path) throws IOException {
        return Table.open(path, sha256(path), null, Choices.NONE, "one", header -> null);
    }

    private static String sha256(Path path) throws IOException {
        return Names.hex(Names.sha256(Files.readAllBytes(path)));
    }

    private Path table(String name, int from, int to, int value) throws IOException {
        StringBuilder text = new StringBuilder("time,temp_c\n");
        for (int i = from; i < to; i++)
            text.append(START + i).append(',').append(value).append('\n');
        return Files.writeString(folder.resolve(name), text);
    }

    private static String row(int i, int value) {
        return Instant.ofEpochSecond(START + i) + " " + value + ".00";
    }

    /** Every message after the boot, in the order of the chain, from the outbox's files. */
    private List<String> signed() throws Exception {
        List<SignedMessage> messages = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve("outbox"))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".outbox")).sorted().toList()) {
                ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
                in.position(8);
                while (in.remaining() >= 8) {
                    byte[] body = new byte[in.getInt()];
                    in.getInt();
                    in.get(body);
                    if (body[0] != 2) continue;
                    messages.add(SignedMessage.parse(java.util.Arrays.copyOfRange(body, 1 + 8 + 8 + 32, body.length)));
                }
            }
        }
        List<String> said = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            SignedMessage message = messages.get(i);
            assertEquals(i, message.head().seq());
            if (i == 0) {
                assertEquals(MessageType.BOOT, message.head().type());
                continue;
            }
            if (!Reading.associations(message).isEmpty()) {
                said.add("file "
                        + HexFormat.of()
                                .formatHex(Reading.associations(message).get(0).bytes()));
                continue;
            }
            said.add(Instant.ofEpochMilli(message.head().timeMillis()) + " "
                    + Quantities.said(Reading.measurements(message).get(0)));
        }
        return said;
    }
}
