package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.waymark.evidence.key.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFileTest {
    @TempDir
    Path folder;

    @Test
    void aKeyComesBackAndOnlyItsOwnerMayReadItAndItsPassphrase() throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("keys/log.p12"));
        assertEquals(Optional.empty(), file.key());

        SigningKey made = file.create();

        assertArrayEquals(made.secretBytes(), file.key().orElseThrow().secretBytes());
        assertEquals("rw-------", mode(file.file()));
        assertEquals("rw-------", mode(file.passphrase()));
        assertFalse(new String(Files.readAllBytes(file.file()), StandardCharsets.ISO_8859_1)
                .contains(new String(made.secretBytes(), StandardCharsets.ISO_8859_1)));
        assertEquals("rwx------", mode(folder.resolve("keys")));
    }

    @Test
    void aKeyIsNeverOverwritten() {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        SigningKey made = file.create();

        assertThrows(IllegalStateException.class, file::create);

        assertArrayEquals(made.secretBytes(), file.key().orElseThrow().secretBytes());
    }

    @Test
    void thePassphraseMayLieElsewhereAndBeChosenByTheOperator() throws Exception {
        Path elsewhere = folder.resolve("other-disk.txt");
        write(elsewhere, "correct horse battery staple\n");
        KeyFile file = KeyFile.at(folder.resolve("log.p12"), Optional.of(elsewhere));

        SigningKey made = file.create();

        assertArrayEquals(made.secretBytes(), file.key().orElseThrow().secretBytes());
        assertFalse(Files.exists(folder.resolve("log.p12.passphrase")));
    }

    @Test
    void whatAStartCutShortLeftIsNoKey() throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        write(folder.resolve("log.p12.new"), "half");
        write(file.passphrase(), "from-the-start-before\n");

        SigningKey made = file.create();

        assertArrayEquals(made.secretBytes(), file.key().orElseThrow().secretBytes());
        assertFalse(Files.exists(folder.resolve("log.p12.new")));
    }

    @Test
    void aSeedFileOfBeforeIsStillOpened() throws Exception {
        byte[] seed = new byte[32];
        seed[0] = 7;
        write(folder.resolve("log.key"), HexFormat.of().formatHex(seed) + "\n");

        assertArrayEquals(
                seed, KeyFile.at(folder.resolve("log.key")).key().orElseThrow().secretBytes());
        assertArrayEquals(
                seed, KeyFile.at(folder.resolve("log.p12")).key().orElseThrow().secretBytes());
        KeyFile.at(folder.resolve("log.p12")).create();
        assertFalse(Arrays.equals(
                seed, KeyFile.at(folder.resolve("log.p12")).key().orElseThrow().secretBytes()));
    }

    @Test
    void aSeedFileIsConvertedAndDeleted() throws Exception {
        byte[] seed = new byte[32];
        seed[5] = 7;
        write(folder.resolve("log.key"), HexFormat.of().formatHex(seed) + "\n");
        byte[] aes = new byte[32];
        aes[6] = 8;
        Files.write(folder.resolve("master.key"), aes);
        Files.setPosixFilePermissions(folder.resolve("master.key"), PosixFilePermissions.fromString("rw-------"));
        KeyFile log = KeyFile.at(folder.resolve("log.p12"));
        KeyFile master = KeyFile.at(folder.resolve("master.p12"));

        assertTrue(log.convert(true));
        assertTrue(master.convert(false));

        assertArrayEquals(seed, log.key().orElseThrow().secretBytes());
        assertArrayEquals(aes, master.secret().orElseThrow());
        assertFalse(Files.exists(folder.resolve("log.key")) || Files.exists(folder.resolve("master.key")));
        assertFalse(log.convert(true), "again there is nothing to do");
        assertFalse(KeyFile.at(folder.resolve("receipt.p12")).convert(true));
    }

    @Test
    void aDamagedSeedIsNotConverted() throws Exception {
        write(folder.resolve("log.key"), "beef\n");

        assertOneLine(
                IllegalStateException.class, "does not hold 64 hex digits", () -> KeyFile.at(folder.resolve("log.p12"))
                        .convert(true));

        assertTrue(Files.exists(folder.resolve("log.key")));
        assertFalse(Files.exists(folder.resolve("log.p12")));
    }

    @Test
    void anAesKeyComesBackToo() {
        byte[] secret = new byte[32];
        secret[31] = 9;
        KeyFile file = KeyFile.at(folder.resolve("master.p12"));
        assertEquals(Optional.empty(), file.secret());

        file.keepSecret(secret);

        assertArrayEquals(secret, file.secret().orElseThrow());
        assertOneLine(IllegalStateException.class, "does not hold one Ed25519 key", file::key);
    }

    @Test
    void whatIsWrongIsSaidInOneLine() throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        file.create();
        byte[] whole = Files.readAllBytes(file.file());

        Files.writeString(file.passphrase(), "another\n");
        assertOneLine(
                IllegalStateException.class, "does not open with the passphrase in " + file.passphrase(), file::key);
        Files.writeString(file.passphrase(), "\n");
        assertOneLine(IllegalStateException.class, "is not one line of printable ASCII", file::key);
        Files.delete(file.passphrase());
        assertOneLine(IllegalStateException.class, "needs its passphrase in " + file.passphrase(), file::key);

        write(file.passphrase(), "another\n");
        Files.write(file.file(), Arrays.copyOf(whole, whole.length / 2));
        assertOneLine(IllegalStateException.class, "is damaged", file::key);
        Files.write(file.file(), new byte[100_000]);
        assertOneLine(IllegalStateException.class, "is larger than any key", file::key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.p12", "log.p12.passphrase"})
    void whatOthersMayReadIsNotOpened(String open) throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        file.create();
        Files.setPosixFilePermissions(folder.resolve(open), PosixFilePermissions.fromString("rw-r-----"));

        assertOneLine(
                IllegalStateException.class, folder.resolve(open) + " may be read by others: chmod 600 it", file::key);
    }

    @Test
    void everyByteAlteredIsNoticedOrChangesNothing() throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        SigningKey made = file.create();
        byte[] whole = Files.readAllBytes(file.file());
        for (int at = 0; at < whole.length; at += 41) {
            byte[] altered = whole.clone();
            altered[at] ^= 1;
            Files.write(file.file(), altered);
            try {
                assertArrayEquals(made.secretBytes(), file.key().orElseThrow().secretBytes(), "byte " + at);
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().contains("key file " + file.file()), e.getMessage());
            }
        }
    }

    @Test
    void openSslReadsTheKey() throws Exception {
        KeyFile file = KeyFile.at(folder.resolve("log.p12"));
        SigningKey made = file.create();
        Process openSsl;
        try {
            openSsl = new ProcessBuilder(
                            "openssl",
                            "pkcs12",
                            "-in",
                            file.file().toString(),
                            "-passin",
                            "file:" + file.passphrase(),
                            "-nodes")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no openssl here");
            return;
        }
        String said = new String(openSsl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(openSsl.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, openSsl.exitValue(), said);
        assertTrue(said.contains("BEGIN CERTIFICATE") && said.contains("Waymark key"), "a certificate is there");
        String pem =
                said.substring(said.indexOf("-----BEGIN PRIVATE KEY-----") + 27, said.indexOf("-----END PRIVATE KEY"));
        // RFC 8410: the seed is the last 32 bytes of the structure.
        byte[] der = java.util.Base64.getMimeDecoder().decode(pem);
        assertArrayEquals(made.secretBytes(), Arrays.copyOfRange(der, der.length - 32, der.length));
    }

    private static void assertOneLine(
            Class<? extends Exception> kind, String said, org.junit.jupiter.api.function.Executable open) {
        String message = assertThrows(kind, open).getMessage();
        assertTrue(message.contains(said), message);
        assertEquals(List.of(message), message.lines().toList());
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
