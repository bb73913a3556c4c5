package io.waymark.simulator.organisation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** Waymark's HTTP contract as one bearer sees it. A busy or restarting server is asked again; a refusal is an exception with the server's words. */
public final class TraceClient {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final int ATTEMPTS = 60;
    private static final long PAUSE_MILLIS = 1000;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final URI traceUrl;
    private final URI visionUrl;
    private final String bearer;

    /**
     * @param traceUrl base of trace-service, e.g. {@code http://localhost:8081}
     * @param visionUrl base of vision
     * @param bearer an API key or service token
     */
    public TraceClient(URI traceUrl, URI visionUrl, String bearer) {
        this.traceUrl = traceUrl;
        this.visionUrl = visionUrl;
        this.bearer = bearer;
    }

    /** The same services, another bearer. */
    public TraceClient as(String otherBearer) {
        return new TraceClient(traceUrl, visionUrl, otherBearer);
    }

    public URI traceUrl() {
        return traceUrl;
    }

    public String bearer() {
        return bearer;
    }

    /** Posts JSON; the endpoints used here are idempotent, so a lost answer is asked for again. */
    public JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(traceUrl.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    public JsonNode get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(traceUrl.resolve(path)).GET());
    }

    /** Registers a photograph of the object with vision. */
    public JsonNode registerPhoto(String objectUri, byte[] jpeg) throws IOException, InterruptedException {
        URI target = visionUrl.resolve("/vision/photos?uri=" + URLEncoder.encode(objectUri, StandardCharsets.UTF_8));
        return send(HttpRequest.newBuilder(target)
                .header("Content-Type", "image/jpeg")
                .POST(HttpRequest.BodyPublishers.ofByteArray(jpeg)));
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpRequest built = request.header("Authorization", "Bearer " + bearer)
                .header("Accept", "application/json")
                .timeout(Duration.ofSeconds(60))
                .build();
        IOException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (attempt > 0) Thread.sleep(PAUSE_MILLIS);
            HttpResponse<byte[]> answer;
            try {
                answer = http.send(built, HttpResponse.BodyHandlers.ofByteArray());
            } catch (IOException e) {
                last = e;
                continue;
            }
            int status = answer.statusCode();
            if (status / 100 == 2) {
                return answer.body().length == 0 ? JSON.createObjectNode() : JSON.readTree(answer.body());
            }
            Refused refused = new Refused(built.method() + " " + built.uri().getPath(), status, answer.body());
            if (status != 429 && status < 500) throw refused;
            last = refused;
        }
        throw last;
    }

    /** The server said no, with its reason. */
    public static final class Refused extends IOException {
        private final int status;

        Refused(String call, int status, byte[] body) {
            super(call + " was answered " + status + ": "
                    + new String(body, 0, Math.min(body.length, 600), StandardCharsets.UTF_8));
            this.status = status;
        }

        public int status() {
            return status;
        }
    }
}
