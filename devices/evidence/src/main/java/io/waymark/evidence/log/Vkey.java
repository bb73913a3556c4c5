package io.waymark.evidence.log;

import io.waymark.evidence.key.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A verifier key as text: {@code name+hex8(key id)+base64(type ‖ key)}, key id = SHA-256(name ‖ 0x0a ‖ type ‖ key)[0..4).
 *
 * @param key the public key, not yet validated
 */
record Vkey(String name, byte type, byte[] key) {
    Vkey {
        if (name.isEmpty()
                || name.indexOf('+') >= 0
                || name.codePoints().anyMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || c < 0x20)) {
            throw new IllegalArgumentException("a key name is not empty and has no space and no plus");
        }
    }

    /** @throws IllegalArgumentException when it is not that, or the key id does not fit */
    static Vkey parse(String vkey) {
        String[] parts = vkey.strip().split("\\+", 3);
        if (parts.length != 3 || !parts[1].matches("[0-9a-f]{8}")) {
            throw new IllegalArgumentException("not a verifier key: name+keyid+base64 expected");
        }
        byte[] material = Base64.getDecoder().decode(parts[2]);
        // The decoder takes missing padding and stray low bits; one encoding per key is accepted here.
        if (!Base64.getEncoder().encodeToString(material).equals(parts[2])) {
            throw new IllegalArgumentException("not a verifier key: the base64 is not the one of these bytes");
        }
        if (material.length < 2) {
            throw new IllegalArgumentException("not a verifier key: no key in it");
        }
        Vkey key = new Vkey(parts[0], material[0], Arrays.copyOfRange(material, 1, material.length));
        if (!key.hexId().equals(parts[1])) {
            throw new IllegalArgumentException("the verifier key's id is " + key.hexId() + ", not " + parts[1]);
        }
        return key;
    }

    /** 4 bytes. */
    byte[] id() {
        return Arrays.copyOf(Sha256.of(name.getBytes(StandardCharsets.UTF_8), new byte[] {'\n', type}, key), 4);
    }

    /** How a key is called where its bytes would be in the way. */
    String nameAndId() {
        return name + "+" + hexId();
    }

    private String hexId() {
        return HexFormat.of().formatHex(id());
    }

    String text() {
        byte[] material = new byte[1 + key.length];
        material[0] = type;
        System.arraycopy(key, 0, material, 1, key.length);
        return nameAndId() + "+" + Base64.getEncoder().encodeToString(material);
    }
}
