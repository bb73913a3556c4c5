package io.waymark.evidence;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A log that signs whatever it is asked to, at every size; {@link #fork} makes it lie. Safe for several threads. */
public final class LogForTests implements HashSource {
    public static final String ORIGIN = "trace.example/log";

    private final NoteSigner signer;
    private final long forkedAt;
    private final String word;

    public LogForTests() {
        this(new NoteSigner(ORIGIN, SigningKey.ofSeed(Arrays.copyOf(new byte[] {7}, 32))), Long.MAX_VALUE, "");
    }

    public LogForTests(NoteSigner signer, long forkedAt, String word) {
        this.signer = signer;
        this.forkedAt = forkedAt;
        this.word = word;
    }

    /** The same key, the same entries before {@code at}, others from there. */
    public LogForTests fork(long at, String other) {
        return new LogForTests(signer, at, other);
    }

    public byte[] entry(long i) {
        return ((i < forkedAt ? "entry " : word + " ") + i).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] hash(int level, long index) {
        return level == 0
                ? MerkleHash.leaf(entry(index))
                : MerkleHash.node(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
    }

    public byte[] root(long size) {
        CompactTree tree = new CompactTree();
        for (long i = 0; i < size; i++) {
            tree.append(hash(0, i));
        }
        return tree.root();
    }

    public VerifiedCheckpoint checkpoint(long size) {
        try {
            return key().checkpoint(signer.sign(new Checkpoint(key().name(), size, root(size)).text()));
        } catch (InvalidNoteException e) {
            throw new AssertionError(e);
        }
    }

    public ConsistencyProof between(long oldSize, long size) {
        return ConsistencyProof.of(oldSize, size, this);
    }

    public NoteSigner signer() {
        return signer;
    }

    public NoteVerifier key() {
        return signer.verifier();
    }
}
