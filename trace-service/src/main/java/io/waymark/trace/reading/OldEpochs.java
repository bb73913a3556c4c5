package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.message.Head;
import io.waymark.trace.ledger.BusyException;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Whether a new message goes on with an epoch that its device has left: then somebody signs with an old copy of it. What fills a known hole is
 * no replay, and neither is a straggler of the first minutes, for shared subscriptions keep no order.
 */
@ApplicationScoped
class OldEpochs {
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final int MOST = 100_000;

    private record Newest(long epoch, long begunMillis, long readNanos) {}

    private final AgroalDataSource database;
    private final Duration stragglers;
    private final Map<ByteBuffer, Newest> newest = new ConcurrentHashMap<>();

    /** @param stragglers how long after a new epoch began messages of the one before may still go on with it */
    OldEpochs(
            @DataSource("ledger") AgroalDataSource database,
            @ConfigProperty(name = "waymark.trace.epochs.stragglers", defaultValue = "PT10M") Duration stragglers) {
        this.database = database;
        this.stragglers = stragglers;
    }

    /**
     * Those of the messages that go on with an epoch that was left.
     *
     * @param heads of messages that are not stored yet
     */
    Set<Head> among(Collection<Head> heads) {
        Set<ByteBuffer> unknown = new LinkedHashSet<>();
        long now = System.nanoTime();
        Map<ByteBuffer, Newest> known = new HashMap<>();
        for (Head head : heads) {
            ByteBuffer id = ByteBuffer.wrap(head.id());
            Newest remembered = newest.get(id);
            if (remembered != null && now - remembered.readNanos < REMEMBERED.toNanos()) {
                known.put(id, remembered);
            } else {
                unknown.add(id);
            }
        }
        if (!unknown.isEmpty()) {
            known.putAll(read(unknown));
        }
        long left = System.currentTimeMillis() - stragglers.toMillis();
        Set<Head> old = new HashSet<>();
        for (Head head : heads) {
            Newest of = known.get(ByteBuffer.wrap(head.id()));
            if (of != null && head.epoch() < of.epoch && of.begunMillis < left && !inside(head)) {
                old.add(head);
            }
        }
        return old;
    }

    /** To be called when a message of a new epoch is stored. */
    void forget(byte[] id) {
        newest.remove(ByteBuffer.wrap(id));
    }

    private Map<ByteBuffer, Newest> read(Set<ByteBuffer> ids) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT DISTINCT ON (stream_id) stream_id, epoch, begun_at FROM stored_range
                        WHERE stream_id = ANY (?) ORDER BY stream_id, epoch DESC""")) {
            select.setArray(
                    1,
                    c.createArrayOf("bytea", ids.stream().map(ByteBuffer::array).toArray(byte[][]::new)));
            Map<ByteBuffer, Newest> read = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    read.put(
                            ByteBuffer.wrap(row.getBytes(1)),
                            new Newest(row.getLong(2), row.getTimestamp(3).getTime(), System.nanoTime()));
                }
            }
            if (newest.size() > MOST) {
                newest.clear();
            }
            newest.putAll(read);
            return read;
        } catch (SQLException e) {
            throw new BusyException("cannot look up epochs", e);
        }
    }

    /** Whether its number is below one that the epoch is known to have reached. */
    private boolean inside(Head head) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT 1 FROM stored_range WHERE stream_id = ? AND epoch = ? AND upper(seqs) > ?
                        UNION ALL SELECT 1 FROM sequence_watch WHERE stream_id = ? AND epoch = ? AND known_to >= ?""")) {
            for (int at = 0; at <= 3; at += 3) {
                select.setBytes(at + 1, head.id());
                select.setLong(at + 2, head.epoch());
                select.setLong(at + 3, head.seq());
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            throw new BusyException("cannot look up an epoch", e);
        }
    }
}
