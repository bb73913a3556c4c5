package io.waymark.evidence.message;

import io.waymark.evidence.key.Sha256;
import java.util.Arrays;
import java.util.List;

/** The salted hashes over the groups. */
final class Fields {
    static final int MAX_GROUPS = 16;
    static final int SECRET = 16;
    static final int SALT = 16;
    private static final byte[] LEAF = {2};
    private static final byte[] ROOT = {3};

    private Fields() {}

    /** First 16 bytes of HMAC-SHA256(secret, u8 i). */
    static byte[] salt(byte[] secret, int i) {
        return Arrays.copyOf(Sha256.hmac(secret, new byte[] {(byte) i}), SALT);
    }

    /** SHA-256(0x02 ‖ salt ‖ group). */
    static byte[] leaf(byte[] salt, byte[] group) {
        return Sha256.of(LEAF, salt, group);
    }

    /** SHA-256(0x03 ‖ leaf_0 ‖ … ‖ leaf_k). */
    static byte[] root(List<byte[]> leaves) {
        byte[][] parts = new byte[leaves.size() + 1][];
        parts[0] = ROOT;
        for (int i = 0; i < leaves.size(); i++) {
            parts[i + 1] = leaves.get(i);
        }
        return Sha256.of(parts);
    }

    static byte[] rootOf(byte[] secret, List<Group> groups) {
        byte[][] parts = new byte[groups.size() + 1][];
        parts[0] = ROOT;
        for (int i = 0; i < groups.size(); i++) {
            parts[i + 1] = leaf(salt(secret, i), groups.get(i).encoded());
        }
        return Sha256.of(parts);
    }
}
