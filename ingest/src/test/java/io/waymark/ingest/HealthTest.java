package io.waymark.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** The application with no broker and no service to be found: it starts, waits, and says so. */
@QuarkusTest
class HealthTest {
    @TestHTTPResource("/")
    URI base;

    @Test
    void isAliveButNotReadyWithoutABroker() throws Exception {
        assertEquals(200, get("q/health/live").statusCode());
        HttpResponse<String> ready = get("q/health/ready");
        assertEquals(503, ready.statusCode());
        assertTrue(ready.body().contains("broker"), ready.body());
    }

    @Test
    void showsItsMetrics() throws Exception {
        assertTrue(get("q/metrics").body().contains("waymark_ingest_answers_waiting"));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(base.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
