package io.waymark.trace.organisation;

import io.waymark.trace.ledger.KeyFile;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Seals what must not lie open in the database: AES-256-GCM under one key in a file (0600), made at first need: PKCS#12 with its
 * passphrase in a file of its own ({@code .p12}), or 32 bytes as installations had it before ({@code .key}).
 * Sealed = nonce(12) ‖ ciphertext ‖ tag(16). A copy of the database alone gives nobody the platform's signing keys.
 */
@ApplicationScoped
public class MasterKey {
    private static final int LENGTH = 32;
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final KeyFile stored;
    private final Path file;
    private byte[] key;

    MasterKey(
            @ConfigProperty(name = "waymark.trace.master-key-file") String file,
            @ConfigProperty(name = "waymark.trace.master-key-passphrase-file") Optional<Path> passphrase) {
        this.stored = KeyFile.at(Path.of(file), passphrase);
        this.file = stored.stored().orElse(stored).file();
    }

    /** @param purpose bound to the sealed bytes: they open only under the same one */
    public byte[] seal(byte[] secret, String purpose) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        byte[] sealed = run(Cipher.ENCRYPT_MODE, nonce, secret, purpose);
        byte[] all = Arrays.copyOf(nonce, NONCE + sealed.length);
        System.arraycopy(sealed, 0, all, NONCE, sealed.length);
        return all;
    }

    /** @throws IllegalStateException when it was sealed under another key or for another purpose, or was changed */
    public byte[] open(byte[] sealed, String purpose) {
        return run(
                Cipher.DECRYPT_MODE,
                Arrays.copyOf(sealed, NONCE),
                Arrays.copyOfRange(sealed, NONCE, sealed.length),
                purpose);
    }

    private byte[] run(int mode, byte[] nonce, byte[] input, String purpose) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, new SecretKeySpec(key(), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("what was sealed for " + purpose + " does not open with " + file, e);
        }
    }

    private synchronized byte[] key() {
        if (key == null) {
            try {
                key = file.equals(stored.file()) && stored.isPkcs12()
                        ? pkcs12()
                        : Files.exists(file) ? read() : create();
            } catch (IOException e) {
                throw new IllegalStateException("cannot read or make the master key file " + file, e);
            }
        }
        return key;
    }

    private byte[] pkcs12() {
        byte[] secret = stored.secret().orElseGet(() -> {
            byte[] fresh = new byte[LENGTH];
            RANDOM.nextBytes(fresh);
            stored.keepSecret(fresh);
            return fresh;
        });
        if (secret.length != LENGTH) {
            throw new IllegalStateException(
                    "master key file " + file + " holds a key of " + secret.length + " bytes, 32 needed");
        }
        return secret;
    }

    private byte[] read() throws IOException {
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(file));
            others.removeAll(PosixFilePermissions.fromString("rw-------"));
            if (!others.isEmpty()) {
                throw new IllegalStateException("master key file " + file + " is open to others: chmod 600");
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length != LENGTH) {
            throw new IllegalStateException("master key file " + file + " has " + bytes.length + " bytes, 32 needed");
        }
        return bytes;
    }

    private byte[] create() throws IOException {
        byte[] fresh = new byte[LENGTH];
        RANDOM.nextBytes(fresh);
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        try (var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(java.nio.ByteBuffer.wrap(fresh));
        } catch (FileAlreadyExistsException e) {
            return read();
        }
        return fresh;
    }
}
