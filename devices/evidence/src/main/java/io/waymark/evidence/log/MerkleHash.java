package io.waymark.evidence.log;

import io.waymark.evidence.key.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hashes of RFC 6962 §2.1 over SHA-256. */
public final class MerkleHash {
    /** Root of the tree without entries: SHA-256 of nothing. Do not change the array. */
    public static final byte[] EMPTY = Sha256.of();

    private static final byte[] LEAF = {0};
    private static final byte[] NODE = {1};

    private MerkleHash() {}

    /** SHA-256(0x00 ‖ entry). */
    public static byte[] leaf(byte[] entry) {
        return Sha256.of(LEAF, entry);
    }

    /** SHA-256(0x01 ‖ left ‖ right). */
    public static byte[] node(byte[] left, byte[] right) {
        return Sha256.of(NODE, left, right);
    }

    public static byte[] sha256(byte[]... parts) {
        return Sha256.of(parts);
    }

    public static byte[] hmac(byte[] key, byte[]... parts) {
        return Sha256.hmac(key, parts);
    }

    /**
     * The root that an audit path leads to, RFC 9162 §2.1.3.2. For a tree whose size and root are signed together somewhere else than
     * in a checkpoint (a custody step's objects); for the ledger use {@link InclusionProof#places}.
     *
     * @return null when the index is outside the tree, a hash is not 32 bytes, or the path is too long or too short
     */
    public static byte @Nullable [] rootFrom(byte[] leafHash, long index, long size, List<byte[]> path) {
        if (index < 0 || index >= size || leafHash.length != 32) {
            return null;
        }
        long fn = index;
        long sn = size - 1;
        byte[] hash = leafHash;
        for (byte[] sibling : path) {
            if (sn == 0 || sibling.length != 32) {
                return null;
            }
            if ((fn & 1) == 1 || fn == sn) {
                hash = node(sibling, hash);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>>= 1;
                    sn >>>= 1;
                }
            } else {
                hash = node(hash, sibling);
            }
            fn >>>= 1;
            sn >>>= 1;
        }
        return sn == 0 ? hash : null;
    }
}
