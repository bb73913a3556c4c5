package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.device.ReceiptKey;
import io.waymark.trace.device.Stream;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.Ledger;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Receipts of class 2: enough witnesses have cosigned a tree in which the device's messages stand. Such a receipt comes later than the batch's
 * answer, so it waits here until ingest fetches it, at most one a second per device.
 *
 * <p>Only memory knows who waits. After a restart a device that wants such a receipt sends its message again, and waits anew.
 */
@ApplicationScoped
class WitnessedReceipts {
    private static final int WAITING = 200_000;
    private static final int AT_ONCE = 1_000;
    private static final int MAX_RANGES = 64;
    private static final long LEAST_INTERVAL = TimeUnit.SECONDS.toNanos(1);

    /**
     * @param lowest  index of a message that no such receipt covers, or less
     * @param highest index of the newest message
     */
    private record Waiting(Stream stream, long lowest, long highest, long notBeforeNanos) {}

    /** A receipt to be published. @param topicPrefix {@code v1/{tenant}/{site}/{device}} */
    record Due(String topicPrefix, byte[] receipt, long treeSize) {}

    private final BooleanSupplier witnesses;
    private final Supplier<Optional<VerifiedCheckpoint>> cosigned;
    private final ReceiptKey receiptKey;
    private final Anchors anchors;
    private final AgroalDataSource database;
    private final Map<ByteBuffer, Waiting> waiting = new ConcurrentHashMap<>();

    @Inject
    WitnessedReceipts(
            Ledger ledger, ReceiptKey receiptKey, Anchors anchors, @DataSource("ledger") AgroalDataSource database) {
        this(ledger::hasWitnesses, ledger::cosigned, receiptKey, anchors, database);
    }

    /** For CDI's client proxy only. */
    WitnessedReceipts() {
        this(() -> false, Optional::empty, null, null, null);
    }

    /**
     * @param witnesses whether there are any
     * @param cosigned  the newest checkpoint that enough of them have cosigned
     */
    WitnessedReceipts(
            BooleanSupplier witnesses,
            Supplier<Optional<VerifiedCheckpoint>> cosigned,
            ReceiptKey receiptKey,
            Anchors anchors,
            AgroalDataSource database) {
        this.witnesses = witnesses;
        this.cosigned = cosigned;
        this.receiptKey = receiptKey;
        this.anchors = anchors;
        this.database = database;
    }

    /** A message of this device stands at this index; nothing happens without a list of witnesses. */
    void stored(Stream stream, long index) {
        if (!witnesses.getAsBoolean()) {
            return;
        }
        ByteBuffer id = ByteBuffer.wrap(stream.id());
        if (waiting.size() >= WAITING && !waiting.containsKey(id)) {
            return; // its device asks again
        }
        waiting.merge(
                id,
                new Waiting(stream, index, index, System.nanoTime()),
                (old, fresh) -> new Waiting(
                        stream, Math.min(old.lowest, index), Math.max(old.highest, index), old.notBeforeNanos));
    }

    /** Devices that wait. */
    int waiting() {
        return waiting.size();
    }

    /** The receipts that can be given now; what is returned is not returned again until another message comes. */
    synchronized List<Due> due() {
        Optional<VerifiedCheckpoint> tree = waiting.isEmpty() ? Optional.empty() : cosigned.get();
        if (tree.isEmpty()) {
            return List.of();
        }
        long size = tree.get().size();
        long now = System.nanoTime();
        Map<ByteBuffer, Stream> due = new LinkedHashMap<>();
        for (Map.Entry<ByteBuffer, Waiting> entry : waiting.entrySet()) {
            Waiting w = entry.getValue();
            if (w.lowest < size && now - w.notBeforeNanos >= 0) {
                due.put(entry.getKey(), w.stream);
                if (due.size() == AT_ONCE) {
                    break;
                }
            }
        }
        if (due.isEmpty()) {
            return List.of();
        }
        Map<ByteBuffer, List<Receipt.Range>> ranges = ranges(due.keySet(), size);
        SigningKey key = receiptKey.bound();
        long time = System.currentTimeMillis();
        List<Due> receipts = new ArrayList<>();
        due.forEach((id, stream) -> {
            // What came meanwhile stands behind this tree: it waits from here on.
            waiting.computeIfPresent(
                    id,
                    (any, w) -> w.highest < size
                            ? null
                            : new Waiting(w.stream, Math.max(size, w.lowest), w.highest, now + LEAST_INTERVAL));
            List<Receipt.Range> covered = ranges.get(id);
            if (covered != null) {
                Receipt receipt =
                        new Receipt(id.array(), covered, size, tree.get().root(), Receipt.WITNESSED, time);
                byte[] signed = receipt.sign(key);
                anchors.issued(stream, signed, receipt);
                receipts.add(new Due(
                        "v1/" + stream.tenant() + "/" + stream.site() + "/"
                                + HexFormat.of().formatHex(id.array()),
                        signed,
                        size));
            }
        });
        return receipts;
    }

    private Map<ByteBuffer, List<Receipt.Range>> ranges(Iterable<ByteBuffer> devices, long size) {
        List<byte[]> ids = new ArrayList<>();
        devices.forEach(id -> ids.add(id.array()));
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT i.id, w.epoch, w.first, w.last, m.digest, m.ledger_index
                        FROM unnest(?::bytea[]) AS i (id)
                        CROSS JOIN LATERAL (
                          SELECT r.epoch, lower(x) AS first, upper(x) - 1 AS last
                          FROM stored_range r
                          CROSS JOIN LATERAL (
                            SELECT coalesce(range_agg(int8range(b.seq, b.seq, '[]')), '{}'::int8multirange) AS seqs FROM message b
                            WHERE b.stream_id = i.id AND b.epoch = r.epoch AND b.ledger_index >= ?) AS behind
                          CROSS JOIN LATERAL unnest(r.seqs - behind.seqs) AS x
                          WHERE r.stream_id = i.id ORDER BY r.epoch DESC, upper(x) DESC LIMIT ?) AS w
                        JOIN message m ON m.stream_id = i.id AND m.epoch = w.epoch AND m.seq = w.last
                        ORDER BY i.id, w.epoch, w.first""")) {
            select.setArray(1, c.createArrayOf("bytea", ids.toArray(byte[][]::new)));
            select.setLong(2, size);
            select.setInt(3, MAX_RANGES);
            Map<ByteBuffer, List<Receipt.Range>> ranges = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    ranges.computeIfAbsent(ByteBuffer.wrap(row.getBytes(1)), id -> new ArrayList<>())
                            .add(new Receipt.Range(
                                    row.getLong(2), row.getLong(3), row.getLong(4), row.getBytes(5), row.getLong(6)));
                }
            }
            return ranges;
        } catch (SQLException e) {
            throw new BusyException("cannot read what is stored of devices", e);
        }
    }
}
