package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.ResendCommand;
import io.waymark.trace.device.ReceiptKey;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.ReadOnlyException;
import io.waymark.trace.ledger.Submission;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Numbers that a device must have used and that did not come. First they are noticed, then the device is asked for them, and what is still
 * missing after a day gets an entry in the log: from then on nobody can bring it and say that it was always there. What its device declares lost is
 * not asked for again.
 *
 * <p>Which epochs have holes is noted by the commit that makes them ({@link Intake}) and looked at here, so a device without holes costs nothing.
 */
@ApplicationScoped
public class Gaps {
    private static final Logger LOG = Logger.getLogger(Gaps.class);

    /** Epochs looked at in one sweep, and holes of one epoch that are told apart. */
    private static final int MOST_EPOCHS = 500;

    private static final int MOST_HOLES = 256;
    private static final int MOST_DUE = 2_000;

    /** What is settled is asked for this many times more seldom, and looked at again after so long. */
    private static final int SELDOM = 24;

    private static final Duration SETTLED = Duration.ofMinutes(1);
    private static final int BOOT_REMEMBERED = 33;

    /** A device that says it was farther than this has lost more than its memory; the range must have an end that fits. */
    private static final long FARTHEST = Long.MAX_VALUE - 2;

    private final AgroalDataSource database;
    private final Ledger ledger;
    private final Streams streams;
    private final ReceiptKey receiptKey;
    private final Duration every;
    private final Duration askAfter;
    private final Duration askAgain;
    private final Duration missingAfter;
    private final ScheduledExecutorService clock;

