package io.waymark.local.postgres;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** The PostgreSQL programs on the class path (the archives of the zonky project), unpacked once per version. */
final class Binaries {
    private Binaries() {}

    /** @return the folder {@code bin} below a folder named after the archive's digest, unpacked now if it was not there */
    static Path unpackedBelow(Path folder) throws CannotProceed {
        String name = resourceName();
        try {
            Path installation = folder.resolve(digest(name).substring(0, 16));
            if (!Files.isDirectory(installation)) {
                Home.privateFolder(folder);
                Path fresh = Files.createTempDirectory(folder, "unpacking-");
                unpack(name, fresh);
                // The rename is the commit: a folder with the final name is complete, whatever happened before.
                Files.move(fresh, installation, StandardCopyOption.ATOMIC_MOVE);
            }
            return installation.resolve("bin");
        } catch (IOException e) {
            throw new CannotProceed("cannot unpack PostgreSQL to " + folder + ": " + e, e);
        }
    }

    private static String resourceName() throws CannotProceed {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system =
                os.contains("win") ? "windows" : os.contains("mac") ? "darwin" : os.contains("linux") ? "linux" : os;
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String processor =
                arch.equals("amd64") || arch.equals("x86_64") ? "x86_64" : arch.equals("aarch64") ? "arm_64" : arch;
        String name = "/postgres-" + system + "-" + processor + ".txz";
        if (Binaries.class.getResource(name) == null) {
            throw new CannotProceed("this build carries no PostgreSQL for " + system + " on " + processor
                    + ": build it on such a machine, or use docker/compose.yaml");
        }
        return name;
    }

    private static String digest(String name) throws IOException {
        try (InputStream in = Binaries.class.getResourceAsStream(name);
                DigestInputStream digesting = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digesting.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void unpack(String name, Path folder) throws IOException {
        try (InputStream in = new BufferedInputStream(Binaries.class.getResourceAsStream(name), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(in))) {
            boolean permissions = Files.getFileStore(folder).supportsFileAttributeView("posix");
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = folder.resolve(entry.getName()).normalize();
                if (!path.startsWith(folder)) {
                    throw new IOException("archive entry leaves the folder: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else if (entry.isSymbolicLink()) {
                    Files.createDirectories(path.getParent());
                    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                    }
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(tar, path, StandardCopyOption.REPLACE_EXISTING);
                    if (permissions) {
                        boolean program = (entry.getMode() & 0100) != 0;
                        Files.setPosixFilePermissions(
                                path, PosixFilePermissions.fromString(program ? "rwx------" : "rw-------"));
                    }
                }
            }
        }
    }
}
