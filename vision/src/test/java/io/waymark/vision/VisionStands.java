package io.waymark.vision;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A database with the two roles, and a trace-service that knows two organisations. It speaks trace-service's contract for sessions and photos:
 * objects are cod-boat's, but for serials OP… (hill-farm's) and UNKNOWN… (nobody's); about AWAY… it answers 503 to the first request.
 */
public class VisionStands implements QuarkusTestResourceLifecycleManager {
    static final String INGEST = "ingest-token-of-the-test";
    static final String WEB = "web-token-of-the-test";
    static final String OPERATOR = "operator-token-of-the-test";
    static final String BOAT = "wmk_producer-of-cod-boat";
    static final String FARM = "wmk_producer-of-hill-farm";
    static final String VIEWER = "wmk_viewer-of-cod-boat";
    static final String TRACE = "vision-token-at-trace-service";
    /** The stand-in answers this token with 500. */
    static final String BREAKS = "wmk_breaks-trace-service";

    private EmbeddedPostgres postgres;
    private HttpServer trace;

    @Override
    public Map<String, String> start() {
        try {
            Path folder = Files.createTempDirectory("waymark-vision");
            postgres = EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(
                            Path.of("target", "postgres").toAbsolutePath().toFile())
                    .start();
            try (Connection superuser = postgres.getPostgresDatabase().getConnection();
                    Statement sql = superuser.createStatement()) {
                sql.execute("CREATE ROLE vision_owner LOGIN PASSWORD 'owner' NOSUPERUSER NOBYPASSRLS");
                sql.execute("CREATE ROLE vision_app LOGIN PASSWORD 'app' NOSUPERUSER NOBYPASSRLS");
                sql.execute("CREATE SCHEMA vision AUTHORIZATION vision_owner");
            }
            trace = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            trace.createContext("/api/session", exchange -> {
                String token =
                        exchange.getRequestHeaders().getFirst("Authorization").substring("Bearer ".length());
                String answer = Map.of(
                                BOAT, session("boat", "cod-boat", "producer"),
                                FARM, session("farm", "hill-farm", "producer"),
                                VIEWER, session("guest", "cod-boat", "viewer"))
                        .getOrDefault(token, "{}");
                byte[] body = answer.getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("Content-Type", "application/json");
                exchange.sendResponseHeaders(token.equals(BREAKS) ? 500 : answer.equals("{}") ? 401 : 200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            trace.createContext("/api/photos", VisionStands::photos);
            trace.start();
            Map<String, String> config = new HashMap<>();
            String url = postgres.getJdbcUrl("postgres", "postgres");
            config.put("quarkus.datasource.vision.jdbc.url", url.substring(0, url.indexOf('?')));
            config.put("quarkus.datasource.vision.username", "vision_app");
            config.put("quarkus.datasource.vision.password", "app");
            config.put("quarkus.flyway.vision.username", "vision_owner");
            config.put("quarkus.flyway.vision.password", "owner");
            config.put("waymark.vision.blob-dir", folder.resolve("blobs").toString());
            config.put(
                    "waymark.vision.master-key-file",
                    folder.resolve("master.key").toString());
            config.put(
                    "waymark.vision.native-cache-dir",
                    Path.of("target", "native").toAbsolutePath().toString());
            config.put(
                    "waymark.vision.trace-url",
                    "http://localhost:" + trace.getAddress().getPort());
            config.put("waymark.vision.trace-token", TRACE);
            config.put("waymark.vision.max-photos-per-object", "3");
            config.put("waymark.vision.service-token.ingest", INGEST);
            config.put("waymark.vision.service-token.web", WEB);
            config.put("waymark.vision.service-token.operator", OPERATOR);
            config.put("waymark.vision.max-orphan-bytes", "400000");
            config.put("waymark.vision.max-device-bytes-per-day", "4000000");
            return config;
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("the test's database could not be started", e);
        }
    }

    private static final Pattern POSTED = Pattern.compile(
            "\\{\"(?:uri\":\"([^\"]*)|digest\":\"([0-9a-f]{64}))\",\"(?:uri\":\"([^\"]*)|digest\":\"([0-9a-f]{64}))\"}");

    private static final Map<String, Integer> INDEXES = new ConcurrentHashMap<>();
    private static final Set<String> AWAY = ConcurrentHashMap.newKeySet();

    private static void photos(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        boolean asksForMaker = exchange.getRequestURI().getPath().equals("/api/photos/maker");
        String uri = "";
        String digest = "";
        if (asksForMaker) {
            uri = URLDecoder.decode(
                    exchange.getRequestURI().getRawQuery().substring("uri=".length()), StandardCharsets.UTF_8);
        } else {
            Matcher posted = POSTED.matcher(body);
            if (posted.matches()) {
                uri = posted.group(1) != null ? posted.group(1) : posted.group(3);
                digest = posted.group(2) != null ? posted.group(2) : posted.group(4);
            }
        }
        String serial = uri.substring(uri.lastIndexOf('/') + 1);
        String maker = serial.startsWith("OP") ? "hill-farm" : "cod-boat";
        String tenant = exchange.getRequestHeaders().getFirst("X-Waymark-Tenant");
        if (!("Bearer " + TRACE).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 403, "{\"detail\":\"who are you\"}");
        } else if (uri.isEmpty() || !asksForMaker && digest.isEmpty()) {
            answer(exchange, 400, "{\"detail\":\"malformed\"}");
        } else if (serial.startsWith("AWAY") && AWAY.add(serial)) {
            answer(exchange, 503, "");
        } else if (serial.startsWith("UNKNOWN")) {
            answer(exchange, 404, "{\"detail\":\"register the object first\"}");
        } else if (asksForMaker) {
            answer(exchange, 200, "{\"organisation\":\"" + maker + "\"}");
        } else if (!maker.equals(tenant)) {
            answer(exchange, 409, "{\"detail\":\"another organisation made this\"}");
        } else {
            int index = INDEXES.computeIfAbsent(tenant + " " + uri + " " + digest, key -> 1000 + INDEXES.size());
            answer(exchange, 200, "{\"index\":" + index + ",\"more\":1}");
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .add("Content-Type", status == 200 ? "application/json" : "application/problem+json");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String session(String name, String tenant, String role) {
        return "{\"name\":\"" + name + "\",\"tenant\":\"" + tenant + "\",\"organisation\":\"" + name
                + "\",\"roles\":[\"" + role + "\"],\"more\":1}";
    }

    @Override
    public void stop() {
        try {
            if (trace != null) {
                trace.stop(0);
            }
            if (postgres != null) {
                postgres.close();
            }
        } catch (IOException e) {
            throw new IllegalStateException("the test's database could not be stopped", e);
        }
    }
}
