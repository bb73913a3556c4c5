package io.waymark.simulator.logger;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;

/**
 * ECDSA on NIST P-256 as Fridge-tag 2 writes it: every integer little-endian, and the SHA-256 digest taken as a little-endian integer too.
 *
 * @param key x ‖ y as in the file, 64 bytes
 */
record ReportSignature(byte[] key) {
    private static final ECParameterSpec P256 = p256();
    private static final int WIDTH = 32;

    /** @throws IllegalArgumentException saying why these bytes are no public key */
    ReportSignature {
        if (key.length != 2 * WIDTH) throw new IllegalArgumentException("it has " + key.length + " bytes, not 64");
        key = key.clone();
        BigInteger p = ((ECFieldFp) P256.getCurve().getField()).getP();
        BigInteger x = number(key, 0);
        BigInteger y = number(key, WIDTH);
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0)
            throw new IllegalArgumentException("a coordinate is not below the field's prime");
        BigInteger right = x.modPow(BigInteger.valueOf(3), p)
                .add(P256.getCurve().getA().multiply(x))
                .add(P256.getCurve().getB())
                .mod(p);
        if (!y.multiply(y).mod(p).equals(right))
            throw new IllegalArgumentException("it is not a point of the curve P-256");
    }

    /**
     * Whether {@code signature} was made over these bytes with the key.
     *
     * @param signature r ‖ s as in the file, 64 bytes
     * @throws IllegalArgumentException for numbers that no signature has
     */
    boolean verifies(byte[] message, byte[] signature) {
        if (signature.length != 2 * WIDTH)
            throw new IllegalArgumentException("it has " + signature.length + " bytes, not 64");
        BigInteger n = P256.getOrder();
        for (int at = 0; at <= WIDTH; at += WIDTH) {
            BigInteger part = number(signature, at);
            if (part.signum() == 0 || part.compareTo(n) >= 0)
                throw new IllegalArgumentException((at == 0 ? "r" : "s") + " is not between 1 and the group's order");
        }
        byte[] bigEndian = new byte[2 * WIDTH];
        System.arraycopy(reversed(signature, 0), 0, bigEndian, 0, WIDTH);
        System.arraycopy(reversed(signature, WIDTH), 0, bigEndian, WIDTH, WIDTH);
        try {
            Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
            verifier.initVerify(publicKey());
            verifier.update(reversed(Names.sha256(message), 0));
            return verifier.verify(bigEndian);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no ECDSA on P-256", e);
        }
    }

    private ECPublicKey publicKey() throws GeneralSecurityException {
        ECPoint point = new ECPoint(number(key, 0), number(key, WIDTH));
        return (ECPublicKey) KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, P256));
    }

    private static BigInteger number(byte[] littleEndian, int at) {
        return new BigInteger(1, reversed(littleEndian, at));
    }

    private static byte[] reversed(byte[] bytes, int at) {
        byte[] out = new byte[WIDTH];
        for (int i = 0; i < WIDTH; i++) out[i] = bytes[at + WIDTH - 1 - i];
        return out;
    }

    private static ECParameterSpec p256() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no P-256", e);
        }
    }
}
