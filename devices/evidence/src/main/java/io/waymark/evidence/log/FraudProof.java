package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Two checkpoints of one origin, both signed by the log, that cannot both be true. Whoever knows the log's key can check it, offline.
 *
 * @param earlier the note of the smaller size
 * @param later   the note of the other
 * @param path    same size: empty. Else the consistency path from the earlier size in the later tree, its first hash always written,
 *                32 bytes each: it leads to the later root and to another earlier root than the one that was signed
 */
public record FraudProof(String earlier, String later, List<byte[]> path) {
    public static final int MAX_BYTES = 2 << 20;
    public static final String EXTENSION = ".waymark-fraud";
    private static final String FORMAT_NAME = "waymark-fraud/1";

    public FraudProof {
        path = List.copyOf(path);
    }

    /** What looking at the file came to. */
    public sealed interface Verdict {
        /** The log's key signed two histories. */
        record Proven(Checkpoint earlier, Checkpoint later) implements Verdict {}

        record NotProven(String why) implements Verdict {}

        record CannotTell(String why) implements Verdict {}
    }

    /** Two checkpoints of one size with different roots; empty when they do not contradict each other. */
    public static Optional<FraudProof> ofFork(VerifiedCheckpoint one, VerifiedCheckpoint other) {
        FraudProof proof = new FraudProof(one.note(), other.note(), List.of());
        return proof.contradicts(one.checkpoint(), other.checkpoint()) ? Optional.of(proof) : Optional.empty();
    }

    /**
     * From a consistency path that leads to the later root but not to the earlier one; empty when it does not show that. A path from a
     * size that is a power of two never does, because it leaves out the hash that would.
     */
    public static Optional<FraudProof> ofRefused(
            VerifiedCheckpoint earlier, VerifiedCheckpoint later, ConsistencyProof refused) {
        return ofPath(earlier, later, refused.path());
    }

    /** From the later tree itself. */
    public static Optional<FraudProof> ofTree(
            VerifiedCheckpoint earlier, VerifiedCheckpoint later, HashSource laterTree) {
        if (earlier.size() <= 0 || earlier.size() >= later.size()) {
            return ofFork(earlier, later);
        }
        List<byte[]> path = new ArrayList<>();
        if (Long.bitCount(earlier.size()) == 1) {
            path.add(laterTree.hash(Long.numberOfTrailingZeros(earlier.size()), 0));
        }
        path.addAll(TreeWalk.consistency(earlier.size(), later.size(), laterTree));
        return ofPath(earlier, later, path);
    }

    private static Optional<FraudProof> ofPath(
            VerifiedCheckpoint earlier, VerifiedCheckpoint later, List<byte[]> path) {
        FraudProof proof = new FraudProof(earlier.note(), later.note(), path);
        return proof.contradicts(earlier.checkpoint(), later.checkpoint()) ? Optional.of(proof) : Optional.empty();
    }

    private boolean contradicts(Checkpoint one, Checkpoint other) {
        if (!one.origin().equals(other.origin())) {
            return false;
        }
        if (one.size() == other.size()) {
            return path.isEmpty() && !Arrays.equals(one.root(), other.root());
        }
        if (one.size() <= 0 || one.size() > other.size() || path.isEmpty()) {
            return false;
        }
        // The hashes lead to the root that the log signed, so they are of its later tree; what they give for the
        // earlier size is what that tree began with.
        byte[][] roots = ConsistencyProof.roots(one.size(), other.size(), path.get(0), path.subList(1, path.size()));
        return roots != null && Arrays.equals(roots[1], other.root()) && !Arrays.equals(roots[0], one.root());
    }

    /** @param log the log's key, from somewhere else than the file */
    public Verdict judge(NoteVerifier log) {
        return judge(List.of(log));
    }

    /** @param keys of one log, from somewhere else than the file: several when it changed its key between the two checkpoints */
    public Verdict judge(List<NoteVerifier> keys) {
        Checkpoint one;
        Checkpoint other;
        try {
            one = signed(earlier, keys);
            other = signed(later, keys);
        } catch (InvalidNoteException e) {
            return e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY
                    ? new Verdict.CannotTell(e.getMessage())
                    : new Verdict.NotProven(e.getMessage());
        }
        if (!one.origin().equals(other.origin())) {
            return new Verdict.NotProven("the checkpoints are of two logs");
        }
        return contradicts(one, other)
                ? new Verdict.Proven(one, other)
                : new Verdict.NotProven("nothing here shows that the two checkpoints contradict each other");
    }

    private static Checkpoint signed(String note, List<NoteVerifier> keys) throws InvalidNoteException {
        InvalidNoteException unknown =
                new InvalidNoteException(InvalidNoteException.Reason.UNKNOWN_KEY, "no key to check it with");
        for (NoteVerifier key : keys) {
            try {
                return Checkpoint.parse(key.verify(note));
            } catch (InvalidNoteException e) {
                if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                    throw e;
                }
                unknown = e;
            }
        }
        throw unknown;
    }

    /** {0: "waymark-fraud/1", 1: earlier note, 2: later note, 3: [*64 hash(32)]} */
    public byte[] encode() {
        CborWriter out = new CborWriter()
                .map(4)
                .unsigned(0)
                .text(FORMAT_NAME)
                .unsigned(1)
                .text(earlier)
                .unsigned(2)
                .text(later)
                .unsigned(3)
                .array(path.size());
        path.forEach(out::bytes);
        return out.toBytes();
    }

    public static FraudProof parse(byte[] file) throws MalformedException {
        if (file.length > MAX_BYTES) {
            throw new MalformedException(Reason.TOO_LARGE, 0, file.length + " bytes");
        }
        CborReader in = new CborReader(file);
        if (in.map() != 4) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "4 pairs expected");
        }
        PublicFields.key(in, 0);
        if (!in.text().equals(FORMAT_NAME)) {
            throw new MalformedException(Reason.UNKNOWN_TYPE, 0, "not " + FORMAT_NAME);
        }
        PublicFields.key(in, 1);
        String earlier = in.text();
        PublicFields.key(in, 2);
        String later = in.text();
        PublicFields.key(in, 3);
        int count = in.array();
        if (count > InclusionProof.MAX_PATH + 1) {
            throw new MalformedException(Reason.TOO_LARGE, in.offset(), "a path of " + count);
        }
        List<byte[]> path = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            path.add(in.bytes(32));
        }
        in.end();
        return new FraudProof(earlier, later, path);
    }
}
