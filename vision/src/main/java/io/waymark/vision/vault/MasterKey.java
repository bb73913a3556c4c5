package io.waymark.vision.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The one key all blobs are encrypted with, kept in a file of mode 0600.
 *
 * <p>One key, not one per item: erasing one photograph for good therefore means deleting its file and its backups.
 * OPEN: a data key per object under this one, so that deleting 32 bytes erases the photographs (DESIGN §10, erasure by key).
 */
public final class MasterKey {
    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    private MasterKey() {}

    /**
     * Reads the key, or makes one when the file is absent and nothing is stored yet.
     *
     * @param somethingStored whether encrypted bytes exist; then a missing file is a lost key, and a new one would only hide
     *     the loss
     * @throws IOException when the file cannot be used; the message says what to do
     */
    public static SecretKey at(Path file, boolean somethingStored) throws IOException {
        if (!Files.exists(file)) {
            if (somethingStored) {
                throw new IOException(
                        "master key file " + file + " is missing but photographs are stored; restore it from"
                                + " its backup (waymark.vision.master-key-file)");
            }
            create(file);
        }
        if (posix(file)) {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            permissions.retainAll(OTHERS);
            if (!permissions.isEmpty()) {
                throw new IOException("master key file " + file + " is open to others; set its mode to 0600");
            }
        }
        String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        if (!text.matches("[0-9a-f]{64}")) {
            throw new IOException("master key file " + file + " does not hold 64 lower-case hexadecimal digits");
        }
        return new SecretKeySpec(HexFormat.of().parseHex(text), "AES");
    }

    private static void create(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        Path fresh = posix(folder)
                ? Files.createTempFile(
                        folder,
                        "master",
                        ".new",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : Files.createTempFile(folder, "master", ".new");
        try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            ByteBuffer text = StandardCharsets.US_ASCII.encode(HexFormat.of().formatHex(key) + "\n");
            while (text.hasRemaining()) {
                out.write(text);
            }
            out.force(true);
        }
        // Not Files.move: it would replace a key another process has just made. A hard link fails if the name exists.
        try {
            Files.createLink(file, fresh);
        } finally {
            Files.delete(fresh);
        }
        Vault.syncFolder(folder);
    }

    private static boolean posix(Path path) throws IOException {
        return Files.getFileStore(path).supportsFileAttributeView("posix");
    }
}
