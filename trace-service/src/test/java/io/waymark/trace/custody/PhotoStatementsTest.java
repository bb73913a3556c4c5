package io.waymark.trace.custody;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import io.waymark.trace.organisation.Database;
import jakarta.inject.Inject;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class PhotoStatementsTest {
    private static final String UNKNOWN = "https://id.gs1.org/01/09506000134352/21/NOSUCHSERIAL";

    @Inject
    Database database;

    @Test
    void theMakersPhotographsAreStatedOnce() {
        Firm maker = Firm.founded("smoker", "NO");
        String gtin = maker.makes("P-1");
        String item = maker.reserves(gtin, "P-1", 1).get(0).uri();
        byte[] photo = Firm.random(32);
        int first = index(maker, item, photo);
        assertEquals(first, index(maker, item, photo));
        int other = index(maker, item, Firm.random(32));
        int batch = index(maker, "https://id.gs1.org/01/" + gtin + "/10/P-1", photo);
        assertEquals(3, Set.of(first, other, batch).size());
        assertEquals(3, statements(maker));
        assertEquals(first, index(maker, item.replace("/21/", "/10/P-1/21/"), photo));
        assertEquals(3, statements(maker));
        maker(item).statusCode(200).body("organisation", equalTo(maker.slug));
    }

    @Test
    void nobodyButTheMakerSpeaksForAnObject() {
        Firm maker = Firm.founded("smoker", "NO");
        Firm shop = Firm.founded("shop", "NO");
        String gtin = maker.makes("P-2");
        String item = maker.reserves(gtin, "P-2", 1).get(0).uri();
        String batch = "https://id.gs1.org/01/" + gtin + "/10/P-2";
        byte[] photo = Firm.random(32);
        index(maker, item, photo);
        for (String theirs : List.of(item, batch)) {
            states(shop.slug, theirs, photo)
                    .statusCode(409)
                    .contentType("application/problem+json")
                    .body("type", equalTo("https://waymark.io/problems/not-the-maker"));
        }
        states(shop.slug, UNKNOWN, photo)
                .statusCode(404)
                .body("type", equalTo("https://waymark.io/problems/unknown-object"));
        maker(UNKNOWN).statusCode(404);
        states(shop.slug, "https://id.gs1.org/01/" + gtin, photo).statusCode(400);
        states("No Slug", item, photo).statusCode(400);
        assertEquals(0, statements(shop));
    }

    @Test
    void theOrganisationsOwnStatementIsFound() {
        Firm maker = Firm.founded("smoker", "NO");
        String gtin = maker.makes("P-3");
        String item = maker.reservesAndCommissions(gtin, "P-3", 1).get(0).uri();
        byte[] photo = Firm.random(32);
        int own = maker.as()
                .body(Map.of(
                        "wire",
                        Firm.b64(maker.states(new Statement("photo", photo, item))
                                .wire())))
                .post("/api/statements")
                .then()
                .statusCode(200)
                .extract()
                .path("index");
        assertEquals(own, index(maker, item, photo));
        assertEquals(1, statements(maker));
        // A statement of another subject about the same digest is none about a photograph.
        byte[] rule = Firm.random(32);
        maker.as()
                .body(Map.of(
                        "wire",
                        Firm.b64(maker.states(new Statement("rule", rule, item)).wire())))
                .post("/api/statements")
                .then()
                .statusCode(200);
        index(maker, item, rule);
        assertEquals(3, statements(maker));
    }

    @Test
    void theSamePhotographAtTheSameMomentIsStatedOnce() throws Exception {
        Firm maker = Firm.founded("smoker", "NO");
        String item = maker.reserves(maker.makes("P-4"), "P-4", 1).get(0).uri();
        byte[] photo = Firm.random(32);
        ExecutorService callers = Executors.newFixedThreadPool(6);
        try {
            Callable<Integer> call = () -> index(maker, item, photo);
            Set<Integer> indexes = callers
                    .invokeAll(Stream.generate(() -> call).limit(12).toList())
                    .stream()
                    .map(PhotoStatementsTest::answer)
                    .collect(Collectors.toSet());
            assertEquals(1, indexes.size());
        } finally {
            callers.shutdownNow();
        }
        assertEquals(1, statements(maker));
    }

    @Test
    void statementsAndStepsOfThePlatformsKeyShareOneNumbering() {
        Firm maker = Firm.founded("smoker", "NO");
        String gtin = maker.makes("P-5");
        for (int i = 0; i < 2; i++) {
            String item = maker.as()
                    .body("{\"count\":1}")
                    .post("/api/batches/" + gtin + "/P-5/commission")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("objects[0].uri");
            index(maker, item, Firm.random(32));
            index(maker, item, Firm.random(32));
            given().auth()
                    .oauth2(TokensResource.WEB)
                    .get("/api/passports?uri=" + item)
                    .then()
                    .statusCode(200)
                    .body("answer.lines[0].state", equalTo("good"))
                    .body("answer.band", not(equalTo("do-not-use")));
        }
        List<Long> numbers = database.ledger(c -> Database.list(
                c,
                "SELECT seq FROM trace.step WHERE tenant_id = ? UNION ALL SELECT seq FROM trace.message WHERE tenant_id = ? ORDER BY seq",
                r -> r.getLong(1),
                maker.slug,
                maker.slug));
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L), numbers);
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"nobody, 401", "web, 403", "ingest, 403", "operator, 403", "producer, 403", "vision, 404"})
    void onlyVisionMayAsk(String who, int status) {
        Firm firm = Firm.founded("any", "FI");
        String token =
                switch (who) {
                    case "web" -> TokensResource.WEB;
                    case "ingest" -> TokensResource.INGEST;
                    case "operator" -> TokensResource.OPERATOR;
                    case "producer" -> firm.apiKey;
                    case "vision" -> TokensResource.VISION;
                    default -> "";
                };
        var request = given().header("X-Waymark-Tenant", firm.slug).contentType(ContentType.JSON);
        if (!token.isEmpty()) {
            request.auth().oauth2(token);
        }
        request.body(Map.of("uri", UNKNOWN, "digest", "0".repeat(64)))
                .post("/api/photos")
                .then()
                .statusCode(status);
        request.get("/api/photos/maker?uri=" + UNKNOWN).then().statusCode(status);
    }

    private static int answer(Future<Integer> future) {
        try {
            return future.get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static int index(Firm firm, String uri, byte[] digest) {
        return states(firm.slug, uri, digest).statusCode(200).extract().path("index");
    }

    private static ValidatableResponse states(String tenant, String uri, byte[] digest) {
        return given().auth()
                .oauth2(TokensResource.VISION)
                .header("X-Waymark-Tenant", tenant)
                .contentType(ContentType.JSON)
                .body(Map.of("uri", uri, "digest", HexFormat.of().formatHex(digest)))
                .post("/api/photos")
                .then();
    }

    private static ValidatableResponse maker(String uri) {
        return given().auth()
                .oauth2(TokensResource.VISION)
                .get("/api/photos/maker?uri=" + uri)
                .then();
    }

    private long statements(Firm firm) {
        return database.ledger(c -> Database.first(
                        c,
                        "SELECT count(*) FROM trace.message WHERE tenant_id = ? AND type = 33",
                        r -> r.getLong(1),
                        firm.slug))
                .orElseThrow();
    }
}
