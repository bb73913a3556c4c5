package io.waymark.evidence.mirror;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a log in a folder, in the log's own layout. It only ever holds what hangs below a root the log signed, and only trees that
 * grew from the one before; the checkpoint is written last, so that after a crash at any moment the copy is whole.
 *
 * <pre>
 * checkpoint, tile/…                 the copy, as C2SP tlog-tiles has it
 * hand-overs                         how the log's key changed, once it did (FORMAT.md §8): the copy is followed and served by it
 * checkpoints/&lt;size&gt;-&lt;hash&gt;         every checkpoint ever seen that one of the log's keys signed
 * fraud/*.waymark-fraud              two that contradict each other (FORMAT.md §12.4): from then on nothing more is copied
 * </pre>
 */
public final class Mirror implements AutoCloseable {
    /** The public files of the log. */
    public interface Source {
        /** Empty when there is no such file. */
        Optional<byte[]> get(String path) throws IOException;
    }

    /** What the log serves is not what it signed. Nothing of it was taken. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** How the copy stands to the log. */
    public enum State {
        /** Nothing copied yet, or more is being copied. */
        COPYING,
        /** The copy is what the log showed last. */
        CURRENT,
        /** The log showed less than it signed before. What it shows is the beginning of the copy. */
        ROLLED_BACK,
        /** The log serves what it did not sign, or our own copy was altered. */
        REFUSED,
        UNREACHABLE,
        /** The log signed two histories. */
        CONTRADICTION
    }

    /** @param detail words for people, may be empty */
    public record Status(State state, String detail, long copied, long of) {}

    private final OwnedFolder folder;
    private final Source source;
    private volatile NoteVerifier key;
    private volatile @Nullable VerifiedCheckpoint latest;
    private volatile Status status = new Status(State.COPYING, "", 0, 0);

    private Mirror(OwnedFolder folder, NoteVerifier key, Source source) {
        this.folder = folder;
        this.key = key;
        this.source = source;
    }

