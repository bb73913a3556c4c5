package io.waymark.evidence.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import io.waymark.evidence.cbor.MalformedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Wycheproof for P-256 with r‖s, and the COSE working group's samples. */
class PublicVectorsTest {
    @Test
    void wycheproofP256() throws Exception {
        Path file = SharedData.files("reliability/wycheproof", "ecdsa_secp256r1_sha256_p1363_test.json")
                .get(0);
        int count = 0;
        for (JsonNode group : SharedData.json(file).get("testGroups")) {
            byte[] point = HexFormat.of()
                    .parseHex(group.get("publicKey").get("uncompressed").asText());
            VerificationKey key =
                    VerificationKey.ofP256(Arrays.copyOfRange(point, 1, 33), Arrays.copyOfRange(point, 33, 65));
            for (JsonNode test : group.get("tests")) {
                boolean expected = test.get("result").asText().equals("valid");
                byte[] message = HexFormat.of().parseHex(test.get("msg").asText());
                byte[] signature = HexFormat.of().parseHex(test.get("sig").asText());
                assertEquals(
                        expected,
                        key.verifies(message, signature),
                        "tcId " + test.get("tcId") + " " + test.get("comment"));
                count++;
            }
        }
        assertEquals(262, count);
    }

    @Test
    void coseSamplesVerifyAsBytesAndAreRefusedAsMessages() throws Exception {
        int verified = 0;
        for (Path file : SharedData.files("reliability/cose", ".json")) {
            JsonNode sample = SharedData.json(file);
            JsonNode sign = sample.path("input").path("sign0");
            byte[] cbor =
                    HexFormat.of().parseHex(sample.path("output").path("cbor").asText());
            // Their header is {1: alg} with the kid outside the signature, or none at all: never one of ours.
            assertThrows(MalformedException.class, () -> CoseSign1.parse(cbor), file.toString());
            String curve = sign.path("key").path("crv").asText();
            String algorithm =
                    sign.path("protected").path("alg").asText(sign.path("alg").asText());
            boolean ours = algorithm.equals("ES256") || algorithm.equals("EdDSA");
            if (sample.path("fail").asBoolean() || !ours || !(curve.equals("P-256") || curve.equals("Ed25519"))) {
                continue;
            }
            VerificationKey key = curve.equals("P-256")
                    ? VerificationKey.ofP256(coordinate(sign.get("key"), "x"), coordinate(sign.get("key"), "y"))
                    : VerificationKey.ofEd25519(coordinate(sign.get("key"), "x"));
            byte[] toBeSigned = HexFormat.of()
                    .parseHex(sample.path("intermediates").path("ToBeSign_hex").asText());
            byte[] signature = Arrays.copyOfRange(cbor, cbor.length - 64, cbor.length);
            assertTrue(key.verifies(toBeSigned, signature), file.toString());
            verified++;
        }
        assertTrue(verified >= 5, verified + " samples verified");
    }

    private static byte[] coordinate(JsonNode key, String name) {
        return key.has(name + "_hex")
                ? HexFormat.of().parseHex(key.get(name + "_hex").asText())
                : Base64.getUrlDecoder().decode(key.get(name).asText());
    }
}
