package io.waymark.trace.admission;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.TokensResource;
import io.waymark.trace.certificate.Authority;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A device shows itself with its factory's word and waits until it is approved, by a person or by the organisation's rule. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class ContactTest {
    private final Authority root = Authority.root("factory", Instant.now());
    private final Authority line = root.issuing("line 2", Instant.now());
    private final KeyPair key = keyPair();

    @Test
    void aDeviceOfATrustedFactoryWaitsForAPerson() throws Exception {
        Firm firm = Firm.founded("contacts", "NO");
        TestStream device = new TestStream();
        contact(firm, device, line, key).then().statusCode(404); // trusted by nobody yet
        String factory = trust(firm, root, null);
        contact(firm, device, line, key).then().statusCode(202);
        contact(firm, device, line, key).then().statusCode(202);
        firm.as()
                .get("/api/admissions")
                .then()
                .body("size()", equalTo(1))
                .body("[0].state", equalTo("waiting"))
                .body("[0].factory", equalTo("Logger works"))
                .body("[0].factorySubject", equalTo("CN=" + device.hex()));
        String id = firm.as().get("/api/admissions").path("[0].id");
        String kid = HexFormat.of().formatHex(device.key.verificationKey().kid());
        firm.as()
                .body(Map.of("kid", kid))
                .post("/api/admissions/" + id + "/approval")
                .then()
                .statusCode(400);
        firm.as()
                .body(Map.of("kid", kid, "site", "hold-2", "name", "Hold 2", "kind", "logger"))
                .post("/api/admissions/" + id + "/approval")
                .then()
                .statusCode(204);
        contact(firm, device, line, key)
                .then()
                .statusCode(200)
                .body("topic", equalTo("v1/" + firm.slug + "/hold-2/" + device.hex()));
        firm.as().get("/api/devices").then().body("id", hasItem(device.hex()));

        TestStream refused = new TestStream();
        contact(firm, refused, line, key).then().statusCode(202);
        firm.as()
                .delete("/api/admissions/" + firm.as().get("/api/admissions").path("find { it.state == 'waiting' }.id"))
                .then()
                .statusCode(204);
        contact(firm, refused, line, key).then().statusCode(404);
        administrator(firm)
                .delete("/api/admissions/factories/" + factory)
                .then()
                .statusCode(204);
        contact(firm, device, line, key).then().statusCode(404);
    }

    @Test
    void aRuleAdmitsAtOnceAndOnlyInItsOrganisation() throws Exception {
        Firm firm = Firm.founded("ruled", "NO");
        Firm other = Firm.founded("unruled", "NO");
        trust(firm, root, "hall-1");
        TestStream device = new TestStream();
        contact(firm, device, line, key)
                .then()
                .statusCode(200)
                .body("topic", equalTo("v1/" + firm.slug + "/hall-1/" + device.hex()));
        contact(firm, device, line, key).then().statusCode(200);
        contact(other, new TestStream(), line, key).then().statusCode(404);
        other.as().get("/api/admissions/factories").then().body("size()", equalTo(0));
        other.as().get("/api/admissions").then().body("size()", equalTo(0));
    }

    @Test
    void aCertificateAloneOrOfAnotherFactoryIsNotEnough() throws Exception {
        Firm firm = Firm.founded("strict", "NO");
        trust(firm, root, "hall-1");
        TestStream device = new TestStream();
        contact(firm, device, line, keyPair()).then().statusCode(200); // each device has its own key
        Authority stranger = Authority.root("stranger", Instant.now()).issuing("line 2", Instant.now());
        contact(firm, new TestStream(), stranger, key).then().statusCode(404);
        Map<String, Object> body = body(firm, device, line, key);
        Map<String, Object> thief = body(firm, new TestStream(), line, key);
        thief.put("factorySignature", body.get("factorySignature")); // of another device's contact
        post(thief).then().statusCode(404);
        thief.put("chain", List.of());
        post(thief).then().statusCode(400);
        thief.put("chain", List.of("AAAA"));
        post(thief).then().statusCode(400);
        firm.as()
                .body(Map.of("name", "x"))
                .post("/api/admissions/factories")
                .then()
                .statusCode(403);
        given().contentType(ContentType.JSON)
                .body(Map.of("name", "x"))
                .post("/api/admissions/factories")
                .then()
                .statusCode(401);
        assertEquals(1, firm.as().get("/api/devices").<List<String>>path("id").size());
    }

    private static String trust(Firm firm, Authority root, String site) throws Exception {
        Map<String, Object> body = new HashMap<>(Map.of(
                "name",
                "Logger works",
                "certificate",
                TestStream.base64(root.certificate().getEncoded())));
        if (site != null) {
            body.put("approvedSite", site);
        }
        return administrator(firm)
                .body(body)
                .post("/api/admissions/factories")
                .then()
                .statusCode(200)
                .extract()
                .path("id");
    }

    private static io.restassured.specification.RequestSpecification administrator(Firm firm) {
        Map<String, String> account = Map.of(
                "organisation",
                firm.slug,
                "account",
                "boss@" + firm.slug,
                "password",
                "long enough 1",
                "role",
                "administrator");
        Response made = given().auth()
                .oauth2(TokensResource.OPERATOR)
                .contentType(ContentType.JSON)
                .body(account)
                .post("/api/accounts");
        assertTrue(made.statusCode() < 300 || made.statusCode() == 409, made::asString);
        String token = given().contentType(ContentType.JSON)
                .body(Map.of("account", account.get("account"), "password", account.get("password")))
                .post("/api/login")
                .then()
                .statusCode(200)
                .extract()
                .path("token");
        return given().auth().oauth2(token).contentType(ContentType.JSON);
    }

    private static Response contact(Firm firm, TestStream device, Authority line, KeyPair key) throws Exception {
        return post(body(firm, device, line, key));
    }

    private static Response post(Map<String, Object> body) {
        return given().contentType(ContentType.JSON).body(body).post("/api/admissions/contacts");
    }

    private static Map<String, Object> body(Firm firm, TestStream device, Authority line, KeyPair key)
            throws Exception {
        byte[] contact = "waymark contact\n".getBytes(StandardCharsets.US_ASCII);
        byte[] coseKey = device.key.verificationKey().coseKey();
        byte[] over = ByteBuffer.allocate(contact.length + 80)
                .put(contact)
                .put(device.id)
                .put(MerkleHash.sha256(coseKey))
                .put(MerkleHash.sha256(firm.slug.getBytes(StandardCharsets.UTF_8)))
                .array();
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key.getPrivate());
        signature.update(over);
        return new HashMap<>(Map.of(
                "organisation", firm.slug,
                "chain",
                        List.of(
                                TestStream.base64(line.device(device.id, key.getPublic(), Instant.now())
                                        .getEncoded()),
                                TestStream.base64(line.certificate().getEncoded())),
                "factorySignature", TestStream.base64(signature.sign()),
                "id", device.hex(),
                "coseKey", TestStream.base64(coseKey),
                "keeper", "device",
                "streamSecret", TestStream.base64(device.secret),
                "possession", TestStream.base64(device.key.sign(over))));
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
