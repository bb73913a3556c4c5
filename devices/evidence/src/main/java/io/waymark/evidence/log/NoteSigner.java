package io.waymark.evidence.log;

import io.waymark.evidence.key.SigningKey;
import java.nio.charset.StandardCharsets;

/** Signs notes and checkpoints with one Ed25519 key under one name. Deterministic: the same text gives the same note. */
public final class NoteSigner {
    private final SigningKey key;
    private final NoteVerifier verifier;

    /** @param name the log's origin: no spaces, no plus */
    public NoteSigner(String name, SigningKey key) {
        this.key = key;
        this.verifier = new NoteVerifier(name, key.verificationKey());
    }

    /** The note: text, blank line, one signature line. The text must end with a line break and be free of other control characters. */
    public String sign(String text) {
        if (!text.endsWith("\n") || text.chars().anyMatch(c -> c < 0x20 && c != '\n')) {
            throw new IllegalArgumentException(
                    "a note's text ends with a line break and has no other control character");
        }
        byte[] signature = key.sign(text.getBytes(StandardCharsets.UTF_8));
        return text + "\n" + Note.Line.text(verifier.vkeyParts(), signature);
    }

    /**
     * The note that hands over: this key's note with the signature of {@code next} added. Both have the same name.
     */
    public String handOver(String text, NoteSigner next) {
        if (!next.verifier.name().equals(verifier.name())) {
            throw new IllegalArgumentException("a log keeps its name when it changes its key");
        }
        String other = next.sign(text);
        return sign(text) + other.substring(text.length() + 1);
    }

    public NoteVerifier verifier() {
        return verifier;
    }
}
