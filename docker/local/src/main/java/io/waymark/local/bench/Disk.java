package io.waymark.local.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the disk below a folder takes to make something durable: the unit in which one caller's wait is told. */
final class Disk {
    private static final int TIMES = 300;
    private static final int PAGE = 8192;

    private Disk() {}

    /** Nanoseconds of fdatasync after 8 KiB were written over in a file that does not grow, as a log is written. */
    static long[] fdatasyncs(Path folder) throws IOException {
        Path file = folder.resolve("fdatasync");
        long[] times = new long[TIMES];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = 0; i < 16; i++) {
                channel.write(ByteBuffer.allocate(PAGE), (long) i * PAGE);
            }
            channel.force(true);
            for (int i = 0; i < times.length; i++) {
                channel.write(ByteBuffer.allocate(PAGE), (long) (i % 16) * PAGE);
                long begun = System.nanoTime();
                channel.force(false);
                times[i] = System.nanoTime() - begun;
            }
        } finally {
            Files.deleteIfExists(file);
        }
        return times;
    }
}
