package io.waymark.evidence.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import io.waymark.evidence.cbor.MalformedException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One rule, whichever library applies it. */
class NativeSignaturesTest {
    private static final BigInteger L =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    private NativeSignatures library;

    @BeforeEach
    void here() {
        boolean expected = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
        assertTrue(NativeSignatures.LOADED != null || !expected, "the library does not load where it should");
        assumeTrue(NativeSignatures.LOADED != null, "no native library for this platform");
        library = NativeSignatures.LOADED;
    }

    @Test
    void edgeCasesHaveTheSameVerdict() {
        int judged = 0;
        for (JsonNode vector : SharedData.json(SharedData.path("ledger/ed25519-cctv/ed25519vectors.json"))) {
            byte[] message = vector.get("msg").asText().getBytes(StandardCharsets.UTF_8);
            byte[] signature = HexFormat.of().parseHex(vector.get("sig").asText());
            try {
                VerificationKey key = VerificationKey.ofEd25519(
                        HexFormat.of().parseHex(vector.get("key").asText()));
                assertEquals(
                        key.verifiesInJava(message, signature),
                        key.verifiesBy(library, message, signature),
                        "vector " + vector.get("number"));
                judged++;
            } catch (MalformedException e) {
                // Refused as a key, before any signature.
            }
        }
        assertTrue(judged > 20, judged + " vectors have a valid key");
    }

    @Test
    void randomSignaturesAndAlteredOnesHaveTheSameVerdict() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (Algorithm algorithm : Algorithm.values()) {
            for (int i = 0; i < 100; i++) {
                SigningKey key = SigningKey.generate(algorithm);
                byte[] message = new byte[random.nextInt(300)];
                random.nextBytes(message);
                byte[] signature = key.signInJava(message);
                if (algorithm == Algorithm.ED25519) {
                    assertArrayEquals(signature, key.signBy(library, message));
                }
                VerificationKey check = key.verificationKey();
                assertTrue(check.verifiesInJava(message, signature));
                assertTrue(check.verifiesBy(library, message, signature));
                for (int flip = 0; flip < 8; flip++) {
                    byte[] altered = signature.clone();
                    altered[random.nextInt(64)] ^= (byte) (1 << random.nextInt(8));
                    assertEquals(
                            check.verifiesInJava(message, altered),
                            check.verifiesBy(library, message, altered),
                            () -> HexFormat.of().formatHex(altered));
                }
            }
        }
    }

    @Test
    void whatNoSignatureIsHasTheSameVerdict() {
        byte[] message = {1, 2, 3};
        for (Algorithm algorithm : Algorithm.values()) {
            SigningKey key = SigningKey.generate(algorithm);
            VerificationKey check = key.verificationKey();
            byte[] good = key.signInJava(message);
            byte[] zero = new byte[64];
            byte[] ones = new byte[64];
            Arrays.fill(ones, (byte) 0xff);
            byte[] onlyR = Arrays.copyOf(Arrays.copyOf(good, 32), 64);
            byte[] onlyS = new byte[64];
            System.arraycopy(good, 32, onlyS, 32, 32);
            for (byte[] wrong : new byte[][] {zero, ones, onlyR, onlyS, new byte[0], new byte[63], new byte[65]}) {
                assertFalse(check.verifiesInJava(message, wrong));
                assertFalse(check.verifiesBy(library, message, wrong));
            }
        }
    }

    /** S + L says the same of the curve: only the rule S &lt; L keeps a signature from having two forms. */
    @Test
    void aLargerSIsRefused() {
        SigningKey key = SigningKey.generate(Algorithm.ED25519);
        byte[] message = {7};
        byte[] signature = key.signInJava(message);
        byte[] little = new byte[33];
        for (int i = 0; i < 32; i++) {
            little[32 - i] = signature[32 + i];
        }
        byte[] sum = new BigInteger(1, little).add(L).toByteArray();
        byte[] larger = signature.clone();
        for (int i = 0; i < 32; i++) {
            larger[32 + i] = i < sum.length ? sum[sum.length - 1 - i] : 0;
        }
        assertFalse(key.verificationKey().verifiesInJava(message, larger));
        assertFalse(key.verificationKey().verifiesBy(library, message, larger));
    }
}
