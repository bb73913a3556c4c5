package io.waymark.evidence.message;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.MerkleHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one custody step as an RFC 6962 tree of salted leaves, so that one object's path says nothing of the others.
 * entry_i = salt_i(16) ‖ binding(32) ‖ URI. FORMAT.md §5.3.
 */
public final class ObjectTree {
    /** Links of one step are one commit and never split. */
    public static final int MAX_OBJECTS = 65_536;

    private static final byte[] SALT = {(byte) 0xfe};
    private static final byte[] COMMITMENT = {5};
    private static final byte[] NO_BINDING = new byte[32];

    /**
     * One object.
     *
     * @param uri    canonical Digital Link URI
     * @param secret the object's 32 bytes when this step commissions it, else null
     */
    public record Entry(String uri, byte @Nullable [] secret) {}

    private final byte[] messageSecret;
    private final List<byte[]> bindings = new ArrayList<>();

    // levels[0] = leaf hashes; a last node without a sibling moves up as it is, which is RFC 6962's shape.
    private final List<byte[][]> levels = new ArrayList<>();

    /** @param messageSecret the 16 bytes the step will be signed with */
    public ObjectTree(byte[] messageSecret, List<Entry> entries) {
        if (entries.isEmpty() || entries.size() > MAX_OBJECTS || messageSecret.length != Fields.SECRET) {
            throw new IllegalArgumentException(
                    entries.size() + " objects, secret of " + messageSecret.length + " bytes");
        }
        this.messageSecret = messageSecret.clone();
        byte[][] level = new byte[entries.size()][];
        for (int i = 0; i < level.length; i++) {
            Entry entry = entries.get(i);
            byte[] binding = entry.secret() == null ? NO_BINDING : binding(entry.uri(), entry.secret());
            bindings.add(binding);
            level[i] = leaf(salt(i), binding, entry.uri());
        }
        levels.add(level);
        while (level.length > 1) {
            byte[][] above = new byte[(level.length + 1) / 2][];
            for (int i = 0; i < above.length; i++) {
                above[i] = 2 * i + 1 < level.length ? MerkleHash.node(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            levels.add(above);
            level = above;
        }
    }

    public int count() {
        return bindings.size();
    }

    public byte[] root() {
        return levels.get(levels.size() - 1)[0].clone();
    }

    /** First 16 bytes of HMAC-SHA256(message secret, 0xfe ‖ u64 i). */
    public byte[] salt(int i) {
        return Arrays.copyOf(Sha256.hmac(messageSecret, SALT, Sha256.u64(i)), Fields.SALT);
    }

    /** 32 bytes; zeros when this step does not commission the object. */
    public byte[] binding(int i) {
        return bindings.get(i).clone();
    }

    /** Audit path of object i, leaf's sibling first. */
    public List<byte[]> path(int i) {
        List<byte[]> path = new ArrayList<>();
        int at = java.util.Objects.checkIndex(i, count());
        for (byte[][] level : levels) {
            int sibling = at ^ 1;
            if (sibling < level.length) {
                path.add(level[sibling]);
            }
            at /= 2;
        }
        return path;
    }

    /** Leaf hash: SHA-256(0x00 ‖ salt ‖ binding ‖ URI). */
    public static byte[] leaf(byte[] salt, byte[] binding, String uri) {
        if (salt.length != Fields.SALT || binding.length != 32) {
            throw new IllegalArgumentException("salt is 16 bytes, binding 32");
        }
        byte[] utf8 = uri.getBytes(StandardCharsets.UTF_8);
        byte[] entry = Arrays.copyOf(salt, 48 + utf8.length);
        System.arraycopy(binding, 0, entry, 16, 32);
        System.arraycopy(utf8, 0, entry, 48, utf8.length);
        return MerkleHash.leaf(entry);
    }

    /** SHA-256(0x05 ‖ URI ‖ object secret): in the step that commissions the object, so that nobody can run a second chain for it. */
    public static byte[] binding(String uri, byte[] objectSecret) {
        if (objectSecret.length != 32) {
            throw new IllegalArgumentException("an object secret is 32 bytes, not " + objectSecret.length);
        }
        return Sha256.of(COMMITMENT, uri.getBytes(StandardCharsets.UTF_8), objectSecret);
    }
}
