package io.waymark.trace.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * A bearer token of ours: a prefix that tells its kind and 32 random bytes. Only {@link #hash} is stored.
 * A plain SHA-256 is enough here, unlike for passwords: 256 random bits cannot be guessed.
 */
public final class Token {
    /** An organisation's API key. */
    public static final String API_KEY = "wmk_";

    /** A login session. */
    public static final String SESSION = "wms_";

    /** Longest text we look at as a token, in characters. */
    static final int MAX_LENGTH = 512;

    private static final SecureRandom RANDOM = new SecureRandom();

    private Token() {}

    /** A new token; whoever asked is the only one who ever sees it. */
    public static String issue(String prefix) {
        byte[] secret = new byte[32];
        RANDOM.nextBytes(secret);
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    }

    /** SHA-256 of the token's UTF-8 bytes, 32 bytes. */
    public static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a Java without SHA-256", e);
        }
    }
}
