package io.waymark.evidence.log;

import java.util.ArrayList;
import java.util.List;

/** The right edge of a growing tree: enough to append and to tell the root, at most 63 hashes. Not for several threads. */
public final class CompactTree {
    private long size;

    // Roots of the complete subtrees, largest first: one per one-bit of size.
    private final List<byte[]> edge = new ArrayList<>();

    public CompactTree() {}

    /** Goes on from a stored edge, as {@link #edge()} gave it for this size. */
    public CompactTree(long size, List<byte[]> edge) {
        if (size < 0 || edge.size() != Long.bitCount(size)) {
            throw new IllegalArgumentException("an edge of " + edge.size() + " hashes for a tree of " + size);
        }
        this.size = size;
        this.edge.addAll(edge);
    }

    /** @param leafHash 32 bytes, kept, not copied */
    public void append(byte[] leafHash) {
        if (leafHash.length != 32) {
            throw new IllegalArgumentException("a leaf hash is 32 bytes, not " + leafHash.length);
        }
        byte[] hash = leafHash;
        for (long s = size; (s & 1) == 1; s >>>= 1) {
            hash = MerkleHash.node(edge.remove(edge.size() - 1), hash);
        }
        edge.add(hash);
        size++;
    }

    public byte[] root() {
        if (size == 0) {
            return MerkleHash.EMPTY.clone();
        }
        byte[] hash = edge.get(edge.size() - 1);
        for (int i = edge.size() - 2; i >= 0; i--) {
            hash = MerkleHash.node(edge.get(i), hash);
        }
        return hash.clone();
    }

    public long size() {
        return size;
    }

    /** Roots of the complete subtrees, largest first. */
    public List<byte[]> edge() {
        return List.copyOf(edge);
    }
}
