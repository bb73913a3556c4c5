package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutboxTest {
    private static final long LARGE = 64L << 20;

    @TempDir
    Path folder;

    @Test
    void givesBackWhatWasWritten() throws Exception {
        try (Outbox outbox = fresh(folder)) {
            write(outbox, 3);
        }
        try (Outbox outbox = Outbox.open(folder, LARGE, 1 << 20)) {
            assertEquals(Outbox.Recovery.CLEAN, outbox.recovery());
            assertEquals(keys(0, 3), outbox.pending());
            assertArrayEquals(wire(2), outbox.wire(new Outbox.Key(0, 2)).orElseThrow());
            assertEquals(3, outbox.head().orElseThrow().nextSeq());
            assertArrayEquals(digest(2), outbox.head().orElseThrow().prev());
        }
    }

    @Test
    void aTailCutAtAnyByteLosesOnlyTheCutMessageAndTheChainGoesOnFromTheOneBefore() throws Exception {
        Path whole = folder.resolve("whole");
        long before;
        try (Outbox outbox = fresh(whole)) {
            write(outbox, 2);
            before = outbox.bytes();
            append(outbox, 2);
        }
        byte[] bytes = Files.readAllBytes(onlySegment(whole));
        for (int length = (int) before; length < bytes.length; length++) {
            Path cut = folder.resolve("cut-" + length);
            Files.createDirectories(cut);
            Files.write(cut.resolve(onlySegment(whole).getFileName()), java.util.Arrays.copyOf(bytes, length));

            try (Outbox outbox = Outbox.open(cut, LARGE, 1 << 20)) {
                assertEquals(
                        length == before ? Outbox.Recovery.CLEAN : Outbox.Recovery.TORN_TAIL,
                        outbox.recovery(),
                        "cut to " + length);
                assertEquals(keys(0, 2), outbox.pending(), "cut to " + length);
                assertEquals(2, outbox.head().orElseThrow().nextSeq());
                append(outbox, 2);
            }
            try (Outbox outbox = Outbox.open(cut, LARGE, 1 << 20)) {
                assertEquals(Outbox.Recovery.CLEAN, outbox.recovery(), "after repair of " + length);
                assertEquals(keys(0, 3), outbox.pending());
            }
        }
    }

    @Test
    void aTailOfZerosIsATornTail() throws Exception {
        try (Outbox outbox = fresh(folder)) {
            write(outbox, 2);
        }
        try (FileChannel channel = FileChannel.open(onlySegment(folder), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(4096), channel.size());
        }
        try (Outbox outbox = Outbox.open(folder, LARGE, 1 << 20)) {
            assertEquals(Outbox.Recovery.TORN_TAIL, outbox.recovery());
            assertEquals(keys(0, 2), outbox.pending());
        }
    }

    @Test
    void aFlippedByteBeforeTheEndIsDamageAndTheOtherMessagesSurvive() throws Exception {
        try (Outbox outbox = fresh(folder)) {
            write(outbox, 3);
        }
        byte[] bytes = Files.readAllBytes(onlySegment(folder));
        int inSecond = bytes.length - 2 * (8 + 49 + wire(0).length) + 60;
        bytes[inSecond] ^= 1;
        Files.write(onlySegment(folder), bytes);
        try (Outbox outbox = Outbox.open(folder, LARGE, 1 << 20)) {
            assertEquals(Outbox.Recovery.DAMAGED, outbox.recovery());
            assertEquals(List.of(new Outbox.Key(0, 0), new Outbox.Key(0, 2)), outbox.pending());
        }
    }

    @Test
    void onlyWhatIsCoveredLeavesAndOldFilesGoWithIt() throws Exception {
        try (Outbox outbox = Outbox.open(folder, LARGE, 4096)) {
            outbox.beginEpoch(0);
            write(outbox, 200);
            assertTrue(segments(folder) > 3);

            outbox.cover(0, 0, 197);

            assertEquals(keys(198, 200), outbox.pending());
            assertTrue(segments(folder) <= 2, segments(folder) + " files left");
        }
        try (Outbox outbox = Outbox.open(folder, LARGE, 4096)) {
            assertEquals(Outbox.Recovery.CLEAN, outbox.recovery());
            assertEquals(keys(198, 200), outbox.pending());
            assertEquals(200, outbox.head().orElseThrow().nextSeq());
        }
    }

    @Test
    void whenFullItRefusesAndKeepsEverything() throws Exception {
        try (Outbox outbox = Outbox.open(folder, 20_000, 4096)) {
            outbox.beginEpoch(0);
            long taken = 0;
            try {
                while (true) {
                    append(outbox, taken);
                    taken++;
                }
            } catch (OutboxFullException e) {
                assertEquals(taken, outbox.pendingCount());
                assertEquals(taken, outbox.head().orElseThrow().nextSeq());
            }
            outbox.cover(0, 0, taken - 1);
            append(outbox, taken);
        }
    }

    @Test
    void refusesASecondOwner() throws Exception {
        try (Outbox outbox = fresh(folder)) {
            assertEquals(0, outbox.pendingCount());
            assertThrows(IOException.class, () -> Outbox.open(folder, LARGE, 4096));
        }
    }

    @Test
    void concurrentWritersShareFsyncsAndLoseNothing() throws Exception {
        int threads = 8;
        int each = 25;
        try (Outbox outbox = Outbox.open(folder, LARGE, 8192)) {
            outbox.beginEpoch(0);
            CountDownLatch done = new CountDownLatch(threads);
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            Object chain = new Object();
            for (int t = 0; t < threads; t++) {
                new Thread(() -> {
                            try {
                                for (int i = 0; i < each; i++) {
                                    long ticket;
                                    synchronized (chain) {
                                        long next = outbox.head().orElseThrow().nextSeq();
                                        ticket = outbox.append(0, next, digest(next), wire(next));
                                    }
                                    outbox.sync(ticket);
                                }
                            } catch (Throwable e) {
                                failures.add(e);
                            } finally {
                                done.countDown();
                            }
                        })
                        .start();
            }
            assertTrue(done.await(60, TimeUnit.SECONDS));
            assertEquals(List.of(), failures);
        }
        try (Outbox outbox = Outbox.open(folder, LARGE, 8192)) {
            assertEquals(keys(0, threads * each), outbox.pending());
        }
    }

    @Test
    void everythingSyncedSurvivesAKillAtAnyMoment() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 4; round++) {
            String java = ProcessHandle.current().info().command().orElse("java");
            Process child = new ProcessBuilder(
                            java,
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            folder.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            long synced = -1;
            try (BufferedReader out = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
                String line = out.readLine(); // running
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(400));
                while (line != null) {
                    synced = Long.parseLong(line);
                    if (System.nanoTime() > end)
                        child.toHandle().destroyForcibly(); // leaves our end of the pipe readable
                    line = out.readLine();
                }
            }
            child.waitFor();
            try (Outbox outbox = Outbox.open(folder, LARGE, 64 * 1024)) {
                String where = "seed " + seed + " round " + round;
                assertFalse(outbox.recovery() == Outbox.Recovery.DAMAGED, where);
                assertEquals(outbox.head().orElseThrow().nextSeq(), outbox.pendingCount(), where);
                assertTrue(outbox.head().orElseThrow().nextSeq() > synced, where + ": synced " + synced);
                for (Outbox.Key key : outbox.pending())
                    assertArrayEquals(wire(key.seq()), outbox.wire(key).orElseThrow(), where);
            }
        }
    }

    /** The child that is killed: writes batches, syncs, and prints the highest sequence number it was promised. */
    static final class Writer {
        public static void main(String[] arguments) throws Exception {
            try (Outbox outbox = Outbox.open(Path.of(arguments[0]), LARGE, 64 * 1024)) {
                if (outbox.head().isEmpty()) outbox.beginEpoch(0);
                while (true) {
                    long ticket = 0;
                    for (int i = 0; i < 5; i++) {
                        long next = outbox.head().orElseThrow().nextSeq();
                        ticket = outbox.append(0, next, digest(next), wire(next));
                    }
                    outbox.sync(ticket);
                    System.out.println(outbox.head().orElseThrow().nextSeq() - 1);
                }
            }
        }
    }

    private static Outbox fresh(Path folder) throws IOException {
        Outbox outbox = Outbox.open(folder, LARGE, 1 << 20);
        outbox.beginEpoch(0);
        return outbox;
    }

    private static void write(Outbox outbox, int count) throws IOException {
        for (int i = 0; i < count; i++) append(outbox, i);
    }

    private static void append(Outbox outbox, long seq) throws IOException {
        outbox.sync(outbox.append(0, seq, digest(seq), wire(seq)));
    }

    private static byte[] wire(long seq) {
        byte[] wire = new byte[100 + (int) (seq % 7)];
        new Random(seq).nextBytes(wire);
        return wire;
    }

    private static byte[] digest(long seq) {
        return DeviceChain.sha256(wire(seq));
    }

    private static List<Outbox.Key> keys(long from, long to) {
        return LongStream.range(from, to).mapToObj(i -> new Outbox.Key(0, i)).toList();
    }

    private static Path onlySegment(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".outbox"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static long segments(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".outbox")).count();
        }
    }
}
