package io.waymark.evidence.key;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** SHA-256 and HMAC-SHA256 over concatenated parts. The JDK's digest: it uses the processor's SHA instructions, Bouncy Castle's does not. */
public final class Sha256 {
    private static final int BLOCK = 64;
    private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Sha256::fresh);

    private Sha256() {}

    /** A digest of the caller's own, for input that comes in pieces. */
    public static MessageDigest fresh() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** 32 bytes. */
    public static byte[] of(byte[]... parts) {
        MessageDigest digest = DIGEST.get();
        digest.reset();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    /** 32 bytes, RFC 2104. */
    public static byte[] hmac(byte[] key, byte[]... parts) {
        byte[] block = Arrays.copyOf(key.length > BLOCK ? of(key) : key, BLOCK);
        MessageDigest digest = DIGEST.get();
        digest.reset();
        xor(block, 0x36);
        digest.update(block);
        for (byte[] part : parts) {
            digest.update(part);
        }
        byte[] inner = digest.digest();
        xor(block, 0x36 ^ 0x5c);
        digest.update(block);
        digest.update(inner);
        return digest.digest();
    }

    /** 8 bytes, big-endian: how every integer enters a hash. */
    public static byte[] u64(long value) {
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (value >>> (56 - 8 * i));
        }
        return bytes;
    }

    private static void xor(byte[] block, int with) {
        for (int i = 0; i < block.length; i++) {
            block[i] ^= (byte) with;
        }
    }
}
