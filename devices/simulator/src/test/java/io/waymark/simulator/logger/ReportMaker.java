package io.waymark.simulator.logger;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;

/** Writes reports as a Fridge-tag 2 does, with keys of the test's own. */
final class ReportMaker {
    static final BigInteger ORDER =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

    final KeyPair keys;
    String serial = "160400000001";
    String lot = "1792_20_08";
    String certificateLot = "1792_20_08";
    String zone = "0.00";
    String unit = "C";
    String created = "2026-04-29 16:21";
    String publicKey;
    String[] days = {
        day(1, "2026-04-29", "+3.8", "09:49", "+4.5", "15:49", "+4.1", 0),
        day(2, "2026-04-28", "-0.6", "10:29", "+8.6", "17:22", "+4.8", 61),
    };

    ReportMaker() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        keys = generator.generateKeyPair();
        ECPublicKey key = (ECPublicKey) keys.getPublic();
        publicKey =
                littleEndian(key.getW().getAffineX()) + littleEndian(key.getW().getAffineY());
    }

    static String day(int n, String date, String min, String at, String max, String when, String mean, int high) {
        return " " + n + ":\n  Date: " + date + "\n  Min T: " + min + ", TS Min T: " + at + "\n  Max T: " + max
                + ", TS Max T: " + when + "\n  Avrg T: " + mean + "\n  Alarm:\n   0:\n    t Acc: 0\n   1:\n    t Acc: "
                + high
                + "\n  Int Sensor timeout:\n   t AccST: 0\n  Events: 0\n";
    }

    String unsigned() {
        return ("Device: Q-tag Fridge-tag 2\nVers: 0.5\nFw Vers: 4.0p1o\nSensor: 1\nConf:\n Serial: " + serial
                        + "\n Lot: " + lot
                        + "\n Zone: " + zone + "\n Temp unit: " + unit
                        + "\n Alarm:\n  0:\n   T AL: -0.5, t AL: 60\n  1:\n   T AL: +8.0, t AL: 600\n Report history length: 60\n"
                        + "Hist:\n TS Actv: 2026-01-20 11:51\n TS Report Creation: " + created + "\n"
                        + String.join("", days)
                        + "Cert:\n Vers: 1.0\n Lot: " + certificateLot
                        + "\n Issuer: Berlinger & Co. AG\n Valid from: 2020-08-21 07:39\n Owner: Berlinger & Co. AG\n Public Key: "
                        + publicKey + "\nSig Cert: " + "6e".repeat(64) + "\n")
                .replace("\n", "\r\n");
    }

    byte[] report() throws GeneralSecurityException {
        return signed(unsigned());
    }

    /** With a signature over exactly this text. */
    byte[] signed(String text) throws GeneralSecurityException {
        byte[] message = text.getBytes(StandardCharsets.US_ASCII);
        Signature signer = Signature.getInstance("NONEwithECDSAinP1363Format");
        signer.initSign(keys.getPrivate());
        signer.update(reversed(Names.sha256(message)));
        byte[] made = signer.sign();
        return with(
                text,
                littleEndian(new BigInteger(1, Arrays.copyOf(made, 32)))
                        + littleEndian(new BigInteger(1, Arrays.copyOfRange(made, 32, 64))));
    }

    /** With these digits as signature. */
    static byte[] with(String text, String signature) {
        return (text + "Sig: " + signature + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    static String littleEndian(BigInteger number) {
        byte[] out = new byte[32];
        byte[] big = number.toByteArray();
        for (int i = 0; i < Math.min(32, big.length); i++) out[i] = big[big.length - 1 - i];
        return HexFormat.of().formatHex(out);
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) out[i] = bytes[bytes.length - 1 - i];
        return out;
    }
}
