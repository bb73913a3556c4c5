package io.waymark.evidence.key;

import java.lang.reflect.InvocationTargetException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The same signatures, made and checked by AWS-LC where the Amazon Corretto Crypto Provider is on the class path and its library loads: four
 * times as fast as Bouncy Castle. Elsewhere, or with {@code -Dwaymark.native-signatures=false}, {@link #LOADED} is null and nothing is missing.
 *
 * <p>Keys must have been validated before: AWS-LC checks the cofactorless equation and S &lt; L and compares R as bytes, but takes any point
 * as a key. Thread-safe.
 */
final class NativeSignatures {
    /** Null where there is none. */
    static final @Nullable NativeSignatures LOADED =
            Boolean.parseBoolean(System.getProperty("waymark.native-signatures", "true")) ? load() : null;

    // RFC 8410 §4 and §7, RFC 5480 §2: the key's own bytes follow.
    private static final byte[] ED25519_PUBLIC = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final byte[] ED25519_PRIVATE = HexFormat.of().parseHex("302e020100300506032b657004220420");
    private static final byte[] P256_PUBLIC =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");

    private final Provider provider;

    private NativeSignatures(Provider provider) {
        this.provider = provider;
    }

    private static @Nullable NativeSignatures load() {
        try {
            // By name: a verifier without the provider's jar is whole.
            Class<?> type = Class.forName("com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider");
            Object provider = type.getField("INSTANCE").get(null);
            if (type.getMethod("getLoadingError").invoke(provider) != null) {
                return null; // another processor or system, or a temporary folder that nothing may be run from
            }
            NativeSignatures loaded = new NativeSignatures((Provider) provider);
            Signature.getInstance("Ed25519", loaded.provider);
            Signature.getInstance("SHA256withECDSAinP1363Format", loaded.provider);
            return loaded;
        } catch (ClassNotFoundException
                | NoSuchFieldException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException
                | GeneralSecurityException
                | LinkageError e) {
            return null;
        }
    }

    /** @param raw 32 bytes of RFC 8032, or 65 of a point of P-256; validated */
    PublicKey publicKey(Algorithm algorithm, byte[] raw) {
        try {
            return algorithm == Algorithm.ED25519
                    ? KeyFactory.getInstance("Ed25519")
                            .generatePublic(new X509EncodedKeySpec(joined(ED25519_PUBLIC, raw)))
                    : KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(joined(P256_PUBLIC, raw)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses a key that was found valid", e);
        }
    }

    PrivateKey ed25519(byte[] seed) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new PKCS8EncodedKeySpec(joined(ED25519_PRIVATE, seed)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses an Ed25519 seed", e);
        }
    }

    /** @param signature 64 bytes; whatever else they are, this does not throw */
    boolean verifies(Algorithm algorithm, PublicKey key, byte[] message, byte[] signature) {
        try {
            Signature check = Signature.getInstance(name(algorithm), provider);
            check.initVerify(key);
            check.update(message);
            return check.verify(signature);
        } catch (java.security.SignatureException e) {
            return false; // r or s of ECDSA out of range
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a signature cannot be checked", e);
        }
    }

    byte[] sign(PrivateKey ed25519, byte[] message) {
        try {
            Signature signature = Signature.getInstance("Ed25519", provider);
            signature.initSign(ed25519);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no signature could be made", e);
        }
    }

    private static String name(Algorithm algorithm) {
        return algorithm == Algorithm.ED25519 ? "Ed25519" : "SHA256withECDSAinP1363Format";
    }

    private static byte[] joined(byte[] prefix, byte[] key) {
        byte[] joined = new byte[prefix.length + key.length];
        System.arraycopy(prefix, 0, joined, 0, prefix.length);
        System.arraycopy(key, 0, joined, prefix.length, key.length);
        return joined;
    }
}
