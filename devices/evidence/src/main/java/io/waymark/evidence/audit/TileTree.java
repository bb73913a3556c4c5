package io.waymark.evidence.audit;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Tiles;
import java.io.IOException;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** A growing tree as its open tiles, one per level: 8 KiB each, whatever the size. Not for several threads. */
final class TileTree {
    static final int LEVELS = 8;
    private static final int HASH = 32;

    private final MessageDigest digest = Sha256.fresh();
    private final byte[][] open = new byte[LEVELS][HASH * Tiles.WIDTH];
    private final byte[] folding = new byte[HASH * Tiles.WIDTH];
    private final byte[] node = new byte[1 + 2 * HASH];
    private long size;

    TileTree() {
        node[0] = 1;
    }

    /** What was done with a tile when its last hash came. */
    interface Full {
        /** @param hashes the level's tile, 8192 bytes; not to be changed or kept */
        void tile(int level, long index, byte[] hashes) throws IOException, Audit.Difference;
    }

    long size() {
        return size;
    }

    /** Hashes in the open tile of this level, 0 to 255. */
    int width(int level) {
        return (int) (size >>> 8 * level) & (Tiles.WIDTH - 1);
    }

    /** The open tile of this level: its first {@link #width} hashes count. Not a copy. */
    byte[] tile(int level) {
        return open[level];
    }

    /** Goes on from open tiles that were put in {@link #tile} by hand. */
    void resume(long size) {
        this.size = size;
    }

    /** Appends the entry at this place of a bundle. */
    void append(byte[] bundle, int at, int length, Full full) throws IOException, Audit.Difference {
        digest.update((byte) 0);
        digest.update(bundle, at, length);
        finish(open[0], HASH * width(0));
        size++;
        // A tile that is full now has become width 0: pass its root on.
        for (int level = 0; level + 1 < LEVELS && width(level) == 0; level++) {
            full.tile(level, (size >>> 8 * (level + 1)) - 1, open[level]);
            int above = (int) ((size >>> 8 * (level + 1)) - 1) & (Tiles.WIDTH - 1);
            fold(open[level], 0, Tiles.WIDTH, open[level + 1], HASH * above);
        }
    }

    byte[] root() {
        // The roots of the complete subtrees, largest first: one per one-bit of the size.
        List<byte[]> edge = new ArrayList<>();
        for (int level = LEVELS - 1; level >= 0; level--) {
            int from = 0;
            for (int width = Tiles.WIDTH / 2; width > 0; width /= 2) {
                if ((width(level) & width) != 0) {
                    byte[] root = new byte[HASH];
                    fold(open[level], from, width, root, 0);
                    edge.add(root);
                    from += width;
                }
            }
        }
        return new CompactTree(size, edge).root();
    }

    /** The root of {@code width} hashes, a power of two. */
    private void fold(byte[] hashes, int from, int width, byte[] out, int outAt) {
        System.arraycopy(hashes, HASH * from, folding, 0, HASH * width);
        for (int left = width / 2; left > 0; left /= 2) {
            for (int i = 0; i < left; i++) {
                System.arraycopy(folding, 2 * HASH * i, node, 1, 2 * HASH);
                digest.update(node, 0, node.length);
                finish(folding, HASH * i);
            }
        }
        System.arraycopy(folding, 0, out, outAt, HASH);
    }

    private void finish(byte[] out, int at) {
        try {
            digest.digest(out, at, HASH);
        } catch (DigestException e) {
            throw new IllegalStateException("there is room for 32 bytes", e);
        }
    }
}
