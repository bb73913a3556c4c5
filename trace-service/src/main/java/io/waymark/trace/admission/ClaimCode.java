package io.waymark.trace.admission;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A one-time code for a device: 100 random bits as 20 characters of Crockford's base 32 in groups of five, to be scanned or typed. Read without
 * regard to case, hyphens and blanks, and with I and L as 1 and O as 0. Only its hash is kept; 100 bits are not guessed, so a plain one does.
 */
final class ClaimCode {
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int LENGTH = 20;
    private static final int GROUP = 5;
    private static final Pattern FORM = Pattern.compile("[" + ALPHABET + "]{" + LENGTH + "}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private ClaimCode() {}

    static String issue() {
        StringBuilder code = new StringBuilder();
        for (int i = 0; i < LENGTH; i++) {
            if (i > 0 && i % GROUP == 0) {
                code.append('-');
            }
            code.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return code.toString();
    }

    /** SHA-256 of the 20 characters; of anything else a hash that no code has, so that it is answered like an unknown code. */
    static byte[] hash(String typed) {
        String code = typed == null || typed.length() > 64
                ? ""
                : typed.toUpperCase(Locale.ROOT)
                        .replaceAll("[\\s-]", "")
                        .replace('I', '1')
                        .replace('L', '1')
                        .replace('O', '0');
        String text = FORM.matcher(code).matches() ? code : "not a code";
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(("waymark claim code\n" + text).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
