package io.waymark.vision.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaultTest {
    private static final byte[] IMAGE = "a photograph that nobody else may read".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    @Test
    void givesBackWhatWasPut() throws IOException {
        Vault vault = vault();
        Digest name = vault.putPhoto("cod-boat", IMAGE);
        vault.putFingerprint("cod-boat", name, new byte[] {1, 2, 3});
        assertEquals(Digest.of(IMAGE), name);
        assertArrayEquals(IMAGE, vault.photo("cod-boat", name).orElseThrow());
        assertArrayEquals(
                new byte[] {1, 2, 3}, vault.fingerprint("cod-boat", name).orElseThrow());
    }

    @Test
    void anotherTenantDoesNotSeeIt() throws IOException {
        Vault vault = vault();
        Digest name = vault.putPhoto("cod-boat", IMAGE);
        assertTrue(vault.photo("other-firm", name).isEmpty());
        assertThrows(IllegalArgumentException.class, () -> vault.photo("../cod-boat", name));
    }

    @Test
    void writesNoPlaintext() throws IOException {
        vault().putPhoto("cod-boat", IMAGE);
        for (Path file : files()) {
            String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            assertFalse(content.contains("photograph"), file.toString());
        }
    }

    @Test
    void everyFileHasItsOwnNonce() throws IOException {
        Vault vault = vault();
        vault.putPhoto("a", IMAGE);
        vault.putPhoto("b", IMAGE);
        List<Path> photos = files().stream()
                .filter(file -> file.toString().contains("photo"))
                .toList();
        assertEquals(2, photos.size());
        assertFalse(java.util.Arrays.equals(Files.readAllBytes(photos.get(0)), Files.readAllBytes(photos.get(1))));
    }

    @Test
    void noticesAFlippedBit() throws IOException {
        Vault vault = vault();
        Digest name = vault.putPhoto("cod-boat", IMAGE);
        Path file = photoFile();
        byte[] stored = Files.readAllBytes(file);
        stored[stored.length - 3] ^= 1;
        Files.write(file, stored);
        assertThrows(IOException.class, () -> vault.photo("cod-boat", name));
    }

    @Test
    void noticesTwoFilesExchanged() throws IOException {
        Vault vault = vault();
        Digest name = vault.putPhoto("cod-boat", IMAGE);
        Path file = photoFile();
        Digest other = vault.putPhoto("cod-boat", "another".getBytes(StandardCharsets.US_ASCII));
        Path otherFile = file.getParent()
                .getParent()
                .resolve(other.toString().substring(0, 2))
                .resolve(other.toString());
        Files.copy(otherFile, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThrows(IOException.class, () -> vault.photo("cod-boat", name));
    }

    @Test
    void refusesToOpenUnderAnotherKey() throws IOException {
        vault().putPhoto("cod-boat", IMAGE);
        SecretKey other = MasterKey.at(folder.resolve("other.key"), false);
        IOException refused = assertThrows(IOException.class, () -> new Vault(folder.resolve("blobs"), other));
        assertTrue(refused.getMessage().contains("master key"), refused.getMessage());
    }

    @Test
    void makesNoNewKeyOnceSomethingIsStored() {
        assertThrows(IOException.class, () -> MasterKey.at(folder.resolve("lost.key"), true));
        assertFalse(Files.exists(folder.resolve("lost.key")));
    }

    @Test
    void theKeyFileIsForItsOwnerOnly() throws IOException {
        MasterKey.at(folder.resolve("master.key"), false);
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("master.key"))));
        Files.setPosixFilePermissions(folder.resolve("master.key"), PosixFilePermissions.fromString("rw-r-----"));
        assertThrows(IOException.class, () -> MasterKey.at(folder.resolve("master.key"), false));
    }

    @Test
    void countsAndDropsChunks() throws IOException {
        Vault vault = vault();
        Digest image = Digest.of(IMAGE);
        vault.putChunk("cod-boat", image, 0, IMAGE);
        vault.putChunk("cod-boat", image, 300, IMAGE);
        BitSet expected = new BitSet();
        expected.set(0);
        expected.set(300);
        assertEquals(expected, vault.chunkNumbers("cod-boat", image));
        assertEquals(image, vault.unfinished("cod-boat").get(0).image());
        vault.deleteChunks("cod-boat", image);
        assertTrue(vault.chunkNumbers("cod-boat", image).isEmpty());
        assertTrue(vault.unfinished("cod-boat").isEmpty());
    }

    private Vault vault() throws IOException {
        return new Vault(folder.resolve("blobs"), MasterKey.at(folder.resolve("master.key"), false));
    }

    private Path photoFile() throws IOException {
        return files().stream()
                .filter(file -> file.toString().contains("photo"))
                .findFirst()
                .orElseThrow();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("blobs"))) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
