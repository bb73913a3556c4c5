package io.waymark.web;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever refuses, and wherever: people get a page of the house, programs a problem, and neither learns what is inside. */
@QuarkusTest
@QuarkusTestResource(Upstreams.class)
class RefusalsTest {
    private static final String ITEM = "/01/" + Upstreams.GTIN + "/10/" + Upstreams.LOT + "/21/" + Upstreams.SERIAL;

    private static RequestSpecification as(String session) {
        return given().urlEncodingEnabled(false).redirects().follow(false).cookie("waymark-session", session);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /nowhere, 404, No such page",
        "GET, /01, 404, No such page",
        "GET, /01/, 404, No such page",
        "GET, /00/123456789012345675, 404, No such page",
        "GET, /verify/nothing.js, 404, No such page",
        "GET, /qr/01/09506000134352.gif, 404, No such page",
        "GET, /qr/01/09506000134352.svg?size=x, 404, No such page",
        "GET, /qr/01/09506000134353.svg, 400, Not accepted",
        "GET, /console/nowhere, 404, No such page",
        "GET, /console/batches/123/x, 404, No such page",
        "GET, /console/devices/zz, 404, No such page",
        "GET, /console%3Bx, 400, The address is not allowed",
        "POST, /01/09506000134352, 405, Not possible at this address",
        "DELETE, /report, 405, Not possible at this address",
        "PUT, /, 405, Not possible at this address",
        "DELETE, /console/login, 405, Not possible at this address",
        "DELETE, /console/products, 405, Not possible at this address",
        "GET, /console/logout, 405, Not possible at this address",
        "GET, /faulty/picky, 406, Not in this format",
        "POST, /faulty/picky, 415, Sent in a form we cannot read",
        "POST, /report, 415, Sent in a form we cannot read",
        "POST, /console/login, 415, Sent in a form we cannot read",
        "POST, /check/photo, 415, Sent in a form we cannot read",
        "GET, /faulty/broken, 500, Something broke on our side"
    })
    void refusedWithAPageOrAProblem(String method, String path, int status, String title) {
        RequestSpecification browser =
                as(Upstreams.ADMINISTRATOR).header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9");
        RequestSpecification program = as(Upstreams.ADMINISTRATOR).header("Accept", "application/json");
        if (method.equals("POST")) {
            browser.contentType("application/pdf").body(new byte[] {1});
            program.contentType("application/pdf").body(new byte[] {1});
        }

        Response page = browser.request(method, path);
        assertEquals(status, page.statusCode());
        assertTrue(page.contentType().startsWith("text/html"), page.contentType());
        assertTrue(page.asString().contains("</svg>" + title + "</h1>"), page.asString());
        assertTrue(page.header("Content-Security-Policy").contains("style-src 'sha256-"));
        assertEquals("nosniff", page.header("X-Content-Type-Options"));
        assertEquals("no-store", page.header("Cache-Control"));
        withoutInside(page.asString().replaceAll("(?s)<style>.*?</style>", ""));
        assertEquals(
                path.startsWith("/console") && status != 400, page.asString().contains("href=\"/console\">Open"));

        Response problem = program.request(method, path);
        assertEquals(status, problem.statusCode());
        assertEquals("application/problem+json", problem.contentType());
        assertEquals(status, problem.jsonPath().getInt("status"));
        assertEquals(title, problem.jsonPath().getString("title"));
        assertTrue(problem.jsonPath().getString("type").matches("https://waymark.io/problems/[a-z-]+"));
        assertFalse(problem.jsonPath().getString("detail").isBlank());
        withoutInside(problem.asString());
    }

    private static void withoutInside(String said) {
        for (String inside :
                new String[] {"secret", "Exception", "io.waymark", "java.", "quarkus", "resteasy", "vertx"}) {
            assertFalse(said.toLowerCase().contains(inside.toLowerCase()), inside + " in " + said);
        }
    }

    @Test
    void faultHasANumberToTell() {
        String page = given().get("/faulty/broken").asString();
        assertTrue(page.matches("(?s).*the number [0-9a-f]{8}\\..*"), page);
    }

    @Test
    void bodyThatIsTooLargeGetsThePageAfterItWasSent() throws IOException {
        assertTrue(posted("/check/photo", 14 << 20, "text/html")
                .matches("(?s)HTTP/1.1 413 .*text/html.*Too large</h1>.*"));
        assertTrue(posted("/report", 14 << 20, "application/json")
                .matches("(?s)HTTP/1.1 413 .*application/problem\\+json.*\"status\":413.*"));
    }

    /** By hand, because clients differ in what they do when the answer comes before the body's end. */
    private static String posted(String path, int bytes, String accept) throws IOException {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            out.write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: " + accept
                            + "\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: " + bytes
                            + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            byte[] part = new byte[1 << 16];
            for (int sent = 0; sent < bytes; sent += part.length) {
                out.write(part);
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void textLongerThanAFormMayHaveIsSaidToBeTooLarge() {
        Response refused = given().formParam("text", "x".repeat(40_000))
                .formParam("where", "y")
                .post("/report");
        assertEquals(413, refused.statusCode());
        assertTrue(refused.asString().contains("Too large</h1>"));
    }

    @Test
    void viewerWhoPostsAndAFormFromElsewhereAreToldInWords() {
        Response viewer = as(Upstreams.VIEWER).get("/console/accounts");
        assertEquals(403, viewer.statusCode());
        assertTrue(viewer.asString().contains("Not for this account</h1>"));
        Response forged = as(Upstreams.PRODUCER).formParam("gtin", "1").post("/console/batches");
        assertEquals(403, forged.statusCode());
        assertTrue(forged.asString().contains("The form did not come from this page</h1>"));
    }

    @Test
    void serviceThatIsAwayIsSaidAndNothingAboutTheCode() {
        String item = "/01/" + Upstreams.GTIN + "/21/AWAY";
        Response page = given().header("Accept", "text/html").get(item);
        assertEquals(503, page.statusCode());
        assertEquals("10", page.header("Retry-After"));
        assertTrue(page.asString().contains("We cannot look this up right now</h1>"));
        Response problem = given().header("Accept", "application/json").get(item);
        assertEquals(503, problem.statusCode());
        assertEquals("application/problem+json", problem.contentType());
    }

    @Test
    void headOfNothingHasNoBody() {
        Response head = given().head("/nowhere");
        assertEquals(404, head.statusCode());
        assertEquals(0, head.asByteArray().length);
    }

    @Test
    void othersAddressesAreLeftToThem() {
        Response api = given().header("Accept", "text/html").get("/api/nowhere");
        assertEquals(404, api.statusCode());
        assertFalse(api.asString().contains("No such page"));
    }

    @Test
    void unknownCodesKeepTheirOneAnswer() {
        Response unknown = given().get(ITEM + "X");
        assertEquals(404, unknown.statusCode());
        assertTrue(unknown.asString().contains("Unknown code</h1>"));
        assertEquals(
                "{\"type\":\"https://waymark.io/problems/unknown-code\",\"title\":\"Unknown code\",\"status\":404}",
                given().header("Accept", "application/json").get(ITEM + "X").asString());
    }
}
