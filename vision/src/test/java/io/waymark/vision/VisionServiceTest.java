package io.waymark.vision;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.vision.photo.MissingEntries;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.vault.Digest;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(VisionStands.class)
class VisionServiceTest {
    private static final String ITEM = "https://id.gs1.org/01/09506000134352/21/";

    @Inject
    @DataSource("vision")
    AgroalDataSource database;

    @Inject
    VisionConfig config;

    @Inject
    MissingEntries missing;

    @Test
    void aPhotographOfTheRegisteredThingMatchesAndThePictureNeverComesBack() throws Exception {
        BufferedImage design = Drawn.design(21);
        String uri = ITEM + "MATCH";
        register(VisionStands.BOAT, uri, design)
                .statusCode(201)
                .body("keyPoints", greaterThan(300))
                .body("ledgerIndex", greaterThan(999))
                .body("digest", equalTo(Digest.of(Drawn.file(design, "png")).toString()));
        register(VisionStands.BOAT, uri, design).statusCode(200);

        match(VisionStands.WEB, uri, Drawn.photographed(design, 3))
                .statusCode(200)
                .body("outcome", equalTo("match"))
                .body("compared", equalTo(1))
                .body("inliers", greaterThan(12));
        match(VisionStands.WEB, uri, Drawn.photographed(Drawn.design(22), 3))
                .statusCode(200)
                .body("outcome", not(equalTo("match")));
        match(VisionStands.WEB, uri, Drawn.blurred(Drawn.photographed(design, 3)))
                .statusCode(200)
                .body("outcome", equalTo("cannot-tell"))
                .body("reasons[0]", containsString("retake: "));
        match(VisionStands.WEB, uri, design)
                .body("outcome", equalTo("cannot-tell"))
                .body("reasons[0]", containsString("registered picture itself"));

        as(VisionStands.WEB)
                .get("/vision/photos?uri=" + uri)
                .then()
                .statusCode(200)
                .body("", hasSize(1))
                .body("[0].ledgerIndex", greaterThan(999));
        as(VisionStands.WEB).get("/vision/photos/count?uri=" + uri).then().body("count", equalTo(1));
    }

    @Test
    void withoutARegisteredPhotographNothingCanBeTold() throws Exception {
        match(VisionStands.WEB, ITEM + "NONE", Drawn.design(30))
                .statusCode(200)
                .body("outcome", equalTo("cannot-tell"))
                .body("reasons", contains("no photo registered"))
                .body("compared", equalTo(0));
    }

    @Test
    void anItemIsTheSameWithAndWithoutItsLot() throws Exception {
        BufferedImage design = Drawn.design(23);
        register(VisionStands.BOAT, "https://id.gs1.org/01/09506000134352/10/L1/21/LOT", design)
                .statusCode(201);
        as(VisionStands.WEB)
                .get("/vision/photos/count?uri=" + ITEM + "LOT")
                .then()
                .body("count", equalTo(1));
    }

    @Test
    void anotherOrganisationNeitherSeesNorAddsPhotographs() throws Exception {
        String uri = ITEM + "OWNED";
        register(VisionStands.BOAT, uri, Drawn.design(24)).statusCode(201);
        as(VisionStands.FARM)
                .get("/vision/photos?uri=" + uri)
                .then()
                .statusCode(200)
                .body("", hasSize(0));
        match(VisionStands.FARM, uri, Drawn.photographed(Drawn.design(24), 1)).body("compared", equalTo(0));
        register(VisionStands.FARM, uri, Drawn.design(25))
                .statusCode(409)
                .contentType("application/problem+json")
                .body("type", equalTo("https://waymark.io/problems/conflict"));
        as(VisionStands.FARM)
                .header("X-Waymark-Tenant", "cod-boat")
                .get("/vision/photos?uri=" + uri)
                .then()
                .statusCode(403);
    }

