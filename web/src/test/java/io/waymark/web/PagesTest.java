package io.waymark.web;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(Upstreams.class)
class PagesTest {
    private static final String ITEM = "/01/" + Upstreams.GTIN + "/10/" + Upstreams.LOT + "/21/" + Upstreams.SERIAL;
    private static final String HOSTILE = "/01/" + Upstreams.GTIN + "/21/XSS";

    private static RequestSpecification plain() {
        return given().urlEncodingEnabled(false).redirects().follow(false);
    }

    private static Response get(String path) {
        return plain().get(path);
    }

    // --- passport

    @Test
    void answerComesFirstAndSpeaksOfTheCodeOnly() {
        String page = get(ITEM)
                .then()
                .statusCode(200)
                .contentType("text/html")
                .extract()
                .asString();

        int band = page.indexOf("role=\"status\"");
        assertTrue(band > 0 && band < page.indexOf("Arctic cod fillet, 400 g</h2>"));
        assertTrue(page.contains("Look closer"));
        assertTrue(page.contains("Whether this item is that one: not checked."));
        assertFalse(page.toLowerCase().contains("genuine"));
        for (String line : new String[] {"Label", "Story", "Object", "Condition"}) {
            assertTrue(page.contains("<b>" + line + "</b>"), line);
        }
        assertTrue(page.contains("signed by the platform for Nordhav Fiskeri"));
        assertTrue(page.contains("0 independent witnesses: the operator could rewrite this"));
        assertTrue(page.contains("Checked by the server."));
        assertTrue(page.contains("Warmer than 4\u00a0°C for 1 h 20 min on 12 June 2026"));
        assertTrue(page.contains("Mean kinetic temperature 1.9\u00a0°C over 2 days 10 h measured"));
        assertTrue(page.contains("was “410 g”, now “400 g”"));
    }

