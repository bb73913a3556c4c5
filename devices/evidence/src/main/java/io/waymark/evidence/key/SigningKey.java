package io.waymark.evidence.key;

import io.waymark.evidence.cbor.MalformedException;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.SecureRandom;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/** A private key. Signing is deterministic for both algorithms (RFC 8032, RFC 6979): no randomness to get wrong, the same bytes again on a retry. */
public final class SigningKey {
    private final Algorithm algorithm;
    private final byte[] secret;
    private final byte[] publicBytes;
    private final VerificationKey verificationKey;
    private volatile @Nullable PrivateKey loaded;

    private SigningKey(Algorithm algorithm, byte[] secret, VerificationKey verificationKey) {
        this.algorithm = algorithm;
        this.secret = secret;
        this.verificationKey = verificationKey;
        this.publicBytes = verificationKey.raw();
    }

    /** A fresh key from the system's secure random source. */
    public static SigningKey generate(Algorithm algorithm) {
        SecureRandom random = new SecureRandom();
        byte[] bytes = new byte[32];
        if (algorithm == Algorithm.ED25519) {
            random.nextBytes(bytes);
            return ofSeed(bytes);
        }
        BigInteger n = VerificationKey.P256.getN();
        while (true) {
            random.nextBytes(bytes);
            BigInteger d = new BigInteger(1, bytes);
            if (d.signum() > 0 && d.compareTo(n) < 0) {
                return ofP256(d);
            }
        }
    }

    /** Ed25519 from its 32-byte seed (RFC 8032 calls it the private key). */
    public static SigningKey ofSeed(byte[] seed) {
        if (seed.length != Ed25519.SECRET_KEY_SIZE) {
            throw new IllegalArgumentException("an Ed25519 seed is 32 bytes, not " + seed.length);
        }
        byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
        Ed25519.generatePublicKey(seed, 0, publicKey, 0);
        try {
            return new SigningKey(Algorithm.ED25519, seed.clone(), VerificationKey.ofEd25519(publicKey));
        } catch (MalformedException e) {
            throw new IllegalStateException("a computed public key is always valid", e);
        }
    }

    /** P-256 from its scalar, 1 to n − 1. */
    public static SigningKey ofP256(BigInteger d) {
        if (d.signum() <= 0 || d.compareTo(VerificationKey.P256.getN()) >= 0) {
            throw new IllegalArgumentException("a P-256 private key is 1 to n - 1");
        }
        ECPoint point = VerificationKey.P256.getG().multiply(d).normalize();
        try {
            VerificationKey key = VerificationKey.ofP256(
                    point.getAffineXCoord().getEncoded(),
                    point.getAffineYCoord().getEncoded());
            return new SigningKey(Algorithm.P256, fixed32(d), key);
        } catch (MalformedException e) {
            throw new IllegalStateException("a computed public key is always valid", e);
        }
    }

    public Algorithm algorithm() {
        return algorithm;
    }

    public VerificationKey verificationKey() {
        return verificationKey;
    }

    /** Ed25519: the seed. P-256: the scalar, big-endian. 32 bytes; the caller keeps them secret. */
    public byte[] secretBytes() {
        return secret.clone();
    }

    /** 64 bytes. */
    public byte[] sign(byte[] message) {
        return algorithm == Algorithm.ED25519 && NativeSignatures.LOADED != null
                ? signBy(NativeSignatures.LOADED, message)
                : signInJava(message);
    }

    byte[] signBy(NativeSignatures library, byte[] message) {
        PrivateKey key = loaded;
        if (key == null) {
            key = library.ed25519(secret);
            loaded = key;
        }
        return library.sign(key, message);
    }

    byte[] signInJava(byte[] message) {
        byte[] signature = new byte[64];
        if (algorithm == Algorithm.ED25519) {
            // With the public key given it is not derived again: twice as fast.
            Ed25519.sign(secret, 0, publicBytes, 0, message, 0, message.length, signature, 0);
            return signature;
        }
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
        signer.init(true, new ECPrivateKeyParameters(new BigInteger(1, secret), VerificationKey.P256));
        BigInteger[] rs = signer.generateSignature(Sha256.of(message));
        System.arraycopy(fixed32(rs[0]), 0, signature, 0, 32);
        System.arraycopy(fixed32(rs[1]), 0, signature, 32, 32);
        return signature;
    }

    private static byte[] fixed32(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] out = new byte[32];
        int length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, out, 32 - length, length);
        return out;
    }
}
