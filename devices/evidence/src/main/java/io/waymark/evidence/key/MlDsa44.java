package io.waymark.evidence.key;

import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;

/**
 * ML-DSA-44 (FIPS 204), empty context, deterministic: for cosignatures that shall outlast Ed25519. A signature is 38 times as long, so
 * messages of devices are not signed with it.
 */
public final class MlDsa44 {
    public static final int SEED = 32;
    public static final int PUBLIC_KEY = 1312;
    public static final int SIGNATURE = 2420;

    private MlDsa44() {}

    /** 1312 bytes. */
    public static byte[] publicKey(byte[] seed) {
        return secret(seed).getPublicKeyParameters().getEncoded();
    }

    /** 2420 bytes, the same ones on every call. */
    public static byte[] sign(byte[] seed, byte[] message) {
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, secret(seed));
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("signing does not fail", e);
        }
    }

    /** False for everything that is no signature of this key; never throws. */
    public static boolean verifies(byte[] publicKey, byte[] message, byte[] signature) {
        if (publicKey.length != PUBLIC_KEY || signature.length != SIGNATURE) {
            return false;
        }
        MLDSASigner signer = new MLDSASigner();
        signer.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_44, publicKey));
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    private static MLDSAPrivateKeyParameters secret(byte[] seed) {
        if (seed.length != SEED) {
            throw new IllegalArgumentException("an ML-DSA seed is 32 bytes, not " + seed.length);
        }
        return new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed);
    }
}
