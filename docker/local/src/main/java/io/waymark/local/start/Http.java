package io.waymark.local.start;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The launcher's own questions to the services, over loopback. */
final class Http {
    private final String baseUrl;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    Http(String baseUrl) {
        this.baseUrl = baseUrl;
    }

    /** The body of a 200 answer. */
    String text(String path) throws IOException {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(URI.create(baseUrl + path)));
        if (answer.statusCode() != 200) {
            throw new IOException(path + " answered " + answer.statusCode());
        }
        return answer.body();
    }

    /** Status and body, whatever the status. */
    HttpResponse<String> get(String path) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(baseUrl + path)));
    }

    int postJson(String path, String json) throws IOException {
        return ask("POST", path, null, json).statusCode();
    }

    /**
     * Status and body, whatever the status.
     *
     * @param token sent as bearer, null for none
     * @param json  body, null for none
     */
    HttpResponse<String> ask(String method, String path, String token, String json) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(baseUrl + path))
                .method(
                        method,
                        json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json));
        if (json != null) {
            request.header("Content-Type", "application/json");
        }
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return send(request);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.timeout(Duration.ofSeconds(10)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
