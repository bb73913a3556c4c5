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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Wycheproof, and the COSE working group's samples. */
class PublicVectorsTest {
    /** Every file in the folder: what is about our two algorithms has its outcome, the rest is counted by name. */
    @Test
    void wycheproof() throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        int tests = 0;
        for (Path file : SharedData.files("reliability/wycheproof", "")) {
            JsonNode content = SharedData.json(file);
            for (JsonNode group : content.get("testGroups")) {
                VerificationKey key = ours(group);
                String type = group.get("type").asText();
                for (JsonNode test : group.get("tests")) {
                    tests++;
                    if (key == null) {
                        counts.merge("not ours: " + type, 1, Integer::sum);
                        continue;
                    }
                    boolean expected = test.get("result").asText().equals("valid");
                    byte[] message = HexFormat.of().parseHex(test.get("msg").asText());
                    byte[] signature = HexFormat.of().parseHex(test.get("sig").asText());
                    assertEquals(
                            expected,
                            key.verifies(message, signature),
                            file + " tcId " + test.get("tcId") + " " + test.get("comment"));
                    counts.merge(type + " " + key.algorithm() + (expected ? ", valid" : ", invalid"), 1, Integer::sum);
                }
            }
        }
        System.out.println("wycheproof: " + counts);
        assertEquals(tests, counts.values().stream().mapToInt(count -> count).sum());
        assertTrue(counts.getOrDefault("EcdsaP1363Verify P256, valid", 0) > 0, counts.toString());
        assertTrue(counts.getOrDefault("EcdsaP1363Verify P256, invalid", 0) > 0, counts.toString());
    }

    /** The key of a group that signs as we do: P-256 with SHA-256 and r ‖ s, or Ed25519. Null for everything else, signatures in DER too. */
    private static VerificationKey ours(JsonNode group) throws MalformedException {
        JsonNode key = group.path("publicKey");
        switch (group.get("type").asText()) {
            case "EcdsaP1363Verify": {
                if (!key.path("curve").asText().equals("secp256r1")
                        || !group.path("sha").asText().equals("SHA-256")) {
                    return null;
                }
                byte[] point = HexFormat.of().parseHex(key.get("uncompressed").asText());
                return VerificationKey.ofP256(Arrays.copyOfRange(point, 1, 33), Arrays.copyOfRange(point, 33, 65));
            }
            case "EddsaVerify":
                return key.path("curve").asText().equals("edwards25519")
                        ? VerificationKey.ofEd25519(
                                HexFormat.of().parseHex(key.get("pk").asText()))
                        : null;
            default:
                return null;
        }
    }

    @Test
    void coseSamplesVerifyAsBytesAndAreRefusedAsMessages() throws Exception {
        int verified = 0;
        Map<String, Integer> refused = new TreeMap<>();
        List<Path> files = SharedData.files("reliability/cose", "");
        for (Path file : files) {
            JsonNode sample = SharedData.json(file);
            JsonNode sign = sample.path("input").path("sign0");
            byte[] cbor =
                    HexFormat.of().parseHex(sample.path("output").path("cbor").asText());
            // Their header is {1: alg} with the kid outside the signature, or none at all: never one of ours.
            MalformedException e = assertThrows(MalformedException.class, () -> CoseSign1.parse(cbor), file.toString());
            String kind = Stream.of("sign0", "sign", "mac0", "mac", "enveloped", "encrypted")
                    .filter(sample.path("input")::has)
                    .findFirst()
                    .orElse("something else");
            refused.merge(
                    kind + (sample.path("fail").asBoolean() ? " (broken): " : ": ") + e.reason(), 1, Integer::sum);
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
        System.out.println("cose: " + verified + " signatures of ours hold; as messages refused " + refused);
        assertEquals(
                files.size(), refused.values().stream().mapToInt(count -> count).sum());
        assertTrue(verified >= 5, verified + " samples verified");
    }

    private static byte[] coordinate(JsonNode key, String name) {
        return key.has(name + "_hex")
                ? HexFormat.of().parseHex(key.get(name + "_hex").asText())
                : Base64.getUrlDecoder().decode(key.get(name).asText());
    }
}
