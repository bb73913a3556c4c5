package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.device.Stream;
import io.waymark.trace.ledger.BusyException;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Which receipts were signed when: a message that names one was signed after it, whatever its clock says.
 *
 * <p>Written behind the answers, together and a second late, of each device the newest of that second: others of a burst are in memory while they
 * matter. A receipt that is forgotten makes a later bracket wider, never wrong. Those older than {@link #KEPT} are forgotten too.
 */
@ApplicationScoped
class Anchors {
    private static final Logger LOG = Logger.getLogger(Anchors.class);
    private static final Duration KEPT = Duration.ofDays(90);
    private static final int NAME = 16;
    private static final int REMEMBERED = 50_000;
    private static final int WAITING = 50_000;
    private static final int AT_ONCE = 5_000;

    private record Issued(byte[] anchor, byte[] stream, String tenant, long treeSize, long millis) {}

    private record Known(ByteBuffer stream, long millis) {}

    private final AgroalDataSource database;
    // By device and class; under its own lock.
    private final Map<ByteBuffer, Issued> waiting = new HashMap<>();
    private final Map<ByteBuffer, Known> newest = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Known> eldest) {
            return size() > REMEMBERED;
        }
    });
    private final Thread writer = new Thread(this::write, "receipts-issued");
    private volatile boolean closed;

    Anchors(@DataSource("ledger") AgroalDataSource database) {
        this.database = database;
        writer.setDaemon(true);
        writer.start();
    }

    @PreDestroy
    void close() {
        closed = true;
        writer.interrupt();
        try {
            writer.join(5_000);
            flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            LOG.warnf("times of the last receipts are not kept: %s", e.getMessage());
        }
    }

    /** @param signed the receipt's bytes, of which devices name the hash */
    void issued(Stream stream, byte[] signed, Receipt receipt) {
        byte[] anchor = name(Sha256.of(signed));
        long millis = receipt.timeMillis();
        newest.put(ByteBuffer.wrap(anchor), new Known(ByteBuffer.wrap(stream.id()), millis));
        ByteBuffer key = ByteBuffer.allocate(17)
                .put(stream.id())
                .put((byte) receipt.receiptClass())
                .flip();
        synchronized (waiting) {
            if (waiting.size() < WAITING || waiting.containsKey(key)) {
                waiting.put(key, new Issued(anchor, stream.id(), stream.tenant(), receipt.treeSize(), millis));
            }
        }
    }

    /** A message's anchor and its stream: a receipt says something only to the device that it was for. */
    record Named(byte[] anchor, byte[] stream) {}

    /**
     * When the receipts were signed, in ms, by anchor; those nobody knows of are absent.
     *
     * @throws BusyException when that cannot be looked up now
     */
    Map<ByteBuffer, Long> times(Collection<Named> anchors) {
        Map<ByteBuffer, Long> times = new HashMap<>();
        Map<ByteBuffer, Named> asked = new HashMap<>();
        for (Named named : anchors) {
            Known known = newest.get(ByteBuffer.wrap(name(named.anchor)));
            if (known == null) {
                asked.put(ByteBuffer.wrap(name(named.anchor)), named);
            } else if (known.stream.equals(ByteBuffer.wrap(named.stream))) {
                times.put(ByteBuffer.wrap(named.anchor), known.millis);
            }
        }
        if (asked.isEmpty()) {
            return times;
        }
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT anchor, stream_id, issued_at FROM issued_receipt WHERE anchor = ANY (?)")) {
            select.setArray(
                    1,
                    c.createArrayOf(
                            "bytea",
                            asked.keySet().stream().map(ByteBuffer::array).toArray(byte[][]::new)));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Named named = asked.get(ByteBuffer.wrap(row.getBytes(1)));
                    if (Arrays.equals(named.stream, row.getBytes(2))) {
                        times.put(
                                ByteBuffer.wrap(named.anchor),
                                row.getTimestamp(3).getTime());
                    }
                }
            }
            return times;
        } catch (SQLException e) {
            throw new BusyException("cannot look up receipts", e);
        }
    }

    private static byte[] name(byte[] hash) {
        return Arrays.copyOf(hash, NAME);
    }

    private void write() {
        long swept = 0;
        while (!closed) {
            try {
                Thread.sleep(1_000);
                flush();
                if (System.nanoTime() - swept > TimeUnit.HOURS.toNanos(1) || swept == 0) {
                    swept = System.nanoTime();
                    forget();
                }
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                LOG.warnf("times of receipts are not kept: %s", e.getMessage());
            }
        }
    }

    private void flush() throws SQLException {
        List<Issued> batch;
        synchronized (waiting) {
            batch = List.copyOf(waiting.values());
            waiting.clear();
        }
        for (int from = 0; from < batch.size(); from += AT_ONCE) {
            insert(batch.subList(from, Math.min(batch.size(), from + AT_ONCE)));
        }
    }

    private void insert(List<Issued> batch) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement insert = c.prepareStatement("""
                        INSERT INTO issued_receipt (anchor, stream_id, tenant_id, tree_size, issued_at)
                        SELECT anchor, stream_id, tenant_id, tree_size, to_timestamp(millis / 1000.0)
                        FROM unnest(?::bytea[], ?::bytea[], ?::text[], ?::bigint[], ?::bigint[])
                          AS w (anchor, stream_id, tenant_id, tree_size, millis)
                        ON CONFLICT DO NOTHING""")) {
            insert.setArray(
                    1,
                    c.createArrayOf("bytea", batch.stream().map(Issued::anchor).toArray(byte[][]::new)));
            insert.setArray(
                    2,
                    c.createArrayOf("bytea", batch.stream().map(Issued::stream).toArray(byte[][]::new)));
            insert.setArray(
                    3,
                    c.createArrayOf("text", batch.stream().map(Issued::tenant).toArray(String[]::new)));
            insert.setArray(
                    4,
                    c.createArrayOf("int8", batch.stream().map(Issued::treeSize).toArray(Long[]::new)));
            insert.setArray(
                    5,
                    c.createArrayOf("int8", batch.stream().map(Issued::millis).toArray(Long[]::new)));
            insert.executeUpdate();
        }
    }

    private void forget() throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement delete = c.prepareStatement("DELETE FROM issued_receipt WHERE issued_at < ?")) {
            delete.setTimestamp(1, new Timestamp(System.currentTimeMillis() - KEPT.toMillis()));
            delete.executeUpdate();
        }
    }
}
