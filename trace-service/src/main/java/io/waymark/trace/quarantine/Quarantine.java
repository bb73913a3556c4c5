package io.waymark.trace.quarantine;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The refused. Belongs to the tenant who owns the device in the topic, whatever tenant the topic names: topics are the sender's words. */
@ApplicationScoped
public class Quarantine {
    /** Tenant of messages from no registered device; can never be a slug. */
    public static final String UNKNOWN = "~unknown";

    private static final int MAX_RAW = 65_536;
    private static final int MAX_TOPIC = 200;
    private static final long LATEST = 253_402_300_799_999L;
    private static final Pattern DEVICE = Pattern.compile("v1/[^/]{1,32}/[^/]{1,32}/([0-9a-f]{32})/.*");
    private static final Pattern REASON = Pattern.compile("[a-z0-9-]{1,60}");

    private final AgroalDataSource database;
    private final AgroalDataSource ofTenant;
    private final Streams streams;
    private final int quota;

    Quarantine(
            @DataSource("ledger") AgroalDataSource database,
            AgroalDataSource ofTenant,
            Streams streams,
            @ConfigProperty(name = "waymark.trace.quarantine.rows-per-tenant", defaultValue = "10000") int quota) {
        this.database = database;
        this.ofTenant = ofTenant;
        this.streams = streams;
        this.quota = quota;
    }

    /** A refused message. */
    public record Refused(String topic, byte[] raw, String reason, long receivedMillis) {}

    /** A row for people. */
    public record Row(long id, String topic, String rawHex, String reason, Instant receivedAt) {}

    /** How many were refused for a reason, dropped ones included. */
    public record Count(String reason, long n, Instant lastAt) {}

    /** Keeps them; the oldest of a tenant over its quota go. */
    void keep(List<Refused> refused) {
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            try {
                Set<String> tenants = new TreeSet<>();
                for (Refused r : refused) {
                    String tenant = owner(r.topic());
                    tenants.add(tenant);
                    insert(c, tenant, r);
                }
                for (String tenant : tenants) {
                    trim(c, tenant);
                }
                c.commit();
            } finally {
                c.rollback();
                c.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot write the quarantine", e);
        }
    }

    private String owner(String topic) {
        Matcher m = DEVICE.matcher(topic);
        return m.matches()
                ? streams.find(HexFormat.of().parseHex(m.group(1)))
                        .map(Stream::tenant)
                        .orElse(UNKNOWN)
                : UNKNOWN;
    }

    private static void insert(Connection c, String tenant, Refused r) throws SQLException {
        // Reasons are our own words; a foreign one must not grow the counters without bound.
        String reason = REASON.matcher(r.reason()).matches() ? r.reason() : "other";
        double seconds = Math.min(Math.max(0, r.receivedMillis()), LATEST) / 1000.0;
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO quarantine (tenant_id, topic, raw, reason, received_at) VALUES (?, ?, ?, ?, to_timestamp(?))")) {
            insert.setString(1, tenant);
            insert.setString(
                    2,
                    r.topic()
                            .substring(0, Math.min(MAX_TOPIC, r.topic().length()))
                            .replace('\0', '?'));
            insert.setBytes(3, r.raw().length > MAX_RAW ? java.util.Arrays.copyOf(r.raw(), MAX_RAW) : r.raw());
            insert.setString(4, reason);
            insert.setDouble(5, seconds);
            insert.executeUpdate();
        }
        try (PreparedStatement count = c.prepareStatement(
                "INSERT INTO quarantine_count (tenant_id, reason, n, last_at) VALUES (?, ?, 1, now()) "
                        + "ON CONFLICT (tenant_id, reason) DO UPDATE SET n = quarantine_count.n + 1, last_at = now()")) {
            count.setString(1, tenant);
            count.setString(2, reason);
            count.executeUpdate();
        }
    }

    private void trim(Connection c, String tenant) throws SQLException {
        try (PreparedStatement delete = c.prepareStatement("""
                DELETE FROM quarantine WHERE tenant_id = ? AND id <=
                  (SELECT id FROM quarantine WHERE tenant_id = ? ORDER BY id DESC OFFSET ? LIMIT 1)""")) {
            delete.setString(1, tenant);
            delete.setString(2, tenant);
            delete.setInt(3, quota);
            delete.executeUpdate();
        }
    }

    /** Rows of the request's tenant, newest first. */
    List<Row> page(int page, int size) {
        try (Connection c = ofTenant.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT id, topic, raw, reason, received_at FROM quarantine ORDER BY id DESC LIMIT ? OFFSET ?")) {
            select.setInt(1, size);
            select.setLong(2, (long) page * size);
            List<Row> rows = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    rows.add(new Row(
                            row.getLong(1),
                            row.getString(2),
                            HexFormat.of().formatHex(row.getBytes(3)),
                            row.getString(4),
                            row.getTimestamp(5).toInstant()));
                }
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the quarantine", e);
        }
    }

    /** Counters of the request's tenant. */
    List<Count> counts() {
        try (Connection c = ofTenant.getConnection();
                PreparedStatement select =
                        c.prepareStatement("SELECT reason, n, last_at FROM quarantine_count ORDER BY reason");
                ResultSet row = select.executeQuery()) {
            List<Count> counts = new ArrayList<>();
            while (row.next()) {
                counts.add(new Count(
                        row.getString(1), row.getLong(2), row.getTimestamp(3).toInstant()));
            }
            return counts;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the quarantine", e);
        }
    }
}
