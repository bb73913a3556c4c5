package io.waymark.evidence.witness;

import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Cosignature;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.Cosigner;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.SignedTiles;
import io.waymark.evidence.witness.Submission.MalformedSubmissionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, for each log it watches, the largest checkpoint it cosigned, and cosigns only what grew from that. What it cosigns is on
 * the disk before the cosignature exists outside: a crash at any moment loses answers, never memory. Safe for several threads.
 *
 * <pre>
 * lock, key (0600)
 * logs/&lt;hex SHA-256(origin)&gt;    the note cosigned last, with the log's signature and our cosignatures
 * hand-overs/&lt;the same&gt;          how that log's key changed since it was configured, FORMAT.md §7.2
 * fraud/*.waymark-fraud         checkpoints that contradict it, FORMAT.md §12.4; never overwritten
 * </pre>
 */
public final class Witness implements AutoCloseable {
    /** Only a log can make these, but it could make them without end. */
    private static final int MAX_FRAUD_FILES = 10_000;

    private static final int MAX_SECONDS_BACK = 300;

    /** What became of a submission. */
    public sealed interface Answer {
        /** @param lines cosignature lines, one per key */
        record Cosigned(String lines) implements Answer {}

        /** 400 */
        record NotUnderstood(String why) implements Answer {}

        /** 403: no trusted key of this log signed it. */
        record NotSigned(String why) implements Answer {}

        /** 404 */
        record UnknownLog(String why) implements Answer {}

        /** 409: what was cosigned last has another size than the log believes. */
        record OtherSize(long size) implements Answer {}

        /** 422: it does not grow from what was cosigned last. */
        record NotConsistent(String why) implements Answer {}
    }

    private final OwnedFolder folder;
    private final List<Cosigner> cosigners;
    private final Clock clock;
    private final Map<String, Watched> watched = new LinkedHashMap<>();
    private volatile Consumer<String> unknownKey = origin -> {};

    private Witness(OwnedFolder folder, List<Cosigner> cosigners, Clock clock) {
        this.folder = folder;
        this.cosigners = cosigners;
        this.clock = clock;
    }

