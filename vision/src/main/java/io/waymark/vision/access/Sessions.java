package io.waymark.vision.access;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.vision.VisionConfig;
import io.waymark.vision.vault.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whose login session or API key a token is: asked from trace-service, remembered for ten seconds. So a revoked key works
 * here for at most ten seconds longer.
 */
@ApplicationScoped
public class Sessions {
    private static final Duration REMEMBERED = Duration.ofSeconds(10);
    private static final int MOST = 1000;

    /** What trace-service says about a token. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Session(String name, String tenant, String organisation, List<String> roles) {}

    private record Remembered(Optional<Session> session, long until) {}

    private final URI question;
    private final ObjectMapper json;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final Map<Digest, Remembered> remembered = new ConcurrentHashMap<>();

    Sessions(VisionConfig config, ObjectMapper json) {
        String base = config.traceUrl().toString();
        this.question = URI.create((base.endsWith("/") ? base : base + "/") + "api/session");
        this.json = json;
    }

    /**
     * The session of this token; empty if trace-service does not know it. Completes exceptionally when trace-service does
     * not answer: then nobody can tell, and the caller should try again.
     */
    CompletableFuture<Optional<Session>> of(String token) {
        Digest key = Digest.of(token.getBytes(StandardCharsets.UTF_8));
        long now = System.nanoTime();
        Remembered known = remembered.get(key);
        if (known != null && known.until - now > 0) {
            return CompletableFuture.completedFuture(known.session);
        }
        HttpRequest request = HttpRequest.newBuilder(question)
                .timeout(Duration.ofSeconds(4))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/json")
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenApply(answer -> {
            Optional<Session> session = read(answer);
            forgetOld(now);
            if (remembered.size() < MOST) {
                remembered.put(key, new Remembered(session, System.nanoTime() + REMEMBERED.toNanos()));
            }
            return session;
        });
    }

    private Optional<Session> read(HttpResponse<String> answer) {
        if (answer.statusCode() == 401 || answer.statusCode() == 403) {
            return Optional.empty();
        }
        if (answer.statusCode() != 200) {
            throw new CompletionException(new IOException("trace-service answered " + answer.statusCode()));
        }
        try {
            Session session = json.readValue(answer.body(), Session.class);
            return session.roles() == null ? Optional.empty() : Optional.of(session);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private void forgetOld(long now) {
        for (Iterator<Remembered> all = remembered.values().iterator(); all.hasNext(); ) {
            if (all.next().until - now <= 0) {
                all.remove();
            }
        }
    }
}
