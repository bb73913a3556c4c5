package io.waymark.trace.ledger;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The change of a key whose successor nobody promised, the receipts': asked for while the service is stopped, done at its next start by whoever
 * uses the key. Every step may be cut short; asked again, the same new key takes over.
 *
 * @param inForce the file of the key that is to be replaced, a {@code .p12}
 */
public record KeyRotation(KeyFile inForce) {
    private static final String STOLEN = "stolen";
    private static final String REPLACED = "replaced";
    private static final int MOST_BYTES = 100;

    /** @param stolen whether somebody else has the old key, or may */
    public record Asked(boolean stolen) {}

    /**
     * Asks for a new key at the next start.
     *
     * @throws IllegalStateException in one line: there is no such key, or its file is no {@code .p12}
     */
    public void ask(boolean stolen) {
        SigningKey key = inForce.key()
                .orElseThrow(() -> new IllegalStateException("there is no key in " + inForce.file()
                        + ": Waymark has not run yet, or makes a new one anyway"));
        if (!inForce.isPkcs12() || !Files.exists(inForce.file())) {
            throw new IllegalStateException("the key is not in a .p12 file yet: keys convert");
        }
        try {
            DurableFile.replace(request(), kid(key.verificationKey()) + " " + (stolen ? STOLEN : REPLACED) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + request(), e);
        }
    }

    /**
     * What was asked for this key; of another one, which was replaced since, it is forgotten.
     *
     * @throws IllegalStateException when the request is damaged
     */
    public Optional<Asked> asked(VerificationKey current) {
        if (!Files.exists(request())) {
            return Optional.empty();
        }
        try (var in = Files.newInputStream(request())) {
            String[] words = new String(in.readNBytes(MOST_BYTES), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ");
            if (words.length != 2 || !(words[1].equals(STOLEN) || words[1].equals(REPLACED))) {
                throw new IllegalStateException(request() + " is damaged: remove it, and ask again");
            }
            if (!words[0].equals(kid(current))) {
                forget();
                return Optional.empty();
            }
            return Optional.of(new Asked(words[1].equals(STOLEN)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + request(), e);
        }
    }

    /** The key that takes over, made at the first call. */
    public SigningKey next() {
        KeyFile file = nextFile();
        return file.key().orElseGet(file::create);
    }

    /** The next key has the file's name from here on; the old one is gone. */
    public void takeOver() {
        try {
            Files.move(
                    nextFile().file(),
                    inForce.file(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            DurableFile.syncDirectory(inForce.file());
            forget();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot replace " + inForce.file(), e);
        }
    }

    private void forget() throws IOException {
        if (Files.deleteIfExists(request())) {
            DurableFile.syncDirectory(request());
        }
    }

    // One passphrase for both, so that taking over is renaming one file.
    private KeyFile nextFile() {
        String name = inForce.file().getFileName().toString();
        return new KeyFile(
                inForce.file().resolveSibling(name.substring(0, name.length() - ".p12".length()) + "-next.p12"),
                inForce.passphrase());
    }

    private Path request() {
        return inForce.file().resolveSibling(inForce.file().getFileName() + ".rotate");
    }

    private static String kid(VerificationKey key) {
        return HexFormat.of().formatHex(key.kid());
    }
}
