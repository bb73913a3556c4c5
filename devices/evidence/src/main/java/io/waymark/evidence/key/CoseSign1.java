package io.waymark.evidence.key;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * A COSE_Sign1 (RFC 9052 §4.2) as Waymark writes it: tagged 18, protected header exactly {1: alg, 4: kid}, nothing unprotected,
 * payload inside. The bytes are kept as received and never written anew.
 */
public final class CoseSign1 {
    private static final byte[] NO_EXTERNAL_DATA = new byte[0];

    private final byte[] encoded;
    private final Algorithm algorithm;
    private final byte[] kid;
    private final byte[] payload;
    private final byte[] signature;
    private final byte[] signedBytes;

    private CoseSign1(
            byte[] encoded, Algorithm algorithm, byte[] kid, byte[] header, byte[] payload, byte[] signature) {
        this.encoded = encoded;
        this.algorithm = algorithm;
        this.kid = kid;
        this.payload = payload;
        this.signature = signature;
        this.signedBytes = signatureStructure(header, payload);
    }

    /** Signs {@code payload}; header and kid come from the key. */
    public static CoseSign1 sign(byte[] payload, SigningKey key) {
        byte[] kid = key.verificationKey().kid();
        byte[] header = new CborWriter()
                .map(2)
                .integer(1)
                .integer(key.algorithm().coseId())
                .integer(4)
                .bytes(kid)
                .toBytes();
        byte[] signature = key.sign(signatureStructure(header, payload));
        byte[] encoded = new CborWriter()
                .tag(18)
                .array(4)
                .bytes(header)
                .map(0)
                .bytes(payload)
                .bytes(signature)
                .toBytes();
        return new CoseSign1(encoded, key.algorithm(), kid, header, payload, signature);
    }

    /** Strict; whether the signature holds is not looked at. */
    public static CoseSign1 parse(byte[] encoded) throws MalformedException {
        CborReader in = new CborReader(encoded);
        in.tag();
        in.array(4);
        byte[] header = in.bytes();
        int unprotectedAt = in.offset();
        if (in.map() != 0) {
            throw new MalformedException(Reason.UNPROTECTED_NOT_EMPTY, unprotectedAt);
        }
        byte[] payload = in.bytes();
        byte[] signature = in.bytes(64);
        in.end();

        CborReader headerIn = new CborReader(header);
        int pairs = headerIn.map();
        label(headerIn, pairs, 1);
        int algorithmAt = headerIn.offset();
        @Nullable Algorithm algorithm = Algorithm.ofCose(headerIn.integer());
        if (algorithm == null) {
            throw new MalformedException(Reason.UNKNOWN_ALGORITHM, algorithmAt);
        }
        label(headerIn, pairs - 1, 4);
        byte[] kid = headerIn.bytes(8);
        if (pairs > 2) {
            throw new MalformedException(Reason.UNKNOWN_KEY, headerIn.offset(), "in the protected header");
        }
        headerIn.end();
        return new CoseSign1(encoded, algorithm, kid, header, payload, signature);
    }

    private static void label(CborReader in, int pairsLeft, long expected) throws MalformedException {
        if (pairsLeft <= 0) {
            throw new MalformedException(Reason.MISSING_KEY, in.offset(), "header label " + expected);
        }
        int start = in.offset();
        long seen = in.integer();
        if (seen != expected) {
            throw new MalformedException(
                    seen > expected ? Reason.MISSING_KEY : Reason.UNKNOWN_KEY,
                    start,
                    "header label " + expected + " belongs here");
        }
    }

    private static byte[] signatureStructure(byte[] header, byte[] payload) {
        return new CborWriter()
                .array(4)
                .text("Signature1")
                .bytes(header)
                .bytes(NO_EXTERNAL_DATA)
                .bytes(payload)
                .toBytes();
    }

    /** The bytes as received or made. Not copied. */
    public byte[] encoded() {
        return encoded;
    }

    public Algorithm algorithm() {
        return algorithm;
    }

    public byte[] kid() {
        return kid.clone();
    }

    /** Not copied. */
    public byte[] payload() {
        return payload;
    }

    /** SHA-256 of the signed bytes, without the signature: a message signed again (ES256 may be randomised) is the same message. */
    public byte[] digest() {
        return Sha256.of(signedBytes);
    }

    /** Whether {@code key} made this signature; false also when the header names another algorithm or another kid. */
    public boolean verifies(VerificationKey key) {
        return key.algorithm() == algorithm
                && java.util.Arrays.equals(key.kid(), kid)
                && key.verifies(signedBytes, signature);
    }
}
