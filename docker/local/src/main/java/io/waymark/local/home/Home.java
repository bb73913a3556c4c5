package io.waymark.local.home;

import io.waymark.local.CannotProceed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The folder of one installation, {@code waymark.home}, by default {@code ~/.waymark}: outside the checkout, so that cleaning or
 * moving the checkout never touches a ledger.
 *
 * <pre>
 *   waymark-home        marks the folder as ours: reset refuses to delete in a folder without it
 *   lock                held while a process works on the folder; contains its pid
 *   passwords           random, 0600       ports      what the first start chose
 *   data/postgres       the cluster        data/broker   the journal      data/…   whatever the services keep
 *   keys/               0700: ledger and receipt keys, the demo fleet's keys, the local TLS authority
 *   log/                rotated            postgresql/…, native/   unpacked programs, made again when missing
 * </pre>
 */
public final class Home {
    private static final String MARKER = "waymark-home";
    private static final List<String> CONTENTS =
            List.of("data", "keys", "log", "native", "postgresql", "passwords", "ports", MARKER);

    private final Path root;

    private Home(Path root) {
        this.root = root;
    }

    /**
     * The home the operator named, or the default; created (0700) when {@link #open} is called, not before.
     *
     * @param named may be null: then the system property or environment variable, then {@code ~/.waymark}
     */
    public static Home at(Path named) {
        if (named != null) {
            return new Home(named.toAbsolutePath().normalize());
        }
        String property = System.getProperty("waymark.home", System.getenv("WAYMARK_HOME"));
        Path chosen = property == null || property.isBlank()
                ? Path.of(System.getProperty("user.home"), ".waymark")
                : Path.of(property);
        return new Home(chosen.toAbsolutePath().normalize());
    }

    public Path root() {
        return root;
    }

    public boolean exists() {
        return Files.exists(root.resolve(MARKER));
    }

    /** Creates what is missing. Refuses a folder with other contents: the operator probably mistyped, and reset would delete there. */
    public Home open() throws CannotProceed {
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw new CannotProceed(root + " (waymark.home) is a file: name a folder");
        }
        try {
            if (!exists() && Files.isDirectory(root)) {
                try (var entries = Files.list(root)) {
                    // A reset keeps the lock file: deleting it while held would let two processes lock two files of one
                    // name.
                    if (entries.anyMatch(
                            entry -> !entry.getFileName().toString().equals("lock"))) {
                        throw new CannotProceed(
                                root
                                        + " (waymark.home) has contents that are not Waymark's: choose an empty or a new folder");
                    }
                }
            }
            privateFolder(root);
            for (String name : List.of("data", "keys", "log")) {
                privateFolder(root.resolve(name));
            }
            if (!exists()) {
                Files.writeString(
                        root.resolve(MARKER), "Waymark keeps an installation here. See docker/local/README.md.\n");
            }
            return this;
        } catch (IOException e) {
            throw new CannotProceed("cannot use " + root + " (waymark.home): " + e, e);
        }
    }

    public Path data(String name) {
        return root.resolve("data").resolve(name);
    }

    public Path keys(String name) {
        return root.resolve("keys").resolve(name);
    }

    public Path log(String name) {
        return root.resolve("log").resolve(name);
    }

    public Path file(String name) {
        return root.resolve(name);
    }

    /**
     * Holds the home for this process until closed (or until the process dies in any way: the operating system releases it).
     * Two processes on one home would sign two different ledgers with one key.
     */
    public Lock lock() throws CannotProceed {
        Path file = root.resolve("lock");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = Files.readString(file).strip();
                channel.close();
                throw new CannotProceed("Waymark is already running on " + root
                        + (holder.isEmpty() ? "" : " (process " + holder + ")")
                        + ": stop it first, or choose another folder with -Dwaymark.home=DIR");
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
            return new Lock(channel);
        } catch (IOException e) {
            throw new CannotProceed("cannot lock " + file + ": " + e, e);
        }
    }

    /** Whether a process works on this home now. */
    public boolean isLocked() throws CannotProceed {
        Path file = root.resolve("lock");
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return tryLock(channel) == null;
        } catch (IOException e) {
            throw new CannotProceed("cannot look at " + file + ": " + e, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    /** Deletes the installation's own contents, nothing else, and keeps the folder. The caller holds the lock. */
    public void deleteContents() throws IOException {
        if (!exists()) {
            throw new IOException(root + " is not a Waymark home");
        }
        for (String name : CONTENTS) {
            Path path = root.resolve(name);
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                deleteTree(path);
            }
        }
    }

    /** Deletes a file or a folder with what is in it; links are removed, never followed. */
    public static void deleteTree(Path path) throws IOException {
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** A folder only its owner may enter, where the file system knows permissions. */
    public static void privateFolder(Path folder) throws IOException {
        Files.createDirectories(folder);
        if (hasPermissions(folder)) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** Writes a file only its owner may read, whole or not at all: a crash leaves the old contents. */
    public static void writePrivate(Path file, String text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh);
        if (hasPermissions(fresh)) {
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
        }
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean hasPermissions(Path path) throws IOException {
        return Files.getFileStore(path).supportsFileAttributeView("posix");
    }

    /** The right to work on the home. */
    public static final class Lock implements AutoCloseable {
        private final FileChannel channel;

        private Lock(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
