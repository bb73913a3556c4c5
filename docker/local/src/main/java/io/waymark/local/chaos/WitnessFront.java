package io.waymark.local.chaos;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Where the policy says a witness is. Passes on what the witness process answers, or does to it what a bad witness or a bad line would. */
final class WitnessFront implements AutoCloseable {
    enum Manner {
        HONEST,
        /** No answer at all. */
        DOWN,
        /** The right answer, later than anybody waits. */
        SLOW,
        /** A cosignature with one bit wrong. */
        BAD_SIGNATURE,
        /** A true cosignature, of another tree. */
        WRONG_ROOT,
        /** "I have seen more", without showing it. */
        BOASTS
    }

    private static final Duration LATE = Duration.ofSeconds(4);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "witness-front");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final AtomicInteger misbehaved = new AtomicInteger();
    private volatile Manner manner = Manner.HONEST;
    private volatile int behind;
    private volatile byte[] earlier = "\u2014 nobody AAAA\n".getBytes(StandardCharsets.UTF_8);

    WitnessFront() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** The witness process listens there from now on. */
    void passTo(int port) {
        behind = port;
    }

    void behave(Manner now) {
        manner = now;
        misbehaved.set(0);
    }

    /** Requests that were not answered honestly since the last change of manner. */
    int misbehaved() {
        return misbehaved.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Manner now = manner;
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean add = exchange.getRequestURI().getPath().equals("/add-checkpoint");
            if (now != Manner.HONEST && (add || now == Manner.DOWN)) {
                misbehaved.incrementAndGet();
            }
            if (now == Manner.DOWN || (now == Manner.BOASTS && !add)) {
                return; // the connection is closed without an answer
            }
            if (now == Manner.BOASTS) {
                exchange.getResponseHeaders().set("Content-Type", "text/x.tlog.size");
                send(exchange, 409, "1000000000\n".getBytes(StandardCharsets.US_ASCII));
                return;
            }
            if (now == Manner.SLOW) {
                Thread.sleep(LATE.toMillis());
            }
            HttpResponse<byte[]> honest = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + behind + exchange.getRequestURI()))
                            .timeout(Duration.ofSeconds(20))
                            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            byte[] said = honest.body();
            if (add && honest.statusCode() == 200) {
                if (now == Manner.BAD_SIGNATURE) {
                    said = said.clone();
                    said[said.length - 12] = (byte) (said[said.length - 12] == 'A' ? 'B' : 'A');
                } else if (now == Manner.WRONG_ROOT) {
                    said = earlier;
                } else {
                    earlier = said;
                }
            }
            honest.headers().firstValue("Content-Type").ifPresent(type -> exchange.getResponseHeaders()
                    .set("Content-Type", type));
            send(exchange, honest.statusCode(), said);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
