package io.waymark.evidence.map;

import io.waymark.evidence.key.Sha256;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The hashes of FORMAT.md §6.1 without an array per node: one digest and one block per depth for each thread. A node's block is
 * 0x07 ‖ left ‖ right; children write their hashes where the parent hashes them.
 */
final class MapHash {
    static final int BYTES = 32;
    static final int BITS = 256;

    private static final int NODE = 1 + 2 * BYTES;
    private static final ThreadLocal<MapHash> OF_THREAD = ThreadLocal.withInitial(MapHash::new);

    private final MessageDigest digest = Sha256.fresh();
    private final byte[] blocks = new byte[BITS * NODE];
    private final byte[] leaf = new byte[1 + BYTES];

    private MapHash() {
        leaf[0] = 0x06;
        for (int depth = 0; depth < BITS; depth++) {
            blocks[depth * NODE] = 0x07;
        }
    }

    static MapHash ofThread() {
        return OF_THREAD.get();
    }

    void leaf(byte[] tags, int at, byte[] out, int outAt) {
        System.arraycopy(tags, at, leaf, 1, BYTES);
        hash(leaf, 0, leaf.length, out, outAt);
    }

    void node(byte[] left, int leftAt, byte[] right, int rightAt, byte[] out, int outAt) {
        System.arraycopy(left, leftAt, blocks, 1, BYTES);
        System.arraycopy(right, rightAt, blocks, 1 + BYTES, BYTES);
        hash(blocks, 0, NODE, out, outAt);
    }

    /** The subtree at {@code depth} over tags number from (inclusive) to (exclusive), which share their first {@code depth} bits. */
    void subtree(byte[] tags, int from, int to, int depth, byte[] out, int outAt) {
        if (from == to) {
            Arrays.fill(out, outAt, outAt + BYTES, (byte) 0);
        } else if (to - from == 1) {
            leaf(tags, from * BYTES, out, outAt);
        } else {
            int middle = firstRight(tags, from, to, depth);
            int block = depth * NODE;
            subtree(tags, from, middle, depth + 1, blocks, block + 1);
            subtree(tags, middle, to, depth + 1, blocks, block + 1 + BYTES);
            hash(blocks, block, NODE, out, outAt);
        }
    }

    private void hash(byte[] input, int at, int length, byte[] out, int outAt) {
        digest.update(input, at, length);
        try {
            digest.digest(out, outAt, BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("32 bytes hold a SHA-256", e);
        }
    }

    static boolean bit(byte[] tags, int at, int depth) {
        return (tags[at + (depth >>> 3)] >>> (7 - (depth & 7)) & 1) == 1;
    }

    /** Number of the first tag whose bit at this depth is set; {@code to} when there is none. */
    static int firstRight(byte[] tags, int from, int to, int depth) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (bit(tags, middle * BYTES, depth)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
