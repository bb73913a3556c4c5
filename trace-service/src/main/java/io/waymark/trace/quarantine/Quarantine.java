package io.waymark.trace.quarantine;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.StartupEvent;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.reading.Intake;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The refused. Belongs to the tenant who owns the device in the topic, whatever tenant the topic names: topics are the sender's words. Bounded per
 * device and per tenant, the oldest go first, and all of it goes after a while; counters stay. Senders' addresses are the broker's to count: it does
 * not pass them on.
 */
@ApplicationScoped
public class Quarantine {
    /** Tenant of messages from no registered device; can never be a slug. */
    public static final String UNKNOWN = "~unknown";

    private static final Logger LOG = Logger.getLogger(Quarantine.class);
    private static final int MAX_RAW = 65_536;
    private static final int MAX_TOPIC = 200;
    private static final long LATEST = 253_402_300_799_999L;
    private static final Pattern DEVICE = Pattern.compile("v1/[^/]{1,32}/[^/]{1,32}/([0-9a-f]{32})/.*");
    private static final Pattern REASON = Pattern.compile("[a-z0-9-]{1,60}");

    private final AgroalDataSource database;
    private final AgroalDataSource ofTenant;
    private final Streams streams;
    private final int quota;
    private final int deviceQuota;
    private final Duration kept;
    private final ScheduledExecutorService clock;
    private volatile double rows = Double.NaN;

