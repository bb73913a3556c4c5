package io.waymark.web.upstream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One upstream service. A call ends within its time-out, body included, and reads at most its bound;
 * statuses below 500 are answers, everything else is {@link UpstreamUnavailable}. Redirects are not followed.
 */
final class Upstream {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final String base;
    private final Duration timeout;
    private final HttpClient client;

    Upstream(String name, URI base, Duration timeout) {
        this.name = name;
        this.base = base.toString().replaceAll("/+$", "");
        this.timeout = timeout;
        // HTTP/1.1 because the services speak it in the clear; an h2c upgrade attempt costs a round trip and buys
        // nothing on loopback.
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    Answer get(String pathAndQuery, String token, int maxBytes) {
        return wait(start(request(pathAndQuery, token).GET().build(), maxBytes), pathAndQuery);
    }

    /** An answer that is on its way. */
    interface Pending {
        /** @throws UpstreamUnavailable as the calls that wait do */
        Answer await();
    }

    Pending getLater(String pathAndQuery, String token, int maxBytes) {
        CompletableFuture<Answer> future =
                start(request(pathAndQuery, token).GET().build(), maxBytes);
        return () -> wait(future, pathAndQuery);
    }

    Answer delete(String pathAndQuery, String token) {
        return wait(start(request(pathAndQuery, token).DELETE().build(), 64 << 10), pathAndQuery);
    }

    Answer post(String pathAndQuery, String token, Object json, int maxBytes) {
        return wait(postLater(pathAndQuery, token, json, maxBytes), pathAndQuery);
    }

    /** Sends without waiting. The future fails with the transport's exception, or holds any status. */
    CompletableFuture<Answer> postLater(String pathAndQuery, String token, Object json, int maxBytes) {
        return start(
                request(pathAndQuery, token)
                        .header("Content-Type", "application/json")
                        .POST(body(json))
                        .build(),
                maxBytes);
    }

    Answer postBytes(String pathAndQuery, String token, String mediaType, byte[] body, int maxBytes) {
        return wait(
                start(
                        request(pathAndQuery, token)
                                .header("Content-Type", mediaType)
                                .POST(BodyPublishers.ofByteArray(body))
                                .build(),
                        maxBytes),
                pathAndQuery);
    }

    private HttpRequest.Builder request(String pathAndQuery, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + pathAndQuery))
                .timeout(timeout)
                .header("Accept", "application/json, application/problem+json, */*;q=0.1");
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private CompletableFuture<Answer> start(HttpRequest request, int maxBytes) {
        return client.sendAsync(request, info -> new Bounded(maxBytes))
                .thenApply(response -> new Answer(response.statusCode(), response.body()));
    }

    private Answer wait(CompletableFuture<Answer> future, String pathAndQuery) {
        String what = name + " " + pathAndQuery.replaceAll("\\?.*", "");
        try {
            // HttpRequest.timeout ends with the headers; a body that trickles would hold the worker thread for ever.
            Answer answer = future.get(timeout.toMillis() + 250, TimeUnit.MILLISECONDS);
            if (answer.status() >= 500 || answer.status() < 200) {
                throw new UpstreamUnavailable(what + " answered " + answer.status());
            }
            return answer;
        } catch (TimeoutException e) {
            future.cancel(true);
            throw new UpstreamUnavailable(what + " did not answer in " + timeout, e);
        } catch (ExecutionException e) {
            String why = e.getCause() instanceof HttpTimeoutException
                    ? " did not answer in " + timeout
                    : " could not be reached";
            throw new UpstreamUnavailable(what + why, e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new UpstreamUnavailable(what + " was interrupted", e);
        }
    }

    private static BodyPublisher body(Object json) {
        try {
            return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + json.getClass(), e);
        }
    }

    /** A query part, encoded; spaces as %20 so that it is also right in a path. */
    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Collects at most {@code max} bytes and fails on the next one. */
    private static final class Bounded implements BodySubscriber<byte[]> {
        private final int max;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
        private Flow.Subscription subscription;

        Bounded(int max) {
            this.max = max;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return whole;
        }

        @Override
        public void onSubscribe(Flow.Subscription s) {
            subscription = s;
            s.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > max) {
                    subscription.cancel();
                    whole.completeExceptionally(new IOException("answer is longer than " + max + " bytes"));
                    return;
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.writeBytes(part);
            }
        }

        @Override
        public void onError(Throwable t) {
            whole.completeExceptionally(t);
        }

        @Override
        public void onComplete() {
            whole.complete(bytes.toByteArray());
        }
    }
}