    /**
     * Takes the folder, makes a key when there is none, and reads what was cosigned before.
     *
     * @param logs  origin to the keys trusted for it
     * @param mlDsa cosign with ML-DSA-44 too
     * @throws IOException when the folder is in use, is of another name, or what was cosigned cannot be read: then nothing is cosigned
     */
    public static Witness open(Path path, String name, Map<String, List<NoteVerifier>> logs, boolean mlDsa, Clock clock)
            throws IOException {
        OwnedFolder folder = OwnedFolder.open(path);
        try {
            Witness witness = new Witness(folder, WitnessKeys.open(folder, name, mlDsa), clock);
            for (Map.Entry<String, List<NoteVerifier>> log : logs.entrySet()) {
                for (Cosigner cosigner : witness.cosigners) {
                    if (!cosigner.canSign(log.getKey())) {
                        throw new IOException("ML-DSA-44 signs names of up to 255 bytes");
                    }
                }
                Watched one = witness.new Watched(log.getKey(), List.copyOf(log.getValue()));
                one.remember();
                witness.watched.put(log.getKey(), one);
            }
            return witness;
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    /** What others put in their policy. */
    public List<String> vkeys() {
        return cosigners.stream().map(cosigner -> cosigner.verifier().vkey()).toList();
    }

    /** Origin to size cosigned last; 0 for a log that never was. */
    public Map<String, Long> sizes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        watched.forEach((origin, one) -> sizes.put(origin, one.size()));
        return sizes;
    }

    /** Names of the files that prove fraud, sorted. */
    public List<String> fraud() throws IOException {
        return folder.list("fraud");
    }

    /** The note cosigned last of the log whose origin has this SHA-256 (lower-case hexadecimal). */
    public Optional<String> checkpoint(String hexOriginHash) {
        return watched.values().stream()
                .filter(one -> one.hexHash.equals(hexOriginHash))
                .findFirst()
                .flatMap(Watched::note);
    }

    /** The checkpoint cosigned last of the log with this origin. */
    public Optional<VerifiedCheckpoint> latest(String origin) {
        return Optional.ofNullable(watched.get(origin)).flatMap(Watched::latest);
    }

    /** Origin to the keys its checkpoints are judged by now: those it was opened with, or what was followed from them. */
    public Map<String, List<NoteVerifier>> logs() {
        Map<String, List<NoteVerifier>> logs = new LinkedHashMap<>();
        watched.forEach((origin, one) -> logs.put(origin, one.keys));
        return logs;
    }

    /** @param look told the origin of a watched log whose checkpoint none of the known keys signed; on the submission's thread, so quick */
    public void onUnknownKey(Consumer<String> look) {
        unknownKey = look;
    }

    /**
     * Looks whether a watched log tells that its key handed over, and from then on judges it by the keys it proves: of what was cosigned here
     * and of the hand-overs both, the tree it shows must have grown. On the disk before it counts. Asks {@code files}, so not quick.
     *
     * @return the log's newest key, when it is another one than before
     * @throws InvalidNoteException when what it tells does not hold
     * @throws IOException          also when it shows less than was cosigned: to be asked again
     */
    public Optional<NoteVerifier> follow(String origin, Mirror.Source files) throws IOException, InvalidNoteException {
        Watched one = watched.get(origin);
        return one == null ? Optional.empty() : one.follow(files);
    }

    /** Where it keeps what it remembers; other files may be kept beside it. */
    public OwnedFolder folder() {
        return folder;
    }

    /**
     * Keeps what proves that a log signed two histories, found elsewhere than in a submission.
     *
     * @param seen the checkpoint that is not of what was cosigned
     */
    public void contradiction(FraudProof proof, VerifiedCheckpoint seen) throws IOException {
        Watched one = watched.get(seen.checkpoint().origin());
        if (one == null) {
            throw new IllegalArgumentException(
                    "this witness does not watch " + seen.checkpoint().origin());
        }
        one.keep(proof, seen);
    }

    /** @throws IOException when the state could not be written: nothing was cosigned */
    public Answer add(byte[] body) throws IOException {
        Submission submission;
        String origin;
        try {
            submission = Submission.parse(body);
            origin = Checkpoint.ofUnverified(submission.note()).origin();
        } catch (MalformedSubmissionException | InvalidNoteException e) {
            return new Answer.NotUnderstood(String.valueOf(e.getMessage()));
        }
        Watched one = watched.get(origin);
        return one == null ? new Answer.UnknownLog("this witness does not watch that log") : one.add(submission);
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }

    private final class Watched {
        private final String origin;
        private volatile List<NoteVerifier> keys;
        private final String hexHash;
        private @Nullable VerifiedCheckpoint latest;
        private long latestSeconds;

        // What was answered for it, once it was durable.
        private @Nullable String latestLines;

        Watched(String origin, List<NoteVerifier> keys) {
            this.origin = origin;
            this.keys = keys;
            this.hexHash = HexFormat.of().formatHex(Sha256.of(origin.getBytes(StandardCharsets.UTF_8)));
        }

        private String file() {
            return "logs/" + hexHash;
        }

        private String handOversFile() {
            return "hand-overs/" + hexHash;
        }

        /** Our own cosignature vouches for what we kept: the log may have changed its key since. */
        void remember() throws IOException {
            try {
                Optional<byte[]> told = folder.read(handOversFile());
                FollowedKey followed = told.isPresent() ? followed(told) : null;
                keys = followed == null ? keys : with(followed);
            } catch (InvalidNoteException e) {
                throw new IOException("the hand-overs of " + origin + " cannot be read: " + e.getMessage(), e);
            }
            Optional<byte[]> kept = folder.read(file());
            if (kept.isEmpty()) {
                return;
            }
            try {
                // The first key is the Ed25519 one, which every note that was kept carries.
                CosignatureVerifier own = cosigners.get(0).verifier();
                VerifiedCheckpoint checkpoint = own.checkpoint(new String(kept.get(), StandardCharsets.UTF_8));
                if (!checkpoint.checkpoint().origin().equals(origin)) {
                    throw new IOException("what was cosigned last of " + origin + " is of another log");
                }
                latest = checkpoint;
                latestSeconds = own.seconds(checkpoint);
            } catch (InvalidNoteException e) {
                // Taken as "never cosigned" it would let the log start again.
                throw new IOException("what was cosigned last of " + origin + " cannot be read: " + e.getMessage(), e);
            }
        }

        /** Null when what is told is of keys that are not known here. */
        private @Nullable FollowedKey followed(Optional<byte[]> told) throws InvalidNoteException {
            for (NoteVerifier key : keys) {
                try {
                    return FollowedKey.of(key, told);
                } catch (InvalidNoteException e) {
                    if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                        throw e;
                    }
                }
            }
            return null;
        }

        /** A key that handed over no longer counts by itself. */
        private List<NoteVerifier> with(FollowedKey followed) {
            List<NoteVerifier> others = new ArrayList<>(keys);
            others.removeIf(key -> followed.log().knows(key.key()));
            others.add(0, followed.log());
            return List.copyOf(others);
        }

        Optional<NoteVerifier> follow(Mirror.Source files) throws IOException, InvalidNoteException {
            Optional<byte[]> told = files.get(HandOvers.FILE);
            FollowedKey followed = told.isPresent() ? followed(told) : null;
            if (followed == null || keys.get(0).vkey().equals(followed.log().vkey())) {
                return Optional.empty();
            }
            byte[] note = files.get("checkpoint").orElseThrow(() -> new IOException("the log shows no checkpoint"));
            VerifiedCheckpoint shown = followed.log().checkpoint(new String(note, StandardCharsets.UTF_8), origin);
            VerifiedCheckpoint before = latest().orElse(null);
            if (before != null && before.size() > shown.size()) {
                throw new IOException("the log shows " + shown.size() + " entries, cosigned were " + before.size());
            }
            try {
                HashSource tree = Tiles.hashes(shown.size(), new SignedTiles(files, shown));
                if (!followed.isOf(shown, tree)) {
                    throw new IOException("the log's hand-overs are not of the tree it shows");
                }
                if (before != null
                        && before.size() > 0
                        && !ConsistencyProof.of(before.size(), shown.size(), tree)
                                .extends_(before, shown)) {
                    keepIfHandOversProveFraud(followed, before, tree);
                    throw new IOException("the log's hand-overs are not of the tree that was cosigned");
                }
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            synchronized (this) {
                // What was cosigned meanwhile was not compared.
                if (latest != before) {
                    throw new IOException("another checkpoint was cosigned while the hand-overs were read");
                }
                folder.replace(handOversFile(), followed.file());
                keys = with(followed);
            }
            return Optional.of(followed.log());
        }

        synchronized long size() {
            return latest == null ? 0 : latest.size();
        }

        synchronized Optional<VerifiedCheckpoint> latest() {
            return Optional.ofNullable(latest);
        }

        synchronized void keep(FraudProof proof, VerifiedCheckpoint seen) throws IOException {
            keep(Optional.of(proof), seen);
        }

        synchronized Optional<String> note() {
            return Optional.ofNullable(latest).map(VerifiedCheckpoint::note);
        }

        // One submission of a log at a time: comparing with what was cosigned last and replacing it are one step.
        synchronized Answer add(Submission submission) throws IOException {
            VerifiedCheckpoint submitted;
            try {
                submitted = signed(submission.note());
            } catch (InvalidNoteException e) {
                if (e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY) {
                    unknownKey.accept(origin);
                }
                return e.reason() == InvalidNoteException.Reason.MALFORMED
                        ? new Answer.NotUnderstood(e.getMessage())
                        : new Answer.NotSigned(e.getMessage());
            }
            keepIfFork(submitted);
            if (submission.oldSize() > submitted.size()) {
                return new Answer.NotUnderstood(
                        "old size " + submission.oldSize() + " is beyond size " + submitted.size());
            }
            VerifiedCheckpoint before = latest;
            if (submission.oldSize() != size()) {
                return new Answer.OtherSize(size());
            }
            if (before == null) {
                if (!submission.proof().path().isEmpty()
                        || submitted.size() == 0 && !Arrays.equals(submitted.root(), MerkleHash.EMPTY)) {
                    return new Answer.NotConsistent(
                            "from nothing the proof is empty, and the root of nothing is known");
                }
            } else if (!submission.proof().extends_(before, submitted)) {
                keepIfRefusalProvesFraud(before, submitted, submission);
                return new Answer.NotConsistent(
                        "it does not grow from the checkpoint of size " + before.size() + " cosigned before");
            }
            return cosign(submitted);
        }

        private VerifiedCheckpoint signed(String note) throws InvalidNoteException {
            VerifiedCheckpoint verified = null;
            InvalidNoteException refused = null;
            for (NoteVerifier key : keys) {
                try {
                    verified = key.checkpoint(note, origin);
                } catch (InvalidNoteException e) {
                    // One known key whose signature is wrong spoils the note (C2SP signed-note).
                    if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                        throw e;
                    }
                    refused = e;
                }
            }
            if (verified != null) {
                return verified;
            }
            if (refused != null) {
                throw refused;
            }
            throw new IllegalStateException("a log without a key");
        }

        private Answer cosign(VerifiedCheckpoint submitted) throws IOException {
            // A clock that is set back a little must not make a later checkpoint look older. One that was far ahead
            // must not be followed for ever.
            long now = clock.instant().getEpochSecond();
            boolean setBack = now < latestSeconds && latestSeconds - now <= MAX_SECONDS_BACK;
            long seconds = setBack ? latestSeconds : now;
            // The same again within a second gives the same bytes: nothing to write. Anybody may repeat a public
            // checkpoint, and the disk is what a log waits for.
            if (latestLines != null
                    && latest != null
                    && seconds == latestSeconds
                    && latest.text().equals(submitted.text())) {
                return new Answer.Cosigned(latestLines);
            }
            latestLines = null;
            StringBuilder lines = new StringBuilder();
            for (Cosigner cosigner : cosigners) {
                Cosignature cosignature = cosigner.cosign(submitted, seconds);
                lines.append(cosignature.line());
            }
            String note = submitted.noteSignedBy(keys) + lines;
            // When this fails the old or the new one may be on the disk. Both are true, and of the new one nobody was
            // told: to compare with the old one is still right.
            folder.replace(file(), note.getBytes(StandardCharsets.UTF_8));
            try {
                latest = cosigners.get(0).verifier().checkpoint(note);
                latestSeconds = seconds;
                latestLines = lines.toString();
            } catch (InvalidNoteException e) {
                throw new IllegalStateException("what was just cosigned", e);
            }
            return new Answer.Cosigned(lines.toString());
        }

        private void keepIfFork(VerifiedCheckpoint submitted) throws IOException {
            if (latest != null && latest.size() == submitted.size()) {
                keep(FraudProof.ofFork(latest, submitted), submitted);
            }
        }

        /** A wrong proof alone proves nothing: anybody may send one with a log's true checkpoint. */
        private void keepIfRefusalProvesFraud(
                VerifiedCheckpoint before, VerifiedCheckpoint submitted, Submission submission) throws IOException {
            if (before.size() < submitted.size()) {
                keep(FraudProof.ofRefused(before, submitted, submission.proof()), submitted);
            }
        }

        /** What the known key has signed with the next one is of another history than what it signed before. */
        private synchronized void keepIfHandOversProveFraud(
                FollowedKey told, VerifiedCheckpoint before, HashSource shown) throws IOException {
            for (VerifiedCheckpoint both : told.handOvers()) {
                try {
                    VerifiedCheckpoint known = signed(both.note());
                    if (known.size() >= before.size()) {
                        keep(FraudProof.ofTree(before, known, shown), known);
                    }
                } catch (InvalidNoteException e) {
                    // By later keys.
                }
            }
        }

        private void keep(Optional<FraudProof> proof, VerifiedCheckpoint submitted) throws IOException {
            if (proof.isEmpty()) {
                return;
            }
            // One file per contradicting root, however often it is sent.
            String name = hexHash.substring(0, 16) + "-" + submitted.size() + "-"
                    + HexFormat.of().formatHex(submitted.root(), 0, 12) + FraudProof.EXTENSION;
            if (folder.read("fraud/" + name).isEmpty() && fraud().size() < MAX_FRAUD_FILES) {
                folder.writeOnce("fraud/" + name, proof.get().encode());
                System.err.println("fraud: " + origin + " signed two histories, see fraud/" + name);
            }
        }
    }
}
