package io.waymark.vision.photo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.vision.VisionConfig;
import io.waymark.vision.access.Caller;
import io.waymark.vision.problem.VisionProblem;
import io.waymark.vision.vault.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** trace-service's word on photographs: who made an object, and where a photograph's digest stands in the ledger. */
@ApplicationScoped
public class LedgerEntries {
    private final URI base;
    private final String token;
    private final ObjectMapper json;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    @Inject
    LedgerEntries(VisionConfig config, ObjectMapper json) {
        this(config.traceUrl(), config.traceToken(), json);
    }

    LedgerEntries(URI trace, String token, ObjectMapper json) {
        this.base = URI.create(trace.toString().endsWith("/") ? trace.toString() : trace + "/");
        this.token = token;
        this.json = json;
    }

    /**
     * The index of the statement about this photograph, which is made if need be. Asking again answers the same.
     *
     * @throws VisionProblem 404 when nothing is known of the object, 409 when another organisation made it, 503 when trace-service does not
     *     answer: then nobody can tell, and the same request may be sent again
     */
    long index(String tenant, ObjectUri uri, Digest digest) {
        byte[] body;
        try {
            body = json.writeValueAsBytes(Map.of("uri", uri.value(), "digest", digest.toString()));
        } catch (IOException e) {
            throw new IllegalStateException("a map of two texts cannot be written", e);
        }
        HttpRequest.Builder request = request("api/photos")
                .header(Caller.TENANT_HEADER, tenant)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        JsonNode index = answer(request).get("index");
        if (index == null || !index.canConvertToLong()) {
            throw new IllegalStateException("trace-service answered no index for photograph " + digest);
        }
        return index.asLong();
    }

    /** Refuses as {@link #index} does, without an entry: of a device's image the ledger has the signed manifest. */
    void checkMaker(String tenant, ObjectUri uri) {
        JsonNode maker =
                answer(request("api/photos/maker?uri=" + URLEncoder.encode(uri.value(), StandardCharsets.UTF_8)));
        if (!tenant.equals(maker.path("organisation").asText())) {
            throw VisionProblem.conflict("another organisation made " + uri);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/json");
    }

    private JsonNode answer(HttpRequest.Builder request) {
        HttpResponse<byte[]> answer;
        JsonNode body;
        try {
            answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() >= 500 || answer.statusCode() == 429) {
                throw VisionProblem.busy("trace-service cannot take the photograph's digest now");
            }
            body = json.readTree(answer.body());
        } catch (IOException e) {
            throw VisionProblem.busy("trace-service cannot be reached");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw VisionProblem.busy("the service is stopping");
        }
        String detail = body.path("detail").asText();
        return switch (answer.statusCode()) {
            case 200 -> body;
            case 400 -> throw VisionProblem.malformed(detail);
            case 404 -> throw VisionProblem.unknown(detail);
            case 409 -> throw VisionProblem.conflict(detail);
            default ->
                throw new IllegalStateException("trace-service answered " + answer.statusCode() + ": " + detail
                        + " (waymark.vision.trace-token?)");
        };
    }
}
