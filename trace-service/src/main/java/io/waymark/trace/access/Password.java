package io.waymark.trace.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Password hashes: Argon2id, 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet), in the PHC text form
 * {@code $argon2id$v=19$m=19456,t=2,p=1$salt$hash}. The parameters are read back from the text, so they can be raised without locking anybody out.
 */
final class Password {
    private static final int MEMORY_KIB = 19 * 1024;
    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    // Each hash takes 19 MiB for some 50 ms. Four at a time bound the memory a flood of logins can take; the rest wait.
    private static final Semaphore AT_WORK = new Semaphore(4);

    /** A hash no password has: compared with when the account does not exist, so that both answers take the same time. */
    static final String NOBODY = hash(Token.issue(""));

    private Password() {}

    static String hash(String password) {
        byte[] salt = new byte[16];
        RANDOM.nextBytes(salt);
        byte[] hash = argon2id(password, salt, MEMORY_KIB, PASSES, LANES, 32);
        Base64.Encoder b64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + MEMORY_KIB + ",t=" + PASSES + ",p=" + LANES + "$" + b64.encodeToString(salt) + "$"
                + b64.encodeToString(hash);
    }

    /** @throws IllegalArgumentException when {@code stored} is no hash of ours: a damaged row, not a wrong password */
    static boolean matches(String password, String stored) {
        String[] parts = stored.split("\\$");
        if (parts.length != 6 || !parts[1].equals("argon2id") || !parts[2].equals("v=19")) {
            throw new IllegalArgumentException("stored password hash is not argon2id v=19");
        }
        int[] p = Arrays.stream(parts[3].split(","))
                .mapToInt(x -> Integer.parseInt(x.substring(2)))
                .toArray();
        byte[] expected = Base64.getDecoder().decode(parts[5]);
        byte[] seen = argon2id(password, Base64.getDecoder().decode(parts[4]), p[0], p[1], p[2], expected.length);
        return MessageDigest.isEqual(expected, seen);
    }

    private static byte[] argon2id(String password, byte[] salt, int kib, int passes, int lanes, int length) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(kib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] hash = new byte[length];
        AT_WORK.acquireUninterruptibly();
        try {
            generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), hash);
        } finally {
            AT_WORK.release();
        }
        return hash;
    }
}
