package io.waymark.evidence.message;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.VerificationKey;

/** The signed part of a message, without its groups: what a proof carries. */
public final class Envelope {
    /** A head is some 200 bytes; nothing that is signed needs more than this. */
    static final int MAX_COSE = 1024;

    private final CoseSign1 cose;
    private final Head head;
    private final byte[] fieldsRoot;

    Envelope(CoseSign1 cose, Head head, byte[] fieldsRoot) {
        this.cose = cose;
        this.head = head;
        this.fieldsRoot = fieldsRoot;
    }

    /** Strict; whether the signature holds is asked by {@link #verifies}. The array is kept, not copied. */
    public static Envelope parse(byte[] cose) throws MalformedException {
        if (cose.length > MAX_COSE) {
            throw new MalformedException(Reason.TOO_LARGE, 0, cose.length + " bytes");
        }
        CoseSign1 sign1 = CoseSign1.parse(cose);
        Head.Parsed payload = Head.Parsed.of(sign1.payload());
        return new Envelope(sign1, payload.head(), payload.fieldsRoot());
    }

    public Head head() {
        return head;
    }

    /** 32 bytes. */
    public byte[] fieldsRoot() {
        return fieldsRoot.clone();
    }

    /** SHA-256 of the signed bytes, signature not included: the message's name everywhere. */
    public byte[] digest() {
        return cose.digest();
    }

    public byte[] kid() {
        return cose.kid();
    }

    /** The COSE_Sign1 as received. Not copied. */
    public byte[] cose() {
        return cose.encoded();
    }

    public boolean verifies(VerificationKey key) {
        return cose.verifies(key);
    }
}
