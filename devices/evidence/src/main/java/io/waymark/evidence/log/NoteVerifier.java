package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Checks notes signed by one Ed25519 key (signature type 0x01). Signature lines of other keys, witnesses among them, are ignored.
 *
 * @see <a href="https://c2sp.org/signed-note@v1.0.0">C2SP signed-note</a>
 */
public final class NoteVerifier {
    static final byte ED25519 = 1;

    /** The C2SP format asks for at least 16; more than this many is refused. */
    static final int MAX_SIGNATURES = 64;

    static final int MAX_NOTE_CHARS = 1 << 20;
    private static final String SIGNATURE_LINE = "\u2014 ";

    private final String name;
    private final byte[] keyId;
    private final VerificationKey key;

    NoteVerifier(String name, VerificationKey key) {
        requireName(name);
        if (key.algorithm() != Algorithm.ED25519) {
            throw new IllegalArgumentException("notes are signed with Ed25519");
        }
        this.name = name;
        this.key = key;
        this.keyId = keyId(name, key);
    }

    /**
     * @param vkey {@code name+hex8(key id)+base64(0x01 ‖ 32 bytes)}
     * @throws IllegalArgumentException when it is not that, the key id does not fit, or the point is refused
     */
    public static NoteVerifier ofVkey(String vkey) {
        String[] parts = vkey.strip().split("\\+", 3);
        if (parts.length != 3 || !parts[1].matches("[0-9a-f]{8}")) {
            throw new IllegalArgumentException("not a verifier key: name+keyid+base64 expected");
        }
        byte[] material = Base64.getDecoder().decode(parts[2]);
        if (material.length != 33 || material[0] != ED25519) {
            throw new IllegalArgumentException("not an Ed25519 note key (type 1, 32 bytes)");
        }
        NoteVerifier verifier;
        try {
            verifier = new NoteVerifier(parts[0], VerificationKey.ofEd25519(Arrays.copyOfRange(material, 1, 33)));
        } catch (MalformedException e) {
            throw new IllegalArgumentException("the verifier key is refused: " + e.getMessage(), e);
        }
        if (!hex(verifier.keyId).equals(parts[1])) {
            throw new IllegalArgumentException("the verifier key's id is " + hex(verifier.keyId) + ", not " + parts[1]);
        }
        return verifier;
    }

    public String name() {
        return name;
    }

    public VerificationKey key() {
        return key;
    }

    public String vkey() {
        return name + "+" + hex(keyId) + "+" + Base64.getEncoder().encodeToString(material(key));
    }

    /** The signed text, its last line break included. */
    public String verify(String note) throws InvalidNoteException {
        if (note.length() > MAX_NOTE_CHARS) {
            throw malformed("longer than " + MAX_NOTE_CHARS);
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
        boolean verified = false;
        String[] lines = signatures.substring(0, signatures.length() - 1).split("\n", -1);
        if (lines.length > MAX_SIGNATURES) {
            throw malformed(lines.length + " signatures");
        }
        for (String line : lines) {
            verified |= verifyLine(line, signed);
        }
        if (!verified) {
            throw new InvalidNoteException(Reason.UNKNOWN_KEY, "no signature by " + name + "+" + hex(keyId));
        }
        return text;
    }

    /** The checkpoint in a note that this key signed; its origin must be this key's name. */
    public VerifiedCheckpoint checkpoint(String note) throws InvalidNoteException {
        Checkpoint checkpoint = Checkpoint.parse(verify(note));
        if (!checkpoint.origin().equals(name)) {
            throw new InvalidNoteException(
                    Reason.OTHER_ORIGIN,
                    "the checkpoint is of \"" + checkpoint.origin() + "\", the key of \"" + name + "\"");
        }
        return new VerifiedCheckpoint(checkpoint, note);
    }

    private boolean verifyLine(String line, byte[] signed) throws InvalidNoteException {
        // — <name> base64(key id(4) ‖ signature)
        if (!line.startsWith(SIGNATURE_LINE)) {
            throw malformed("a signature line without its dash");
        }
        int space = line.indexOf(' ', SIGNATURE_LINE.length());
        if (space <= SIGNATURE_LINE.length()) {
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
        boolean ours =
                line.substring(SIGNATURE_LINE.length(), space).equals(name) && Arrays.equals(raw, 0, 4, keyId, 0, 4);
        if (!ours) {
            return false;
        }
        if (!key.verifies(signed, Arrays.copyOfRange(raw, 4, raw.length))) {
            throw new InvalidNoteException(Reason.BAD_SIGNATURE, "the signature of " + name + " does not fit the text");
        }
        return true;
    }

    static byte[] keyId(String name, VerificationKey key) {
        byte[] hash = Sha256.of(name.getBytes(StandardCharsets.UTF_8), new byte[] {'\n'}, material(key));
        return Arrays.copyOf(hash, 4);
    }

    private static byte[] material(VerificationKey key) {
        byte[] material = new byte[33];
        material[0] = ED25519;
        System.arraycopy(key.raw(), 0, material, 1, 32);
        return material;
    }

    private static void requireName(String name) {
        if (name.isEmpty()
                || name.indexOf('+') >= 0
                || name.codePoints().anyMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || c < 0x20)) {
            throw new IllegalArgumentException("a key name is not empty and has no space and no plus");
        }
    }

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    private static InvalidNoteException malformed(String detail) {
        return new InvalidNoteException(Reason.MALFORMED, "not a signed note: " + detail);
    }
}
