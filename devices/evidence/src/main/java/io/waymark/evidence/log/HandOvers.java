package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * How a log's key went from one to the next, so that whoever knows one of the keys can know the others. Arrays are not copied. Parsing checks
 * the structure only; {@link #follow} says what is true. FORMAT.md §7.2.
 *
 * @param first     the log key entry of the oldest key, placed in the tree of the first hand-over's note
 * @param handOvers in order, at least one
 */
public record HandOvers(Placed first, List<HandOver> handOvers) {
    /** Published beside a log's checkpoint under this name: told up to the last hand-over's own note. FORMAT.md §8. */
    public static final String FILE = "hand-overs";

    /** Of that file. */
    public static final int MAX_BYTES = 1 << 23;

    private static final int MOST = 1_000;

    /** A log key entry and its place. */
    public record Placed(byte[] entry, InclusionProof place) {}

    /**
     * One hand-over.
     *
     * @param note   the checkpoint that both keys have signed
     * @param taken  the new key's entry, placed in that checkpoint's tree
     * @param toNext from that checkpoint to the next hand-over's, or after the last to the checkpoint that is to be verified
     */
    public record HandOver(String note, Placed taken, ConsistencyProof toNext) {}

    public HandOvers {
        handOvers = List.copyOf(handOvers);
        if (handOvers.isEmpty() || handOvers.size() > MOST) {
            throw new IllegalArgumentException(handOvers.size() + " hand-overs");
        }
    }

    /**
     * The verifier of a log that handed over as told here.
     *
     * @param known      the key that the reader has
     * @param checkpoint the note that is to be verified with the answer: here only its tree is looked at, no signature
     * @return knows every key told here, and for trees of which size each counts; {@code known} itself when it is none of them
     * @throws InvalidNoteException when any of it does not hold
     */
    public NoteVerifier follow(NoteVerifier known, String checkpoint) throws InvalidNoteException {
        LogKey before = logKey(first);
        Placed placed = first;
        NoteVerifier chain = NoteVerifier.of(known.name(), before.key());
        boolean among = before.key().equals(known.key());
        VerifiedCheckpoint previous = null;
        for (int i = 0; i < handOvers.size(); i++) {
            HandOver one = handOvers.get(i);
            LogKey after = logKey(one.taken());
            String which = "hand-over to generation " + after.generation();
            if (!before.mayHandOverTo(after)) {
                throw wrong(which + ": generation " + before.generation() + " promised another key");
            }
            VerifiedCheckpoint both = NoteVerifier.of(known.name(), after.key()).checkpoint(one.note());
            if (previous != null && !handOvers.get(i - 1).toNext().extends_(previous, both)) {
                throw wrong(which + ": its tree does not begin with that of the one before");
            }
            // The first promise stands in this tree; every later one is the entry that the hand-over before placed.
            if (previous == null && !placed.place().places(MerkleHash.leaf(placed.entry()), both)) {
                throw wrong(which + ": the promise is not in the log");
            }
            if (!one.taken().place().places(MerkleHash.leaf(one.taken().entry()), both)
                    || one.taken().place().leafIndex() <= placed.place().leafIndex()) {
                throw wrong(which + ": its entry is not in the log after the promise");
            }
            chain.checkpoint(one.note());
            chain = chain.handedOver(after.key(), both.size());
            among |= after.key().equals(known.key());
            before = after;
            placed = one.taken();
            previous = both;
        }
        Checkpoint newest = Checkpoint.ofUnverified(checkpoint);
        List<byte[]> last = handOvers.get(handOvers.size() - 1).toNext().path();
        if (previous == null
                || !newest.origin().equals(previous.checkpoint().origin())
                || !ConsistencyProof.connects(previous.size(), previous.root(), newest.size(), newest.root(), last)) {
            throw wrong("the checkpoint's tree does not begin with that of the last hand-over");
        }
        return among ? chain : known;
    }

    /** The checkpoint that the last of the keys took over with: any larger tree of this log begins with its tree. */
    public String lastNote() {
        return handOvers.get(handOvers.size() - 1).note();
    }

    private static LogKey logKey(Placed placed) throws InvalidNoteException {
        try {
            return LogKey.parse(placed.entry());
        } catch (MalformedException e) {
            throw new InvalidNoteException(InvalidNoteException.Reason.MALFORMED, "not a log key: " + e.getMessage());
        }
    }

    private static InvalidNoteException wrong(String detail) {
        return new InvalidNoteException(InvalidNoteException.Reason.BAD_SIGNATURE, detail);
    }

    /** The bytes of {@link #FILE}, of hand-overs that are told up to the last note. */
    public byte[] encode() {
        CborWriter out = new CborWriter();
        write(out);
        return out.toBytes();
    }

    /** {@link #FILE}: its structure only, as {@link #read}. */
    public static HandOvers parse(byte[] file) throws MalformedException {
        if (file.length > MAX_BYTES) {
            throw new MalformedException(Reason.TOO_LARGE, 0, file.length + " bytes");
        }
        CborReader in = new CborReader(file);
        HandOvers told = read(in);
        in.end();
        return told;
    }

    /** [first, [1* [note, taken, path to the next]]]; placed = entry, index, path. */
    public void write(CborWriter out) {
        out.array(2).array(3);
        write(out, first);
        out.array(handOvers.size());
        for (HandOver one : handOvers) {
            out.array(5).text(one.note());
            write(out, one.taken());
            path(out, one.toNext().path());
        }
    }

    static void write(CborWriter out, Placed placed) {
        out.bytes(placed.entry()).unsigned(placed.place().leafIndex());
        path(out, placed.place().path());
    }

    private static void path(CborWriter out, List<byte[]> path) {
        out.array(path.size());
        path.forEach(out::bytes);
    }

    public static HandOvers read(CborReader in) throws MalformedException {
        in.array(2);
        in.array(3);
        Placed first = placed(in);
        int at = in.offset();
        int count = in.array();
        if (count < 1 || count > MOST) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, count + " hand-overs");
        }
        List<HandOver> handOvers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            in.array(5);
            // A consistency path may have one hash more than an inclusion path: the old tree's own.
            handOvers.add(
                    new HandOver(in.text(), placed(in), new ConsistencyProof(path(in, InclusionProof.MAX_PATH + 1))));
        }
        return new HandOvers(first, handOvers);
    }

    static Placed placed(CborReader in) throws MalformedException {
        return new Placed(in.bytes(), new InclusionProof(in.unsigned(), path(in, InclusionProof.MAX_PATH)));
    }

    private static List<byte[]> path(CborReader in, int most) throws MalformedException {
        int at = in.offset();
        int count = in.array();
        if (count > most) {
            throw new MalformedException(Reason.TOO_LARGE, at, "a path of " + count);
        }
        List<byte[]> path = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            path.add(in.bytes(32));
        }
        return path;
    }
}
