package io.waymark.evidence.audit;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Keys;
import io.waymark.evidence.proof.Outcome;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a log, up to a verified checkpoint. Memory: 64 KiB of open tiles, 16 bundles read ahead, and the tags of statements and links
 * (see {@link TagSet}: 600 MB for 10 million).
 */
public final class Audit {
    public static final String ENTRIES = "log entries";
    public static final String TILES = "log tiles";
    public static final String ROOT = "log root";
    public static final String TAGS = "tags";
    public static final String KEYS = "keys";
    public static final String MAP_HEADS = "map heads";
    public static final String ORIGINALS = "originals";
    public static final String EARLIER = "earlier checkpoints";
    public static final String SIGNED = "signed checkpoints";
    public static final String FILES = "log files";

    private static final int AHEAD = 16;

    /** The tree is not the one that was signed: what comes after has nothing to be compared with. */
    static final class Difference extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Where the state is kept while the audit goes on. */
    public interface Keeper {
        /** Called after the first bundle that ends {@code every} entries or more, and a quarter of the log so far, after the last call. */
        void keep(AuditState state) throws IOException;
    }

    private record Failure(long index, Check check) {}

    private final LogFiles files;
    private final VerifiedCheckpoint checkpoint;
    private final long size;
    private final AuditState state;
    private final TileTree.Full full = (level, number, hashes) -> tile(level, number, Tiles.WIDTH, hashes);
    private final Map<String, Failure> failures = new LinkedHashMap<>();

    private final NoteVerifier log;
    private List<VerifiedCheckpoint> handOvers = List.of();
    private @Nullable Originals originals;
    private long originalsVerified;
    private long originalsMissing;
    private long originalsOpen;
    private String originalOpen = "";
    private long mapHeads;
    private long tiles;
    private long unknownPublic;

    private final CheckpointList everSigned;
    private @Nullable VerifiedCheckpoint nextSigned;
    private long signed;

    private Audit(LogFiles files, NoteVerifier log, VerifiedCheckpoint checkpoint, AuditState state) {
        this.files = files;
        this.log = log;
        this.everSigned = new CheckpointList(files, log);
        this.checkpoint = checkpoint;
        this.size = checkpoint.size();
        this.state = state;
    }

    /** From the first entry. */
    public static Audit fromTheStart(LogFiles files, NoteVerifier log, VerifiedCheckpoint checkpoint) {
        return new Audit(files, log, checkpoint, AuditState.fresh(log, checkpoint.size()));
    }

    /**
     * From where an earlier audit of this log ended or was interrupted. The entries before are not read again; that the log still begins with
     * them follows from the root.
     *
     * @throws IOException when the state cannot be read, is damaged, or is of another log
     */
    public static Audit goingOn(LogFiles files, NoteVerifier log, VerifiedCheckpoint checkpoint, InputStream state)
            throws IOException {
        return new Audit(files, log, checkpoint, AuditState.read(state, log, checkpoint.size()));
    }

    /** Statements whose messages are there are checked as well. */
    public Audit with(Originals originals) {
        this.originals = originals;
        return this;
    }

    /** The log's key handed over with these checkpoints (FORMAT.md §7.2): they must be of this tree, and no other hand-over in it. */
    public Audit with(FollowedKey key) {
        handOvers = key.handOvers().stream().filter(one -> one.size() <= size).toList();
        return this;
    }

    /** Entries that need not be read again. */
    public long begun() {
        return state.size();
    }

    public static void write(AuditState state, OutputStream to) throws IOException {
        state.write(to);
    }

