package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What readings say, across tenants, for passports and conditions. Anyone's device may claim to be about anyone's object: the caller decides
 * by {@code tenant} and {@code streamId} whose word counts.
 */
@ApplicationScoped
public class Readings {
    private static final int MAX_POINTS = 20_000;
    private static final int TEMPERATURE = 1;

    private final AgroalDataSource passport;
    private final AgroalDataSource ledgerRole;

    Readings(@DataSource("passport") AgroalDataSource passport, @DataSource("ledger") AgroalDataSource ledgerRole) {
        this.passport = passport;
        this.ledgerRole = ledgerRole;
    }

    /**
     * A temperature at a time.
     *
     * @param index    ledger index of the message it comes from
     * @param streamId 16 bytes: the device
     */
    public record Point(long timeMillis, double celsius, long index, byte[] streamId, String tenant) {}

    /**
     * The newest messages that name one of the subjects, oldest first.
     *
     * @param subjects paths {@code /01/…/21/…}, {@code /01/…/10/…}, {@code /00/…}
     */
    public List<StoredMessage> about(Collection<String> subjects, int limit) {
        return query(
                passport,
                """
                SELECT * FROM (
                  SELECT DISTINCT m.wire, m.ledger_index, m.tag, m.stream_id, m.tenant_id, m.type, m.epoch, m.seq, m.device_time, m.received_at,
                         m.link_state
                  FROM message_subject s JOIN message m USING (stream_id, epoch, seq)
                  WHERE s.subject = ANY (?) ORDER BY m.ledger_index DESC LIMIT ?) AS newest
                ORDER BY ledger_index""",
                (c, s) -> {
                    s.setArray(1, c.createArrayOf("text", subjects.toArray()));
                    s.setInt(2, limit);
                },
                Readings::message);
    }

    /** How many messages name one of the subjects. */
    public long countAbout(Collection<String> subjects) {
        return query(
                        passport,
                        "SELECT count(DISTINCT ledger_index) FROM message_subject WHERE subject = ANY (?)",
                        (c, s) -> s.setArray(1, c.createArrayOf("text", subjects.toArray())),
                        row -> row.getLong(1))
                .get(0);
    }

    /** Temperatures of readings that name one of the subjects, by time; the newest 20,000. */
    public List<Point> temperature(Collection<String> subjects) {
        return query(
                passport,
                """
                SELECT * FROM (
                  SELECT DISTINCT v.at, v.value, v.exponent, m.ledger_index, m.stream_id, m.tenant_id, v.ordinal
                  FROM message_subject s JOIN message m USING (stream_id, epoch, seq) JOIN measurement v USING (stream_id, epoch, seq)
                  WHERE s.subject = ANY (?) AND v.quantity = ? ORDER BY v.at DESC LIMIT ?) AS newest
                ORDER BY at, ledger_index, ordinal""",
                (c, s) -> {
                    s.setArray(1, c.createArrayOf("text", subjects.toArray()));
                    s.setInt(2, TEMPERATURE);
                    s.setInt(3, MAX_POINTS);
                },
                row -> new Point(
                        row.getTimestamp("at").getTime(),
                        row.getLong("value") * Math.pow(10, row.getInt("exponent")),
                        row.getLong("ledger_index"),
                        row.getBytes("stream_id"),
                        row.getString("tenant_id")));
    }

    /** Digest of the message stored at this place of a stream; empty when none is. */
    public Optional<byte[]> digest(byte[] stream, long epoch, long seq) {
        return query(
                        ledgerRole,
                        "SELECT digest FROM message WHERE stream_id = ? AND epoch = ? AND seq = ?",
                        (c, s) -> {
                            s.setBytes(1, stream);
                            s.setLong(2, epoch);
                            s.setLong(3, seq);
                        },
                        row -> row.getBytes(1))
                .stream()
                .findFirst();
    }

    static StoredMessage message(ResultSet row) throws SQLException {
        return new StoredMessage(
                row.getBytes("wire"),
                row.getLong("ledger_index"),
                row.getBytes("tag"),
                row.getBytes("stream_id"),
                row.getString("tenant_id"),
                row.getInt("type"),
                row.getLong("epoch"),
                row.getLong("seq"),
                instant(row, "device_time"),
                instant(row, "received_at"),
                row.getString("link_state"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getTimestamp(column).toInstant();
    }

    interface Binding {
        void to(Connection c, PreparedStatement s) throws SQLException;
    }

    interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    static <T> List<T> query(AgroalDataSource source, String sql, Binding binding, Row<T> row) {
        try (Connection c = source.getConnection();
                PreparedStatement select = c.prepareStatement(sql)) {
            binding.to(c, select);
            try (ResultSet rows = select.executeQuery()) {
                List<T> list = new ArrayList<>();
                while (rows.next()) {
                    list.add(row.of(rows));
                }
                return list;
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read readings", e);
        }
    }
}