    /** @throws IOException also when the copy is not what its checkpoint says, or the folder is in use */
    public static Mirror open(Path path, NoteVerifier key, Source source) throws IOException {
        OwnedFolder folder = OwnedFolder.open(path);
        try {
            Mirror mirror = new Mirror(folder, key, source);
            mirror.remember();
            return mirror;
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private void remember() throws IOException {
        try {
            key = FollowedKey.of(key, folder.read(HandOvers.FILE)).log();
        } catch (InvalidNoteException e) {
            throw new IOException("the copy's hand-overs: " + e.getMessage(), e);
        }
        Optional<byte[]> note = folder.read("checkpoint");
        if (note.isPresent()) {
            VerifiedCheckpoint kept;
            try {
                kept = key.checkpoint(new String(note.get(), StandardCharsets.UTF_8));
            } catch (InvalidNoteException e) {
                throw new IOException("the copy's checkpoint: " + e.getMessage(), e);
            }
            try {
                if (!Arrays.equals(Tiles.root(kept.size(), ownTiles(kept)), kept.root())) {
                    throw new IOException("the copy's tiles do not give the root of its checkpoint");
                }
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            latest = kept;
            status = new Status(State.COPYING, "", kept.size(), kept.size());
        }
        List<String> fraud = fraud();
        if (!fraud.isEmpty()) {
            contradiction(fraud.get(fraud.size() - 1));
        }
    }

    public Status status() {
        return status;
    }

    public String origin() {
        return key.name();
    }

    /** The log's key as far as it was followed: knows those before it. */
    public NoteVerifier key() {
        return key;
    }

    /** The checkpoint of the copy: what it says is all here. */
    public Optional<VerifiedCheckpoint> latest() {
        return Optional.ofNullable(latest);
    }

    /** Where the copy is; other files may be kept beside it. */
    public OwnedFolder folder() {
        return folder;
    }

    /** Names of the files that prove fraud, sorted. */
    public List<String> fraud() throws IOException {
        return folder.list("fraud");
    }

    /** A file of the copy; the caller has made sure that the path is one of tlog-tiles. */
    public Optional<byte[]> file(String path) throws IOException {
        return folder.read(path);
    }

    /** Looks at the log once and takes what is new. Never throws for what the log does: {@link #status()} says it. */
    public synchronized Status update() {
        if (status.state() == State.CONTRADICTION) {
            return status;
        }
        try {
            look();
        } catch (RefusedException | OwnedFolder.OtherContentException e) {
            stands(State.REFUSED, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            stands(State.UNREACHABLE, String.valueOf(e.getMessage()));
        } catch (UncheckedIOException e) {
            String why = e.getCause() == null ? "" : String.valueOf(e.getCause().getMessage());
            stands(e.getCause() instanceof RefusedException ? State.REFUSED : State.UNREACHABLE, why);
        } catch (InvalidNoteException e) {
            stands(State.REFUSED, "the log's checkpoint: " + e.getMessage());
        } catch (RuntimeException e) {
            // Our own mistake. A mirror that fell silent would look like one that has nothing to say.
            stands(State.REFUSED, "could not be judged: " + e);
        }
        return status;
    }

    private void look() throws IOException, InvalidNoteException {
        byte[] bytes = source.get("checkpoint").orElseThrow(() -> new IOException("the log shows no checkpoint"));
        String note = new String(bytes, StandardCharsets.UTF_8);
        FollowedKey followed = FollowedKey.alone(key);
        VerifiedCheckpoint seen;
        try {
            seen = followed.log().checkpoint(note);
        } catch (InvalidNoteException e) {
            if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                throw e;
            }
            followed = follow();
            seen = followed.log().checkpoint(note);
        }
        // Seen and signed: kept before it is known whether it is true, for it may be the evidence.
        folder.writeOnce(
                "checkpoints/" + String.format("%019d", seen.size()) + "-"
                        + HexFormat.of().formatHex(Sha256.of(bytes), 0, 8),
                bytes);
        VerifiedCheckpoint before = latest;
        if (before != null && seen.size() <= before.size()) {
            compare(before, seen, bytes, followed);
            if (status.state() == State.CURRENT) {
                adopt(followed, seen, own(before));
            }
        } else {
            grow(before, seen, bytes, followed);
        }
    }

    /** What the log tells of its key, signed by the keys known so far and the next ones; nothing of it is of a tree yet. */
    private FollowedKey follow() throws IOException, InvalidNoteException {
        return FollowedKey.of(key, source.get(HandOvers.FILE));
    }

    /** From here on the log's checkpoints are judged by these keys, also after a restart. */
    private void adopt(FollowedKey followed, VerifiedCheckpoint copied, HashSource tree) throws IOException {
        // One that is still to come in the log is asked for again then.
        if (followed.handOvers().isEmpty() || followed.size() > copied.size()) {
            return;
        }
        if (!followed.isOf(copied, tree)) {
            throw new RefusedException(
                    "the log's hand-overs are not of the tree it signed for " + copied.size() + " entries");
        }
        folder.replace(HandOvers.FILE, followed.file());
        key = followed.log();
    }

    /**
     * What is shown by keys that are told and not yet ours is of another history: proof of it is what the key that is known has signed with the
     * next one.
     *
     * @param shown the tree that is shown
     */
    private void otherHistory(FollowedKey told, VerifiedCheckpoint before, HashSource shown) throws IOException {
        for (VerifiedCheckpoint both : told.handOvers()) {
            VerifiedCheckpoint known;
            try {
                known = key.checkpoint(both.note());
            } catch (InvalidNoteException e) {
                continue; // by later keys
            }
            boolean copied = known.size() <= before.size();
            Optional<FraudProof> proof =
                    copied ? FraudProof.ofTree(known, before, own(before)) : FraudProof.ofTree(before, known, shown);
            if (proof.isPresent()) {
                contradiction(proof.get(), known);
                return;
            }
        }
        throw new RefusedException("the log's hand-overs are of another history than our copy");
    }

    private void compare(VerifiedCheckpoint before, VerifiedCheckpoint seen, byte[] note, FollowedKey told)
            throws IOException {
        boolean sameTree = Arrays.equals(seen.root(), Tiles.root(seen.size(), ownTiles(before)));
        if (!sameTree && !told.handOvers().isEmpty()) {
            otherHistory(told, before, own(before));
        } else if (!sameTree) {
            contradiction(
                    FraudProof.ofTree(seen, before, own(before))
                            .orElseThrow(() -> new RefusedException(
                                    "the log shows a root that is not of our copy, and that is not shown by it")),
                    seen);
        } else if (seen.size() < before.size()) {
            stands(State.ROLLED_BACK, "the log shows " + seen.size() + " entries and has signed " + before.size());
        } else {
            if (!seen.note().equals(before.note())) {
                folder.replace("checkpoint", note);
                latest = seen;
            }
            stands(State.CURRENT, "");
        }
    }

    private void grow(@Nullable VerifiedCheckpoint before, VerifiedCheckpoint seen, byte[] note, FollowedKey told)
            throws IOException, InvalidNoteException {
        long from = before == null ? 0 : before.size();
        long size = seen.size();
        progress(from, size);
        SignedTiles signed = new SignedTiles(source, seen);
        HashSource tree = Tiles.hashes(size, signed);
        if (before != null && from > 0 && !ConsistencyProof.of(from, size, tree).extends_(before, seen)) {
            if (!told.handOvers().isEmpty()) {
                otherHistory(told, before, tree);
                return;
            }
            contradiction(
                    FraudProof.ofTree(before, seen, tree)
                            .orElseThrow(() -> new RefusedException("the log's tiles changed while they were read")),
                    seen);
            return;
        }
        FollowedKey followed = told;
        for (long bundle = from / Tiles.WIDTH; Tiles.width(0, bundle, size) > 0; bundle++) {
            int width = Tiles.width(0, bundle, size);
            byte[] hashes = signed.tile(0, bundle, width);
            String path = Tiles.entriesPath(bundle, width);
            List<byte[]> entries = bundle(path, bundle, hashes);
            followed = requireTold(entries, bundle * Tiles.WIDTH, followed, seen);
            folder.stageOnce(path, Tiles.bundle(entries));
            folder.stageOnce(Tiles.path(0, bundle, width), hashes);
            progress(bundle * Tiles.WIDTH + width, size);
        }
        for (int level = 1; Tiles.width(level, 0, size) > 0; level++) {
            for (long index = first(level, from); Tiles.width(level, index, size) > 0; index++) {
                int width = Tiles.width(level, index, size);
                folder.stageOnce(Tiles.path(level, index, width), signed.tile(level, index, width));
            }
        }
        folder.settle();
        adopt(followed, seen, tree);
        folder.replace("checkpoint", note);
        latest = seen;
        stands(State.CURRENT, "");
        forgetPartialTiles(from, size);
    }

    /**
     * A log key among the entries that handed over is one that the log tells of, and what it handed over to signs: a copy of nothing but tiles
     * could not be followed by whoever has the key before, and that key may be a thief's by now.
     */
    private FollowedKey requireTold(List<byte[]> entries, long first, FollowedKey told, VerifiedCheckpoint seen)
            throws IOException, InvalidNoteException {
        FollowedKey followed = told;
        for (int i = 0; i < entries.size(); i++) {
            if (!LogKey.is(entries.get(i))) {
                continue;
            }
            LogKey taken;
            try {
                taken = LogKey.parse(entries.get(i));
            } catch (MalformedException e) {
                continue; // no hand-over: an audit says what is wrong with it
            }
            if (taken.generation() > 0 && !tells(followed, taken, first + i)) {
                followed = follow();
                if (!tells(followed, taken, first + i)) {
                    throw new RefusedException(
                            "entry " + (first + i) + " hands the log's key over to another one, and the log"
                                    + " does not show the checkpoint that both have signed");
                }
                followed.log().checkpoint(seen.note());
            }
        }
        return followed;
    }

    private static boolean tells(FollowedKey followed, LogKey taken, long index) {
        return followed.log().tookOverAt(taken.key()).orElse(0) > index;
    }

    /** The first tile of a level that a tree of {@code size} has not full. */
    private static long first(int level, long size) {
        return (size >>> (8 * level)) / Tiles.WIDTH;
    }

    /** The bundle whose entries have these leaf hashes: our own from an interrupted copy, or the log's. */
    private List<byte[]> bundle(String path, long bundle, byte[] hashes) throws IOException {
        Optional<byte[]> ours = folder.read(path);
        byte[] bytes =
                ours.isPresent() ? ours.get() : SignedTiles.fetch(source, path, Tiles.entriesPath(bundle, Tiles.WIDTH));
        int width = hashes.length / 32;
        List<byte[]> entries;
        try {
            entries = Tiles.entries(bytes);
        } catch (MalformedException e) {
            throw new RefusedException(path + ": " + e.getMessage());
        }
        for (int i = 0; i < width; i++) {
            if (i >= entries.size()
                    || !Arrays.equals(MerkleHash.leaf(entries.get(i)), 0, 32, hashes, 32 * i, 32 * i + 32)) {
                throw new RefusedException((ours.isPresent() ? "our own copy was altered: entry " : "entry ")
                        + (bundle * Tiles.WIDTH + i) + " is not the one that was signed");
            }
        }
        return entries.subList(0, width);
    }

    /** Partial tiles may go once the full one is there (C2SP tlog-tiles). */
    private void forgetPartialTiles(long from, long size) throws IOException {
        for (int level = 0; Tiles.width(level, 0, size) > 0; level++) {
            long index = first(level, from);
            if (Tiles.width(level, index, size) == Tiles.WIDTH) {
                folder.deleteFolder(Tiles.path(level, index, Tiles.WIDTH) + ".p");
                if (level == 0) {
                    folder.deleteFolder(Tiles.entriesPath(index, Tiles.WIDTH) + ".p");
                }
            }
        }
    }

    /**
     * The log signed two histories: keeps the proof, and copies nothing more.
     *
     * @param seen the checkpoint that is not of the copy's tree
     */
    public synchronized void contradiction(FraudProof proof, VerifiedCheckpoint seen) throws IOException {
        String name = seen.size() + "-" + HexFormat.of().formatHex(seen.root(), 0, 12) + FraudProof.EXTENSION;
        // One file per contradicting root; a second proof for it would be another file of the same name.
        if (folder.read("fraud/" + name).isEmpty()) {
            folder.writeOnce("fraud/" + name, proof.encode());
        }
        contradiction(name);
    }

    private void contradiction(String name) {
        stands(State.CONTRADICTION, "the log signed two histories, see fraud/" + name + "; nothing more is copied");
    }

    private void stands(State state, String detail) {
        long size = latest == null ? 0 : latest.size();
        status = new Status(state, detail, size, Math.max(size, state == State.CURRENT ? size : status.of()));
    }

    private void progress(long copied, long of) {
        // Never "current" before the checkpoint is the new one: who waits for that reads the checkpoint next.
        status = new Status(State.COPYING, "", copied, of);
    }

    private HashSource own(VerifiedCheckpoint copied) {
        return Tiles.hashes(copied.size(), ownTiles(copied));
    }

    /** The tiles of the copy; of a partial one what there is, which is at least what a smaller tree needs. */
    private Tiles.TileSource ownTiles(VerifiedCheckpoint copied) {
        return (level, index, width) -> {
            String path = Tiles.path(level, index, Tiles.width(level, index, copied.size()));
            try {
                byte[] hashes = folder.read(path).orElseThrow(() -> new IOException("the copy has no " + path));
                if (hashes.length < 32 * width) {
                    throw new IOException("the copy's " + path + " has " + hashes.length + " bytes");
                }
                return hashes;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