    /**
     * @param earlier  checkpoints of this log that were signed before: each must be a prefix
     * @param every    entries between two calls of {@code keeper}, see there; it is called once more at the end, if nothing failed
     */
    public AuditReport run(List<VerifiedCheckpoint> earlier, Progress progress, long every, Keeper keeper)
            throws IOException {
        long begin = state.size();
        List<Check> passed = new ArrayList<>();
        boolean complete = false;
        try {
            if (begin > size) {
                fail(ROOT, size, "the log", "at least the " + begin + " entries read before", size + " entries");
                throw new Difference();
            }
            readEntries(progress, every, keeper);
            readEdge();
            root();
            beginnings(EARLIER, earlier);
            beginnings(Check.KEY_HAND_OVER, handOvers);
            handedOverAsTold();
            complete = true;
        } catch (Difference e) {
            // It is among the failures.
        } catch (IOException e) {
            if (failures.isEmpty()) {
                throw e;
            }
            // What was found stands; that more could not be looked at is said beside it.
            passed.add(new Check(FILES, "the log", Outcome.CANNOT_TELL, "every file", String.valueOf(e.getMessage())));
        }
        if (complete && failures.isEmpty()) {
            keeper.keep(state);
        }
        return report(passed, complete, earlier.size(), begin);
    }

    private void readEntries(Progress progress, long every, Keeper keeper) throws IOException, Difference {
        long begin = state.size();
        long kept = begin;
        long first = begin / Tiles.WIDTH;
        signedAfter(begin);
        for (long soon = first; soon < first + AHEAD; soon++) {
            soon(soon);
        }
        for (long bundle = first; bundle * Tiles.WIDTH < size; bundle++) {
            soon(bundle + AHEAD);
            bundle(bundle);
            progress.read(state.size() - begin, state.size(), size);
            long since = state.size() - kept;
            if (since >= every && since >= state.size() / 4 && failures.isEmpty()) {
                kept = state.size();
                keeper.keep(state);
            }
        }
    }

    private void soon(long bundle) {
        int width = Tiles.width(0, bundle, size);
        if (width > 0) {
            files.soon(Tiles.entriesPath(bundle, width));
            files.soon(Tiles.path(0, bundle, width));
        }
    }

