package io.waymark.evidence.message;

import org.jspecify.annotations.Nullable;

/**
 * What a reading is about. Exactly one of text, number and bytes is set, which one depends on the key.
 *
 * @param key 1 SSCC (number) · 2 SGTIN (text, {@code /01/…/21/…}) · 3 batch (text, {@code /01/…/10/…}) · 4 GRAI, 5 GIAI (text) ·
 *            6 GLN (text) · 7 opaque (bytes)
 */
public record Association(
        int key, @Nullable String text, @Nullable Long number, byte @Nullable [] bytes) {
    public static final int SSCC = 1;
    public static final int SGTIN = 2;
    public static final int BATCH = 3;
    public static final int GRAI = 4;
    public static final int GIAI = 5;
    public static final int GLN = 6;
    public static final int OPAQUE = 7;

    public Association {
        boolean fits =
                switch (key) {
                    case SSCC -> number != null && number >= 0 && text == null && bytes == null;
                    case SGTIN, BATCH, GRAI, GIAI, GLN -> text != null && number == null && bytes == null;
                    case OPAQUE -> bytes != null && text == null && number == null;
                    default -> false;
                };
        if (!fits) {
            throw new IllegalArgumentException("association " + key + " with another kind of value than it has");
        }
    }

    public static Association sscc(long digits) {
        return new Association(SSCC, null, digits, null);
    }

    /** @param path canonical Digital Link path, {@code /01/{gtin14}/21/{serial}} */
    public static Association sgtin(String path) {
        return new Association(SGTIN, path, null, null);
    }

    /** @param path canonical Digital Link path, {@code /01/{gtin14}/10/{lot}} */
    public static Association batch(String path) {
        return new Association(BATCH, path, null, null);
    }

    public static Association gln(String digits) {
        return new Association(GLN, digits, null, null);
    }

    public static Association opaque(byte[] bytes) {
        return new Association(OPAQUE, null, null, bytes);
    }
}
