package io.waymark.vision;

import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** A database with the two roles, and a trace-service that knows two organisations. */
public class VisionStands implements QuarkusTestResourceLifecycleManager {
    static final String INGEST = "ingest-token-of-the-test";
    static final String WEB = "web-token-of-the-test";
    static final String OPERATOR = "operator-token-of-the-test";
    static final String BOAT = "wmk_producer-of-cod-boat";
    static final String FARM = "wmk_producer-of-hill-farm";
    static final String VIEWER = "wmk_viewer-of-cod-boat";
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
            config.put("waymark.vision.service-token.ingest", INGEST);
            config.put("waymark.vision.service-token.web", WEB);
            config.put("waymark.vision.service-token.operator", OPERATOR);
            config.put("waymark.vision.max-orphan-bytes", "400000");
            return config;
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("the test's database could not be started", e);
        }
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
