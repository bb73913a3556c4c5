package io.waymark.trace.problem;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class ErrorsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api",
                "/api/",
                "/api/nothing",
                "/api/batches/x/y/z/nothing",
                "/ledger",
                "/ledger/no/such",
                "/epcis",
                "/epcis/x"
            })
    void whatNothingServesIsAProblem(String path) {
        for (String method : List.of("GET", "POST", "DELETE")) {
            given().auth()
                    .oauth2(TokensResource.OPERATOR)
                    .request(method, path)
                    .then()
                    .statusCode(404)
                    .contentType("application/problem+json")
                    .body("type", equalTo("https://waymark.io/problems/not-found"))
                    .body("status", equalTo(404))
                    .body("detail", notNullValue());
        }
        int stranger = given().get(path)
                .then()
                .contentType("application/problem+json")
                .extract()
                .statusCode();
        assertTrue(stranger == 401 || stranger == 404, path + " gave a stranger " + stranger);
    }

    @ParameterizedTest(name = "{0} {1} taking {2} and sending {3} is {4}")
    @CsvSource({
        "DELETE, /api/batches, application/json, application/json, 405",
        "PUT, /ledger/checkpoint, */*, application/json, 405",
        "PATCH, /api/session, */*, application/json, 405",
        "GET, /api/batches, image/png, application/json, 406",
        "GET, /api/session, text/html, application/json, 406",
        "POST, /api/batches, */*, text/plain, 415",
        "POST, /api/readings, */*, application/json, 415",
    })
    void theFrameworksRefusalsAreProblems(String method, String path, String takes, String sends, int status) {
        given().auth()
                .oauth2(path.equals("/api/readings") ? TokensResource.INGEST : Firm.founded("any", "FI").apiKey)
                .accept(takes)
                .contentType(sends)
                .body(method.equals("GET") ? "" : "{}")
                .request(method, path)
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("status", equalTo(status))
                .body("title", notNullValue())
                .body("detail", notNullValue());
    }

    @Test
    void aFaultOfOursIsToldWithoutItsInsideAndLoggedOnce() {
        List<LogRecord> logged = new CopyOnWriteArrayList<>();
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getThrown() != null) {
                    logged.add(record);
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger root = Logger.getLogger("");
        root.addHandler(listener);
        try {
            given().get("/api/fault-of-the-test")
                    .then()
                    .statusCode(500)
                    .contentType("application/problem+json")
                    .body("type", equalTo("https://waymark.io/problems/failed"))
                    .body(not(containsString("inside")))
                    .body(not(containsString("IllegalState")));
        } finally {
            root.removeHandler(listener);
        }
        assertEquals(
                1,
                logged.stream()
                        .filter(r -> r.getThrown().getMessage().contains("the inside of the service"))
                        .count());
    }

    @Test
    void aBodyAnnouncedTooLongIsRefusedUnread() throws IOException {
        String answer = exchange(
                "POST /api/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\nAuthorization: Bearer "
                        + TokensResource.INGEST + "\r\nContent-Length: 40000000\r\n\r\n",
                0);
        assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        assertTrue(answer.toLowerCase().contains("content-type: application/problem+json"), answer);
    }

    @ParameterizedTest
    @CsvSource({"/api/readings, application/cbor, INGEST", "/api/organisations, application/json, OPERATOR"})
    void aBodyInChunksIsCutOffAtTheSameLength(String path, String type, String who) throws IOException {
        String token = who.equals("INGEST") ? TokensResource.INGEST : TokensResource.OPERATOR;
        String answer = exchange(
                "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type + "\r\nAuthorization: Bearer " + token
                        + "\r\nTransfer-Encoding: chunked\r\n\r\n",
                40_000_000);
        assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        assertTrue(answer.toLowerCase().contains("content-type: application/problem+json"), answer);
        assertTrue(answer.contains("https://waymark.io/problems/too-large"), answer);
    }

    /** Sends the head and up to {@code chunked} bytes of blanks in chunks, while the server takes them; what it answered. */
    private static String exchange(String head, int chunked) throws IOException {
        int port = ConfigProvider.getConfig().getValue("quarkus.http.test-port", int.class);
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            byte[] chunk = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            try {
                for (int sent = 0; sent < chunked; sent += 0x10000) {
                    out.write(chunk);
                }
                out.flush();
            } catch (IOException cutOff) {
                // the answer says why
            }
            InputStream in = socket.getInputStream();
            StringBuilder answer = new StringBuilder();
            for (int c = in.read(); c >= 0 && c != '}'; c = in.read()) {
                answer.append((char) c);
            }
            return answer.toString();
        }
    }
}
