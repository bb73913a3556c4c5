package io.waymark.evidence.log;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * That one tree is the beginning of another.
 *
 * @param path 32-byte hashes, not copied
 */
public record ConsistencyProof(List<byte[]> path) {
    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /** The proof between two sizes of one tree. */
    public static ConsistencyProof of(long oldSize, long size, HashSource source) {
        return new ConsistencyProof(TreeWalk.consistency(oldSize, size, source));
    }

    /**
     * Whether {@code newer} grew from {@code older} by appending only. Checkpoints of two origins are never consistent.
     * From size 0 the path must be empty, and the older root must be that of nothing.
     *
     * @return false for any mismatch; never throws on bad input
     */
    public boolean extends_(VerifiedCheckpoint older, VerifiedCheckpoint newer) {
        if (!older.checkpoint().origin().equals(newer.checkpoint().origin())) {
            return false;
        }
        if (older.size() == 0) {
            return path.isEmpty()
                    && Arrays.equals(older.root(), MerkleHash.EMPTY)
                    && (newer.size() > 0 || Arrays.equals(newer.root(), MerkleHash.EMPTY));
        }
        return connects(older.size(), older.root(), newer.size(), newer.root(), path);
    }

    /** RFC 9162 §2.1.4.2; sizes from 1. */
    static boolean connects(long oldSize, byte[] oldRoot, long size, byte[] root, List<byte[]> path) {
        if (oldSize <= 0 || oldSize > size || oldRoot.length != 32 || root.length != 32) {
            return false;
        }
        if (oldSize == size) {
            return path.isEmpty() && Arrays.equals(oldRoot, root);
        }
        if (path.isEmpty()) {
            return false;
        }
        // An old tree that is one complete subtree is itself the first hash, and is not repeated in the path.
        boolean powerOfTwo = Long.bitCount(oldSize) == 1;
        byte[] first = powerOfTwo ? oldRoot : path.get(0);
        byte[][] roots = roots(oldSize, size, first, powerOfTwo ? path : path.subList(1, path.size()));
        return roots != null && Arrays.equals(roots[0], oldRoot) && Arrays.equals(roots[1], root);
    }

    /** The roots of the old and of the new tree that these hashes lead to, 0 < oldSize < size; null when their number or length is wrong. */
    static byte @Nullable [][] roots(long oldSize, long size, byte[] first, List<byte[]> rest) {
        if (first.length != 32) {
            return null;
        }
        long fn = oldSize - 1;
        long sn = size - 1;
        while ((fn & 1) == 1) {
            fn >>>= 1;
            sn >>>= 1;
        }
        byte[] fr = first;
        byte[] sr = first;
        for (byte[] hash : rest) {
            if (sn == 0 || hash.length != 32) {
                return null;
            }
            if ((fn & 1) == 1 || fn == sn) {
                fr = MerkleHash.node(hash, fr);
                sr = MerkleHash.node(hash, sr);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>>= 1;
                    sn >>>= 1;
                }
            } else {
                sr = MerkleHash.node(sr, hash);
            }
            fn >>>= 1;
            sn >>>= 1;
        }
        return sn == 0 ? new byte[][] {fr, sr} : null;
    }
}