    @Test
    void firstViewFitsTheInitialCongestionWindow() throws IOException {
        byte[] page = get(ITEM).asByteArray();
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(page);
        }
        assertTrue(zipped.size() <= 14_000, "compressed size " + zipped.size());
    }

    @Test
    void policyAllowsExactlyTheStyleInThePage() throws Exception {
        Response response = get(ITEM);
        Matcher style = Pattern.compile("<style>(.*?)</style>", Pattern.DOTALL).matcher(response.asString());
        assertTrue(style.find());
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(style.group(1).getBytes(StandardCharsets.UTF_8));

        assertEquals(
                "default-src 'none'; script-src 'self'; style-src 'sha256-"
                        + Base64.getEncoder().encodeToString(digest)
                        + "'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                String.join(" || ", response.headers().getValues("Content-Security-Policy")));
        assertEquals("nosniff", response.header("X-Content-Type-Options"));
        assertEquals("no-referrer", response.header("Referrer-Policy"));
        assertTrue(response.headers().getValues("Set-Cookie").isEmpty());
        assertFalse(Pattern.compile(" style=|<script(?! type=\"module\" src=\"/verify/)|https?://")
                .matcher(response.asString().replace("http://www.w3.org", "").replace("https://id.gs1.org", ""))
                .find());
    }

    @Test
    void lotCodeAnswersForTheLotAndShowsTheRecall() {
        String page = get("/01/" + Upstreams.GTIN + "/10/" + Upstreams.LOT).asString();

        assertTrue(page.contains("Do not use"));
        assertTrue(page.contains("it answers for the lot"));
        assertTrue(page.contains("Recalled. Do not use it"));
        assertFalse(page.contains("/check/photo"));
    }

    @Test
    void unknownForgedAndRelabelledCodesGetTheSameBytes() {
        Response unknown = get("/01/" + Upstreams.GTIN + "/21/NEVERISSUED");
        Response forged = get("/01/" + Upstreams.GTIN + "/10/OTHER/21/" + Upstreams.SERIAL);
        Response otherProduct = get("/01/09506000134369/21/" + Upstreams.SERIAL);

        for (Response r : new Response[] {unknown, forged, otherProduct}) {
            assertEquals(404, r.statusCode());
            assertArrayEquals(unknown.asByteArray(), r.asByteArray());
            assertEquals(unknown.headers().toString(), r.headers().toString());
        }
        assertTrue(unknown.asString().contains("Unknown code"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/01/09506000134353",
                "/01/" + Upstreams.GTIN + "/21",
                "/01/" + Upstreams.GTIN + "/21/a/10/b",
                "/01/" + Upstreams.GTIN + "/foo",
                "/01/" + Upstreams.GTIN + "/21/%C3%A4"
            })
    void addressThatIsNoCodeGets400AndHelp(String path) {
        assertTrue(get(path).then().statusCode(400).extract().asString().contains("Not a product code"));
    }

    @Test
    void hostileTextsAreEscapedEverywhere() {
        String page = get(HOSTILE).then().statusCode(200).extract().asString();

        assertFalse(page.contains("<script>alert"));
        assertFalse(page.contains("<img src=x"));
        assertTrue(page.contains("&lt;script&gt;alert(1)"));
        // An attribute that the text tried to leave would show an unescaped quote before its tag.
        assertFalse(page.contains("\"'><"));
    }

    @Test
    void jsonIsForReadersThatPreferIt() {
        given().header("Accept", "application/json")
                .get(ITEM)
                .then()
                .statusCode(200)
                .contentType("application/json");
        given().header("Accept", "application/json")
                .get("/01/" + Upstreams.GTIN + "/21/NO")
                .then()
                .statusCode(404)
                .contentType("application/problem+json");
        given().header("Accept", "text/html,application/json").get(ITEM).then().contentType("text/html");
    }

    @Test
    void headAnswersWithoutABodyAndIsNoScan() throws InterruptedException {
        Response head = given().head("/01/" + Upstreams.GTIN + "/21/HEADONLY");
        assertEquals(200, head.statusCode());
        assertEquals(0, head.asByteArray().length);
        scanAfter(() -> get(ITEM));
        assertTrue(Upstreams.SEEN.stream().noneMatch(r -> r.startsWith("POST /api/scans") && r.contains("HEADONLY")));
    }

    @Test
    void viewIsRecordedWithAnOpaqueHashOnly() throws InterruptedException {
        String scan =
                scanAfter(() -> given().header("User-Agent", "Telephone/7").get(ITEM));
        assertTrue(scan.matches(".*\"device\":\"[0-9a-f]{32}\".*"), scan);
        assertFalse(scan.contains("Telephone") || scan.contains("127.0.0.1"));
    }

    /** The first scan that trace-service is told of after {@code look} began. */
    private static String scanAfter(Runnable look) throws InterruptedException {
        Upstreams.SEEN.clear();
        look.run();
        for (int i = 0; i < 600; i++) {
            for (String request : Upstreams.SEEN) {
                if (request.startsWith("POST /api/scans")) {
                    return request;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no scan in 30 seconds");
    }

    @Test
    void photoCheckIsOfferedOnlyWhereAPhotoIsRegistered() {
        String without = get("/01/" + Upstreams.GTIN + "/21/" + Upstreams.UNPHOTOGRAPHED)
                .then()
                .statusCode(200)
                .extract()
                .asString();

        assertFalse(without.contains("/check/photo"));
        assertTrue(without.contains("The maker has registered no photo"));
        assertTrue(get(ITEM).asString().contains("/check/photo?code="));
    }

    @Test
    void witnessesAreCountedByTheOperatorsListAndTheBrowserIsToldWhereItIs() {
        String watched =
                get("/01/" + Upstreams.GTIN + "/21/" + Upstreams.UNPHOTOGRAPHED).asString();

        assertTrue(watched.contains("2 independent witnesses have signed the state of the log."));
        assertTrue(watched.contains("By the operator’s list of witnesses, which names 3 and asks for 2"));
        assertTrue(watched.contains("data-policy-href=\"/ledger/policy\""));
        assertTrue(watched.contains("data-max-age=\"86400\""));
        String unwatched = get(ITEM).asString();
        assertFalse(unwatched.contains("data-policy-href"));
        assertFalse(unwatched.contains("operator’s list of witnesses"));
    }

    @Test
    void cutStorySaysHowMuchIsLeftOut() {
        String cut =
                get("/01/" + Upstreams.GTIN + "/21/" + Upstreams.UNPHOTOGRAPHED).asString();

        assertTrue(cut.contains("The 1200 newest steps are left out here and in the proof file"));
        assertFalse(cut.contains("holds every one"));
        assertFalse(get(ITEM).asString().contains("left out"));
    }

    @Test
    void proofIsADownloadWithAName() {
        get("/proof" + ITEM)
                .then()
                .statusCode(200)
                .contentType("application/vnd.waymark.proof")
                .header(
                        "Content-Disposition",
                        "attachment; filename=\"" + Upstreams.GTIN + "-" + Upstreams.SERIAL + ".waymark\"");
        get("/proof/01/" + Upstreams.GTIN + "/21/NO").then().statusCode(404);
    }

    @Test
    void qrSizesAreBounded() {
        get("/qr" + ITEM + ".svg?size=1000000").then().statusCode(200).contentType("image/svg+xml");
        assertTrue(get("/qr" + ITEM + ".png?size=1000000")
                        .then()
                        .statusCode(200)
                        .contentType("image/png")
                        .extract()
                        .asByteArray()
                        .length
                < 100_000);
        get("/qr/01/123.svg").then().statusCode(400);
    }

    // --- photo, report, landing

    @Test
    void photoResultIsSaidInWords() {
        byte[] jpeg = {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 'M', 'A', 'T', 'C', 'H'};
        String match = given().multiPart("code", ITEM)
                .multiPart("photo", "p.jpg", jpeg, "image/jpeg")
                .post("/check/photo")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertTrue(match.contains("The photo matches"));
        assertFalse(match.toLowerCase().contains("genuine"));

        byte[] other = {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 'O', 'T', 'H', 'E', 'R'};
        assertTrue(given().multiPart("code", ITEM)
                .multiPart("photo", "p.jpg", other, "image/jpeg")
                .post("/check/photo")
                .asString()
                .contains("The photo does not match"));

        byte[] text = "hello hello".getBytes(StandardCharsets.UTF_8);
        assertTrue(given().multiPart("code", ITEM)
                .multiPart("photo", "p.jpg", text, "image/jpeg")
                .post("/check/photo")
                .then()
                .statusCode(422)
                .extract()
                .asString()
                .contains("not a JPEG or PNG"));
    }

    @Test
    void reportGetsACaseNumberAndKeepsWhatWasTypedWhenWrong() {
        given().formParam("code", ITEM)
                .formParam("text", "The seal is glued.")
                .formParam("where", "Bergen")
                .post("/report")
                .then()
                .statusCode(200)
                .body(org.hamcrest.Matchers.containsString("R-2026-0042"));
        String again = given().formParam("text", "<b>x</b>".repeat(400))
                .formParam("where", "")
                .post("/report")
                .then()
                .statusCode(422)
                .extract()
                .asString();
        assertTrue(again.contains("aria-invalid"));
        assertTrue(again.contains("&lt;b&gt;x"));
    }

    @Test
    void typedCodeLeadsToItsPassport() {
        given().redirects()
                .follow(false)
                .queryParam("code", "(01)" + Upstreams.GTIN + "(21)" + Upstreams.SERIAL)
                .get("/")
                .then()
                .statusCode(303)
                .header(
                        "Location",
                        org.hamcrest.Matchers.endsWith("/01/" + Upstreams.GTIN + "/21/" + Upstreams.SERIAL));
        given().queryParam("code", "\"><script>")
                .get("/")
                .then()
                .statusCode(400)
                .body(org.hamcrest.Matchers.not(org.hamcrest.Matchers.containsString("<script>")));
        get("/").then().statusCode(200).body(org.hamcrest.Matchers.containsString("\"" + ITEM + "\""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/report", "/console/login", "/console/setup", "/console/products"})
    void formOfDamagedBytesGets400AndHelp(String path) throws Exception {
        for (String body : new String[] {"text=%zz&account=%zz&csrf=%zz", "\u00ff\u0000\u0001%\u0080=%f"}) {
            HttpResponse<String> refused = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + path))
                                    .header("Content-Type", "application/x-www-form-urlencoded")
                                    .header("Cookie", "waymark-session=" + Upstreams.PRODUCER)
                                    .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertEquals(400, refused.statusCode(), path + refused.body());
            assertTrue(refused.body().contains("The form could not be read"), refused.body());
        }
    }

    @Test
    void photoFormOfDamagedBytesGets400AndHelp() {
        for (String body :
                new String[] {"garbage", "--x\r\nContent-Disposition: form-data\r\n\r\n", "--x\r\n\u0000%%%"}) {
            Response refused = given().header("Content-Type", "multipart/form-data; boundary=x")
                    .body(body.getBytes(StandardCharsets.ISO_8859_1))
                    .post("/check/photo");
            assertEquals(400, refused.statusCode(), refused.asString());
            assertTrue(refused.contentType().startsWith("text/html"));
        }
    }

    @Test
    void codeTypedInLowerCaseLeadsToTheItem() {
        plain().get("/?code=" + Upstreams.GTIN + "+" + Upstreams.LOT.toLowerCase() + "+"
                        + Upstreams.SERIAL.toLowerCase())
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith(ITEM));
        plain().get("/?code=" + Upstreams.GTIN + "+neverissued")
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith("/21/neverissued"));
    }

    @Test
    void productCodeIsNeitherConsistentNorProvable() {
        String page =
                get("/01/" + Upstreams.GTIN).then().statusCode(200).extract().asString();

        assertTrue(page.contains("</svg>Cannot say</h1>"));
        assertTrue(page.contains("Not enough is signed about this code to answer."));
        assertFalse(page.contains("story holds") || page.contains("data-proof-href") || page.contains("Save proof"));
        assertTrue(page.contains("A proof exists for single items"));
        assertTrue(get(ITEM).asString().contains("data-proof-href=\"/proof" + ITEM));
    }

    @Test
    void verifierScriptsAreServedWithAnEtag() {
        Response first = get("/verify/page.js");
        assertEquals(200, first.statusCode());
        assertTrue(first.contentType().startsWith("text/javascript"));
        plain().header("If-None-Match", first.header("ETag"))
                .get("/verify/page.js")
                .then()
                .statusCode(304);
        get("/verify/nothing.js").then().statusCode(404);
        get("/verify/..%2f..%2fapplication.properties").then().statusCode(400);
    }

    // --- edge: sent by hand, because clients tidy such paths up

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/console;x",
                "/console%3Bx",
                "/console%3bx",
                "/console%2Fproducts",
                "/%zz",
                "/console/%",
                "/;/console",
                "/console\\x",
                "/console%5Cx",
                "/01/../console",
                "/01/%2e%2e/console",
                "/01/x/..;/console",
                "/console/./products",
                "//console/%2e",
                "/01/a;b",
                "/01/09506000134352%5c",
                "/console%00"
            })
    void refusesPathsThatCanBeReadTwoWays(String path) throws IOException {
        assertEquals(400, rawStatus(path));
    }

    @Test
    void encodedSlashIsDataBelowLabelPaths() throws IOException {
        assertEquals(404, rawStatus("/01/" + Upstreams.GTIN + "/10/A%2FB/21/NO"));
        assertEquals(404, rawStatus("/01/" + Upstreams.GTIN + "/10/A%3BB/21/NO"));
    }

    private static int rawStatus(String path) throws IOException {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
            return Integer.parseInt(answer.substring(9));
        }
    }

    // --- console

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/products",
                "/batches",
                "/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT,
                "/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT + "/labels",
                "/devices",
                "/quarantine",
                "/reports",
                "/accounts",
                "/"
            })
    void consoleIsClosedWithoutLogin(String page) {
        get("/console" + page)
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith("/console/login"));
        plain().cookie("waymark-session", "wms_forged-session")
                .get("/console" + page)
                .then()
                .statusCode(303);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/products",
                "/batches",
                "/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT,
                "/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT + "/labels",
                "/devices",
                "/devices/00112233445566778899aabbccddeeff",
                "/quarantine",
                "/reports"
            })
    void consolePagesOpenForViewersWithoutForms(String page) {
        String body = plain().cookie("waymark-session", Upstreams.VIEWER)
                .get("/console" + page)
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertEquals(1, body.split("<form", -1).length - 1, "only the log-out form");
        assertFalse(body.contains("<script"));
    }

    @Test
    void accountsAreTheAdministratorsOnly() {
        plain().cookie("waymark-session", Upstreams.PRODUCER)
                .get("/console/accounts")
                .then()
                .statusCode(403);
        plain().cookie("waymark-session", Upstreams.ADMINISTRATOR)
                .get("/console/accounts")
                .then()
                .statusCode(200);
    }

    @Test
    void cookieCountsOnConsolePathsOnly() {
        Upstreams.SEEN.clear();
        plain().cookie("waymark-session", Upstreams.ADMINISTRATOR)
                .get(ITEM)
                .then()
                .statusCode(200);
        assertTrue(Upstreams.SEEN.stream().noneMatch(r -> r.contains("/api/session")));
    }

    @Test
    void loginSetsAStrictCookieAndWrongPasswordsDoNot() {
        Response in = given().redirects()
                .follow(false)
                .formParam("account", "ada")
                .formParam("password", "correct horse battery")
                .post("/console/login");
        assertEquals(303, in.statusCode());
        String cookie = in.header("Set-Cookie");
        assertTrue(
                cookie.contains("HttpOnly")
                        && cookie.contains("SameSite=Strict")
                        && cookie.contains("Path=/console")
                        && cookie.contains("Secure"),
                cookie);

        Response out = given().redirects()
                .follow(false)
                .formParam("account", "ada")
                .formParam("password", "wrong")
                .post("/console/login");
        assertEquals(401, out.statusCode());
        assertEquals(null, out.header("Set-Cookie"));
        given().header("Sec-Fetch-Site", "cross-site")
                .formParam("account", "ada")
                .formParam("password", "correct horse battery")
                .post("/console/login")
                .then()
                .statusCode(403);
    }

    @Test
    void setupWorksWithTheRightTokenOnce() {
        Upstreams.setUp = false;
        try {
            given().formParam("token", "wrong")
                    .formParam("organisation", "N")
                    .formParam("account", "ada")
                    .formParam("password", "long enough words")
                    .post("/console/setup")
                    .then()
                    .statusCode(422);
            given().redirects()
                    .follow(false)
                    .formParam("token", "right-token")
                    .formParam("organisation", "N")
                    .formParam("account", "ada")
                    .formParam("password", "long enough words")
                    .post("/console/setup")
                    .then()
                    .statusCode(303);
        } finally {
            Upstreams.setUp = true;
        }
        given().formParam("token", "right-token")
                .formParam("organisation", "N")
                .formParam("account", "ada")
                .formParam("password", "long enough words")
                .post("/console/setup")
                .then()
                .statusCode(409);
    }

    @Test
    void formsNeedTheSessionsTokenAndShowErrorsBesideTheField() {
        RequestSpecification form = given().redirects().follow(false).cookie("waymark-session", Upstreams.PRODUCER);
        form.formParam("gtin", Upstreams.GTIN)
                .formParam("lot", "A1")
                .post("/console/batches")
                .then()
                .statusCode(403);

        String csrf = csrf(Upstreams.PRODUCER);
        given().redirects()
                .follow(false)
                .cookie("waymark-session", Upstreams.PRODUCER)
                .formParam("csrf", csrf)
                .formParam("gtin", Upstreams.GTIN)
                .formParam("lot", "A1")
                .post("/console/batches")
                .then()
                .statusCode(303)
                .header("Location", org.hamcrest.Matchers.endsWith("/console/batches/" + Upstreams.GTIN + "/A1"));
        String taken = given().cookie("waymark-session", Upstreams.PRODUCER)
                .formParam("csrf", csrf)
                .formParam("gtin", Upstreams.GTIN)
                .formParam("lot", "TAKEN")
                .post("/console/batches")
                .then()
                .statusCode(422)
                .extract()
                .asString();
        assertTrue(taken.contains("id=\"e-lot\">lot is taken"));
        String wrong = given().cookie("waymark-session", Upstreams.PRODUCER)
                .formParam("csrf", csrf)
                .formParam("gtin", "123")
                .formParam("lot", "")
                .post("/console/batches")
                .then()
                .statusCode(422)
                .extract()
                .asString();
        assertTrue(wrong.contains("id=\"e-gtin\"") && wrong.contains("id=\"e-lot\""));
        given().redirects()
                .follow(false)
                .cookie("waymark-session", Upstreams.PRODUCER)
                .formParam("csrf", csrf)
                .formParam("count", "2")
                .post("/console/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT)
                .then()
                .statusCode(303);
    }

    @Test
    void viewersCannotPost() {
        given().redirects()
                .follow(false)
                .cookie("waymark-session", Upstreams.VIEWER)
                .formParam("csrf", csrf(Upstreams.VIEWER))
                .formParam("gtin", Upstreams.GTIN)
                .formParam("lot", "A1")
                .post("/console/batches")
                .then()
                .statusCode(403);
    }

    @Test
    void logoutEndsTheSessionUpstream() {
        Upstreams.SEEN.clear();
        given().redirects()
                .follow(false)
                .cookie("waymark-session", Upstreams.PRODUCER)
                .formParam("csrf", csrf(Upstreams.PRODUCER))
                .post("/console/logout")
                .then()
                .statusCode(303)
                .header("Set-Cookie", org.hamcrest.Matchers.containsString("Max-Age=0"));
        assertTrue(Upstreams.SEEN.stream().anyMatch(r -> r.startsWith("DELETE /api/session")));
    }

    private static String csrf(String session) {
        String page = given().cookie("waymark-session", session).get("/console").asString();
        Matcher token =
                Pattern.compile("name=\"csrf\" value=\"([0-9a-f]{32})\"").matcher(page);
        assertTrue(token.find());
        return token.group(1);
    }
}
