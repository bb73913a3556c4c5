package io.waymark.simulator.logger;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Files that are there whole, durably, or not at all. */
final class WholeFile {
    private WholeFile() {}

    static void write(Path file, byte[] bytes) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel out = create(part)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) out.write(buffer);
            out.force(true);
        }
        move(part, file);
    }

    /**
     * Copies a file whose SHA-256 is known.
     *
     * @throws NotALoggerFile when the bytes are others now
     */
    static void copy(Path from, Path to, String sha256) throws IOException {
        Path part = to.resolveSibling(to.getFileName() + ".part");
        var digest = Names.sha256();
        try (InputStream in = Files.newInputStream(from);
                FileChannel out = create(part)) {
            byte[] block = new byte[1 << 16];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                digest.update(block, 0, n);
                ByteBuffer buffer = ByteBuffer.wrap(block, 0, n);
                while (buffer.hasRemaining()) out.write(buffer);
            }
            out.force(true);
        }
        if (!Names.hex(digest.digest()).equals(sha256)) {
            Files.delete(part);
            throw new NotALoggerFile(from + " changed while it was read: import it when nothing writes to it");
        }
        move(part, to);
    }

    private static FileChannel create(Path part) throws IOException {
        return FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    private static void move(Path part, Path file) throws IOException {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
        // Windows cannot open folders; there the move itself is durable.
        if (!System.getProperty("os.name", "").startsWith("Windows")) {
            try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
    }
}
