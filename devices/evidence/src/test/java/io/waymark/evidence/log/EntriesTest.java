package io.waymark.evidence.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** FORMAT.md §6, written a second time with the JDK's own classes. */
class EntriesTest {
    private final byte[] secret = filled(32, 7);
    private final byte[] digest = filled(32, 9);

    private static byte[] filled(int length, int with) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) with);
        return bytes;
    }

    private byte[] tag(ByteBuffer input) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return mac.doFinal(input.array());
    }

    private static byte[] entry(int kind, byte[] tag, byte[] digest) {
        return ByteBuffer.allocate(65).put((byte) kind).put(tag).put(digest).array();
    }

    @Test
    void statement() throws Exception {
        byte[] tag = tag(ByteBuffer.allocate(17).put((byte) 1).putLong(3).putLong(500));
        assertArrayEquals(entry(1, tag, digest), Entries.statement(secret, 3, 500, digest));
        assertArrayEquals(entry(1, tag, digest), Entries.statement(tag, digest));
    }

    @Test
    void equivocation() throws Exception {
        byte[] tag = tag(
                ByteBuffer.allocate(49).put((byte) 0xff).putLong(3).putLong(500).put(digest));
        assertArrayEquals(entry(1, tag, digest), Entries.equivocation(secret, 3, 500, digest));
    }

    @Test
    void link() throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        byte[] first = sha.digest(ByteBuffer.allocate(73)
                .put((byte) 4)
                .put(digest)
                .putLong(0)
                .put(new byte[32])
                .array());
        assertArrayEquals(first, Entries.linkDigest(digest, 0, null));
        byte[] second = sha.digest(ByteBuffer.allocate(73)
                .put((byte) 4)
                .put(digest)
                .putLong(1)
                .put(first)
                .array());
        assertArrayEquals(second, Entries.linkDigest(digest, 1, first));
        byte[] tag = tag(ByteBuffer.allocate(9).put((byte) 2).putLong(1));
        assertArrayEquals(entry(3, tag, second), Entries.link(secret, 1, second));
    }

    @Test
    void streamCommitment() throws Exception {
        byte[] id = filled(16, 1);
        byte[] expected = MessageDigest.getInstance("SHA-256")
                .digest(ByteBuffer.allocate(49)
                        .put((byte) 5)
                        .put(id)
                        .put(secret)
                        .array());
        assertArrayEquals(expected, Entries.streamCommitment(id, secret));
    }

    @Test
    void refusesDigestsOfAnotherLength() {
        assertThrows(IllegalArgumentException.class, () -> Entries.statement(secret, 0, 0, new byte[31]));
        assertEquals(65, Entries.PRIVATE_LENGTH);
    }
}
