package io.waymark.trace.ledger;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/** An Ed25519 seed as 64 hex digits and a newline, in a file only its owner may read. */
public final class KeyFile {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private KeyFile() {}

    /**
     * The key, or empty when there is no such file.
     *
     * @throws IllegalStateException when the file is readable for others or is not a seed
     */
    public static Optional<SigningKey> read(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                throw new IllegalStateException("key file " + file + " may be read by others: chmod 600 it");
            }
            byte[] seed = HexFormat.of().parseHex(Files.readString(file).strip());
            if (seed.length != 32) {
                throw new IllegalStateException("key file " + file + " does not hold 64 hex digits");
            }
            return Optional.of(SigningKey.ofSeed(seed));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("key file " + file + " does not hold 64 hex digits", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read key file " + file, e);
        }
    }

    /** Makes a new key and its file, synced to disk; never overwrites. */
    public static SigningKey create(Path file) {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        String text = HexFormat.of().formatHex(key.secretBytes()) + "\n";
        try {
            DurableFile.directories(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.write(
                    file, text.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE, StandardOpenOption.SYNC);
            DurableFile.syncDirectory(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create key file " + file, e);
        }
        return key;
    }
}
