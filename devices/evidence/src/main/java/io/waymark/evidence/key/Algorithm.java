package io.waymark.evidence.key;

import org.jspecify.annotations.Nullable;

/** The two signature algorithms. Both signatures are 64 bytes. */
public enum Algorithm {
    /** RFC 8032 with the acceptance rule of {@link VerificationKey}. */
    ED25519(-19, -8),
    /** ECDSA over P-256 with SHA-256; the signature is r‖s, 32 bytes each. */
    P256(-9, -7);

    private final int coseId;
    private final int olderCoseId;

    Algorithm(int coseId, int olderCoseId) {
        this.coseId = coseId;
        this.olderCoseId = olderCoseId;
    }

    /** The identifier written: fully specified, RFC 9864. */
    public int coseId() {
        return coseId;
    }

    /** The algorithm of a COSE identifier, the older −8 and −7 included; null when it is none of ours. */
    public static @Nullable Algorithm ofCose(long id) {
        for (Algorithm algorithm : values()) {
            if (id == algorithm.coseId || id == algorithm.olderCoseId) {
                return algorithm;
            }
        }
        return null;
    }
}
