package io.waymark.trace.device;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The devices of the request's tenant, for people to look at. */
@ApplicationScoped
class Devices {
    private final AgroalDataSource database;

    Devices(AgroalDataSource database) {
        this.database = database;
    }

    /**
     * A device with its newest values.
     *
     * @param kid         its newest key, hex
     * @param revoked     whether none of its keys is good any more
     * @param reason      why its newest key is revoked; null while it is good
     * @param suspectFrom ledger index from which the newest key's messages may be another's; null when nothing is suspected
     */
    record Device(
            String id,
            String site,
            String name,
            String kind,
            String keeper,
            String topic,
            String kid,
            boolean revoked,
            String reason,
            Long suspectFrom,
            Instant lastSeen,
            List<Value> last) {}

    /** value × 10^exponent in the unit of the quantity. */
    record Value(int quantity, int sensor, long value, int exponent, Instant at) {}

    List<Device> page(int page, int size) throws SQLException {
        Map<String, Device> devices = new LinkedHashMap<>();
        try (Connection c = database.getConnection()) {
            List<byte[]> ids = new ArrayList<>();
            try (PreparedStatement select = c.prepareStatement("""
                    SELECT s.id, s.site, s.name, s.kind, s.tenant_id, s.last_seen,
                           k.keeper, encode(k.kid, 'hex') AS kid, k.revoked_reason, k.suspect_from,
                           (SELECT bool_and(k.revoked_index IS NOT NULL) FROM stream_key k WHERE k.stream_id = s.id) AS revoked
                    FROM stream s LEFT JOIN LATERAL
                      (SELECT * FROM stream_key k WHERE k.stream_id = s.id ORDER BY k.binding_index DESC LIMIT 1) k ON true
                    WHERE s.role = 'device' ORDER BY s.name, s.id LIMIT ? OFFSET ?""")) {
                select.setInt(1, size);
                select.setLong(2, (long) page * size);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        byte[] id = row.getBytes("id");
                        String hex = HexFormat.of().formatHex(id);
                        ids.add(id);
                        devices.put(
                                hex,
                                new Device(
                                        hex,
                                        row.getString("site"),
                                        row.getString("name"),
                                        row.getString("kind"),
                                        row.getString("keeper"),
                                        topic(row.getString("tenant_id"), row.getString("site"), hex),
                                        row.getString("kid"),
                                        row.getBoolean("revoked"),
                                        row.getString("revoked_reason"),
                                        row.getObject("suspect_from", Long.class),
                                        row.getTimestamp("last_seen") == null
                                                ? null
                                                : row.getTimestamp("last_seen").toInstant(),
                                        new ArrayList<>()));
                    }
                }
            }
            try (PreparedStatement select = c.prepareStatement(
                    "SELECT stream_id, quantity, sensor, value, exponent, at FROM device_last WHERE stream_id = ANY (?) "
                            + "ORDER BY quantity, sensor")) {
                select.setArray(1, c.createArrayOf("bytea", ids.toArray(byte[][]::new)));
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        devices.get(HexFormat.of().formatHex(row.getBytes(1)))
                                .last()
                                .add(new Value(
                                        row.getInt(2),
                                        row.getInt(3),
                                        row.getLong(4),
                                        row.getInt(5),
                                        row.getTimestamp(6).toInstant()));
                    }
                }
            }
        }
        return List.copyOf(devices.values());
    }

    /** Whether the tenant has this device. */
    boolean has(byte[] id) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement select =
                        c.prepareStatement("SELECT 1 FROM stream WHERE id = ? AND role = 'device'")) {
            select.setBytes(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The prefix of everything a device publishes: {@code v1/{tenant}/{site}/{device}}. */
    static String topic(String tenant, String site, String deviceHex) {
        return "v1/" + tenant + "/" + site + "/" + deviceHex;
    }
}
