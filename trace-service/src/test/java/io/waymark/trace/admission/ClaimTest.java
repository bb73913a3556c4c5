package io.waymark.trace.admission;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.TokensResource;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A device gets in by a one-time code and a person's word. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClaimTest {
    @Inject
    @DataSource("ledger")
    AgroalDataSource database;

    @Test
    @Order(1)
    void aDeviceWithACodeIsBoundAfterAPersonApprovedItsKey() throws Exception {
        Firm firm = Firm.founded("claims", "NO");
        Map<String, String> code = expected(firm, 60);
        TestStream device = new TestStream();

        claim(code.get("code"), device).then().statusCode(202).body("state", equalTo("waiting"));
        claim(code.get("code").toLowerCase().replace('-', ' '), device).then().statusCode(202);
        firm.as().get("/api/devices").then().body("id", not(hasItem(device.hex())));
        firm.as()
                .get("/api/admissions")
                .then()
                .statusCode(200)
                .body("[0].state", equalTo("waiting"))
                .body("[0].device", equalTo(device.hex()))
                .body("[0].kid", equalTo(kid(device)));
        approve(firm, code.get("id"), "00".repeat(8)).then().statusCode(409);
        approve(firm, code.get("id"), kid(device)).then().statusCode(204);
        approve(firm, code.get("id"), kid(device)).then().statusCode(204);

        Response bound = claim(code.get("code"), device);
        bound.then().statusCode(200).body("topic", equalTo("v1/" + firm.slug + "/hold-1/" + device.hex()));
        assertEquals(bound.asString(), claim(code.get("code"), device).asString(), "asked again, told again");
        firm.as().get("/api/devices").then().body("id", hasItem(device.hex()));
        firm.as().get("/api/admissions").then().body("[0].state", equalTo("bound"));
        firm.as().delete("/api/admissions/" + code.get("id")).then().statusCode(409);

        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet r = s.executeQuery("SELECT a::text FROM trace.admission a")) {
            while (r.next()) {
                assertFalse(r.getString(1).contains(code.get("code")));
                assertFalse(r.getString(1).contains(HexFormat.of().formatHex(device.secret)), "nor the stream secret");
            }
        }
    }

    @Test
    @Order(2)
    void whateverIsWrongWithACodeTheAnswerIsTheSame() throws Exception {
        Firm firm = Firm.founded("codes", "NO");
        Set<String> answers = new TreeSet<>();
        TestStream first = new TestStream();
        Map<String, String> taken = expected(firm, 60);
        claim(taken.get("code"), first).then().statusCode(202);
        answers.add(refused(claim(taken.get("code"), new TestStream())));
        // The same device with another stream secret is another one: the secret must be the one that was shown.
        answers.add(refused(claimAs(taken.get("code"), first, TestStream.random(32))));
        approve(firm, taken.get("id"), kid(first)).then().statusCode(204);
        answers.add(refused(claim(taken.get("code"), new TestStream())));
        claim(taken.get("code"), first).then().statusCode(200);
        answers.add(refused(claim(taken.get("code"), new TestStream())));

        Map<String, String> rejected = expected(firm, 60);
        TestStream second = new TestStream();
        claim(rejected.get("code"), second).then().statusCode(202);
        firm.as().delete("/api/admissions/" + rejected.get("id")).then().statusCode(204);
        answers.add(refused(claim(rejected.get("code"), second)));
        approve(firm, rejected.get("id"), kid(second)).then().statusCode(409);

        Map<String, String> late = expected(firm, 1);
        try (Connection c = database.getConnection();
                Statement s = c.createStatement()) {
            s.execute("UPDATE trace.admission SET expires_at = now() - interval '1 second' WHERE id = '"
                    + late.get("id") + "'");
        }
        answers.add(refused(claim(late.get("code"), new TestStream())));
        answers.add(refused(claim(ClaimCode.issue(), new TestStream())));
        answers.add(refused(claim("not a code", new TestStream())));
        assertEquals(1, answers.size(), answers::toString);
    }

    @Test
    @Order(3)
    void oneFirmsCodesAreNothingToAnother() {
        Firm mine = Firm.founded("mine", "NO");
        Firm other = Firm.founded("other", "NO");
        Map<String, String> code = expected(mine, 60);
        TestStream device = new TestStream();
        claim(code.get("code"), device).then().statusCode(202);

        other.as().get("/api/admissions").then().statusCode(200).body("size()", equalTo(0));
        approve(other, code.get("id"), kid(device)).then().statusCode(404);
        other.as().delete("/api/admissions/" + code.get("id")).then().statusCode(404);
        given().get("/api/admissions").then().statusCode(401);
        given().contentType(ContentType.JSON)
                .body(Map.of("kid", kid(device)))
                .post("/api/admissions/" + code.get("id") + "/approval")
                .then()
                .statusCode(401);
        claim(code.get("code"), device).then().statusCode(202);
    }

    @Test
    @Order(4)
    void theKeysPossessionIsProvedForThisCode() {
        Firm firm = Firm.founded("proof", "NO");
        Map<String, String> code = expected(firm, 60);
        TestStream device = new TestStream();
        Map<String, Object> body = body(code.get("code"), device, device.secret);
        body.put("possession", device.possession()); // of a plain registration: anybody who saw one could use it here
        post(body).then().statusCode(403);
        body = body(expected(firm, 60).get("code"), device, device.secret);
        body.put("code", code.get("code"));
        post(body).then().statusCode(403);
        for (String field : body.keySet()) {
            Map<String, Object> without = new HashMap<>(body);
            if (!field.equals("code")) {
                without.remove(field);
                post(without).then().statusCode(400);
            }
        }
    }

    @Test
    @Order(5)
    void typedCodesAreReadWithTheirUsualMistakes() {
        assertArrayEquals(ClaimCode.hash("O1234-56789-ABCDE-FGHJ1"), ClaimCode.hash(" 0l234 56789abcde-fghji"));
        assertTrue(ClaimCode.issue().matches("([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}"));
    }

    @Test
    @Order(5)
    void aTableExpectsManyEachRowAnsweredByItself() {
        Firm firm = Firm.founded("table", "NO");
        TestStream there = new TestStream();
        firm.as().body(there.device()).post("/api/devices").then().statusCode(200);
        String rows =
                "\ufeffName;KIND;site;note\n\"Hold; left\";logger;hold-1;x\nHold 2;logger;Hold 2\n;logger;hold-1\nHold 3;;hold-1\n\n"
                        + "\"Hold; left\";logger;hold-1\nlogger in the corner;logger;cold-store-1\nHold 4;logger;hold-1\n";
        List<String> would = table(firm, rows, "?dryRun=true")
                .then()
                .statusCode(200)
                .extract()
                .path("outcome");
        assertEquals(
                List.of(
                        "would-be-expected",
                        "error",
                        "error",
                        "error",
                        "error",
                        "already-registered",
                        "would-be-expected"),
                would);
        firm.as().get("/api/admissions").then().body("size()", equalTo(0));

        Response first = table(firm, rows, "");
        assertEquals(
                List.of("expected", "error", "error", "error", "error", "already-registered", "expected"),
                first.path("outcome"));
        assertEquals(List.of(2, 3, 4, 5, 7, 8, 9), first.path("line"));
        assertEquals(
                "the site \"Hold 2\" may have 1 to 32 small letters, digits and hyphens only",
                first.path("[1].detail"));
        assertEquals("the name is missing", first.path("[2].detail"));
        assertEquals("site and name are those of a row above", first.path("[4].detail"));
        Response again = table(firm, rows, "");
        assertEquals(
                List.of(
                        "already-expected",
                        "error",
                        "error",
                        "error",
                        "error",
                        "already-registered",
                        "already-expected"),
                again.path("outcome"));
        claim(first.path("[6].code"), new TestStream()).then().statusCode(202);

        for (String bad : List.of("", "site,name\na,b\n", "site,name,kind\n\"a,b,c\n")) {
            table(firm, bad, "").then().statusCode(400);
        }
        StringBuilder many = new StringBuilder("site,name,kind\n");
        for (int i = 0; i < 700; i++) {
            many.append("hold-9,Logger ").append(i).append(",logger\n");
        }
        List<String> codes = table(firm, many.toString(), "")
                .then()
                .statusCode(200)
                .extract()
                .path("code");
        assertEquals(700, new TreeSet<>(codes).size());
        for (int i = 700; i < 2001; i++) {
            many.append("hold-9,Logger ").append(i).append(",logger\n");
        }
        table(firm, many.toString(), "").then().statusCode(400);
        given().contentType("text/csv")
                .body(rows)
                .post("/api/admissions/table")
                .then()
                .statusCode(401);
    }

    private static Response table(Firm firm, String csv, String query) {
        return given().auth()
                .oauth2(firm.apiKey)
                .contentType("text/csv")
                .body(csv.getBytes(StandardCharsets.UTF_8))
                .post("/api/admissions/table" + query);
    }

    @Test
    @Order(6)
    void guessingStopsSoon() {
        int status = 404;
        for (int i = 0; i < 200 && status == 404; i++) {
            status = claim(ClaimCode.issue(), new TestStream()).statusCode();
        }
        assertEquals(429, status);
    }

    private static Map<String, String> expected(Firm firm, int minutes) {
        return firm.as()
                .body(Map.of("site", "hold-1", "name", "Hold thermometer", "kind", "logger", "minutes", minutes))
                .post("/api/admissions/codes")
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath()
                .getMap("$");
    }

    private static Response approve(Firm firm, String id, String kid) {
        return firm.as().body(Map.of("kid", kid)).post("/api/admissions/" + id + "/approval");
    }

    private static String refused(Response answer) {
        assertEquals(404, answer.statusCode(), answer::asString);
        return answer.asString();
    }

    private static Response claim(String code, TestStream device) {
        return claimAs(code, device, device.secret);
    }

    private static Response claimAs(String code, TestStream device, byte[] secret) {
        return post(body(code, device, secret));
    }

    private static Response post(Map<String, Object> body) {
        return given().contentType(ContentType.JSON).body(body).post("/api/admissions/claims");
    }

    private static Map<String, Object> body(String code, TestStream device, byte[] secret) {
        byte[] claim = "waymark claim\n".getBytes(StandardCharsets.US_ASCII);
        byte[] over = ByteBuffer.allocate(claim.length + 48)
                .put(claim)
                .put(device.id)
                .put(ClaimCode.hash(code))
                .array();
        return new HashMap<>(Map.of(
                "code", code,
                "id", device.hex(),
                "coseKey", TestStream.base64(device.key.verificationKey().coseKey()),
                "keeper", "device",
                "streamSecret", TestStream.base64(secret),
                "possession", TestStream.base64(device.key.sign(over))));
    }

    private static String kid(TestStream device) {
        return HexFormat.of().formatHex(device.key.verificationKey().kid());
    }
}
