package io.waymark.evidence.log;

import java.util.Arrays;
import java.util.List;

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
        boolean powerOfTwo = Long.bitCount(oldSize) == 1;
        byte[] first = powerOfTwo ? oldRoot : path.get(0);
        if (first.length != 32) {
            return false;
        }
        long fn = oldSize - 1;
        long sn = size - 1;
        while ((fn & 1) == 1) {
            fn >>>= 1;
            sn >>>= 1;
        }
        byte[] fr = first;
        byte[] sr = first;
        for (byte[] hash : powerOfTwo ? path : path.subList(1, path.size())) {
            if (sn == 0 || hash.length != 32) {
                return false;
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
        return sn == 0 && Arrays.equals(fr, oldRoot) && Arrays.equals(sr, root);
    }
}
