package io.waymark.sdk;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.ReceiptKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whose receipts a device takes: the keys it was given, and those the log has bound and not revoked, as far as this device has verified that.
 * What it verified is in the file {@code receipt-keys}, with the log's key in force, so that a restart without a network goes on from there. It
 * never goes back: what leaves out a key or a revocation that was known is refused.
 *
 * <p>Thread-safe.
 */
final class LearnedKeys {
    private static final String FILE = ReceiptKeys.FILE;

    private final Path file;
    private final List<VerificationKey> given;
    private @Nullable NoteVerifier log;
    private ReceiptKeys.@Nullable Known known;
    private volatile List<VerificationKey> counting;

    private LearnedKeys(Path file, List<VerificationKey> given, @Nullable NoteVerifier log) {
        this.file = file;
        this.given = given;
        this.log = log;
        this.counting = given;
    }

    /**
     * What earlier runs learned; only {@code given} when the log is not asked.
     *
     * @param vkey the log's key as the owner pinned it; null = the one that was met first
     */
    static LearnedKeys open(Path folder, List<VerificationKey> given, boolean learns, @Nullable String vkey)
            throws IOException {
        LearnedKeys keys =
                new LearnedKeys(folder.resolve(FILE), given, learns && vkey != null ? NoteVerifier.ofVkey(vkey) : null);
        if (!learns || !Files.exists(keys.file)) return keys;
        String[] lines = Files.readString(keys.file, StandardCharsets.UTF_8).split("\n");
        try {
            if (lines.length != 2) throw new IllegalArgumentException(lines.length + " lines");
            // By the pinned key where there is one: of another log, what was kept says nothing.
            keys.take(ReceiptKeys.parse(Base64.getDecoder().decode(lines[1]))
                    .follow(keys.log == null ? NoteVerifier.ofVkey(lines[0]) : keys.log));
            return keys;
        } catch (InvalidNoteException e) {
            if (vkey != null && e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY) return keys;
            throw damaged(e);
        } catch (MalformedException | IllegalArgumentException e) {
            throw damaged(e);
        }
    }

    private static IOException damaged(Exception e) {
        return new IOException(
                FILE + " is damaged: remove it, and the keys are fetched again (" + e.getMessage() + ")", e);
    }

    /** The log's key that the next file is verified by; null before the first, when none was pinned. */
    synchronized @Nullable NoteVerifier log() {
        return log;
    }

    /** Whether the log has told anything yet. */
    synchronized boolean learned() {
        return known != null;
    }

    List<VerificationKey> counting() {
        return counting;
    }

    /** Whether one of the keys that count has this kid and verifies. */
    boolean verifies(byte[] kid, Predicate<VerificationKey> signature) {
        return counting.stream().anyMatch(key -> Arrays.equals(key.kid(), kid) && signature.test(key));
    }

    /**
     * Takes what the log tells now, durably.
     *
     * @param by the log's key, {@link #log()} unless that is null
     * @return whether other keys count than before
     * @throws IOException when it does not hold, or is leaves out what is known; nothing changed then
     */
    synchronized boolean learn(byte[] told, NoteVerifier by) throws IOException {
        try {
            ReceiptKeys.Known now = ReceiptKeys.parse(told).follow(by);
            if (known != null && !now.goesOnFrom(known))
                throw new IOException("the log's receipt keys leave out what this device knows of them");
            List<VerificationKey> before = counting;
            if (known == null
                    || !known.goesOnFrom(now)
                    || log == null
                    || !log.vkey().equals(now.log().vkey()))
                DeviceKeys.writeDurably(
                        file,
                        (now.log().vkey() + "\n" + Base64.getEncoder().encodeToString(told) + "\n")
                                .getBytes(StandardCharsets.UTF_8));
            take(now);
            return !counting.equals(before);
        } catch (MalformedException | InvalidNoteException e) {
            throw new IOException("the log's receipt keys do not verify: " + e.getMessage(), e);
        }
    }

    private void take(ReceiptKeys.Known now) {
        known = now;
        // Only the newest: who has stolen a key that handed over must not lead this device back to its time.
        List<NoteVerifier> keys = now.log().keys();
        log = keys.get(keys.size() - 1);
        List<VerificationKey> all = new ArrayList<>(given);
        all.removeAll(now.revoked());
        now.inForce().stream().filter(key -> !all.contains(key)).forEach(all::add);
        counting = List.copyOf(all);
    }
}
