package io.waymark.evidence.log;

import io.waymark.evidence.key.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A verified statement of a witness: at {@code seconds} this checkpoint was the largest tree of this log it had seen, and it grew from
 * all it had seen before. Only a {@link CosignatureVerifier} makes one.
 *
 * @see <a href="https://c2sp.org/tlog-cosignature">C2SP tlog-cosignature</a>
 */
public final class Cosignature {
    /** The signature algorithms of witnesses and their type bytes. */
    public enum Type {
        ED25519((byte) 4, 64),
        ML_DSA_44((byte) 6, 2420);

        private final byte code;
        private final int signatureLength;

        Type(byte code, int signatureLength) {
            this.code = code;
            this.signatureLength = signatureLength;
        }

        byte code() {
            return code;
        }

        int signatureLength() {
            return signatureLength;
        }
    }

    private static final String LABEL_ED25519 = "cosignature/v1\n";
    private static final byte[] LABEL_ML_DSA = "subtree/v1\n\0".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_NAME = 255;

    private final CosignatureVerifier by;
    private final long seconds;
    private final String line;

    Cosignature(CosignatureVerifier by, long seconds, String line) {
        this.by = by;
        this.seconds = seconds;
        this.line = line;
    }

    public String name() {
        return by.name();
    }

    public Type type() {
        return by.type();
    }

    /** The key that made it. */
    public CosignatureVerifier by() {
        return by;
    }

    /** POSIX time by the witness's clock; may lie in the future when that clock is wrong. */
    public long seconds() {
        return seconds;
    }

    /** The signature line with its line break, to be appended to the note. */
    public String line() {
        return line;
    }

    /** What is signed. Ed25519: header, time and the note's text. ML-DSA-44: names, time, size and root; lines after the root are not covered. */
    static byte[] message(Type type, String cosigner, long seconds, String text, Checkpoint checkpoint) {
        if (type == Type.ED25519) {
            return (LABEL_ED25519 + "time " + seconds + "\n" + text).getBytes(StandardCharsets.UTF_8);
        }
        // label(12) ‖ u8 length ‖ cosigner ‖ u64 time ‖ u8 length ‖ origin ‖ u64 start (0) ‖ u64 end (size) ‖ root(32)
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(LABEL_ML_DSA);
        name(out, cosigner);
        out.writeBytes(Sha256.u64(seconds));
        name(out, checkpoint.origin());
        out.writeBytes(Sha256.u64(0));
        out.writeBytes(Sha256.u64(checkpoint.size()));
        out.writeBytes(checkpoint.root());
        return out.toByteArray();
    }

    /** Whether names of this length can be signed: ML-DSA-44 gives their length one byte. */
    static boolean fits(Type type, String cosigner, String origin) {
        return type == Type.ED25519
                || cosigner.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME
                        && origin.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME;
    }

    private static void name(ByteArrayOutputStream out, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }
}