    private void bundle(long number) throws IOException, Difference {
        int width = Tiles.width(0, number, size);
        String path = Tiles.entriesPath(number, width);
        byte[] bytes = file(path, Tiles.entriesPath(number, Tiles.WIDTH));
        int at = 0;
        for (int i = 0; i < width; i++) {
            long index = number * Tiles.WIDTH + i;
            int length = at + 2 > bytes.length ? -1 : (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
            at += 2;
            if (length < 0 || bytes.length - at < length) {
                fail(ENTRIES, index, path, width + " entries", "it ends in entry " + i);
                throw new Difference();
            }
            // The tree has those of an audit before.
            if (index >= state.size()) {
                state.tree.append(bytes, at, length, full);
                entry(bytes, at, length, index);
                if (nextSigned != null && nextSigned.size() == index + 1) {
                    signed(nextSigned);
                }
            }
            at += length;
        }
        if (width == Tiles.WIDTH && at < bytes.length) {
            fail(ENTRIES, (number + 1) * Tiles.WIDTH, path, width + " entries", "more bytes after them");
            throw new Difference();
        }
    }

    private void signed(VerifiedCheckpoint one) throws IOException {
        signed++;
        byte[] root = state.tree.root();
        if (!Arrays.equals(root, one.root())) {
            fail(
                    SIGNED,
                    -1,
                    "checkpoint of " + one.size() + " entries",
                    hex(one.root()) + ", as signed",
                    hex(root) + ", from the entries");
        }
        signedAfter(one.size());
    }

    private void signedAfter(long size) throws IOException {
        nextSigned = null;
        try {
            nextSigned = everSigned.after(size);
        } catch (InvalidNoteException e) {
            fail(SIGNED, -1, "checkpoint after that of " + size + " entries", "signed by the log", e.getMessage());
        }
    }

    private void entry(byte[] bytes, int at, int length, long index) throws IOException {
        int kind = length == 0 ? 0 : bytes[at];
        if (kind != Entries.STATEMENT && kind != Entries.LINK && kind != Entries.PUBLIC) {
            state.kinds[0]++;
            return;
        }
        state.kinds[kind]++;
        if (kind == Entries.PUBLIC) {
            publicEntry(Arrays.copyOfRange(bytes, at, at + length), index);
            return;
        }
        if (length != Entries.PRIVATE_LENGTH) {
            fail(ENTRIES, index, "entry " + index, "65 bytes", length + " bytes of kind " + kind);
            return;
        }
        boolean isLink = kind == Entries.LINK;
        long before = (isLink ? state.links : state.statements).add(bytes, at + 1, index);
        if (before >= 0) {
            fail(TAGS, index, "entry " + index, "a tag of its own", "the tag of entry " + before);
        } else if (isLink) {
            state.map.added(bytes, at + 1, index);
        }
        if (!isLink && originals != null) {
            original(originals, Arrays.copyOfRange(bytes, at + 33, at + 65), index);
        }
    }

    private void publicEntry(byte[] bytes, long index) {
        PublicEntry entry;
        try {
            entry = PublicEntry.parse(bytes);
        } catch (MalformedException e) {
            fail(ENTRIES, index, "entry " + index, "a public entry", e.getMessage());
            return;
        }
        if (entry == null) {
            unknownPublic++;
        } else if (entry instanceof MapHead head) {
            mapHeads++;
            String differs = state.map.differs(head, index);
            if (differs != null) {
                fail(MAP_HEADS, index, "entry " + index, "the map of the links before", differs);
            }
        } else {
            String contradicts = state.key(entry, index);
            if (contradicts != null) {
                fail(KEYS, index, "entry " + index, "nothing that contradicts an earlier entry", contradicts);
            }
        }
    }

    private void original(Originals from, byte[] digest, long index) throws IOException {
        Optional<byte[]> wire = from.wire(digest);
        if (wire.isEmpty()) {
            originalsMissing++;
            return;
        }
        String where = "message " + hex(digest) + " of entry " + index;
        try {
            SignedMessage message = SignedMessage.parse(wire.get());
            if (!Arrays.equals(message.digest(), digest)) {
                fail(ORIGINALS, index, where, "that digest", hex(message.digest()));
                return;
            }
            int type = message.head().type();
            if (type == MessageType.CUSTODY_STEP) {
                fail(ORIGINALS, index, where, "a message that is recorded as a statement", "a custody step");
                return;
            }
            String role = type == MessageType.STATEMENT ? KeyBinding.ORGANISATION : KeyBinding.DEVICE;
            Keys.Judgement judgement = state.keys.keys().judge(message.envelope(), role, index);
            switch (judgement.outcome()) {
                case PASS -> originalsVerified++;
                case FAIL -> fail(ORIGINALS, index, where, "signed by a key that was bound before", judgement.seen());
                case CANNOT_TELL -> {
                    originalOpen = originalsOpen++ == 0 ? where + ": " + judgement.seen() : originalOpen;
                }
            }
        } catch (MalformedException e) {
            fail(ORIGINALS, index, where, "a signed message", e.getMessage());
        }
    }

    private void readEdge() throws IOException, Difference {
        for (int level = 0; level < TileTree.LEVELS; level++) {
            int width = state.tree.width(level);
            if (width > 0) {
                tile(level, (size >>> 8 * level) / Tiles.WIDTH, width, state.tree.tile(level));
            }
        }
    }

    private void tile(int level, long number, int width, byte[] computed) throws IOException, Difference {
        String path = Tiles.path(level, number, width);
        byte[] stored = file(path, Tiles.path(level, number, Tiles.WIDTH));
        int same = Arrays.mismatch(computed, 0, 32 * width, stored, 0, Math.min(stored.length, 32 * width));
        if (same < 0 && (width < Tiles.WIDTH || stored.length == 32 * width)) {
            tiles++;
            return;
        }
        int hash = same < 0 ? width : same / 32;
        long index = (number * Tiles.WIDTH + hash) << 8 * level;
        if (stored.length < 32 * (hash + 1) || hash == width) {
            fail(TILES, index, path, width + " hashes", stored.length + " bytes");
        } else if (level > 0) {
            String which = "hash " + hash + ", over the entries from " + index + ", ";
            fail(TILES, index, path, which + hex(computed, hash), hex(stored, hash));
        } else {
            leaf(index, path, hash, computed, stored);
        }
        throw new Difference();
    }

    /** Either the entry or the tile was altered: the one that does not lead to the signed root. */
    private void leaf(long index, String path, int hash, byte[] computed, byte[] stored) {
        byte[] ours = Arrays.copyOfRange(computed, 32 * hash, 32 * hash + 32);
        byte[] theirs = Arrays.copyOfRange(stored, 32 * hash, 32 * hash + 32);
        String check = TILES;
        String what = "";
        try {
            InclusionProof proof = Tiles.inclusion(index, size, this::stored);
            if (proof.places(theirs, checkpoint)) {
                check = ENTRIES;
                what = ", which leads to the signed root";
            } else if (!proof.places(ours, checkpoint)) {
                what = "; neither leads to the signed root";
            }
        } catch (UncheckedIOException | IllegalStateException e) {
            what = "; which of them was signed cannot be told: " + e.getMessage();
        }
        String expected = "leaf of entry " + index + " " + hex(ours);
        if (check.equals(ENTRIES)) {
            fail(ENTRIES, index, "entry " + index, "leaf of entry " + index + " " + hex(theirs) + what, hex(ours));
        } else {
            fail(TILES, index, path, expected, hex(theirs) + what);
        }
    }

    private byte[] stored(int level, long number, int width) {
        try {
            return file(Tiles.path(level, number, width), Tiles.path(level, number, Tiles.WIDTH));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void root() {
        byte[] root = state.tree.root();
        if (!Arrays.equals(root, checkpoint.root())) {
            fail(ROOT, -1, "tree of " + size, hex(checkpoint.root()) + ", as signed", hex(root) + ", from the entries");
        }
    }

    /** Of the log's keys that the entries tell, the first of which nothing shows how it took over; null when there is none. */
    private LogKeys.@Nullable Placed untold() {
        for (LogKeys.Placed one : state.keys.logKeys()) {
            boolean told = log.tookOverAt(one.key().key()).orElse(0) > one.index();
            if (one.key().generation() > 0 && !told) {
                return one;
            }
        }
        return null;
    }

    private String untold(LogKeys.Placed one) {
        return "entry " + one.index() + " hands over to " + vkey(one)
                + ", and no checkpoint is here that both keys signed";
    }

    private String vkey(LogKeys.Placed one) {
        return NoteVerifier.of(log.name(), one.key().key()).vkey();
    }

    /** A key that handed over signs nothing more, however the reader came to know it. */
    private void handedOverAsTold() {
        LogKeys.Placed untold = untold();
        if (untold == null) {
            return;
        }
        List<LogKeys.Placed> all = state.keys.logKeys();
        LogKeys.Placed newest = all.get(all.size() - 1);
        try {
            NoteVerifier.of(log.name(), newest.key().key()).checkpoint(checkpoint.note());
        } catch (InvalidNoteException e) {
            String expected = "signed by " + vkey(newest) + ", in force since entry " + newest.index();
            fail(Check.KEY_HAND_OVER, newest.index(), "checkpoint of " + size + " entries", expected, e.getMessage());
        }
    }

    private void beginnings(String check, List<VerifiedCheckpoint> earlier) throws IOException {
        // Neighbours need the same tiles.
        Map<String, byte[]> known = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, byte[]> eldest) {
                return size() > 64;
            }
        };
        for (VerifiedCheckpoint one : earlier) {
            String expected = "the tree of " + size + " entries begins with that of " + one.size();
            if (one.size() > size) {
                fail(check, size, "checkpoint of " + one.size() + " entries", expected, "it is smaller");
                continue;
            }
            ConsistencyProof proof;
            try {
                proof = Tiles.consistency(
                        one.size(),
                        size,
                        (level, number, width) ->
                                known.computeIfAbsent(level + "/" + number, any -> stored(level, number, width)));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            if (!proof.extends_(one, checkpoint)) {
                fail(check, -1, "checkpoint of " + one.size() + " entries", expected, "another root was signed");
            }
        }
    }

    /** A partial file may be gone once the full one is there. */
    private byte[] file(String path, String full) throws IOException {
        Optional<byte[]> bytes = files.get(path);
        if (bytes.isEmpty() && !path.equals(full)) {
            bytes = files.get(full);
        }
        return bytes.orElseThrow(() -> new FileNotFoundException("there is no " + path));
    }

    /** The first failure of each check is told. */
    private void fail(String check, long index, String lookedAt, String expected, String seen) {
        failures.putIfAbsent(check, new Failure(index, new Check(check, lookedAt, Outcome.FAIL, expected, seen)));
    }

    private AuditReport report(List<Check> extra, boolean complete, int earlier, long begin) {
        List<Check> checks = new ArrayList<>();
        long[] kinds = state.kinds;
        tell(
                checks,
                complete,
                ENTRIES,
                size + " entries",
                "entries for every index, each of its kind's form",
                kinds[Entries.STATEMENT] + " statements, " + kinds[Entries.LINK] + " links, " + kinds[Entries.PUBLIC]
                        + " public, " + kinds[0] + " of other kinds"
                        + (unknownPublic == 0 ? "" : "; " + unknownPublic + " public ones of a kind not known here"));
        tell(checks, complete, TILES, tiles + " tiles", "the hashes of the entries", "the same");
        tell(
                checks,
                complete,
                ROOT,
                "tree of " + size,
                hex(checkpoint.root()) + ", as signed",
                "the same, from the entries");
        tell(
                checks,
                complete,
                TAGS,
                state.statements.size() + " statements, " + state.links.size() + " links",
                "none twice",
                "none");
        tell(checks, complete, KEYS, "key bindings and revocations", "none that contradicts an earlier one", "none");
        LogKeys.Placed untold = untold();
        if (complete && untold != null && !failures.containsKey(Check.KEY_HAND_OVER)) {
            checks.add(new Check(
                    Check.KEY_HAND_OVER,
                    "keys of the log",
                    Outcome.CANNOT_TELL,
                    "a checkpoint signed by both keys for each hand-over",
                    untold(untold)));
        } else if (!handOvers.isEmpty() || failures.containsKey(Check.KEY_HAND_OVER)) {
            tell(
                    checks,
                    complete,
                    Check.KEY_HAND_OVER,
                    handOvers.size() + " hand-overs",
                    "each promised, in this tree, and signed by both keys",
                    "up to " + log.vkey());
        }
        tell(
                checks,
                complete,
                MAP_HEADS,
                mapHeads + " map heads" + (begin == 0 ? "" : " since index " + begin),
                "the maps of the links before them",
                "the same");
        if (originals != null) {
            String seen = originalsVerified + " signed by keys bound before, " + originalsMissing + " without original";
            if (originalsOpen > 0 && !failures.containsKey(ORIGINALS)) {
                checks.add(new Check(
                        ORIGINALS,
                        originalOpen,
                        Outcome.CANNOT_TELL,
                        "signed by a key that was bound before",
                        originalsOpen + " cannot be judged; " + seen));
            } else {
                tell(
                        checks,
                        complete,
                        ORIGINALS,
                        "messages of the statements",
                        "digests and signatures that fit",
                        seen);
            }
        }
        if (everSigned.offered()) {
            tell(checks, complete, SIGNED, signed + " checkpoints", "each the root of the tree it names", "they are");
        }
        if (earlier > 0) {
            tell(checks, complete, EARLIER, earlier + " checkpoints", "each a beginning of this tree", "they are");
        }
        checks.addAll(extra);
        AuditReport.FirstBad first = null;
        for (Map.Entry<String, Failure> failure : failures.entrySet()) {
            long index = failure.getValue().index();
            if (first == null || index >= 0 && (first.index() < 0 || index < first.index())) {
                first = new AuditReport.FirstBad(index, failure.getKey());
            }
        }
        return new AuditReport(checks, first, state.size() - begin);
    }

    private void tell(
            List<Check> checks, boolean complete, String name, String lookedAt, String expected, String seen) {
        Failure failure = failures.get(name);
        if (failure != null) {
            checks.add(failure.check());
        } else if (complete) {
            checks.add(new Check(name, lookedAt, Outcome.PASS, expected, seen));
        }
    }

    private static String hex(byte[] hashes, int number) {
        return HexFormat.of().formatHex(hashes, 32 * number, 32 * number + 32);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
