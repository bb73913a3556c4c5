package io.waymark.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** trace-service and vision on one small server, answering what their contract says. Remembers the requests it got. */
public final class Upstreams implements QuarkusTestResourceLifecycleManager {
    public static final String GTIN = "09506000134352";
    public static final String LOT = "K5-0611";
    public static final String SERIAL = "7HJ2KQ9XW4MB3T";
    public static final String ITEM = "https://id.gs1.org/01/" + GTIN + "/21/" + SERIAL;
    public static final String PRODUCT = "https://id.gs1.org/01/" + GTIN;
    public static final String HOSTILE = "https://id.gs1.org/01/" + GTIN + "/21/XSS";
    public static final String SLOW_LOT = "https://id.gs1.org/01/" + GTIN + "/10/" + LOT;
    public static final String VIEWER = "wms_viewer";
    public static final String PRODUCER = "wms_producer";
    public static final String ADMINISTRATOR = "wms_administrator";
    public static final List<String> SEEN = new CopyOnWriteArrayList<>();
    public static final String UNPHOTOGRAPHED = "7HJ2NOPHOTO";
    public static final String RESERVED_LOT = "K6-RES";
    public static final String LOGGER = "00112233445566778899aabbccddeeff";
    public static final String DOOR = "ff112233445566778899aabbccddeeff";
    public static final String SERIES = "ee112233445566778899aabbccddeeff";
    public static final String TIRELESS = "dd112233445566778899aabbccddeeff";
    public static volatile boolean setUp = true;

    /** Whether the administrator's organisation has nothing yet. */
    public static volatile boolean empty;

    private HttpServer server;

    @Override
    public Map<String, String> start() {
        String base = "http://127.0.0.1:" + serve(0);
        return Map.of(
                "waymark.web.timeout", "60s",
                "waymark.web.trace-url", base,
                "waymark.web.vision-url", base,
                "waymark.web.service-token", "test-web-token",
                "waymark.web.photo-count-timeout", "60s",
                "waymark.web.demo", "true",
                "waymark.web.public-url", "https://w.example");
    }

    int serve(int port) {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", Upstreams::answer);
        server.start();
        return server.getAddress().getPort();
    }

    @Override
    public void stop() {
        server.stop(0);
    }

    /** The same as a process of its own, for looking at pages in a browser: argument = port. */
    public static void main(String[] args) {
        new Upstreams().serve(Integer.parseInt(args[0]));
    }

    private static void answer(HttpExchange x) throws IOException {
        String path = x.getRequestURI().getPath();
        String query =
                x.getRequestURI().getRawQuery() == null ? "" : x.getRequestURI().getRawQuery();
        String uri = query.startsWith("uri=") ? URLDecoder.decode(query.substring(4), StandardCharsets.UTF_8) : "";
        String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
        String auth = String.valueOf(x.getRequestHeaders().getFirst("Authorization"));
        SEEN.add(x.getRequestMethod() + " " + x.getRequestURI() + " " + (body.length() > 400 ? body.length() : body));
        boolean web = auth.equals("Bearer test-web-token");
        switch (x.getRequestMethod() + " " + path) {
            case "GET /api/passports":
                if (!web) {
                    send(x, 401, "{}");
                } else if (uri.equals(ITEM) || uri.endsWith("/21/HEADONLY")) {
                    send(x, 200, Samples.passport());
                } else if (uri.endsWith("/21/AWAY")) {
                    send(x, 502, "");
                } else if (uri.endsWith("/21/" + UNPHOTOGRAPHED)) {
                    send(x, 200, Samples.cutPassport());
                } else if (uri.equals(SLOW_LOT)) {
                    send(x, 200, Samples.lotPassport());
                } else if (uri.equals(PRODUCT)) {
                    send(x, 200, Samples.productPassport());
                } else if (uri.equals(HOSTILE)) {
                    send(x, 200, Samples.hostilePassport());
                } else {
                    send(
                            x,
                            404,
                            "{\"type\":\"https://waymark.io/problems/unknown-code\",\"title\":\"Unknown code\",\"status\":404}");
                }
                return;
            case "GET /vision/photos/count":
                send(x, web ? 200 : 401, "{\"count\":" + (uri.endsWith("/21/" + UNPHOTOGRAPHED) ? 0 : 2) + "}");
                return;
            case "GET /vision/devices/" + LOGGER + "/images":
                send(
                        x,
                        auth.equals("Bearer test-web-token") ? 403 : 200,
                        "[{\"digest\":\"00\",\"bytes\":90000,\"chunks\":3,\"missing\":0,\"state\":\"complete\",\"announcedAt\":\"2026-11-18T10:00:00Z\"},"
                                + "{\"digest\":\"01\",\"bytes\":90000,\"chunks\":3,\"missing\":2,\"state\":\"under-way\",\"announcedAt\":\"2026-11-18T09:00:00Z\"},"
                                + "{\"digest\":\"02\",\"bytes\":90000,\"chunks\":4,\"missing\":1,\"state\":\"incomplete\",\"announcedAt\":\"2026-11-16T09:00:00Z\"}]");
                return;
            case "GET /vision/devices/" + DOOR + "/images":
                send(x, 200, "[]");
                return;
            case "GET /api/passports/proof":
                send(x, uri.equals(ITEM) ? 200 : 404, uri.equals(ITEM) ? "PROOF" : "{}");
                return;
            case "POST /api/scans":
                send(x, 204, "");
                return;
            case "POST /api/reports":
                send(x, 201, "{\"caseNumber\":\"R-2026-0042\"}");
                return;
            case "GET /api/demo/items":
                send(
                        x,
                        200,
                        "[{\"uri\":\"" + ITEM + "\",\"lot\":\"" + LOT
                                + "\",\"name\":\"Arctic cod fillet, 400 g\",\"state\":\"active\"}]");
                return;
            case "POST /vision/matches":
                send(
                        x,
                        200,
                        "{\"outcome\":\""
                                + (body.contains("MATCH")
                                        ? "match"
                                        : body.contains("OTHER") ? "no-match" : "cannot-tell")
                                + "\",\"reasons\":[\"84 points agree in place and direction\"],\"inliers\":84,\"score\":0.93,\"compared\":2}");
                return;
            default:
                Samples.console(x, path, query, body, auth);
        }
    }

    static void send(HttpExchange x, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        x.getResponseHeaders()
                .set("Content-Type", body.startsWith("PROOF") ? "application/vnd.waymark.proof" : "application/json");
        x.sendResponseHeaders(status, bytes.length == 0 || x.getRequestMethod().equals("HEAD") ? -1 : bytes.length);
        if (bytes.length > 0) {
            x.getResponseBody().write(bytes);
        }
        x.close();
    }
}
