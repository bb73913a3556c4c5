package io.waymark.evidence.log;

import java.util.Arrays;
import java.util.List;

/**
 * That an entry stands at an index of the log.
 *
 * @param path 32-byte hashes from the leaf's sibling to below the root, not copied
 */
public record InclusionProof(long leafIndex, List<byte[]> path) {
    /** Longest path of a tree whose size is an int64. */
    public static final int MAX_PATH = 63;

    public InclusionProof {
        path = List.copyOf(path);
    }

    /** The proof for an entry of the tree of this size. */
    public static InclusionProof of(long index, long size, HashSource source) {
        return new InclusionProof(index, TreeWalk.inclusion(index, size, source));
    }

    /**
     * Whether this proof places {@code leafHash} at {@link #leafIndex()} in the tree that {@code checkpoint} commits to.
     *
     * @param leafHash 32 bytes, {@code MerkleHash.leaf(entry)}
     * @return false for any mismatch, including an index outside the tree or a path too long or too short; never throws on bad input
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2">RFC 9162 §2.1.3.2</a>
     */
    public boolean places(byte[] leafHash, VerifiedCheckpoint checkpoint) {
        byte[] root = MerkleHash.rootFrom(leafHash, leafIndex, checkpoint.size(), path);
        return root != null && Arrays.equals(root, checkpoint.root());
    }
}
