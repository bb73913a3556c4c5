package io.waymark.ingest.platform;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** One service over HTTP. Sorts answers into three: accepted, {@link Rejected} for good, {@link Unreachable} for now. */
final class Peer {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final String name;
    private final String base;
    private final Optional<String> token;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    Peer(String name, URI base, Optional<String> token) {
        this.name = name;
        this.base = base.toString().replaceAll("/+$", "");
        this.token = token;
    }

    HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
        token.ifPresent(t -> request.header("Authorization", "Bearer " + t));
        return request;
    }

    /** @return the body of a 2xx answer */
    byte[] send(HttpRequest request) throws Unreachable, Rejected, InterruptedException {
        HttpResponse<byte[]> response;
        try {
            response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new Unreachable(name, e.getClass().getSimpleName() + " " + e.getMessage(), Duration.ZERO);
        }
        int status = response.statusCode();
        if (status / 100 == 2) return response.body();
        String text = new String(response.body(), StandardCharsets.UTF_8);
        if (temporary(status)) throw new Unreachable(name, "HTTP " + status, retryAfter(response));
        throw new Rejected(name, status, text);
    }

    // 401 and 403 are the operator's mistake, not the message's: a wrong token must not fill the quarantine with good
    // readings.
    // 404 of a batch path is a service that is not deployed yet; where 404 is an answer (keys), the caller asks for it
    // by Rejected.
    private static boolean temporary(int status) {
        return status >= 500 && status != 507
                || status == 401
                || status == 403
                || status == 408
                || status == 425
                || status == 429;
    }

    private static Duration retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(v -> v.matches("[0-9]{1,5}"))
                .map(v -> Duration.ofSeconds(Long.parseLong(v)))
                .map(d -> d.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : d)
                .orElse(Duration.ZERO);
    }
}
