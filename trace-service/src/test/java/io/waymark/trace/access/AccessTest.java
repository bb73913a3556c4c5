package io.waymark.trace.access;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import io.waymark.trace.problem.Problem;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class AccessTest {
    private static final String PASSWORD = "long enough for a test";

    @Test
    void theSetUpTokenMakesOneAdministratorAndNoSecond() {
        Map<String, String> wrong =
                Map.of("token", "guess", "organisation", "Røros Fisk", "account", "kari", "password", "long enough 1");
        given().contentType(ContentType.JSON)
                .body(wrong)
                .post("/api/setup")
                .then()
                .statusCode(403);
        Map<String, String> right = Map.of(
                "token",
                TokensResource.SETUP,
                "organisation",
                "Røros Fisk",
                "account",
                "kari",
                "password",
                "long enough 1");
        String session = given().contentType(ContentType.JSON)
                .body(right)
                .post("/api/setup")
                .then()
                .statusCode(200)
                .extract()
                .path("token");
        given().contentType(ContentType.JSON)
                .body(right)
                .post("/api/setup")
                .then()
                .statusCode(409);
        given().contentType(ContentType.JSON)
                .body(wrong)
                .post("/api/setup")
                .then()
                .statusCode(409);

        given().auth()
                .oauth2(session)
                .get("/api/session")
                .then()
                .statusCode(200)
                .body("name", equalTo("kari"))
                .body("tenant", equalTo("r-ros-fisk"))
                .body("organisation", equalTo("Røros Fisk"))
                .body("roles", equalTo(List.of("administrator")));

        given().auth()
                .oauth2(session)
                .contentType(ContentType.JSON)
                .body(Map.of("account", "ola", "password", "also long enough", "role", "viewer"))
                .post("/api/accounts")
                .then()
                .statusCode(201);
        given().auth().oauth2(session).get("/api/accounts").then().body("account", hasItem("ola"));
        given().auth()
                .oauth2(session)
                .contentType(ContentType.JSON)
                .body(Map.of("name", "Other", "slug", "other"))
                .post("/api/organisations")
                .then()
                .statusCode(403);
        Firm.founded("stranger", "FI");
        given().auth()
                .oauth2(session)
                .get("/api/organisations")
                .then()
                .statusCode(200)
                .body("slug", equalTo(List.of("r-ros-fisk")));
        String key = given().auth()
                .oauth2(session)
                .contentType(ContentType.JSON)
                .body(Map.of("label", "packing line"))
                .post("/api/api-keys")
                .then()
                .statusCode(201)
                .extract()
                .path("apiKey");
        given().auth()
                .oauth2(key)
                .get("/api/session")
                .then()
                .body("name", equalTo("packing line"))
                .body("tenant", equalTo("r-ros-fisk"))
                .body("roles", equalTo(List.of("producer")));
        given().auth()
                .oauth2(key)
                .contentType(ContentType.JSON)
                .body(Map.of("label", "x"))
                .post("/api/api-keys")
                .then()
                .statusCode(403);
        String viewer = given().contentType(ContentType.JSON)
                .body(Map.of("account", "Ola", "password", "also long enough"))
                .post("/api/login")
                .then()
                .statusCode(200)
                .body("expires", notNullValue())
                .extract()
                .path("token");
        given().auth().oauth2(viewer).get("/api/accounts").then().statusCode(403);
        given().auth().oauth2(viewer).get("/api/batches").then().statusCode(200);
        given().auth()
                .oauth2(viewer)
                .contentType(ContentType.JSON)
                .body("{}")
                .post("/api/batches")
                .then()
                .statusCode(403);

        given().auth().oauth2(viewer).delete("/api/session").then().statusCode(204);
        given().auth().oauth2(viewer).get("/api/session").then().statusCode(401);

        String unknown = given().contentType(ContentType.JSON)
                .body(Map.of("account", "nobody", "password", "also long enough"))
                .post("/api/login")
                .then()
                .statusCode(401)
                .extract()
                .asString();
        assertEquals(
                unknown,
                given().contentType(ContentType.JSON)
                        .body(Map.of("account", "ola", "password", "wrong wrong wrong"))
                        .post("/api/login")
                        .then()
                        .statusCode(401)
                        .extract()
                        .asString());
    }

    @Test
    void aKeyIsShownOnceAndReissuedByTheOperatorOnly() {
        Firm firm = Firm.founded("mill", "SE");
        Map<String, String> again = Map.of("name", "x", "slug", firm.slug, "country", "SE");
        given().auth()
                .oauth2(TokensResource.OPERATOR)
                .contentType(ContentType.JSON)
                .body(again)
                .post("/api/organisations")
                .then()
                .statusCode(200)
                .body("apiKey", nullValue());
        given().auth()
                .oauth2(TokensResource.OPERATOR)
                .contentType(ContentType.JSON)
                .body(again)
                .post("/api/organisations?reissue=true")
                .then()
                .statusCode(200)
                .body("apiKey", containsString("wmk_"));
        firm.as()
                .get("/api/session")
                .then()
                .body("roles", equalTo(List.of("producer")))
                .body("tenant", equalTo(firm.slug));
    }

    @Test
    void anExpiredKeyIsNobody() throws Exception {
        Firm firm = Firm.founded("mill", "SE");
        String url = ConfigProvider.getConfig().getValue("waymark.trace.db.url", String.class);
        try (Connection c = DriverManager.getConnection(url, "postgres", "");
                PreparedStatement expire =
                        c.prepareStatement("UPDATE trace.api_key SET expires_at = now() WHERE tenant_id = ?")) {
            expire.setString(1, firm.slug);
            assertEquals(1, expire.executeUpdate());
        }
        firm.as().get("/api/session").then().statusCode(401);
    }

    @Test
    void thePublicStartPageListsNobodysCodesUnlessTold() {
        Firm firm = Firm.founded("mill", "SE");
        String gtin = firm.makes("D-1");
        firm.as()
                .body("{\"count\":1}")
                .post("/api/batches/" + gtin + "/D-1/commission")
                .then()
                .statusCode(200);
        firm.as().get("/api/demo/items").then().body("name", equalTo(List.of("Smoked trout")));
        given().auth()
                .oauth2(TokensResource.WEB)
                .get("/api/demo/items")
                .then()
                .statusCode(200)
                .body("", equalTo(List.of()));
    }

    @ParameterizedTest(name = "{0} {1} with {2} as {3} is {4}")
    @CsvSource({
        "GET, /api/batches, '', nobody, 401",
        "GET, /api/batches, '', forged, 401",
        "GET, /api/reports, '', web, 403",
        "DELETE, /api/batches, '', producer, 405",
        "GET, /api/batches?page=abc, '', producer, 400",
        "GET, /api/batches?size=99999999999, '', producer, 400",
        "GET, /api/quarantine?page=abc, '', producer, 400",
        "POST, /api/login, '{', nobody, 400",
        "POST, /api/login, '[1]', nobody, 400",
        "POST, /api/batches, '{\"quantity\":\"many\"}', producer, 400",
        "GET, /ledger/consistency, '', nobody, 400",
        "GET, /ledger/consistency?from=a&to=b, '', nobody, 400",
        "GET, /ledger/tile/9/abc, '', nobody, 404",
        "GET, /ledger/tile/0/x999/999, '', nobody, 404",
    })
    void everyRefusalIsAProblem(String method, String path, String body, String who, int status) {
        var request = given().contentType(ContentType.JSON);
        switch (who) {
            case "web" -> request.auth().oauth2(TokensResource.WEB);
            case "producer" -> request.auth().oauth2(Firm.founded("any", "FI").apiKey);
            case "forged" -> request.auth().oauth2("wmk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            default -> {}
        }
        if (!body.isEmpty()) {
            request.body(body);
        }
        var answer = request.request(method, path).then().statusCode(status).contentType("application/problem+json");
        answer.body("type", containsString("https://waymark.io/problems/"))
                .body("title", notNullValue())
                .body("status", equalTo(status))
                .body("detail", notNullValue());
        if (status == 401) {
            answer.header("WWW-Authenticate", containsString("Bearer"));
        }
    }

    @Test
    void anotherMediaTypeIsAProblemToo() {
        given().contentType("text/plain")
                .body("x")
                .post("/api/login")
                .then()
                .statusCode(415)
                .contentType("application/problem+json");
    }

    @Test
    void otherModulesPathsKeepTheFrameworksAnswer() {
        assertFalse(given().get("/no-such-page")
                .then()
                .statusCode(404)
                .extract()
                .contentType()
                .contains("problem"));
    }

    @ParameterizedTest(name = "{0} {1} as {2} is {3}")
    @CsvSource({
        "GET, /api/trade-items, nobody, 401",
        "GET, /api/batches, web, 403",
        "GET, /api/batches, ingest, 403",
        "POST, /api/steps, nobody, 401",
        "POST, /api/steps, web, 403",
        "GET, /api/passports?uri=x, nobody, 401",
        "GET, /api/passports?uri=x, producer, 403",
        "GET, /api/passports/proof?uri=x, vision, 403",
        "GET, /api/passports?uri=x, web, 404",
        "POST, /api/organisations, producer, 403",
        "POST, /api/organisations, ingest, 403",
        "GET, /api/accounts, producer, 403",
        "POST, /api/scans, producer, 403",
        "POST, /api/reports, operator, 403",
        "GET, /api/reports, web, 403",
        "GET, /api/session, web, 200",
        "GET, /api/session, nobody, 401",
        "GET, /api/session, forged, 401",
        "GET, /api/demo/items, producer, 200",
        "GET, /api/openapi, nobody, 200",
        "GET, /ledger/checkpoint, nobody, 200",
    })
    void roleByEndpoint(String method, String path, String who, int status) {
        var request = given().contentType(ContentType.JSON);
        String token =
                switch (who) {
                    case "web" -> TokensResource.WEB;
                    case "ingest" -> TokensResource.INGEST;
                    case "vision" -> TokensResource.VISION;
                    case "operator" -> TokensResource.OPERATOR;
                    case "producer" -> Firm.founded("any", "FI").apiKey;
                    case "forged" -> "wmk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
                    default -> null;
                };
        if (token != null) {
            request = request.auth().oauth2(token);
        }
        if (method.equals("POST")) {
            request = request.body("{}");
        }
        request.request(method, path).then().statusCode(status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/batches;x=1",
                "/api;/batches",
                "/api/batches%3Bx",
                "/api%2Fbatches",
                "/api%2fbatches",
                "/api%5Cbatches",
                "/q/..;/api/batches",
                "/01/..;/api/batches",
                "/01/%2e%2e;/api/batches",
                "/proof/x/..%2F../api/batches"
            })
    void pathsThatCanBeReadInTwoWaysAreRefused(String path) {
        given().urlEncodingEnabled(false)
                .auth()
                .oauth2(Firm.founded("any", "FI").apiKey)
                .get(path)
                .then()
                .statusCode(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/API/batches",
                "//api/batches",
                "/api//batches",
                "/api/./batches",
                "/x/../api/batches",
                "/api/batches/",
                "/api/batches%00"
            })
    void noMutationOfAPathOpensItToStrangers(String path) {
        int status =
                given().urlEncodingEnabled(false).get(path).then().extract().statusCode();
        assertTrue(status == 401 || status == 404 || status == 400, path + " gave " + status);
    }

    @Test
    void digitalLinkPathsMayHoldWhatLotsHold() {
        assertFalse(OwnPaths.ambiguous("/01/09506000134352/10/A%2FB"));
        assertTrue(OwnPaths.ambiguous("/01/x/%2e%2e/%2Fapi"));
        assertTrue(OwnPaths.ambiguous("/api/a%2Fb"));
    }

    @Test
    void aStrangersBodyIsRefusedByItsLengthBeforeItIsRead() throws Exception {
        String large = "{\"account\":\"kari\",\"password\":\"" + "x".repeat(20_000) + "\"}";
        for (String path : List.of("/api/login", "/api/setup")) {
            given().contentType(ContentType.JSON).body(large).post(path).then().statusCode(413);
        }
        // Sent in chunks, without a length.
        HttpRequest chunked = HttpRequest.newBuilder(URI.create("http://localhost:"
                        + ConfigProvider.getConfig().getValue("quarkus.http.test-port", int.class) + "/api/login"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[10])))
                .build();
        assertEquals(
                411,
                HttpClient.newHttpClient()
                        .send(chunked, HttpResponse.BodyHandlers.discarding())
                        .statusCode());
    }

    @Test
    void aStrangersTriesTakeNothingFromAnotherAddress() {
        LoginLimit limit = new LoginLimit(clock(new long[1]), 2);
        for (int i = 0; i < 5_000; i++) {
            limit.enter("name" + i, "192.0.2.1").close();
        }
        tries(limit, "kari", "192.0.2.1", 2);
        assertRefused(429, limit, "kari", "192.0.2.1");
        tries(limit, "kari", "192.0.2.2", 2);
        tries(limit, "ola", "192.0.2.1", 2);
        assertRefused(429, limit, "kari", "192.0.2.1");
    }

    @Test
    void oneAddressNeverTakesEveryPlaceForHashing() {
        LoginLimit limit = new LoginLimit(clock(new long[1]), 2);
        LoginLimit.Place[] taken = new LoginLimit.Place[LoginLimit.PLACES];
        for (int i = 0; i < LoginLimit.PLACES_PER_ADDRESS; i++) {
            taken[i] = limit.enter("a" + i, "2001:db8:1:2::" + i);
        }
        assertRefused(503, limit, "more", "2001:db8:1:2:ffff::1");
        for (int i = LoginLimit.PLACES_PER_ADDRESS; i < LoginLimit.PLACES; i++) {
            taken[i] = limit.enter("b" + i, "192.0.2.7");
        }
        assertRefused(503, limit, "kari", "192.0.2.8");
        taken[0].close();
        tries(limit, "kari", "192.0.2.8", 2);
    }

    private static void tries(LoginLimit limit, String account, String address, int count) {
        for (int i = 0; i < count; i++) {
            limit.enter(account, address).close();
        }
    }

    private static void assertRefused(int status, LoginLimit limit, String account, String address) {
        assertEquals(
                status,
                assertThrows(Problem.class, () -> limit.enter(account, address)).status());
    }

    @Test
    void whoTriesTooOftenIsToldWhenToComeAgain() {
        String name = "tried-" + System.nanoTime();
        for (int i = 0; i < 10; i++) {
            login(name, "wrong wrong wrong").statusCode(401);
        }
        // One try comes back every six seconds, which a slow machine needs for a few of them.
        ValidatableResponse answer = login(name, "wrong wrong wrong");
        for (int i = 0; i < 40 && answer.extract().statusCode() == 401; i++) {
            answer = login(name, "wrong wrong wrong");
        }
        answer.statusCode(429).header("Retry-After", "60").contentType("application/problem+json");
        login(name + "-other", "wrong wrong wrong").statusCode(401);
    }

    @Test
    void theOperatorMakesAnOrganisationsFirstAdministratorAndAnAdministratorItsOthers() {
        Firm firm = Firm.founded("dairy", "CH");
        String boss = "boss-" + firm.slug;
        account(TokensResource.OPERATOR, boss, "administrator", null).statusCode(400);
        account(TokensResource.OPERATOR, boss, "administrator", "no-such-firm").statusCode(404);
        account(TokensResource.OPERATOR, boss, "administrator", firm.slug).statusCode(201);
        account(TokensResource.OPERATOR, boss, "administrator", firm.slug).statusCode(409);
        account(TokensResource.WEB, "x" + boss, "viewer", firm.slug).statusCode(403);
        account(firm.apiKey, "x" + boss, "viewer", null).statusCode(403);
        String session = login(boss, PASSWORD).statusCode(200).extract().path("token");
        given().auth().oauth2(session).get("/api/session").then().body("tenant", equalTo(firm.slug));

        account(session, "guest-" + firm.slug, "viewer", null).statusCode(201);
        account(session, "clerk-" + firm.slug, "producer", firm.slug).statusCode(201);
        account(session, "spy-" + firm.slug, "viewer", Firm.founded("rival", "CH").slug)
                .statusCode(403);
        given().auth()
                .oauth2(session)
                .get("/api/accounts")
                .then()
                .body("account", equalTo(List.of(boss, "clerk-" + firm.slug, "guest-" + firm.slug)));
        given().auth()
                .oauth2(TokensResource.OPERATOR)
                .get("/api/accounts?organisation=" + firm.slug)
                .then()
                .statusCode(200)
                .body("account", hasItem(boss));
        given().auth()
                .oauth2(TokensResource.OPERATOR)
                .get("/api/organisations?size=500")
                .then()
                .statusCode(200)
                .body("slug", hasItem(firm.slug));
    }

    @Test
    void aRemovedAccountsSessionsEndAtOnceAndTheLastAdministratorStays() {
        Firm firm = Firm.founded("dairy", "CH");
        Firm rival = Firm.founded("rival", "CH");
        String boss = "boss-" + firm.slug;
        String second = "second-" + firm.slug;
        account(TokensResource.OPERATOR, boss, "administrator", firm.slug).statusCode(201);
        account(TokensResource.OPERATOR, "boss-" + rival.slug, "administrator", rival.slug)
                .statusCode(201);
        String session = login(boss, PASSWORD).statusCode(200).extract().path("token");
        account(session, second, "administrator", null).statusCode(201);
        account(session, "guest-" + firm.slug, "viewer", null).statusCode(201);
        String secondSession = login(second, PASSWORD).extract().path("token");
        String guest = login("guest-" + firm.slug, PASSWORD).extract().path("token");
        String stranger = login("boss-" + rival.slug, PASSWORD).extract().path("token");

        remove(stranger, "accounts/" + second).statusCode(404);
        remove(stranger, "accounts/" + second + "?organisation=" + firm.slug).statusCode(403);
        remove(guest, "accounts/" + second).statusCode(403);
        remove(firm.apiKey, "accounts/" + second).statusCode(403);
        remove(TokensResource.OPERATOR, "accounts/" + second).statusCode(400);
        remove(TokensResource.OPERATOR, "accounts/" + second + "?organisation=" + rival.slug)
                .statusCode(404);

        remove(session, "accounts/" + second).statusCode(204);
        given().auth().oauth2(secondSession).get("/api/session").then().statusCode(401);
        login(second, PASSWORD).statusCode(401);
        remove(session, "accounts/" + second).statusCode(404);
        remove(session, "accounts/" + boss)
                .statusCode(409)
                .contentType("application/problem+json")
                .body("type", equalTo("https://waymark.io/problems/last-administrator"));
        remove(TokensResource.OPERATOR, "accounts/" + boss + "?organisation=" + firm.slug)
                .statusCode(409);
        remove(TokensResource.OPERATOR, "accounts/guest-" + firm.slug + "?organisation=" + firm.slug)
                .statusCode(204);
        given().auth().oauth2(guest).get("/api/session").then().statusCode(401);
    }

    @Test
    void aRevokedKeyIsNobody() {
        Firm firm = Firm.founded("dairy", "CH");
        Firm rival = Firm.founded("rival", "CH");
        for (Firm each : List.of(firm, rival)) {
            account(TokensResource.OPERATOR, "boss-" + each.slug, "administrator", each.slug)
                    .statusCode(201);
        }
        String session = login("boss-" + firm.slug, PASSWORD).extract().path("token");
        String stranger = login("boss-" + rival.slug, PASSWORD).extract().path("token");
        String line = given().auth()
                .oauth2(session)
                .contentType(ContentType.JSON)
                .body(Map.of("label", "packing line"))
                .post("/api/api-keys")
                .then()
                .statusCode(201)
                .extract()
                .path("apiKey");
        String id = given().auth()
                .oauth2(session)
                .get("/api/api-keys")
                .then()
                .statusCode(200)
                .body("label", equalTo(List.of("key of " + firm.slug, "packing line")))
                .body("createdAt", hasItem(notNullValue()))
                .body("expires", hasItem(notNullValue()))
                .extract()
                .path("[1].id");
        given().auth().oauth2(firm.apiKey).get("/api/api-keys").then().statusCode(403);
        remove(line, "api-keys/" + id).statusCode(403);
        remove(stranger, "api-keys/" + id).statusCode(404);
        remove(session, "api-keys/not-an-id").statusCode(404).contentType("application/problem+json");
        given().auth().oauth2(line).get("/api/session").then().statusCode(200);
        remove(session, "api-keys/" + id).statusCode(204);
        given().auth().oauth2(line).get("/api/session").then().statusCode(401);
        remove(session, "api-keys/" + id).statusCode(404);
        String first = given().auth()
                .oauth2(TokensResource.OPERATOR)
                .get("/api/api-keys?organisation=" + firm.slug)
                .then()
                .body("label", equalTo(List.of("key of " + firm.slug)))
                .extract()
                .path("[0].id");
        remove(TokensResource.OPERATOR, "api-keys/" + first + "?organisation=" + firm.slug)
                .statusCode(204);
        firm.as().get("/api/session").then().statusCode(401);
    }

    @Test
    void theOpenApiDocumentKnowsHowCallersEnd() {
        given().accept("application/json")
                .get("/api/openapi?format=json")
                .then()
                .statusCode(200)
                .body("paths.'/api/accounts/{account}'.delete", notNullValue())
                .body("paths.'/api/api-keys/{id}'.delete", notNullValue())
                .body("components.schemas.NewAccount.properties.organisation", notNullValue());
    }

    private static ValidatableResponse account(String token, String name, String role, String organisation) {
        Map<String, String> body = new HashMap<>(Map.of("account", name, "password", PASSWORD, "role", role));
        if (organisation != null) {
            body.put("organisation", organisation);
        }
        return given().auth()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .body(body)
                .post("/api/accounts")
                .then();
    }

    private static ValidatableResponse login(String account, String password) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("account", account, "password", password))
                .post("/api/login")
                .then();
    }

    private static ValidatableResponse remove(String token, String what) {
        return given().auth().oauth2(token).delete("/api/" + what).then();
    }

    private static Clock clock(long[] now) {
        return new Clock() {
            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(now[0]);
            }
        };
    }

    @Test
    void tooManyTriesAreRefusedUntilAMinuteHasPassed() {
        long[] now = {0};
        LoginLimit limit = new LoginLimit(clock(now), 2);
        tries(limit, "a", "192.0.2.1", 2);
        assertRefused(429, limit, "a", "192.0.2.1");
        tries(limit, "b", "192.0.2.1", 1);
        now[0] = 60_000;
        tries(limit, "a", "192.0.2.1", 2);
    }

    @Test
    void passwordsAreHashedWithArgon2idAndASaltOfTheirOwn() {
        String hash = Password.hash("correct horse");
        assertTrue(hash.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), hash);
        assertTrue(Password.matches("correct horse", hash));
        assertFalse(Password.matches("correct horsf", hash));
        assertFalse(hash.equals(Password.hash("correct horse")));
    }
}
