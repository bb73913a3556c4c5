package io.waymark.evidence.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import io.waymark.evidence.cbor.MalformedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The 914 edge cases of C2SP/CCTV under the one rule of FORMAT.md §3.1. */
class Ed25519VectorsTest {
    private static final Path EXPECTED = Path.of("src/test/resources/vectors/ed25519-914.txt");
    private static final byte[] IDENTITY = HexFormat.of().parseHex("01" + "00".repeat(31));

    @Test
    void verdictsAreTheCommittedOnes() throws Exception {
        StringBuilder verdicts = new StringBuilder();
        JsonNode vectors = SharedData.json(SharedData.path("ledger/ed25519-cctv/ed25519vectors.json"));
        for (JsonNode vector : vectors) {
            verdicts.append(ours(vector) ? '1' : '0');
        }
        assertEquals(914, verdicts.length());
        String content = """
                # Expected verdicts of FORMAT.md §3.1 for C2SP/CCTV ed25519/ed25519vectors.json, in the order of that file: 1 accept, 0 refuse.
                kind: ed25519-914
                verdicts: %s
                """.formatted(verdicts);
        if (Boolean.getBoolean("waymark.vectors.write")) {
            Files.writeString(EXPECTED, content);
        }
        assertEquals(Files.readString(EXPECTED), content);
    }

    @Test
    void theJdkAgreesOnceKeysAndRAreValidated() throws Exception {
        for (JsonNode vector : SharedData.json(SharedData.path("ledger/ed25519-cctv/ed25519vectors.json"))) {
            byte[] signature = bytes(vector, "sig");
            boolean identity = Arrays.equals(signature, 0, 32, IDENTITY, 0, 32);
            boolean jdk = validKey(bytes(vector, "key"))
                    && !identity
                    && sunEc(bytes(vector, "key"), message(vector), signature);
            assertEquals(jdk, ours(vector), "vector " + vector.get("number"));
        }
    }

    @Test
    void noSmallOrderKeyEverPasses() {
        for (JsonNode vector : SharedData.json(SharedData.path("ledger/ed25519-cctv/ed25519vectors.json"))) {
            String flags = String.valueOf(vector.get("flags"));
            if (flags.contains("low_order_A")
                    || flags.contains("low_order_component_A")
                    || flags.contains("non_canonical_A")) {
                assertFalse(validKey(bytes(vector, "key")), "vector " + vector.get("number"));
            }
        }
    }

    private static boolean ours(JsonNode vector) {
        try {
            return VerificationKey.ofEd25519(bytes(vector, "key")).verifies(message(vector), bytes(vector, "sig"));
        } catch (MalformedException e) {
            return false;
        }
    }

    private static boolean validKey(byte[] key) {
        try {
            VerificationKey.ofEd25519(key);
            return true;
        } catch (MalformedException e) {
            return false;
        }
    }

    private static boolean sunEc(byte[] key, byte[] message, byte[] signature) {
        byte[] prefix = HexFormat.of().parseHex("302a300506032b6570032100");
        byte[] spki = Arrays.copyOf(prefix, 44);
        System.arraycopy(key, 0, spki, 12, 32);
        try {
            Signature verifier = Signature.getInstance("Ed25519", "SunEC");
            verifier.initVerify(
                    KeyFactory.getInstance("Ed25519", "SunEC").generatePublic(new X509EncodedKeySpec(spki)));
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static byte[] message(JsonNode vector) {
        return vector.get("msg").asText().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(JsonNode vector, String name) {
        return HexFormat.of().parseHex(vector.get(name).asText());
    }
}
