package io.waymark.evidence.command;

import io.waymark.evidence.audit.LogFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where a log is published: a folder or an HTTP address. Every file is bounded, over HTTP in time as well. */
public final class LogPlace {
    /** A full bundle of the largest entries. */
    static final int MAX_FILE = 256 * (2 + 65_535);

    private LogPlace() {}

    /**
     * The files for one thread.
     *
     * @throws CannotTellException when it is neither an http address nor a folder that exists
     */
    public static LogFiles of(String urlOrFolder) throws CannotTellException {
        if (urlOrFolder.matches("https?://.*")) {
            return new Http(urlOrFolder.endsWith("/") ? urlOrFolder : urlOrFolder + "/");
        }
        Path folder = Path.of(urlOrFolder);
        if (!Files.isDirectory(folder)) {
            throw new CannotTellException(urlOrFolder + " is neither a folder nor an http address");
        }
        return path -> {
            try (InputStream in = Files.newInputStream(folder.resolve(path))) {
                return Optional.of(limited(in.readNBytes(MAX_FILE + 1), path));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        };
    }

    private static byte[] limited(byte[] bytes, String path) throws IOException {
        if (bytes.length > MAX_FILE) {
            throw new IOException(path + " is larger than " + MAX_FILE + " bytes");
        }
        return bytes;
    }

    /** Each file three times at most, a minute each; files that are announced are sent for at once. For one thread. */
    private static final class Http implements LogFiles {
        private static final long[] PAUSES_MILLIS = {200, 1_000};
        private static final Duration HEADERS = Duration.ofSeconds(30);
        private static final long WHOLE_SECONDS = 60;
        private static final int MOST_SENT = 64;

        private final HttpClient client = HttpClient.newBuilder()
                .connectTimeout(Duration.ofSeconds(10))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        private final Map<String, CompletableFuture<HttpResponse<byte[]>>> sent = new HashMap<>();
        private final String base;

        Http(String base) {
            this.base = base;
        }

        @Override
        public void soon(String path) {
            if (sent.size() < MOST_SENT) {
                sent.computeIfAbsent(path, this::send);
            }
        }

        private CompletableFuture<HttpResponse<byte[]>> send(String path) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                    .timeout(HEADERS)
                    .build();
            return client.sendAsync(request, response -> new Limited(path));
        }

        @Override
        public Optional<byte[]> get(String path) throws IOException {
            for (int attempt = 0; ; attempt++) {
                CompletableFuture<HttpResponse<byte[]>> announced = sent.remove(path);
                CompletableFuture<HttpResponse<byte[]>> asked = announced == null ? send(path) : announced;
                String failed;
                try {
                    HttpResponse<byte[]> response = asked.get(WHOLE_SECONDS, TimeUnit.SECONDS);
                    int status = response.statusCode();
                    if (status == 200) {
                        return Optional.of(response.body());
                    }
                    if (status == 404 || status == 410) {
                        return Optional.empty();
                    }
                    failed = base + path + " answered " + status;
                    if (status != 429 && status < 500) {
                        throw new IOException(failed);
                    }
                } catch (ExecutionException e) {
                    failed = "cannot fetch " + base + path + ": " + e.getCause();
                } catch (TimeoutException e) {
                    asked.cancel(true);
                    failed = base + path + " takes longer than " + WHOLE_SECONDS + " s";
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
                if (attempt == PAUSES_MILLIS.length) {
                    throw new IOException(failed);
                }
                pause(PAUSES_MILLIS[attempt]);
            }
        }

        private static void pause(long millis) throws IOException {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    /** A body of at most {@link #MAX_FILE} bytes; a longer one is given up on, whatever length it announced. */
    private static final class Limited implements HttpResponse.BodySubscriber<byte[]> {
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        private final String path;

        Limited(String path) {
            this.path = path;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription from) {
            subscription.complete(from);
            from.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > MAX_FILE) {
                    subscription.thenAccept(Flow.Subscription::cancel);
                    body.completeExceptionally(new IOException(path + " is larger than " + MAX_FILE + " bytes"));
                    return;
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.writeBytes(part);
            }
        }

        @Override
        public void onError(Throwable error) {
            body.completeExceptionally(error);
        }

        @Override
        public void onComplete() {
            body.complete(bytes.toByteArray());
        }
    }
}
