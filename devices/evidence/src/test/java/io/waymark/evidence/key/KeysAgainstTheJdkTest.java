package io.waymark.evidence.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** What is signed and hashed here, another implementation confirms. */
class KeysAgainstTheJdkTest {
    private final Random random = new Random(1);

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void rfc8032Test2() {
        SigningKey key = SigningKey.ofSeed(
                HexFormat.of().parseHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        assertEquals(
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                HexFormat.of().formatHex(key.verificationKey().raw()));
        assertEquals(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                HexFormat.of().formatHex(key.sign(new byte[] {0x72})));
    }

    @Test
    void ed25519SignaturesVerifyInTheJdk() throws Exception {
        for (int i = 0; i < 20; i++) {
            SigningKey key = SigningKey.ofSeed(bytes(32));
            byte[] message = bytes(i * 10);
            byte[] spki = Arrays.copyOf(HexFormat.of().parseHex("302a300506032b6570032100"), 44);
            System.arraycopy(key.verificationKey().raw(), 0, spki, 12, 32);
            Signature jdk = Signature.getInstance("Ed25519", "SunEC");
            jdk.initVerify(KeyFactory.getInstance("Ed25519", "SunEC").generatePublic(new X509EncodedKeySpec(spki)));
            jdk.update(message);
            assertTrue(jdk.verify(key.sign(message)));
        }
    }

    @Test
    void p256SignaturesVerifyInTheJdk() throws Exception {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC", "SunEC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        for (int i = 0; i < 20; i++) {
            SigningKey key = SigningKey.generate(Algorithm.P256);
            byte[] message = bytes(i * 10);
            byte[] raw = key.verificationKey().raw();
            ECPoint point = new ECPoint(
                    new BigInteger(1, Arrays.copyOfRange(raw, 1, 33)),
                    new BigInteger(1, Arrays.copyOfRange(raw, 33, 65)));
            PublicKey jdkKey = KeyFactory.getInstance("EC", "SunEC")
                    .generatePublic(new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class)));
            Signature jdk = Signature.getInstance("SHA256withECDSAinP1363Format", "SunEC");
            jdk.initVerify(jdkKey);
            jdk.update(message);
            byte[] signature = key.sign(message);
            assertTrue(jdk.verify(signature));
            assertTrue(key.verificationKey().verifies(message, signature));
            assertArrayEquals(
                    signature,
                    SigningKey.ofP256(new BigInteger(1, key.secretBytes())).sign(message));
        }
    }

    @Test
    void hmacIsTheJdks() throws Exception {
        for (int keyLength : new int[] {1, 16, 32, 63, 64, 65, 200}) {
            byte[] key = bytes(keyLength);
            byte[] a = bytes(33);
            byte[] b = bytes(100);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(a);
            assertArrayEquals(mac.doFinal(b), Sha256.hmac(key, a, b));
        }
    }

    @Test
    void signaturesOfAnotherLengthAreFalseAndNotAnError() {
        VerificationKey key = SigningKey.generate(Algorithm.ED25519).verificationKey();
        for (int length : new int[] {0, 1, 63, 65, 1000}) {
            assertFalse(key.verifies(new byte[0], new byte[length]));
        }
    }

    @Test
    void refusesSecretsThatAreNoKeys() {
        assertThrows(IllegalArgumentException.class, () -> SigningKey.ofSeed(new byte[31]));
        assertThrows(IllegalArgumentException.class, () -> SigningKey.ofP256(BigInteger.ZERO));
        assertThrows(IllegalArgumentException.class, () -> SigningKey.ofP256(VerificationKey.P256.getN()));
    }
}
