package io.waymark.evidence.log;

import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A signed note taken apart; nothing is verified.
 *
 * @param text   what is signed, its last line break included
 * @param signed the same as UTF-8
 * @see <a href="https://c2sp.org/signed-note@v1.0.0">C2SP signed-note</a>
 */
record Note(String text, byte[] signed, List<Line> lines) {
    /** The C2SP format asks for at least 16; more than this many is refused. */
    static final int MAX_SIGNATURES = 64;

    static final int MAX_CHARS = 1 << 20;
    private static final String DASH = "\u2014 ";

    /**
     * — name base64(key id(4) ‖ signature)
     *
     * @param raw key id and signature, at least 5 bytes
     */
    record Line(String name, byte[] raw) {
        boolean isOf(Vkey key) {
            return name.equals(key.name()) && Arrays.equals(raw, 0, 4, key.id(), 0, 4);
        }

        byte[] signature() {
            return Arrays.copyOfRange(raw, 4, raw.length);
        }

        static String text(Vkey key, byte[] signature) {
            byte[] raw = Arrays.copyOf(key.id(), 4 + signature.length);
            System.arraycopy(signature, 0, raw, 4, signature.length);
            return new Line(key.name(), raw).text();
        }

        /** With its line break. */
        String text() {
            return DASH + name + " " + Base64.getEncoder().encodeToString(raw) + "\n";
        }
    }

    static Note parse(String note) throws InvalidNoteException {
        if (note.length() > MAX_CHARS) {
            throw malformed("longer than " + MAX_CHARS);
        }
        for (int i = 0; i < note.length(); i++) {
            char c = note.charAt(i);
            if (c < 0x20 && c != '\n') {
                throw malformed("a control character");
            }
        }
        int boundary = note.lastIndexOf("\n\n");
        if (boundary < 0) {
            throw malformed("no blank line before the signatures");
        }
        String text = note.substring(0, boundary + 1);
        String signatures = note.substring(boundary + 2);
        if (signatures.isEmpty() || !signatures.endsWith("\n")) {
            throw malformed("the signature lines do not end with a line break");
        }
        byte[] signed = text.getBytes(StandardCharsets.UTF_8);
        if (!new String(signed, StandardCharsets.UTF_8).equals(text)) {
            throw malformed("not UTF-8");
        }
        String[] written = signatures.substring(0, signatures.length() - 1).split("\n", -1);
        if (written.length > MAX_SIGNATURES) {
            throw malformed(written.length + " signatures");
        }
        List<Line> lines = new ArrayList<>();
        for (String line : written) {
            lines.add(line(line));
        }
        return new Note(text, signed, lines);
    }

    private static Line line(String line) throws InvalidNoteException {
        if (!line.startsWith(DASH)) {
            throw malformed("a signature line without its dash");
        }
        int space = line.indexOf(' ', DASH.length());
        if (space <= DASH.length()) {
            throw malformed("a signature line without a name");
        }
        byte[] raw;
        String base64 = line.substring(space + 1);
        try {
            raw = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw malformed("a signature that is not base64");
        }
        // The decoder takes missing padding and stray low bits; one encoding per signature is accepted here.
        if (raw.length < 5 || !Base64.getEncoder().encodeToString(raw).equals(base64)) {
            throw malformed("a signature that is not plain base64 of at least 5 bytes");
        }
        return new Line(line.substring(DASH.length(), space), raw);
    }

    private static InvalidNoteException malformed(String detail) {
        return new InvalidNoteException(Reason.MALFORMED, "not a signed note: " + detail);
    }
}
