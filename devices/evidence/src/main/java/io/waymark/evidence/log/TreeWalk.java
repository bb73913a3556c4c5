package io.waymark.evidence.log;

import java.util.ArrayList;
import java.util.List;

/** Roots and proofs by the recursive definitions of RFC 6962 §2.1, asking only for complete subtrees. */
final class TreeWalk {
    private TreeWalk() {}

    static byte[] root(long size, HashSource source) {
        if (size < 0) {
            throw new IllegalArgumentException("size " + size);
        }
        return size == 0 ? MerkleHash.EMPTY : range(0, size, source);
    }

    static List<byte[]> inclusion(long index, long size, HashSource source) {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("no entry " + index + " in a tree of " + size);
        }
        List<byte[]> path = new ArrayList<>();
        path(index, 0, size, source, path);
        return path;
    }

    static List<byte[]> consistency(long oldSize, long size, HashSource source) {
        if (oldSize < 0 || oldSize > size) {
            throw new IllegalArgumentException("a tree of " + size + " did not grow from " + oldSize);
        }
        List<byte[]> path = new ArrayList<>();
        if (oldSize > 0 && oldSize < size) {
            subproof(oldSize, 0, size, true, source, path);
        }
        return path;
    }

    // Leaves [from, to); from is a multiple of the largest power of two not above the width, as in every split of RFC
    // 6962.
    private static byte[] range(long from, long to, HashSource source) {
        long width = to - from;
        if (Long.bitCount(width) == 1) {
            int level = Long.numberOfTrailingZeros(width);
            return source.hash(level, from >>> level);
        }
        long k = Long.highestOneBit(width);
        return MerkleHash.node(range(from, from + k, source), range(from + k, to, source));
    }

    private static void path(long index, long from, long to, HashSource source, List<byte[]> path) {
        if (to - from == 1) {
            return;
        }
        long middle = from + split(to - from);
        if (index < middle) {
            path(index, from, middle, source, path);
            path.add(range(middle, to, source));
        } else {
            path(index, middle, to, source, path);
            path.add(range(from, middle, source));
        }
    }

    private static void subproof(
            long oldEnd, long from, long to, boolean wholeOld, HashSource source, List<byte[]> path) {
        if (oldEnd == to) {
            if (!wholeOld) {
                path.add(range(from, to, source));
            }
            return;
        }
        long middle = from + split(to - from);
        if (oldEnd <= middle) {
            subproof(oldEnd, from, middle, wholeOld, source, path);
            path.add(range(middle, to, source));
        } else {
            subproof(oldEnd, middle, to, false, source, path);
            path.add(range(from, middle, source));
        }
    }

    /** Largest power of two smaller than {@code width}, which is at least 2. */
    private static long split(long width) {
        return Long.highestOneBit(width - 1);
    }
}
