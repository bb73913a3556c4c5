package io.waymark.local.home;

import io.waymark.local.CannotProceed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The installation's passwords and tokens: made at random when first asked for, kept in one 0600 file, one {@code name=value} a line.
 * Nothing has a default value, so no two installations share one.
 */
public final class Passwords {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path file;
    private final TreeMap<String, String> values = new TreeMap<>();

    public Passwords(Home home) throws CannotProceed {
        this.file = home.file("passwords");
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    int equals = line.indexOf('=');
                    if (equals > 0 && !line.startsWith("#")) {
                        values.put(line.substring(0, equals), line.substring(equals + 1));
                    }
                }
            }
        } catch (IOException e) {
            throw new CannotProceed("cannot read " + file + ": " + e, e);
        }
    }

    /** 32 random bytes as lower-case hex, the same at every start. Hex: safe inside SQL literals, URLs and configuration files. */
    public String secret(String name) throws CannotProceed {
        return remembered(name, () -> {
            byte[] bytes = new byte[32];
            RANDOM.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes);
        });
    }

    /** Sixteen characters in groups of four that a person can copy from a terminal (80 random bits, no look-alikes). */
    public String typeable(String name) throws CannotProceed {
        return remembered(name, () -> {
            String alphabet = "abcdefghjkmnpqrstuvwxyz023456789";
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 16; i++) {
                if (i > 0 && i % 4 == 0) {
                    text.append('-');
                }
                text.append(alphabet.charAt(RANDOM.nextInt(alphabet.length())));
            }
            return text.toString();
        });
    }

    private String remembered(String name, Supplier<String> fresh) throws CannotProceed {
        String known = values.get(name);
        if (known != null) {
            return known;
        }
        values.put(name, fresh.get());
        StringBuilder text = new StringBuilder(
                "# Passwords of this Waymark installation. Whoever reads this file can act as any part of it.\n");
        values.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        try {
            Home.writePrivate(file, text.toString());
        } catch (IOException e) {
            throw new CannotProceed("cannot write " + file + ": " + e, e);
        }
        return values.get(name);
    }
}
