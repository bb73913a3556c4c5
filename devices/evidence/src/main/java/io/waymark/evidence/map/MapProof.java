package io.waymark.evidence.map;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a search for one tag ends in the map. Arrays are not copied. FORMAT.md §6.1.
 *
 * @param siblings 0 to 256 hashes of 32 bytes, from below the root downwards
 * @param terminal the only tag of the subtree reached; null when that subtree is empty
 */
public record MapProof(List<byte[]> siblings, byte @Nullable [] terminal) {
    public static final int MAX_SIBLINGS = MapHash.BITS;

    /** What a proof shows of a tag. */
    public enum Finding {
        PRESENT,
        ABSENT,
        /** It does not lead to that root, is about another place, or is not in the one canonical form. Never read as "absent". */
        NOTHING
    }

    public MapProof {
        siblings = List.copyOf(siblings);
    }

    /**
     * What this proof shows of {@code tag} in the map with this root.
     *
     * @param tag  32 bytes
     * @param root 32 bytes, of a map head that is known to stand in the log
     * @return {@link Finding#NOTHING} for every mismatch; never throws on bad input
     */
    public Finding find(byte[] tag, byte[] root) {
        int depth = siblings.size();
        if (tag.length != MapHash.BYTES || root.length != MapHash.BYTES || depth > MAX_SIBLINGS) {
            return Finding.NOTHING;
        }
        byte[] hash = new byte[MapHash.BYTES];
        MapHash map = MapHash.ofThread();
        if (terminal != null) {
            if (terminal.length != MapHash.BYTES || !sharesPrefix(terminal, tag, depth)) {
                return Finding.NOTHING;
            }
            map.leaf(terminal, 0, hash, 0);
        }
        // Beside an empty subtree there are at least two tags, or the parent would have been written as its only tag or
        // as
        // empty.
        if (depth > 0 && Arrays.equals(siblings.get(depth - 1), new byte[MapHash.BYTES])) {
            return Finding.NOTHING;
        }
        for (int d = depth - 1; d >= 0; d--) {
            byte[] sibling = siblings.get(d);
            if (sibling.length != MapHash.BYTES) {
                return Finding.NOTHING;
            }
            if (MapHash.bit(tag, 0, d)) {
                map.node(sibling, 0, hash, 0, hash, 0);
            } else {
                map.node(hash, 0, sibling, 0, hash, 0);
            }
        }
        if (!Arrays.equals(hash, root)) {
            return Finding.NOTHING;
        }
        return Arrays.equals(terminal, tag) ? Finding.PRESENT : Finding.ABSENT;
    }

    private static boolean sharesPrefix(byte[] a, byte[] b, int bits) {
        int bytes = bits >>> 3;
        if (!Arrays.equals(a, 0, bytes, b, 0, bytes)) {
            return false;
        }
        int rest = bits & 7;
        return rest == 0 || ((a[bytes] ^ b[bytes]) & 0xff) >>> (8 - rest) == 0;
    }
}