    Quarantine(
            @DataSource("ledger") AgroalDataSource database,
            AgroalDataSource ofTenant,
            Streams streams,
            @ConfigProperty(name = "waymark.trace.quarantine.rows-per-tenant", defaultValue = "10000") int quota,
            @ConfigProperty(name = "waymark.trace.quarantine.rows-per-device", defaultValue = "1000") int deviceQuota,
            @ConfigProperty(name = "waymark.trace.quarantine.kept", defaultValue = "P30D") Duration kept,
            MeterRegistry meters) {
        this.database = database;
        this.ofTenant = ofTenant;
        this.streams = streams;
        this.quota = quota;
        this.deviceQuota = deviceQuota;
        this.kept = kept;
        Gauge.builder("waymark.quarantine.rows", () -> rows)
                .description("refused messages kept, of all organisations; counted every half minute")
                .register(meters);
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "quarantine");
            thread.setDaemon(true);
            return thread;
        });
    }

    void start(@Observes StartupEvent event) {
        clock.scheduleWithFixedDelay(this::forgetQuietly, 1, 60, TimeUnit.MINUTES);
        clock.scheduleWithFixedDelay(this::count, 0, 30, TimeUnit.SECONDS);
    }

    @PreDestroy
    void close() {
        clock.shutdownNow();
    }

    private void forgetQuietly() {
        try {
            forget(Instant.now().minus(kept));
        } catch (RuntimeException | Error e) {
            LOG.error("clearing the quarantine", e); // the schedule goes on; a thrown exception would end it in silence
        }
    }

    private void count() {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("SELECT count(*) FROM quarantine");
                ResultSet row = select.executeQuery()) {
            row.next();
            rows = row.getLong(1);
        } catch (SQLException | RuntimeException e) {
            rows = Double.NaN; // not known, and a number of before would say that it is
            LOG.debugf("the quarantine is not counted: %s", e.getMessage());
        }
    }

    /** Forgets what was refused before. @return how many messages */
    public int forget(Instant before) {
        try (Connection c = database.getConnection();
                PreparedStatement delete = c.prepareStatement("DELETE FROM quarantine WHERE received_at < ?")) {
            delete.setTimestamp(1, Timestamp.from(before));
            return delete.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException("cannot clear the quarantine", e);
        }
    }

    /** A refused message. */
    public record Refused(String topic, byte[] raw, String reason, long receivedMillis) {}

    /**
     * A row for people.
     *
     * @param admissible whether an operator may have it taken after all
     * @param admittedAt when that was done, or null
     * @param index      where its statement stands in the log then, or null
     */
    public record Row(
            long id,
            String topic,
            String rawHex,
            String reason,
            Instant receivedAt,
            boolean admissible,
            Instant admittedAt,
            Long index) {}

    /** How many were refused for a reason, dropped ones included. */
    public record Count(String reason, long n, Instant lastAt) {}

    /** Keeps them; the oldest of a tenant over its quota go. */
    void keep(List<Refused> refused) {
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            try {
                Set<String> tenants = new TreeSet<>();
                Map<String, String> devices = new TreeMap<>();
                for (Refused r : refused) {
                    String device = device(r.topic());
                    String tenant = owner(device);
                    tenants.add(tenant);
                    if (device != null) {
                        devices.put(device, tenant);
                    }
                    insert(c, tenant, device, r);
                }
                for (Map.Entry<String, String> device : devices.entrySet()) {
                    trim(c, device.getValue(), HexFormat.of().parseHex(device.getKey()));
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

    /** The device that a topic names, 32 hex digits, whoever it is; null for none. */
    private static String device(String topic) {
        Matcher m = DEVICE.matcher(topic);
        return m.matches() ? m.group(1) : null;
    }

    private String owner(String device) {
        return device == null
                ? UNKNOWN
                : streams.find(HexFormat.of().parseHex(device))
                        .map(Stream::tenant)
                        .orElse(UNKNOWN);
    }

    private static void insert(Connection c, String tenant, String device, Refused r) throws SQLException {
        // Reasons are our own words; a foreign one must not grow the counters without bound.
        String reason = REASON.matcher(r.reason()).matches() ? r.reason() : "other";
        double seconds = Math.min(Math.max(0, r.receivedMillis()), LATEST) / 1000.0;
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO quarantine (tenant_id, topic, raw, reason, received_at, device) VALUES (?, ?, ?, ?, to_timestamp(?), ?)")) {
            insert.setString(1, tenant);
            insert.setString(
                    2,
                    r.topic()
                            .substring(0, Math.min(MAX_TOPIC, r.topic().length()))
                            .replace('\0', '?'));
            insert.setBytes(3, r.raw().length > MAX_RAW ? java.util.Arrays.copyOf(r.raw(), MAX_RAW) : r.raw());
            insert.setString(4, reason);
            insert.setDouble(5, seconds);
            insert.setBytes(6, device == null ? null : HexFormat.of().parseHex(device));
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

    private void trim(Connection c, String tenant, byte[] device) throws SQLException {
        try (PreparedStatement delete = c.prepareStatement("""
                DELETE FROM quarantine WHERE tenant_id = ? AND device = ? AND id <=
                  (SELECT id FROM quarantine WHERE tenant_id = ? AND device = ? ORDER BY id DESC OFFSET ? LIMIT 1)""")) {
            delete.setString(1, tenant);
            delete.setBytes(2, device);
            delete.setString(3, tenant);
            delete.setBytes(4, device);
            delete.setInt(5, deviceQuota);
            delete.executeUpdate();
        }
    }

    /** A refused message of the request's tenant as it came; empty when it is not there (any more). */
    Optional<Refused> find(long id) {
        try (Connection c = ofTenant.getConnection();
                PreparedStatement select =
                        c.prepareStatement("SELECT topic, raw, reason, received_at FROM quarantine WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Refused(
                                row.getString(1),
                                row.getBytes(2),
                                row.getString(3),
                                row.getTimestamp(4).getTime()))
                        : Optional.empty();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the quarantine", e);
        }
    }

    /** Notes that this one was taken after all. @param index where its statement stands */
    void admitted(long id, long index) {
        try (Connection c = database.getConnection();
                PreparedStatement update = c.prepareStatement(
                        "UPDATE quarantine SET admitted_at = now(), admitted_index = ? WHERE id = ? AND admitted_at IS NULL")) {
            update.setLong(1, index);
            update.setLong(2, id);
            update.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException("cannot write the quarantine", e);
        }
    }

    /** Rows of the request's tenant, newest first. */
    List<Row> page(int page, int size) {
        try (Connection c = ofTenant.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT id, topic, raw, reason, received_at, admitted_at, admitted_index FROM quarantine "
                                + "ORDER BY id DESC LIMIT ? OFFSET ?")) {
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
                            row.getTimestamp(5).toInstant(),
                            Intake.ADMISSIBLE.contains(row.getString(4)) && row.getTimestamp(6) == null,
                            row.getTimestamp(6) == null
                                    ? null
                                    : row.getTimestamp(6).toInstant(),
                            row.getObject(7, Long.class)));
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
