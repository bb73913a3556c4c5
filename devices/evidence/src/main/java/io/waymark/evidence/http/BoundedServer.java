package io.waymark.evidence.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's web server with limits: {@value #THREADS} requests at a time, {@value #SECONDS} seconds to send one. Whoever is slower loses
 * the connection.
 */
public final class BoundedServer implements AutoCloseable {
    private static final int THREADS = 500;
    private static final int SECONDS = 10;
    private static final String NO_DELAY = "sun.net.httpserver.nodelay";

    static {
        // The JDK reads these once, when its first server is made, and offers no other way. Whoever starts the
        // process may set them.
        unlessSet("sun.net.httpserver.maxReqTime", SECONDS);
        unlessSet("sun.net.httpserver.maxRspTime", 3 * SECONDS);
        unlessSet("sun.net.httpserver.idleInterval", 60);
        unlessSet("jdk.httpserver.maxConnections", 2 * THREADS);
        // Without it every answer waits 40 ms for an acknowledgement that the other side delays.
        if (System.getProperty(NO_DELAY) == null) {
            System.setProperty(NO_DELAY, "true");
        }
    }

    private static void unlessSet(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    /**
     * @param body    at most the server's limit of bytes
     * @param tooLong the request had more than that; {@code body} is its beginning
     */
    public record Request(String method, String path, byte[] body, boolean tooLong) {}

    /** @param headers besides Content-Length */
    public record Answer(int status, Map<String, String> headers, byte[] body) {
        public static Answer text(int status, String type, String body) {
            return new Answer(status, Map.of("Content-Type", type), body.getBytes(StandardCharsets.UTF_8));
        }

        /** RFC 9457. */
        public static Answer problem(int status, String title, String detail) {
            String json = "{\"type\":\"about:blank\",\"title\":" + Json.quoted(title) + ",\"status\":" + status
                    + ",\"detail\":" + Json.quoted(detail) + "}\n";
            return text(status, "application/problem+json", json);
        }
    }

    public interface Handler {
        Answer answer(Request request) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads;

    private BoundedServer(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /** @param maxBody bytes of a request's body that are read; more is told to the handler and not read */
    public static BoundedServer start(InetSocketAddress address, int maxBody, Handler handler) throws IOException {
        HttpServer server = HttpServer.create(address, 128);
        AtomicInteger number = new AtomicInteger();
        // A thread per request and no queue: the server counts the time in a queue as the client's, so clients that
        // are stuck in the threads would cost those behind them their connections.
        // WitnessTest.stuckClientsDoNotStopOthers fails with 64 threads and a queue. Beyond the limit a connection is
        // closed at once; 700 clients that are stuck cost everybody 5 s.
        ExecutorService threads =
                new ThreadPoolExecutor(0, THREADS, SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                    Thread thread = new Thread(null, work, "http-" + number.incrementAndGet(), 512 * 1024);
                    thread.setDaemon(true);
                    return thread;
                });
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                respond(exchange, maxBody, handler);
            }
        });
        server.start();
        return new BoundedServer(server, threads);
    }

    private static void respond(HttpExchange exchange, int maxBody, Handler handler) throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(maxBody + 1);
            boolean tooLong = body.length > maxBody;
            Answer answer;
            try {
                @Nullable String path = exchange.getRequestURI().getRawPath();
                answer = handler.answer(
                        new Request(exchange.getRequestMethod(), path == null ? "" : path, body, tooLong));
            } catch (IOException | RuntimeException e) {
                // The one place that decides what a failure looks like outside: nothing of it but that it happened.
                System.err.println(exchange.getRequestURI().getRawPath() + ": " + e);
                answer = Answer.problem(500, "Internal error", "the request was not carried out");
            }
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            if (tooLong) {
                // Nobody reads the rest.
                exchange.getResponseHeaders().set("Connection", "close");
            }
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (head) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(answer.body().length));
            }
            boolean empty = head || answer.body().length == 0;
            exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length);
            if (!empty) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(answer.body());
                }
            }
        }
    }

    /** With the port that was found free when 0 was asked for. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** Requests under way get a second. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdownNow();
    }
}
