package io.waymark.simulator.logger;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** Names of loggers as names of folders. */
public final class Names {
    private static final int LONGEST = 40;

    private Names() {}

    /** [a-z0-9-] and different for different texts: what the alphabet loses is made good by eight digits of the text's SHA-256. */
    public static String folder(String prefix, String text) {
        String plain =
                text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        if (plain.equals(text) && plain.length() <= LONGEST && !plain.isEmpty()) return prefix + "-" + plain;
        String cut = plain.substring(0, Math.min(plain.length(), LONGEST - 9));
        String digest = hex(sha256(text.getBytes(StandardCharsets.UTF_8))).substring(0, 8);
        return prefix + "-" + (cut.isEmpty() ? "" : cut + "-") + digest;
    }

    static byte[] sha256(byte[] bytes) {
        return sha256().digest(bytes);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** Text from a file, fit for one line of a terminal: no control characters, cut at 60. */
    public static String shown(String text) {
        String plain = text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
        return plain.length() > 60 ? plain.substring(0, 59) + "…" : plain;
    }
}
