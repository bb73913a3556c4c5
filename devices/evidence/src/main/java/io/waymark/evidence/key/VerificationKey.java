package io.waymark.evidence.key;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.math.BigInteger;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * A public key that has been validated: whoever holds one may check signatures with it.
 *
 * <p>Ed25519, one rule in every language: the key is canonical, of prime order and not the identity; S &lt; L; R is not the identity;
 * the cofactorless equation holds, R compared as bytes. FORMAT.md §3.
 */
public final class VerificationKey {
    private static final byte[] IDENTITY = HexFormat.of().parseHex("01" + "00".repeat(31));

    static final ECDomainParameters P256 = new ECDomainParameters(CustomNamedCurves.getByName("secp256r1"));

    private final Algorithm algorithm;
    private final byte[] coseKey;
    private final byte[] kid;
    private final byte[] raw;
    private final Ed25519.@Nullable PublicPoint edwards;
    private final @Nullable ECPublicKeyParameters weierstrass;

    // Made when first needed: many keys are read that check nothing. A race makes two alike.
    private volatile @Nullable PublicKey loaded;

    private VerificationKey(
            Algorithm algorithm,
            byte[] coseKey,
            byte[] raw,
            Ed25519.@Nullable PublicPoint edwards,
            @Nullable ECPublicKeyParameters weierstrass) {
        this.algorithm = algorithm;
        this.coseKey = coseKey;
        this.kid = Arrays.copyOf(Sha256.of(coseKey), 8);
        this.raw = raw;
        this.edwards = edwards;
        this.weierstrass = weierstrass;
    }

    /** From a deterministic COSE_Key. Refuses points that are not canonical, not of the prime order, or the identity. */
    public static VerificationKey ofCose(byte[] coseKey) throws MalformedException {
        // Ed25519 {1: 1, -1: 6, -2: x(32)}    P-256 {1: 2, -1: 1, -2: x(32), -3: y(32)}    FORMAT.md §2
        CborReader in = new CborReader(coseKey);
        int pairs = in.map();
        key(in, 1);
        long type = in.unsigned();
        key(in, -1);
        long curve = in.unsigned();
        boolean ed25519 = type == 1 && curve == 6;
        if (!ed25519 && !(type == 2 && curve == 1)) {
            throw new MalformedException(Reason.UNKNOWN_ALGORITHM, 0, "key type " + type + ", curve " + curve);
        }
        if (pairs != (ed25519 ? 3 : 4)) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, pairs + " pairs");
        }
        key(in, -2);
        byte[] x = in.bytes(32);
        if (ed25519) {
            in.end();
            return ofEd25519(x);
        }
        key(in, -3);
        byte[] y = in.bytes(32);
        in.end();
        return ofP256(x, y);
    }

    /** From the 32 bytes of RFC 8032. */
    public static VerificationKey ofEd25519(byte[] x) throws MalformedException {
        if (x.length != Ed25519.PUBLIC_KEY_SIZE) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, x.length + " bytes");
        }
        Ed25519.@Nullable PublicPoint point = Ed25519.validatePublicKeyFullExport(x, 0);
        if (point == null) {
            throw new MalformedException(Reason.KEY_NOT_VALID, 0, "not a canonical point of prime order");
        }
        byte[] coseKey = new CborWriter()
                .map(3)
                .integer(1)
                .integer(1)
                .integer(-1)
                .integer(6)
                .integer(-2)
                .bytes(x)
                .toBytes();
        return new VerificationKey(Algorithm.ED25519, coseKey, x.clone(), point, null);
    }

    /** From affine coordinates, 32 bytes each, big-endian. */
    public static VerificationKey ofP256(byte[] x, byte[] y) throws MalformedException {
        if (x.length != 32 || y.length != 32) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "coordinates of another length than 32");
        }
        ECPublicKeyParameters parameters;
        try {
            // The cofactor is 1: every point of the curve but infinity has the prime order. Out-of-range coordinates
            // are refused inside.
            ECPoint point = P256.getCurve().validatePoint(new BigInteger(1, x), new BigInteger(1, y));
            parameters = new ECPublicKeyParameters(point, P256);
        } catch (IllegalArgumentException e) {
            throw new MalformedException(Reason.KEY_NOT_VALID, 0, "not a point of P-256");
        }
        byte[] coseKey = new CborWriter()
                .map(4)
                .integer(1)
                .integer(2)
                .integer(-1)
                .integer(1)
                .integer(-2)
                .bytes(x)
                .integer(-3)
                .bytes(y)
                .toBytes();
        byte[] raw = new byte[65];
        raw[0] = 4;
        System.arraycopy(x, 0, raw, 1, 32);
        System.arraycopy(y, 0, raw, 33, 32);
        return new VerificationKey(Algorithm.P256, coseKey, raw, null, parameters);
    }

    private static void key(CborReader in, long expected) throws MalformedException {
        int start = in.offset();
        if (in.integer() != expected) {
            throw new MalformedException(Reason.UNKNOWN_KEY, start, "COSE_Key label " + expected + " belongs here");
        }
    }

    public Algorithm algorithm() {
        return algorithm;
    }

    /** Deterministic COSE_Key. */
    public byte[] coseKey() {
        return coseKey.clone();
    }

    /** First 8 bytes of SHA-256(COSE_Key): a hint, never an identity; look keys up by (stream, kid). */
    public byte[] kid() {
        return kid.clone();
    }

    /** Ed25519: 32 bytes of RFC 8032. P-256: 65 bytes, 04‖x‖y. */
    public byte[] raw() {
        return raw.clone();
    }

    /** False for every signature that the rule refuses, whatever its length; never throws. */
    public boolean verifies(byte[] message, byte[] signature64) {
        return NativeSignatures.LOADED != null
                ? verifiesBy(NativeSignatures.LOADED, message, signature64)
                : verifiesInJava(message, signature64);
    }

    boolean verifiesInJava(byte[] message, byte[] signature64) {
        if (signature64.length != 64) {
            return false;
        }
        return edwards != null ? verifiesEd25519(edwards, message, signature64) : verifiesP256(message, signature64);
    }

    boolean verifiesBy(NativeSignatures library, byte[] message, byte[] signature64) {
        // The rule's one clause that neither a valid key nor the library's equation implies.
        if (signature64.length != 64 || (edwards != null && Arrays.equals(signature64, 0, 32, IDENTITY, 0, 32))) {
            return false;
        }
        PublicKey key = loaded;
        if (key == null) {
            key = library.publicKey(algorithm, raw);
            loaded = key;
        }
        return library.verifies(algorithm, key, message, signature64);
    }

    private static boolean verifiesEd25519(Ed25519.PublicPoint key, byte[] message, byte[] signature) {
        // Bouncy Castle checks the cofactored equation, so it would accept an R with a small-order part, which others
        // refuse.
        // With A and R both canonical, of prime order and not the identity the two equations say the same.
        // R is looked at last: forged signatures then cost no second check. Ed25519VectorsTest holds this against
        // SunEC.
        return Ed25519.verify(signature, 0, key, message, 0, message.length)
                && Ed25519.validatePublicKeyFull(signature, 0);
    }

    private boolean verifiesP256(byte[] message, byte[] signature) {
        ECDSASigner signer = new ECDSASigner();
        signer.init(false, weierstrass);
        BigInteger r = new BigInteger(1, Arrays.copyOfRange(signature, 0, 32));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
        return signer.verifySignature(Sha256.of(message), r, s);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VerificationKey that && Arrays.equals(coseKey, that.coseKey);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(coseKey);
    }
}