    @Test
    void aRefusedRegistrationLeavesNoFileBehind() throws Exception {
        long before = files();
        register(VisionStands.FARM, ITEM + "REFUSED", Drawn.design(40)).statusCode(409);
        register(VisionStands.BOAT, ITEM + "UNKNOWN", Drawn.design(41))
                .statusCode(404)
                .contentType("application/problem+json")
                .body("detail", containsString("register the object first"));
        register(VisionStands.BOAT, ITEM + "AWAY-REFUSED", Drawn.design(42)).statusCode(503);
        assertEquals(before, files());
        for (int i = 0; i < 3; i++) {
            register(VisionStands.BOAT, ITEM + "FULL", Drawn.design(43 + i)).statusCode(201);
        }
        long full = files();
        register(VisionStands.BOAT, ITEM + "FULL", Drawn.design(46)).statusCode(409);
        register(VisionStands.BOAT, ITEM + "FULL", Drawn.design(45)).statusCode(200);
        assertEquals(full, files());
    }

    @Test
    void withoutTraceServiceNothingIsHalfRegistered() throws Exception {
        String uri = ITEM + "AWAY-" + System.nanoTime();
        BufferedImage design = Drawn.design(47);
        register(VisionStands.BOAT, uri, design)
                .statusCode(503)
                .header("Retry-After", notNullValue())
                .contentType("application/problem+json");
        as(VisionStands.BOAT).get("/vision/photos?uri=" + uri).then().body("", hasSize(0));
        register(VisionStands.BOAT, uri, design).statusCode(201).body("ledgerIndex", greaterThan(999));
        as(VisionStands.BOAT).get("/vision/photos?uri=" + uri).then().body("", hasSize(1));
    }

    @Test
    void aPhotographFromBeforeTheLedgerGetsItsEntryWhenRegisteredAgain() throws Exception {
        String uri = ITEM + "OLD";
        BufferedImage design = Drawn.design(48);
        int index = register(VisionStands.BOAT, uri, design)
                .statusCode(201)
                .extract()
                .path("ledgerIndex");
        forget(uri);
        as(VisionStands.BOAT).get("/vision/photos?uri=" + uri).then().body("[0].ledgerIndex", nullValue());
        register(VisionStands.BOAT, uri, design).statusCode(200).body("ledgerIndex", equalTo(index));
        as(VisionStands.BOAT).get("/vision/photos?uri=" + uri).then().body("[0].ledgerIndex", equalTo(index));
    }

    @Test
    void photographsFromBeforeTheLedgerGetTheirEntriesAtStart() throws Exception {
        String refused = ITEM + "UNKNOWN-OLD";
        insert(refused, Digest.of(new byte[] {1}));
        String uri = ITEM + "OLDER";
        int index = register(VisionStands.BOAT, uri, Drawn.design(49))
                .statusCode(201)
                .extract()
                .path("ledgerIndex");
        forget(uri);
        String away = ITEM + "AWAY-" + System.nanoTime();
        insert(away, Digest.of(new byte[] {2}));

        assertThrows(VisionProblem.class, missing::complete);
        missing.complete();

        as(VisionStands.BOAT).get("/vision/photos?uri=" + uri).then().body("[0].ledgerIndex", equalTo(index));
        as(VisionStands.BOAT).get("/vision/photos?uri=" + away).then().body("[0].ledgerIndex", greaterThan(999));
        as(VisionStands.BOAT).get("/vision/photos?uri=" + refused).then().body("[0].ledgerIndex", nullValue());
    }

    private long files() throws IOException {
        try (Stream<Path> all = Files.walk(config.blobDir())) {
            return all.filter(Files::isRegularFile).count();
        }
    }

    private void forget(String uri) throws SQLException {
        asBoat("UPDATE vision.photo SET ledger_index = NULL WHERE uri = '" + uri + "'");
    }

    private void insert(String uri, Digest digest) throws SQLException {
        asBoat("INSERT INTO vision.photo (tenant_id, uri, digest, key_points, sharpness) VALUES ('cod-boat', '" + uri
                + "', '\\x" + digest + "', -1, 0)");
    }