    /**
     * @param every        how often holes are looked at; 0 = only when {@link #sweep} is called
     * @param askAfter     how long a hole may fill by itself, for brokers keep no order
     * @param askAgain     how long a device has for its answer
     * @param missingAfter when the log says that it is missing
     */
    Gaps(
            @DataSource("ledger") AgroalDataSource database,
            Ledger ledger,
            Streams streams,
            ReceiptKey receiptKey,
            @ConfigProperty(name = "waymark.trace.gaps.every", defaultValue = "PT15S") Duration every,
            @ConfigProperty(name = "waymark.trace.gaps.ask-after", defaultValue = "PT2M") Duration askAfter,
            @ConfigProperty(name = "waymark.trace.gaps.ask-again", defaultValue = "PT1H") Duration askAgain,
            @ConfigProperty(name = "waymark.trace.gaps.missing-after", defaultValue = "PT24H") Duration missingAfter) {
        this.database = database;
        this.ledger = ledger;
        this.streams = streams;
        this.receiptKey = receiptKey;
        this.every = every;
        this.askAfter = askAfter;
        this.askAgain = askAgain;
        this.missingAfter = missingAfter;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "gaps");
            thread.setDaemon(true);
            return thread;
        });
    }

    void start(@Observes StartupEvent event) {
        if (!every.isZero()) {
            clock.scheduleWithFixedDelay(this::round, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void close() {
        clock.shutdownNow();
    }

    private void round() {
        try {
            // One process looks: the one that writes the log.
            if (ledger.trouble().isEmpty()) {
                sweep(Instant.now());
            }
        } catch (BusyException | ReadOnlyException e) {
            LOG.debugf("gaps are looked at later: %s", e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.error("looking at gaps", e); // the schedule goes on; a thrown exception would end it in silence
        }
    }

    // ---- written in the intake's transactions ----

    /** A message with its place in the log. */
    record Written(SignedMessage message, String tenant, long index) {}

    /** Whether this message is one for {@link #declared}. */
    static boolean tellsOfNumbers(SignedMessage message) {
        return message.head().type() == MessageType.GAP_DECLARATION
                || message.head().type() == MessageType.BOOT;
    }

    /** Notes what these messages say of numbers that nobody sees: declarations, and what a device remembers after its counter was lost. */
    static void declared(Connection c, List<Written> written) throws SQLException {
        for (Written w : written) {
            if (w.message.head().type() == MessageType.GAP_DECLARATION) {
                declare(c, w);
            } else {
                remember(c, w);
            }
        }
    }

    private static void declare(Connection c, Written w) throws SQLException {
        GapDeclaration declaration = GapDeclaration.of(w.message);
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO declared_gap (stream_id, epoch, first, last, ledger_index, tenant_id, reason) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (GapDeclaration.Range range : declaration
                    .ranges()
                    .subList(0, Math.min(MOST_HOLES, declaration.ranges().size()))) {
                insert.setBytes(1, w.message.head().id());
                insert.setLong(2, range.epoch());
                insert.setLong(3, Math.min(range.from(), FARTHEST));
                insert.setLong(4, Math.min(range.to(), FARTHEST));
                insert.setLong(5, w.index);
                insert.setString(6, w.tenant);
                insert.setLong(7, declaration.reason());
                insert.addBatch();
            }
            insert.executeBatch();
        }
        // Also an epoch without a hole: what is declared may be behind all that came.
        for (GapDeclaration.Range range : declaration.ranges()) {
            watch(c, w, range.epoch(), -1);
        }
    }

    private static void remember(Connection c, Written w) throws SQLException {
        var remembered = w.message.group(BOOT_REMEMBERED);
        if (remembered.isPresent()) {
            try {
                CborReader in = remembered.get().value();
                in.array(2);
                watch(c, w, in.unsigned(), Math.min(in.unsigned(), FARTHEST));
            } catch (MalformedException e) {
                throw new IllegalStateException("a parsed message has an unreadable group", e);
            }
        }
    }

    private static void watch(Connection c, Written w, long epoch, long knownTo) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement("""
                INSERT INTO sequence_watch (stream_id, epoch, tenant_id, known_to) VALUES (?, ?, ?, ?)
                ON CONFLICT (stream_id, epoch) DO UPDATE
                SET known_to = greatest(sequence_watch.known_to, excluded.known_to), check_at = now()""")) {
            insert.setBytes(1, w.message.head().id());
            insert.setLong(2, epoch);
            insert.setString(3, w.tenant);
            insert.setLong(4, knownTo);
            insert.executeUpdate();
        }
    }

    // ---- the sweep ----

    private record Watched(byte[] stream, long epoch, String tenant, long knownTo) {}

    private record Hole(long first, long last, Instant noticed, Instant asked, Long missing, Long declared) {
        boolean settled() {
            return missing != null || declared != null;
        }
    }

    /**
     * Looks at every epoch that may have holes and is due.
     *
     * @param now what the ages of holes are measured by
     * @return how many epochs were looked at
     */
    public int sweep(Instant now) {
        try {
            List<Watched> due = watched(now);
            for (Watched watched : due) {
                look(watched, now);
            }
            return due.size();
        } catch (SQLException e) {
            throw new BusyException("cannot look at gaps", e);
        }
    }

    private List<Watched> watched(Instant now) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("SELECT stream_id, epoch, tenant_id, known_to "
                        + "FROM sequence_watch WHERE check_at <= ? ORDER BY check_at LIMIT ?")) {
            select.setTimestamp(1, Timestamp.from(now));
            select.setInt(2, MOST_EPOCHS);
            List<Watched> due = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    due.add(new Watched(row.getBytes(1), row.getLong(2), row.getString(3), row.getLong(4)));
                }
            }
            return due;
        }
    }

    private void look(Watched w, Instant now) throws SQLException {
        List<Hole> holes;
        try (Connection c = database.getConnection()) {
            holes = aged(holes(c, w), known(c, w), now);
        }
        List<Hole> overdue = holes.stream()
                .filter(h -> !h.settled() && !h.noticed.plus(missingAfter).isAfter(now))
                .toList();
        Stream stream = overdue.isEmpty()
                ? null
                : streams.find(w.stream)
                        .filter(s -> s.role().equals(KeyBinding.DEVICE))
                        .orElse(null);
        if (stream == null) {
            try (Connection c = database.getConnection()) {
                c.setAutoCommit(false);
                try {
                    write(c, w, holes, now);
                    c.commit();
                } finally {
                    c.rollback();
                    c.setAutoCommit(true);
                }
            }
            return;
        }
        List<Submission> entries = overdue.stream()
                .map(h -> Submission.of(Entries.gap(
                        stream.streamSecret(), w.stream, w.epoch, h.first, h.last, h.noticed.toEpochMilli())))
                .toList();
        ledger.append(entries, (c, at) -> {
            List<Hole> told = new ArrayList<>();
            for (Hole h : holes) {
                int i = overdue.indexOf(h);
                if (i < 0) {
                    told.add(h);
                } else {
                    entered(c, w, h, at[i]);
                    told.add(new Hole(h.first, h.last, h.noticed, h.asked, at[i], null));
                }
            }
            write(c, w, told, now);
        });
        LOG.warnf(
                "device %s, epoch %d: %d gaps are in the log now, the first from number %d to %d",
                HexFormat.of().formatHex(w.stream), w.epoch, overdue.size(), overdue.get(0).first, overdue.get(0).last);
    }

    /** What is missing now, split where the device has declared it. */
    private static List<Hole> holes(Connection c, Watched w) throws SQLException {
        try (PreparedStatement select = c.prepareStatement("""
                WITH s AS (
                  SELECT coalesce((SELECT seqs FROM stored_range WHERE stream_id = ? AND epoch = ?), '{}'::int8multirange) AS seqs
                ), d AS (
                  SELECT coalesce(range_agg(int8range(first, last, '[]')), '{}'::int8multirange) AS seqs, min(ledger_index) AS index
                  FROM declared_gap WHERE stream_id = ? AND epoch = ?
                ), h AS (
                  SELECT int8multirange(int8range(0, greatest(coalesce(upper(s.seqs), 0), coalesce(upper(d.seqs), 0), ? + 1))) - s.seqs AS seqs
                  FROM s, d
                )
                SELECT lower(x), upper(x) - 1, d.index FROM h, d, unnest(h.seqs * d.seqs) AS x
                UNION ALL SELECT lower(x), upper(x) - 1, NULL FROM h, d, unnest(h.seqs - d.seqs) AS x
                ORDER BY 1 LIMIT ?""")) {
            select.setBytes(1, w.stream);
            select.setLong(2, w.epoch);
            select.setBytes(3, w.stream);
            select.setLong(4, w.epoch);
            select.setLong(5, w.knownTo);
            select.setInt(6, MOST_HOLES);
            List<Hole> holes = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    holes.add(new Hole(row.getLong(1), row.getLong(2), null, null, null, row.getObject(3, Long.class)));
                }
            }
            return holes;
        }
    }

    private static List<Hole> known(Connection c, Watched w) throws SQLException {
        try (PreparedStatement select = c.prepareStatement(
                "SELECT first, last, noticed_at, asked_at, missing_index, declared_index FROM sequence_gap "
                        + "WHERE stream_id = ? AND epoch = ? ORDER BY first")) {
            select.setBytes(1, w.stream);
            select.setLong(2, w.epoch);
            List<Hole> known = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    known.add(new Hole(
                            row.getLong(1),
                            row.getLong(2),
                            row.getTimestamp(3).toInstant(),
                            row.getTimestamp(4) == null
                                    ? null
                                    : row.getTimestamp(4).toInstant(),
                            row.getObject(5, Long.class),
                            row.getObject(6, Long.class)));
                }
            }
            return known;
        }
    }

    /** Each with the age of the known hole that it is, or is a part of: what is partly filled begins no new day. */
    private static List<Hole> aged(List<Hole> present, List<Hole> known, Instant now) {
        List<Hole> aged = new ArrayList<>();
        for (Hole hole : present) {
            Instant noticed = now;
            Instant asked = null;
            Long missing = null;
            for (Hole old : known) {
                if (old.first <= hole.last && hole.first <= old.last) {
                    noticed = old.noticed.isBefore(noticed) ? old.noticed : noticed;
                    asked = old.asked != null && (asked == null || old.asked.isAfter(asked)) ? old.asked : asked;
                    // A hole that grew is another one: the log said nothing of its new part.
                    boolean inside = old.first <= hole.first && hole.last <= old.last;
                    missing = inside ? old.missing : missing;
                }
            }
            aged.add(new Hole(hole.first, hole.last, noticed, asked, missing, hole.declared));
        }
        return aged;
    }

    private static void entered(Connection c, Watched w, Hole h, long index) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO gap_entry (ledger_index, stream_id, epoch, first, last, tenant_id, noticed_at) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setLong(1, index);
            insert.setBytes(2, w.stream);
            insert.setLong(3, w.epoch);
            insert.setLong(4, h.first);
            insert.setLong(5, h.last);
            insert.setString(6, w.tenant);
            insert.setTimestamp(7, Timestamp.from(h.noticed));
            insert.executeUpdate();
        }
    }

    private void write(Connection c, Watched w, List<Hole> holes, Instant now) throws SQLException {
        try (PreparedStatement delete =
                c.prepareStatement("DELETE FROM sequence_gap WHERE stream_id = ? AND epoch = ?")) {
            delete.setBytes(1, w.stream);
            delete.setLong(2, w.epoch);
            delete.executeUpdate();
        }
        if (holes.isEmpty()) {
            // Unless a boot message has said more of this epoch meanwhile. One that a commit makes now is noted by that
            // commit after this row is gone.
            try (PreparedStatement delete = c.prepareStatement(
                    "DELETE FROM sequence_watch WHERE stream_id = ? AND epoch = ? AND known_to = ?")) {
                delete.setBytes(1, w.stream);
                delete.setLong(2, w.epoch);
                delete.setLong(3, w.knownTo);
                delete.executeUpdate();
            }
            return;
        }
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO sequence_gap (stream_id, epoch, first, last, tenant_id, noticed_at, asked_at, missing_index, declared_index) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (Hole h : holes) {
                insert.setBytes(1, w.stream);
                insert.setLong(2, w.epoch);
                insert.setLong(3, h.first);
                insert.setLong(4, h.last);
                insert.setString(5, w.tenant);
                insert.setTimestamp(6, Timestamp.from(h.noticed));
                insert.setTimestamp(7, h.asked == null ? null : Timestamp.from(h.asked));
                insert.setObject(8, h.missing);
                insert.setObject(9, h.declared);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        Duration again = holes.stream().allMatch(Hole::settled) ? SETTLED : every;
        try (PreparedStatement update =
                c.prepareStatement("UPDATE sequence_watch SET check_at = ? WHERE stream_id = ? AND epoch = ?")) {
            update.setTimestamp(1, Timestamp.from(now.plus(again)));
            update.setBytes(2, w.stream);
            update.setLong(3, w.epoch);
            update.executeUpdate();
        }
    }

    // ---- asking ----

    /** A command for a device. @param topicPrefix {@code v1/{tenant}/{site}/{device}} */
    public record Asked(String topicPrefix, byte[] command, long timeMillis) {}

    /**
     * Commands for the devices that are to be asked now. What is returned counts as asked: a command that does not arrive is made again after
     * {@code askAgain}.
     */
    public List<Asked> due(Instant now) {
        Map<ByteBuffer, List<ResendCommand.Range>> wanted = new LinkedHashMap<>();
        try (Connection c = database.getConnection()) {
            c.setAutoCommit(false);
            try {
                try (PreparedStatement update = c.prepareStatement("""
                        UPDATE sequence_gap g SET asked_at = ? FROM (
                          SELECT stream_id, epoch, first FROM sequence_gap
                          WHERE declared_index IS NULL AND noticed_at <= ?
                            AND (asked_at IS NULL OR asked_at <= CASE WHEN missing_index IS NULL THEN ?::timestamptz ELSE ?::timestamptz END)
                          ORDER BY stream_id, epoch, first LIMIT ? FOR UPDATE SKIP LOCKED) AS w
                        WHERE g.stream_id = w.stream_id AND g.epoch = w.epoch AND g.first = w.first
                        RETURNING g.stream_id, g.epoch, g.first, g.last""")) {
                    update.setTimestamp(1, Timestamp.from(now));
                    update.setTimestamp(2, Timestamp.from(now.minus(askAfter)));
                    update.setTimestamp(3, Timestamp.from(now.minus(askAgain)));
                    update.setTimestamp(4, Timestamp.from(now.minus(askAgain.multipliedBy(SELDOM))));
                    update.setInt(5, MOST_DUE);
                    try (ResultSet row = update.executeQuery()) {
                        while (row.next()) {
                            List<ResendCommand.Range> ranges =
                                    wanted.computeIfAbsent(ByteBuffer.wrap(row.getBytes(1)), id -> new ArrayList<>());
                            if (ranges.size() < ResendCommand.MAX_RANGES) {
                                ranges.add(new ResendCommand.Range(row.getLong(2), row.getLong(3), row.getLong(4)));
                            }
                        }
                    }
                }
                c.commit();
            } finally {
                c.rollback();
                c.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new BusyException("cannot read the gaps", e);
        }
        List<Asked> asked = new ArrayList<>();
        SigningKey key = wanted.isEmpty() ? null : receiptKey.bound();
        wanted.forEach((id, ranges) -> streams.find(id.array())
                .filter(s -> s.role().equals(KeyBinding.DEVICE) && !s.revoked())
                .ifPresent(s -> asked.add(new Asked(
                        "v1/" + s.tenant() + "/" + s.site() + "/"
                                + HexFormat.of().formatHex(s.id()),
                        new ResendCommand(s.id(), ranges, now.toEpochMilli()).sign(key),
                        now.toEpochMilli()))));
        return asked;
    }
}
