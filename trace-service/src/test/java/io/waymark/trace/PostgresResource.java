package io.waymark.trace;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * One embedded PostgreSQL for all tests of a JVM, with the roles of {@code db/roles.sql}. As a Quarkus test resource it is started once;
 * plain tests ask {@link #freshDatabase()} for a database of their own on it.
 */
public class PostgresResource implements QuarkusTestResourceLifecycleManager {
    /** Every role's password in tests. */
    public static final String PASSWORD = "test";

    private static EmbeddedPostgres server;
    private static int databases;

    private Path directory;

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("waymark-trace");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.ofEntries(
                Map.entry("waymark.trace.db.url", freshDatabase()),
                Map.entry("waymark.trace.db.owner-password", PASSWORD),
                Map.entry("waymark.trace.db.app-password", PASSWORD),
                Map.entry("waymark.trace.db.ledger-password", PASSWORD),
                Map.entry("waymark.trace.db.passport-password", PASSWORD),
                Map.entry(
                        "waymark.trace.log-key-file",
                        directory.resolve("log.p12").toString()),
                Map.entry(
                        "waymark.trace.receipt-key-file",
                        directory.resolve("receipt.p12").toString()),
                Map.entry(
                        "waymark.trace.lock-file",
                        directory.resolve("ledger.lock").toString()),
                Map.entry(
                        "waymark.trace.master-key-file",
                        directory.resolve("master.p12").toString()),
                Map.entry(
                        "waymark.trace.publish-dir",
                        directory.resolve("published").toString()),
                Map.entry("waymark.trace.quarantine.rows-per-tenant", "40"),
                Map.entry("waymark.trace.quarantine.rows-per-device", "20"),
                // Tests alter what is stored; the audit would find it and end the signing for all of them.
                Map.entry("waymark.trace.audit.entries-per-second", "0"),
                Map.entry("waymark.trace.condition.every", "0.1s"),
                // Gaps are looked at when a test says so, with the time that it says.
                Map.entry("waymark.trace.gaps.every", "PT0S"),
                Map.entry("waymark.trace.service-token.ingest", "test-token-of-ingest"),
                Map.entry("waymark.trace.service-token.web", "test-token-of-web"),
                Map.entry("waymark.trace.service-token.vision", "test-token-of-vision"),
                Map.entry("waymark.trace.service-token.operator", "test-token-of-operator"),
                Map.entry("waymark.trace.setup-token", "test-token-for-set-up"),
                Map.entry("waymark.mqtt.device-secret", "test device secret"),
                Map.entry("quarkus.http.test-port", "0"));
    }

    /** A new, empty database with roles and schemas; its JDBC URL without a user. */
    public static synchronized String freshDatabase() {
        try {
            if (server == null) {
                server = EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "200")
                        .start();
            }
            String name = "t" + ++databases;
            try (Connection c = DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
                    Statement s = c.createStatement()) {
                s.execute("CREATE DATABASE " + name);
            }
            try (Connection c = DriverManager.getConnection(server.getJdbcUrl("postgres", name));
                    Statement s = c.createStatement()) {
                s.execute(roles());
            }
            return "jdbc:postgresql://localhost:" + server.getPort() + "/" + name;
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("embedded PostgreSQL did not start", e);
        }
    }

    /** A copy of a database made by {@link #freshDatabase()}, as a backup restored elsewhere; nobody may be connected to it. */
    public static synchronized String copyOf(String url) {
        String from = url.substring(url.lastIndexOf('/') + 1);
        String name = "t" + ++databases;
        try (Connection c = DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
                Statement s = c.createStatement()) {
            s.execute("CREATE DATABASE " + name + " TEMPLATE " + from);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return url.substring(0, url.lastIndexOf('/') + 1) + name;
    }

    private static String roles() throws IOException {
        try (InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream("db/roles.sql")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("'\\$\\{[a-z_]+}'", "'" + PASSWORD + "'");
        }
    }

    @Override
    public void stop() {
        // The server is stopped with the JVM: other tests of this run use it.
    }
}
