package io.waymark.evidence.folder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A folder locked for this process until closed. A file written here is on the disk under its name, whole, when the call returns;
 * after a crash at any moment the old content or the new is there, never a part. Safe for several threads on different names.
 */
public final class OwnedFolder implements AutoCloseable {
    private static final String TEMPORARY = ".tmp-";

    private final Path root;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final AtomicLong temporaries = new AtomicLong();
    private final Set<Path> unsettled = ConcurrentHashMap.newKeySet();

    private OwnedFolder(Path root, FileChannel lockFile, FileLock lock) {
        this.root = root;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Creates the folder where it is missing (0700) and locks it.
     *
     * @throws IOException also when another process has it
     */
    public static OwnedFolder open(Path path) throws IOException {
        Path root = path.toAbsolutePath().normalize();
        if (!Files.isDirectory(root)) {
            Files.createDirectories(root, permissions(root, "rwx------"));
        }
        FileChannel channel =
                FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new IOException(root + " is in use by another process");
        }
        OwnedFolder folder = new OwnedFolder(root, channel, lock);
        sync(parent(root));
        return folder;
    }

    public Path root() {
        return root;
    }

    /** Empty when there is no such file. */
    public Optional<byte[]> read(String name) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(root.resolve(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Names of the files directly in this sub-folder, sorted; empty when it does not exist. */
    public List<String> list(String subFolder) throws IOException {
        Path path = root.resolve(subFolder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith(TEMPORARY))
                    .sorted()
                    .toList();
        }
    }

    /** The file has this content afterwards, whatever it had before. */
    public void replace(String name, byte[] content) throws IOException {
        write(name, content, "rw-r--r--");
    }

    /** As {@link #replace}, readable for the owner only. */
    public void replaceSecret(String name, byte[] content) throws IOException {
        write(name, content, "rw-------");
    }

    /**
     * The file has this content afterwards; it is never given another.
     *
     * @return whether it was written now
     * @throws OtherContentException when it exists with other bytes; it keeps them
     */
    public boolean writeOnce(String name, byte[] content) throws IOException {
        Optional<byte[]> there = read(name);
        if (there.isPresent()) {
            requireSame(name, there.get(), content);
            return false;
        }
        write(name, content, "rw-r--r--");
        return true;
    }

    private void requireSame(String name, byte[] there, byte[] content) throws OtherContentException {
        if (!Arrays.equals(there, content)) {
            throw new OtherContentException(root.resolve(name) + " exists with other bytes");
        }
    }

    /**
     * As {@link #writeOnce}, but sure to be there after a crash only once {@link #settle} has returned; until then it is there whole or
     * not at all. For many files at once: half as many waits for the disk.
     */
    public void stageOnce(String name, byte[] content) throws IOException {
        Optional<byte[]> there = read(name);
        if (there.isPresent()) {
            requireSame(name, there.get(), content);
        } else {
            unsettled.add(place(name, content, "rw-r--r--"));
        }
    }

    /** All files staged before are durable. */
    public void settle() throws IOException {
        for (Path folder : List.copyOf(unsettled)) {
            sync(folder);
            unsettled.remove(folder);
        }
    }

    /** The sub-folder exists afterwards, also after a crash. */
    public void createFolder(String name) throws IOException {
        createFolders(root.resolve(name));
    }

    /** A file that must not be written got other bytes. */
    public static final class OtherContentException extends IOException {
        private static final long serialVersionUID = 1L;

        OtherContentException(String message) {
            super(message);
        }
    }

    /** Deletes a file; nothing happens when it is not there. Not durable: it may be there again after a crash. */
    public void delete(String name) throws IOException {
        Files.deleteIfExists(root.resolve(name));
    }

    /** Deletes a sub-folder and the files in it; nothing happens when it is not there. Not durable: it may be there again after a crash. */
    public void deleteFolder(String name) throws IOException {
        Path folder = root.resolve(name);
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
            files = listed.toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
    }

    private void write(String name, byte[] content, String mode) throws IOException {
        // A rename is only durable once the folder itself is written.
        sync(place(name, content, mode));
    }

    /** @return the folder the file is now in, complete */
    private Path place(String name, byte[] content, String mode) throws IOException {
        Path target = root.resolve(name);
        Path parent = parent(target);
        createFolders(parent);
        // Beside the target: a rename is atomic within one file system only.
        Path temporary = parent.resolve(TEMPORARY + temporaries.incrementAndGet());
        Files.deleteIfExists(temporary);
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    Set.copyOf(EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)),
                    permissions(parent, mode))) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return parent;
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    private void createFolders(Path folder) throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path path = folder; !Files.isDirectory(path); path = parent(path)) {
            missing.add(0, path);
        }
        for (Path path : missing) {
            Files.createDirectories(path);
            sync(parent(path));
        }
    }

    /** Systems that cannot open folders (Windows) do this on their own. */
    private static void sync(Path folder) throws IOException {
        if (System.getProperty("os.name", "").startsWith("Windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static FileAttribute<?>[] permissions(Path where, String mode) {
        return where.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))}
                : new FileAttribute<?>[0];
    }

    @Override
    public void close() throws IOException {
        lock.release();
        lockFile.close();
    }
}