    private void asBoat(String change) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement sql = connection.createStatement()) {
            sql.execute("SELECT set_config('waymark.tenant', 'cod-boat', false)");
            assertEquals(1, sql.executeUpdate(change));
            sql.execute("RESET waymark.tenant");
        }
    }

    @ParameterizedTest(name = "{0} {1} taking {2} and sending {3} as {4} is {5}")
    @CsvSource({
        "GET, /vision, */*, image/png, boat, 404",
        "GET, /vision/nothing, */*, image/png, boat, 404",
        "POST, /vision/photos/x/y, */*, image/png, boat, 404",
        "DELETE, /vision/photos, */*, image/png, boat, 405",
        "GET, /vision/photos?uri=x, image/png, image/png, boat, 406",
        "POST, /vision/photos?uri=x, */*, text/plain, boat, 415",
        "GET, /vision/photos?uri=x, */*, image/png, boat, 400",
        "GET, /vision/photos?uri=x, */*, image/png, nobody, 401",
        "GET, /vision/photos?uri=x, */*, image/png, forged, 401",
        "GET, /vision/photos?uri=x, */*, image/png, breaks, 503",
        "GET, /vision/photos?uri=x, */*, image/png, ingest, 403",
        "GET, /vision/fault-of-the-test, */*, image/png, nobody, 500",
    })
    void everyRefusalIsAProblem(String method, String path, String takes, String sends, String who, int status) {
        String token =
                switch (who) {
                    case "boat" -> VisionStands.BOAT;
                    case "ingest" -> VisionStands.INGEST;
                    case "breaks" -> VisionStands.BREAKS;
                    default -> "wmk_nobody-knows-this";
                };
        RequestSpecification request = who.equals("nobody") ? given() : as(token);
        request.accept(takes)
                .contentType(sends)
                .request(method, path)
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("type", containsString("https://waymark.io/problems/"))
                .body("title", notNullValue())
                .body("status", equalTo(status))
                .body("detail", not(containsString("inside")));
    }

    @Test
    void aBodyAnnouncedTooLongIsRefusedUnread() throws IOException {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(
                            ("POST /vision/photos?uri=x HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nAuthorization: Bearer "
                                            + VisionStands.BOAT + "\r\nContent-Length: 40000000\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            StringBuilder answer = new StringBuilder();
            for (int c = socket.getInputStream().read();
                    c >= 0 && c != '}';
                    c = socket.getInputStream().read()) {
                answer.append((char) c);
            }
            assertTrue(answer.toString().startsWith("HTTP/1.1 413 "), answer.toString());
            assertTrue(answer.toString().toLowerCase(Locale.ROOT).contains("content-type: application/problem+json"));
        }
    }

    @Test
    void aBodyInChunksIsCutOffToo() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + RestAssured.port + "/vision/photos?uri=" + ITEM + "LONG"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Authorization", "Bearer " + VisionStands.BOAT)
                .header("Content-Type", "image/png")
                .POST(HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(new byte[12 * 1024 * 1024 + 1])))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(413, answer.statusCode());
        assertEquals(
                "application/problem+json",
                answer.headers().firstValue("Content-Type").orElseThrow().split(";")[0]);
    }

    @Test
    void theOperatorActsForTheTenantItNames() throws Exception {
        byte[] image = Drawn.file(Drawn.design(26), "jpg");
        as(VisionStands.OPERATOR)
                .contentType("image/jpeg")
                .body(image)
                .post("/vision/photos?uri=" + ITEM + "OP")
                .then()
                .statusCode(400);
        as(VisionStands.OPERATOR)
                .header("X-Waymark-Tenant", "hill-farm")
                .contentType("image/jpeg")
                .body(image)
                .post("/vision/photos?uri=" + ITEM + "OP")
                .then()
                .statusCode(201);
        as(VisionStands.FARM).get("/vision/photos?uri=" + ITEM + "OP").then().body("", hasSize(1));
    }

    @Test
    void whatIsNoPhotographIsRefusedWithTheReason() throws Exception {
        as(VisionStands.BOAT)
                .contentType("image/png")
                .body("<svg onload=alert(1)>".getBytes())
                .post("/vision/photos?uri=" + ITEM + "BAD")
                .then()
                .statusCode(422)
                .contentType("application/problem+json")
                .body("detail", equalTo("not a JPEG or PNG file"));
        register(VisionStands.BOAT, ITEM + "BAD", Drawn.blurred(Drawn.design(1)))
                .statusCode(422)
                .body("detail", containsString("retake: "));
        as(VisionStands.BOAT)
                .contentType("image/png")
                .body(new byte[12 * 1024 * 1024 + 1])
                .post("/vision/photos?uri=" + ITEM + "BAD")
                .then()
                .statusCode(413);
        as(VisionStands.BOAT)
                .get("/vision/photos?uri=http://example.org/1")
                .then()
                .statusCode(400);
    }

    @Test
    void onlyTheNamedRolesAreLetIn() {
        String photos = "/vision/photos?uri=" + ITEM + "X";
        given().get(photos).then().statusCode(401);
        as("wmk_nobody-knows-this").get(photos).then().statusCode(401);
        given().header("Authorization", "Basic Zm9vOmJhcg==").get(photos).then().statusCode(401);
        as(VisionStands.INGEST).get(photos).then().statusCode(403);
        as(VisionStands.VIEWER).get(photos).then().statusCode(200);
        as(VisionStands.VIEWER)
                .contentType("image/png")
                .body(new byte[9])
                .post(photos)
                .then()
                .statusCode(403);
        as(VisionStands.WEB)
                .contentType("image/png")
                .body(new byte[9])
                .post(photos)
                .then()
                .statusCode(403);
        as(VisionStands.BOAT)
                .contentType("application/octet-stream")
                .body(new byte[9])
                .put("/vision/images/" + "0".repeat(64) + "/chunks/0")
                .then()
                .statusCode(403);
    }

    @Test
    void aTokenNobodyCanJudgeIsAnsweredWithTryAgain() {
        as(VisionStands.BREAKS).get("/vision/photos?uri=" + ITEM + "X").then().statusCode(503);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/vision;x=1/photos",
                "/vision%2Fphotos",
                "/vision/%5Cphotos",
                "/q;/../vision/photos",
                "/vision/photos%3B"
            })
    void pathsThatCanBeReadTwoWaysAreRefused(String path) {
        as(VisionStands.BOAT).urlEncodingEnabled(false).get(path).then().statusCode(400);
    }

    @Test
    void aDeviceImageInChunksBecomesAPhotographOfItsItem() throws Exception {
        BufferedImage design = Drawn.design(27);
        byte[] image = Drawn.file(design, "jpg");
        int chunkBytes = 32 * 1024;
        List<byte[]> chunks = chunks(image, chunkBytes);
        Digest digest = Digest.of(image);
        assertTrue(chunks.size() >= 3);

        chunk(digest, 1, chunks.get(1), "cod-boat")
                .statusCode(200)
                .body("complete", equalTo(false))
                .body("missing", nullValue());
        manifest(digest, image, chunkBytes, chunks, "cod-boat", "/01/09506000134352/21/DEV")
                .statusCode(200)
                .body("complete", equalTo(false))
                .body("missing", not(equalTo(List.of())));
        chunk(digest, 0, chunks.get(2), "cod-boat").statusCode(422);
        chunk(digest, 0, chunks.get(0), null).statusCode(200);
        chunk(digest, 0, chunks.get(0), null).statusCode(200);
        for (int n = 2; n < chunks.size(); n++) {
            chunk(digest, n, chunks.get(n), "cod-boat").statusCode(200);
        }
        manifest(digest, image, chunkBytes, chunks, "cod-boat", "/01/09506000134352/21/DEV")
                .body("complete", equalTo(true))
                .body("missing", hasSize(0))
                .body("photo", equalTo("registered"));
        match(VisionStands.WEB, ITEM + "DEV", Drawn.photographed(design, 9)).body("outcome", equalTo("match"));
        manifest(digest, image, 16 * 1024, chunks(image, 16 * 1024), "cod-boat", "/01/09506000134352/21/DEV")
                .statusCode(409);
    }

    @Test
    void anEarlyChunkThatProvesWrongIsAskedForAgain() throws Exception {
        byte[] image = Drawn.file(Drawn.design(28), "jpg");
        List<byte[]> chunks = chunks(image, 64 * 1024);
        Digest digest = Digest.of(image);
        byte[] wrong = chunks.get(0).clone();
        wrong[7] ^= 1;
        chunk(digest, 0, wrong, "hill-farm").statusCode(200);
        manifest(digest, image, 64 * 1024, chunks, "hill-farm", null).statusCode(200);
        for (int n = 1; n < chunks.size(); n++) {
            chunk(digest, n, chunks.get(n), "hill-farm").statusCode(200);
        }
        manifest(digest, image, 64 * 1024, chunks, "hill-farm", null).body("missing", contains(0));
        chunk(digest, 0, chunks.get(0), "hill-farm")
                .body("complete", equalTo(true))
                .body("photo", nullValue());
    }

    @Test
    void whatADeviceMayAnnounceInADayIsBounded() {
        byte[] stuck = new byte[16];
        stuck[0] = 1;
        byte[] other = new byte[16];
        other[0] = 2;
        List<byte[]> images = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            byte[] image = new byte[1_500_000];
            image[0] = (byte) i;
            images.add(image);
        }
        assertEquals(200, announce(stuck, images.get(0)));
        assertEquals(200, announce(stuck, images.get(1)));
        assertEquals(507, announce(stuck, images.get(2)));
        assertEquals(200, announce(stuck, images.get(1)), "the same again costs nothing");
        assertEquals(200, announce(other, images.get(2)), "another device has its own");
    }

    @Test
    void whatBecameOfADevicesImagesIsTold() throws Exception {
        byte[] device = new byte[16];
        device[0] = 3;
        byte[] image = Drawn.file(Drawn.design(29), "jpg");
        List<byte[]> chunks = chunks(image, 64 * 1024);
        Digest digest = Digest.of(image);
        manifest(device, digest, image, 64 * 1024, chunks, "cod-boat", null).statusCode(200);
        chunk(digest, 0, chunks.get(0), "cod-boat").statusCode(200);
        String path = "/vision/devices/03" + "00".repeat(15) + "/images";
        as(VisionStands.BOAT)
                .get(path)
                .then()
                .statusCode(200)
                .body("digest", contains(digest.toString()))
                .body("[0].state", equalTo("under-way"))
                .body("[0].chunks", equalTo(chunks.size()))
                .body("[0].missing", equalTo(chunks.size() - 1));
        for (int n = 1; n < chunks.size(); n++) {
            chunk(digest, n, chunks.get(n), "cod-boat").statusCode(200);
        }
        as(VisionStands.BOAT)
                .get(path)
                .then()
                .body("[0].state", equalTo("complete"))
                .body("[0].missing", equalTo(0));
        as(VisionStands.FARM).get(path).then().statusCode(200).body("", hasSize(0));
        as(VisionStands.WEB).get(path).then().statusCode(403);
    }

    private static int announce(byte[] device, byte[] image) {
        int chunkBytes = 64 * 1024;
        return manifest(device, Digest.of(image), image, chunkBytes, chunks(image, chunkBytes), "greedy-eye", null)
                .extract()
                .statusCode();
    }

    @Test
    void chunksWithoutAManifestAreBounded() {
        byte[] chunk = new byte[100_000];
        int status = 200;
        for (int n = 0; n < 5 && status == 200; n++) {
            status = chunk(Digest.of(new byte[] {99}), n, chunk, "greedy")
                    .extract()
                    .statusCode();
        }
        assertEquals(507, status);
        chunk(Digest.of(new byte[] {98}), 0, chunk, null).statusCode(404);
        chunk(Digest.of(new byte[] {98}), 512, chunk, "greedy").statusCode(400);
    }

    @Test
    void everyTableWithATenantIsUnderForcedRowSecurity() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement sql = connection.createStatement()) {
            List<String> open = new ArrayList<>();
            try (ResultSet row = sql.executeQuery(
                    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'vision'"
                            + " AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")) {
                while (row.next()) {
                    open.add(row.getString(1));
                }
            }
            assertEquals(List.of("flyway_schema_history"), open);
        }
    }

    @Test
    void theRuntimeRoleSeesNothingWithoutATenant() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement sql = connection.createStatement()) {
            sql.execute("SELECT set_config('waymark.tenant', 'nobody', false)");
            try (ResultSet row = sql.executeQuery("SELECT count(*) FROM vision.photo")) {
                row.next();
                assertEquals(0, row.getInt(1));
            }
            sql.execute("RESET waymark.tenant");
        }
    }

    @Test
    void isReady() {
        given().get("/q/health/ready").then().statusCode(200).body(containsString("\"matching\": \"available\""));
    }

    private static RequestSpecification as(String token) {
        return given().header("Authorization", "Bearer " + token);
    }

    private static ValidatableResponse register(String token, String uri, BufferedImage picture) throws Exception {
        return as(token)
                .contentType("image/png")
                .body(Drawn.file(picture, "png"))
                .post("/vision/photos?uri=" + uri)
                .then();
    }

    private static ValidatableResponse match(String token, String uri, BufferedImage picture) throws Exception {
        return as(token)
                .contentType("image/png")
                .body(Drawn.file(picture, "png"))
                .post("/vision/matches?uri=" + uri)
                .then();
    }

    private static ValidatableResponse chunk(Digest image, int n, byte[] chunk, String tenant) {
        RequestSpecification request =
                as(VisionStands.INGEST).contentType("application/octet-stream").body(chunk);
        if (tenant != null) {
            request.header("X-Waymark-Tenant", tenant);
        }
        return request.put("/vision/images/" + image + "/chunks/" + n).then();
    }

    private static ValidatableResponse manifest(
            Digest digest, byte[] image, int chunkBytes, List<byte[]> chunks, String tenant, String item) {
        return manifest(new byte[16], digest, image, chunkBytes, chunks, tenant, item);
    }

    private static ValidatableResponse manifest(
            byte[] device,
            Digest digest,
            byte[] image,
            int chunkBytes,
            List<byte[]> chunks,
            String tenant,
            String item) {
        ByteArrayOutputStream digests = new ByteArrayOutputStream();
        chunks.forEach(chunk -> digests.writeBytes(Digest.of(chunk).bytes()));
        CborWriter cbor = new CborWriter()
                .map(7)
                .unsigned(0)
                .text(tenant)
                .unsigned(1)
                .bytes(device)
                .unsigned(2)
                .unsigned(image.length)
                .unsigned(3)
                .text("image/jpeg")
                .unsigned(4)
                .unsigned(chunkBytes)
                .unsigned(5)
                .bytes(digests.toByteArray())
                .unsigned(6);
        if (item == null) {
            cbor.array(0);
        } else {
            cbor.array(2)
                    .array(2)
                    .unsigned(1)
                    .unsigned(95060001343521L)
                    .array(2)
                    .unsigned(2)
                    .text(item);
        }
        return as(VisionStands.INGEST)
                .contentType("application/cbor")
                .body(cbor.toBytes())
                .put("/vision/images/" + digest + "/manifest")
                .then();
    }

    private static List<byte[]> chunks(byte[] image, int size) {
        List<byte[]> chunks = new ArrayList<>();
        for (int at = 0; at < image.length; at += size) {
            chunks.add(Arrays.copyOfRange(image, at, Math.min(image.length, at + size)));
        }
        return chunks;
    }
}
