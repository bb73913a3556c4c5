package io.waymark.trace.ledger;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.LogKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a log's keys: the one in force, the next one, which the log has promised, and during a hand-over the one after it. Which key is
 * in force says the database alone; {@link #settle} brings the files' names in line with it, from wherever a hand-over was cut short.
 */
public class LogKeyFiles {
    private final KeyFile inForce;
    private final Optional<KeyFile> next;

    /** With the promised key in {@code NAME-next.p12} beside {@code NAME.p12}; a log whose key file is no {@code .p12} promises nothing. */
    public static LogKeyFiles beside(KeyFile inForce) {
        return new LogKeyFiles(
                inForce, inForce.isPkcs12() ? Optional.of(beside(inForce.file(), "-next")) : Optional.empty());
    }

    /**
     * @param next empty: the log promises nothing and keeps its key
     * @throws IllegalStateException when a next one is named and one of the two is no {@code .p12}: the next one takes the other's name
     */
    public LogKeyFiles(KeyFile inForce, Optional<Path> next) {
        if (next.isPresent() && !(inForce.isPkcs12() && KeyFile.at(next.get()).isPkcs12())) {
            throw new IllegalStateException("a log hands its key over from one .p12 file to another: rename "
                    + inForce.file() + " or " + next.get());
        }
        this.inForce = inForce;
        // One passphrase for all of them, so that taking over is renaming one file.
        this.next = next.map(file -> new KeyFile(file, inForce.passphrase()));
    }

    KeyFile inForce() {
        return inForce;
    }

    /** Whether this log promises its next key. */
    boolean promises() {
        return next.isPresent();
    }

    /** Where the promised key is kept, or was before it was taken somewhere safe. */
    public KeyFile next() {
        return next.orElseThrow();
    }

    private KeyFile afterNext() {
        return new KeyFile(beside(next().file(), "-after"), inForce.passphrase());
    }

    /** The promised key; made when the log has promised none. */
    SigningKey nextOrNew() {
        return next().key().orElseGet(next()::create);
    }

    /** The key that the next one promises in turn: the same one again when a hand-over was cut short. */
    SigningKey afterNextOrNew() {
        return afterNext().key().orElseGet(afterNext()::create);
    }

    /**
     * The secret of this key, whichever of the files holds it; never of one that handed over.
     *
     * @throws IllegalStateException when it handed over: then what asks for it is older than that
     */
    Optional<SigningKey> of(VerificationKey key) {
        Optional<SigningKey> found = fileOf(key).flatMap(KeyFile::key);
        KeyFile before = new KeyFile(beside(inForce.file(), "-before"), inForce.passphrase());
        if (found.isEmpty() && promises() && holds(before, key)) {
            throw new IllegalStateException("the database is one of before the log's key was handed over, "
                    + before.file() + " is the key it knows: get what came since back with " + Recovery.OFFER);
        }
        return found;
    }

    private static boolean holds(KeyFile file, VerificationKey key) {
        return file.key().map(secret -> secret.verificationKey().equals(key)).orElse(false);
    }

    /** Which of the files holds the secret of this key: a hand-over that was cut short may have left it under another name. */
    Optional<KeyFile> fileOf(VerificationKey key) {
        return candidates().filter(file -> holds(file, key)).findFirst();
    }

    private Stream<KeyFile> candidates() {
        return promises() ? Stream.of(inForce, next(), afterNext()) : Stream.of(inForce);
    }

    /**
     * After a hand-over, once or again: the file of the key in force has its name, the promised one its own, and the key before is kept as
     * {@code NAME-before}. Every step is one rename, and which come next can be seen from what is there.
     */
    void settle(VerificationKey key) {
        if (!promises()) {
            return;
        }
        try {
            KeyFile current = inForce.stored().orElse(inForce);
            boolean named = holds(current, key);
            if (!named && holds(next(), key)) {
                if (Files.exists(current.file())) {
                    move(current.file(), beside(current.file(), "-before"));
                }
                step("named the key before");
                move(next().file(), inForce.file());
                step("named the key in force");
                named = true;
            }
            if (named
                    && !Files.exists(next().file())
                    && Files.exists(afterNext().file())) {
                move(afterNext().file(), next().file());
                step("named the promised key");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot name the key files beside " + inForce.file(), e);
        }
    }

    /**
     * Asks for a hand-over to the next key at the log's next start: its writer does it then, and forgets the question when it is done.
     *
     * @throws IllegalStateException when the next key is not here, or does not open
     */
    public void askToHandOver() {
        SigningKey promised =
                next().key().orElseThrow(() -> new IllegalStateException("the next key is not in " + next().file()));
        try {
            DurableFile.replace(
                    request(), HexFormat.of().formatHex(LogKey.commitment(promised.verificationKey())) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + request(), e);
        }
    }

    /** Whether somebody asked for a hand-over that was not done yet, now that {@code key} is in force. */
    boolean handOverAsked(VerificationKey key) {
        if (!promises() || !Files.exists(request())) {
            return false;
        }
        try {
            return !Files.readString(request()).strip().equals(HexFormat.of().formatHex(LogKey.commitment(key)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + request(), e);
        }
    }

    void forget() {
        try {
            if (Files.deleteIfExists(request())) {
                DurableFile.syncDirectory(request());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + request(), e);
        }
    }

    private Path request() {
        return inForce.file().resolveSibling(inForce.file().getFileName() + ".hand-over");
    }

    /** Called after every step that a crash may come after; for tests. */
    void step(String done) {}

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncDirectory(to);
        DurableFile.syncDirectory(from);
    }

    private static Path beside(Path file, String word) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot < 0 ? name + word : name.substring(0, dot) + word + name.substring(dot));
    }
}
