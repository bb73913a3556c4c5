package io.waymark.evidence.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Roots and proofs of the map, or of one bucket of it, from sorted tags. A bucket is all tags that share their first {@code depth} bits;
 * the whole map is the bucket at depth 0. Tags come as one flat array of 32 bytes each, ascending as unsigned bytes, none twice: the order
 * a database gives for {@code ORDER BY tag} over bytea. FORMAT.md §6.1.
 */
public final class TagMap {
    private TagMap() {}

    /** The bucket's root, 32 bytes: zeros when it is empty, SHA-256(0x06 ‖ tag) of a single tag, whatever the depth. */
    public static byte[] root(byte[] sortedTags, int depth) {
        return root(sortedTags, 0, count(sortedTags), depth);
    }

    /** The same over tags number {@code from} (inclusive) to {@code to} (exclusive). */
    public static byte[] root(byte[] sortedTags, int from, int to, int depth) {
        requireAscending(sortedTags, from, to);
        return subtree(sortedTags, from, to, depth);
    }

    private static byte[] subtree(byte[] sortedTags, int from, int to, int depth) {
        byte[] root = new byte[MapHash.BYTES];
        MapHash.ofThread().subtree(sortedTags, from, to, depth, root, 0);
        return root;
    }

    /**
     * The part of a proof for {@code tag} that lies in the tag's bucket: siblings below the bucket's root and the terminal. Of the whole map
     * when {@code depth} is 0; otherwise {@link MapTop#proof} puts the part above before it.
     */
    public static MapProof proof(byte[] sortedTags, int depth, byte[] tag) {
        if (tag.length != MapHash.BYTES) {
            throw new IllegalArgumentException("a tag is 32 bytes, not " + tag.length);
        }
        List<byte[]> siblings = new ArrayList<>();
        int from = 0;
        int to = count(sortedTags);
        requireAscending(sortedTags, from, to);
        for (int d = depth; to - from > 1; d++) {
            int middle = MapHash.firstRight(sortedTags, from, to, d);
            if (MapHash.bit(tag, 0, d)) {
                siblings.add(subtree(sortedTags, from, middle, d + 1));
                from = middle;
            } else {
                siblings.add(subtree(sortedTags, middle, to, d + 1));
                to = middle;
            }
        }
        return new MapProof(
                siblings,
                from == to ? null : Arrays.copyOfRange(sortedTags, from * MapHash.BYTES, (from + 1) * MapHash.BYTES));
    }

    // A root over tags in another order would be a wrong one, and nobody would notice before it is signed.
    private static void requireAscending(byte[] tags, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            int at = i * MapHash.BYTES;
            if (Arrays.compareUnsigned(tags, at - MapHash.BYTES, at, tags, at, at + MapHash.BYTES) >= 0) {
                throw new IllegalArgumentException("tag " + i + " is not above the one before it");
            }
        }
    }

    static int count(byte[] tags) {
        if (tags.length % MapHash.BYTES != 0) {
            throw new IllegalArgumentException(tags.length + " bytes are no tags of 32");
        }
        return tags.length / MapHash.BYTES;
    }
}
