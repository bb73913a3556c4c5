package io.waymark.trace.reading;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.device.ReceiptKey;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import io.waymark.trace.reading.Judgement.Judged;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Takes batches of messages: judges them, appends one statement per new message in one commit with its rows, and signs receipts for what
 * is stored. Exactly-once in effect: a message may arrive any number of times and in any order.
 */
@ApplicationScoped
public class Intake {
    private static final int TRIES = 4;
    private static final int MAX_RANGES = 64;
    private static final Pattern OBJECT_PATH = Pattern.compile("/01/[0-9]{14}/(21|10)/[!-~&&[^/]]{1,60}|/00/[0-9]{18}");
    private static final String CANONICAL = "https://id.gs1.org";
    private static final byte[] STATEMENT = "statement\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EQUIVOCATION = "equivocation\n".getBytes(StandardCharsets.US_ASCII);

    private final Ledger ledger;
    private final Streams streams;
    private final ReceiptKey receiptKey;
    private final AgroalDataSource database;

    Intake(Ledger ledger, Streams streams, ReceiptKey receiptKey, @DataSource("ledger") AgroalDataSource database) {
        this.ledger = ledger;
        this.streams = streams;
        this.receiptKey = receiptKey;
        this.database = database;
    }

    /** One outcome per message in order, and a receipt per device of which something is stored. */
    public record Answer(List<Outcome> outcomes, List<Issued> receipts) {}

    /** @param topicPrefix {@code v1/{tenant}/{site}/{device}} */
    public record Issued(byte[] deviceId, String topicPrefix, byte[] receipt) {}

    /** Messages of devices with the topics they came by. */
    public Answer readings(List<String> topics, List<byte[]> wires) {
        return store(topics, wires, null);
    }

    /** A statement of one of {@code tenant}'s signing keys; no receipt. */
    public Outcome statement(byte[] wire, String tenant) {
        return store(Arrays.asList((String) null), List.of(wire), tenant)
                .outcomes()
                .get(0);
    }

    private Answer store(List<String> topics, List<byte[]> wires, String tenant) {
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(Judgement.of(topics, wires, tenant, streams));
            } catch (ConflictException e) {
                // Another batch stored another message under one of our identities since we looked: now we see it.
                if (attempt == TRIES) {
                    throw new BusyException("messages of the same identity keep arriving", e);
                }
            } catch (RevokedMeanwhile e) {
                streams.forgetAll();
                if (attempt == TRIES) {
                    throw new BusyException("keys are being revoked", e);
                }
            }
        }
    }

    private static final class RevokedMeanwhile extends RuntimeException {}

    /** Identity of a message: where it stands in its stream. */
    private record Slot(ByteBuffer stream, long epoch, long seq) {
        static Slot of(Head head) {
            return new Slot(ByteBuffer.wrap(head.id()), head.epoch(), head.seq());
        }
    }

    private record Found(byte[] digest, long index) {}

    /** A message to be stored; {@code at} is its place in the submission. */
    private record Fresh(SignedMessage message, Stream stream, int at, byte[] tag, String linkState) {}

    private Answer attempt(List<Judged> judged) {
        Map<Slot, Found> found = found(judged);
        Map<Slot, Map<ByteBuffer, Long>> equivocations = new HashMap<>();
        for (Judged j : judged) {
            Found other = j.refusal() == null ? found.get(Slot.of(j.message().head())) : null;
            if (other != null && !Arrays.equals(other.digest, j.message().digest())) {
                equivocations.putAll(equivocationsOf(j.message().head()));
            }
        }

        List<Submission> submissions = new ArrayList<>();
        Map<Slot, Fresh> fresh = new LinkedHashMap<>();
        Map<Slot, Map<ByteBuffer, Fresh>> second = new LinkedHashMap<>();
        Set<ByteBuffer> devices = new LinkedHashSet<>();
        Map<ByteBuffer, Stream> streamOf = new HashMap<>();
        for (Judged j : judged) {
            if (j.refusal() != null) {
                continue;
            }
            SignedMessage m = j.message();
            Slot slot = Slot.of(m.head());
            devices.add(slot.stream);
            streamOf.put(slot.stream, j.stream());
            byte[] first = fresh.containsKey(slot)
                    ? fresh.get(slot).message.digest()
                    : found.containsKey(slot) ? found.get(slot).digest : null;
            if (first == null) {
                byte[] entry = Entries.statement(
                        j.stream().streamSecret(), m.head().epoch(), m.head().seq(), m.digest());
                fresh.put(slot, new Fresh(m, j.stream(), submissions.size(), tag(entry), linkState(m, found, fresh)));
                submissions.add(new Submission(identity(STATEMENT, m.head(), new byte[0]), entry));
            } else if (!Arrays.equals(first, m.digest())
                    && !equivocations.getOrDefault(slot, Map.of()).containsKey(ByteBuffer.wrap(m.digest()))
                    && !second.getOrDefault(slot, Map.of()).containsKey(ByteBuffer.wrap(m.digest()))) {
                byte[] entry = Entries.equivocation(
                        j.stream().streamSecret(), m.head().epoch(), m.head().seq(), m.digest());
                second.computeIfAbsent(slot, s -> new LinkedHashMap<>())
                        .put(
                                ByteBuffer.wrap(m.digest()),
                                new Fresh(m, j.stream(), submissions.size(), tag(entry), null));
                submissions.add(new Submission(identity(EQUIVOCATION, m.head(), m.digest()), entry));
            }
        }
        if (devices.isEmpty()) {
            return new Answer(
                    judged.stream()
                            .map(j -> (Outcome) new Outcome.Refused(j.refusal()))
                            .toList(),
                    List.of());
        }

        List<Fresh> seconds =
                second.values().stream().flatMap(m -> m.values().stream()).toList();
        Map<ByteBuffer, List<Receipt.Range>> ranges = new HashMap<>();
        List<Long> indexes = ledger.append(
                submissions, (c, at) -> rows(c, at, List.copyOf(fresh.values()), seconds, devices, ranges));

        List<Outcome> outcomes = new ArrayList<>();
        Set<Slot> told = new LinkedHashSet<>();
        for (Judged j : judged) {
            if (j.refusal() != null) {
                outcomes.add(new Outcome.Refused(j.refusal()));
                continue;
            }
            Slot slot = Slot.of(j.message().head());
            ByteBuffer digest = ByteBuffer.wrap(j.message().digest());
            Fresh mine = fresh.get(slot);
            if (mine != null && Arrays.equals(mine.message.digest(), j.message().digest())) {
                long index = indexes.get(mine.at);
                outcomes.add(told.add(slot) ? new Outcome.Stored(index) : new Outcome.Duplicate(index));
            } else if (mine == null
                    && Arrays.equals(found.get(slot).digest, j.message().digest())) {
                outcomes.add(new Outcome.Duplicate(found.get(slot).index));
            } else {
                Long stored = equivocations.getOrDefault(slot, Map.of()).get(digest);
                outcomes.add(new Outcome.Equivocation(
                        stored != null ? stored : indexes.get(second.get(slot).get(digest).at)));
            }
        }
        return new Answer(outcomes, receipts(devices, streamOf, ranges));
    }

    /** The messages in the slots of this batch, and in the slots before them. */
    private Map<Slot, Found> found(List<Judged> judged) {
        Set<Slot> wanted = new LinkedHashSet<>();
        for (Judged j : judged) {
            if (j.refusal() == null) {
                Slot slot = Slot.of(j.message().head());
                wanted.add(slot);
                if (slot.seq > 0) {
                    wanted.add(new Slot(slot.stream, slot.epoch, slot.seq - 1));
                }
            }
        }
        Map<Slot, Found> found = new HashMap<>();
        if (wanted.isEmpty()) {
            return found;
        }
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT m.stream_id, m.epoch, m.seq, m.digest, m.ledger_index
                        FROM unnest(?::bytea[], ?::bigint[], ?::bigint[]) AS w (stream_id, epoch, seq)
                        JOIN message m USING (stream_id, epoch, seq)""")) {
            select.setArray(
                    1,
                    c.createArrayOf(
                            "bytea", wanted.stream().map(s -> s.stream.array()).toArray(byte[][]::new)));
            select.setArray(
                    2, c.createArrayOf("int8", wanted.stream().map(Slot::epoch).toArray()));
            select.setArray(
                    3, c.createArrayOf("int8", wanted.stream().map(Slot::seq).toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    found.put(
                            new Slot(ByteBuffer.wrap(row.getBytes(1)), row.getLong(2), row.getLong(3)),
                            new Found(row.getBytes(4), row.getLong(5)));
                }
            }
            return found;
        } catch (SQLException e) {
            throw new BusyException("cannot look up messages", e);
        }
    }

    private Map<Slot, Map<ByteBuffer, Long>> equivocationsOf(Head head) {
        Map<ByteBuffer, Long> known = new HashMap<>();
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT digest, ledger_index FROM equivocation WHERE stream_id = ? AND epoch = ? AND seq = ?")) {
            select.setBytes(1, head.id());
            select.setLong(2, head.epoch());
            select.setLong(3, head.seq());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    known.put(ByteBuffer.wrap(row.getBytes(1)), row.getLong(2));
                }
            }
        } catch (SQLException e) {
            throw new BusyException("cannot look up equivocations", e);
        }
        return Map.of(Slot.of(head), known);
    }

    private static String linkState(SignedMessage m, Map<Slot, Found> found, Map<Slot, Fresh> fresh) {
        Head head = m.head();
        if (head.seq() == 0) {
            return "linked";
        }
        Slot before = new Slot(ByteBuffer.wrap(head.id()), head.epoch(), head.seq() - 1);
        byte[] digest = found.containsKey(before)
                ? found.get(before).digest
                : fresh.containsKey(before) ? fresh.get(before).message.digest() : null;
        if (digest == null) {
            return "pending-link";
        }
        return Arrays.equals(digest, head.prev()) ? "linked" : "chain-break";
    }

    private static byte[] identity(byte[] what, Head head, byte[] digest) {
        byte[] place = ByteBuffer.allocate(32)
                .put(head.id())
                .putLong(head.epoch())
                .putLong(head.seq())
                .array();
        return MerkleHash.sha256(what, place, digest);
    }

    /** kind(1) ‖ tag(32) ‖ digest(32) */
    private static byte[] tag(byte[] entry) {
        return Arrays.copyOfRange(entry, 1, 33);
    }

    // ---- rows, in the sequencer's transaction ----

    private static void rows(
            Connection c,
            long[] at,
            List<Fresh> fresh,
            List<Fresh> seconds,
            Set<ByteBuffer> devices,
            Map<ByteBuffer, List<Receipt.Range>> ranges)
            throws SQLException {
        refuseRevoked(c, fresh, seconds);
        if (!fresh.isEmpty()) {
            messages(c, at, fresh);
            contents(c, at, fresh);
            stored(c, fresh);
            link(c, devices);
        }
        if (!seconds.isEmpty()) {
            equivocations(c, at, seconds);
        }
        seen(c, devices);
        ranges.putAll(ranges(c, devices));
    }

    /** Inside the transaction the order is final: a key revoked before us must not sign after its revocation. */
    private static void refuseRevoked(Connection c, List<Fresh> fresh, List<Fresh> seconds) throws SQLException {
        Map<ByteBuffer, Fresh> keys = new HashMap<>();
        fresh.forEach(f -> keys.put(ByteBuffer.wrap(f.message.kid()), f));
        seconds.forEach(f -> keys.put(ByteBuffer.wrap(f.message.kid()), f));
        if (keys.isEmpty()) {
            return;
        }
        try (PreparedStatement select = c.prepareStatement("""
                SELECT 1 FROM unnest(?::bytea[], ?::bytea[]) AS w (stream_id, kid) JOIN stream_key k USING (stream_id, kid)
                WHERE k.revoked_index IS NOT NULL LIMIT 1""")) {
            select.setArray(
                    1,
                    bytes(
                            c,
                            keys.values().stream()
                                    .map(f -> f.message.head().id())
                                    .toList()));
            select.setArray(
                    2, bytes(c, keys.values().stream().map(f -> f.message.kid()).toList()));
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    throw new RevokedMeanwhile();
                }
            }
        }
    }

    private static void messages(Connection c, long[] at, List<Fresh> fresh) throws SQLException {
        // ON CONFLICT: two batches with the same message may both have found it missing; the ledger gave both the same
        // index.
        try (PreparedStatement insert = c.prepareStatement("""
                INSERT INTO message (stream_id, epoch, seq, tenant_id, type, kid, digest, prev, tag, wire, ledger_index, device_time, link_state)
                SELECT w.stream_id, w.epoch, w.seq, w.tenant_id, w.type, w.kid, w.digest, w.prev, w.tag, w.wire, w.ledger_index,
                       to_timestamp(w.millis / 1000.0), w.link_state
                FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::text[], ?::smallint[], ?::bytea[], ?::bytea[], ?::bytea[], ?::bytea[],
                            ?::bytea[], ?::bigint[], ?::bigint[], ?::text[])
                     AS w (stream_id, epoch, seq, tenant_id, type, kid, digest, prev, tag, wire, ledger_index, millis, link_state)
                ON CONFLICT DO NOTHING""")) {
            insert.setArray(
                    1, bytes(c, fresh.stream().map(f -> f.message.head().id()).toList()));
            insert.setArray(
                    2,
                    longs(c, fresh.stream().map(f -> f.message.head().epoch()).toList()));
            insert.setArray(
                    3, longs(c, fresh.stream().map(f -> f.message.head().seq()).toList()));
            insert.setArray(
                    4, texts(c, fresh.stream().map(f -> f.stream.tenant()).toList()));
            insert.setArray(
                    5,
                    c.createArrayOf(
                            "int2",
                            fresh.stream()
                                    .map(f -> (short) f.message.head().type())
                                    .toArray()));
            insert.setArray(6, bytes(c, fresh.stream().map(f -> f.message.kid()).toList()));
            insert.setArray(
                    7, bytes(c, fresh.stream().map(f -> f.message.digest()).toList()));
            insert.setArray(
                    8, bytes(c, fresh.stream().map(f -> f.message.head().prev()).toList()));
            insert.setArray(9, bytes(c, fresh.stream().map(Fresh::tag).toList()));
            insert.setArray(
                    10, bytes(c, fresh.stream().map(f -> f.message.wire()).toList()));
            insert.setArray(11, longs(c, fresh.stream().map(f -> at[f.at]).toList()));
            insert.setArray(
                    12,
                    longs(
                            c,
                            fresh.stream()
                                    .map(f -> f.message.head().timeMillis())
                                    .toList()));
            insert.setArray(13, texts(c, fresh.stream().map(Fresh::linkState).toList()));
            insert.executeUpdate();
        }
    }

    /** Columns of rows collected for one unnest. */
    private static final class Values {
        final List<byte[]> stream = new ArrayList<>();
        final List<Long> epoch = new ArrayList<>();
        final List<Long> seq = new ArrayList<>();
        final List<Integer> ordinal = new ArrayList<>();
        final List<String> tenant = new ArrayList<>();
        final List<Integer> quantity = new ArrayList<>();
        final List<Integer> sensor = new ArrayList<>();
        final List<Long> millis = new ArrayList<>();
        final List<Long> value = new ArrayList<>();
        final List<Integer> exponent = new ArrayList<>();
        final List<Integer> flags = new ArrayList<>();

        void add(Fresh f, int n, int q, int s, long at, long v, int e, int fl) {
            stream.add(f.message.head().id());
            epoch.add(f.message.head().epoch());
            seq.add(f.message.head().seq());
            ordinal.add(n);
            tenant.add(f.stream.tenant());
            quantity.add(q);
            sensor.add(s);
            // A series may reach back before 1970 on a clock that was never set.
            millis.add(Math.max(0, at));
            value.add(v);
            exponent.add(e);
            flags.add(fl);
        }
    }

    private static void contents(Connection c, long[] at, List<Fresh> fresh) throws SQLException {
        Values values = new Values();
        List<String> subject = new ArrayList<>();
        List<Fresh> about = new ArrayList<>();
        for (Fresh f : fresh) {
            int type = f.message.head().type();
            if (type == MessageType.READING || type == MessageType.IMAGE_MANIFEST) {
                for (Association a : Reading.associations(f.message)) {
                    String path = path(a);
                    if (path != null) {
                        subject.add(path);
                        about.add(f);
                    }
                }
            }
            if (type == MessageType.READING) {
                expand(f, values);
            }
            if (type == MessageType.STATEMENT) {
                String path = f.message
                        .group(Statement.KEY)
                        .map(Statement::of)
                        .map(Statement::uri)
                        .filter(uri -> uri.startsWith(CANONICAL))
                        .map(uri -> uri.substring(CANONICAL.length()))
                        .orElse("");
                if (OBJECT_PATH.matcher(path).matches()) {
                    subject.add(path);
                    about.add(f);
                }
            }
        }
        if (!values.stream.isEmpty()) {
            measurements(c, values);
        }
        if (!subject.isEmpty()) {
            try (PreparedStatement insert = c.prepareStatement("""
                    INSERT INTO message_subject (subject, stream_id, epoch, seq, tenant_id, ledger_index)
                    SELECT * FROM unnest(?::text[], ?::bytea[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[]) ON CONFLICT DO NOTHING""")) {
                insert.setArray(1, texts(c, subject));
                insert.setArray(
                        2,
                        bytes(c, about.stream().map(f -> f.message.head().id()).toList()));
                insert.setArray(
                        3,
                        longs(
                                c,
                                about.stream()
                                        .map(f -> f.message.head().epoch())
                                        .toList()));
                insert.setArray(
                        4,
                        longs(c, about.stream().map(f -> f.message.head().seq()).toList()));
                insert.setArray(
                        5, texts(c, about.stream().map(f -> f.stream.tenant()).toList()));
                insert.setArray(6, longs(c, about.stream().map(f -> at[f.at]).toList()));
                insert.executeUpdate();
            }
        }
    }

    private static void expand(Fresh f, Values values) {
        long time = f.message.head().timeMillis();
        int n = 0;
        for (Measurement m : Reading.measurements(f.message)) {
            values.add(f, n++, m.quantity(), m.sensor(), time, m.value(), m.exponent(), m.flags());
        }
        for (Series s : Reading.series(f.message)) {
            for (int i = 0; i < s.values().length; i++) {
                long at = time - 1000 * (s.offsetSeconds() - (long) i * s.stepSeconds());
                values.add(f, n++, s.quantity(), s.sensor(), at, s.values()[i], s.exponent(), 0);
            }
        }
    }

    private static void measurements(Connection c, Values v) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement("""
                WITH w AS (
                  SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::int[], ?::text[], ?::int[], ?::int[], ?::bigint[], ?::bigint[],
                                       ?::int[], ?::int[])
                           AS w (stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, millis, value, exponent, flags)
                ), newest AS (
                  INSERT INTO device_last (stream_id, quantity, sensor, tenant_id, at, value, exponent)
                  SELECT DISTINCT ON (stream_id, quantity, sensor)
                         stream_id, quantity, sensor, tenant_id, to_timestamp(millis / 1000.0), value, exponent
                  FROM w ORDER BY stream_id, quantity, sensor, millis DESC
                  ON CONFLICT (stream_id, quantity, sensor) DO UPDATE
                  SET at = excluded.at, value = excluded.value, exponent = excluded.exponent WHERE excluded.at >= device_last.at
                )
                INSERT INTO measurement (stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, at, value, exponent, flags)
                SELECT stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, to_timestamp(millis / 1000.0), value, exponent, flags
                FROM w ON CONFLICT DO NOTHING""")) {
            insert.setArray(1, bytes(c, v.stream));
            insert.setArray(2, longs(c, v.epoch));
            insert.setArray(3, longs(c, v.seq));
            insert.setArray(4, ints(c, v.ordinal));
            insert.setArray(5, texts(c, v.tenant));
            insert.setArray(6, ints(c, v.quantity));
            insert.setArray(7, ints(c, v.sensor));
            insert.setArray(8, longs(c, v.millis));
            insert.setArray(9, longs(c, v.value));
            insert.setArray(10, ints(c, v.exponent));
            insert.setArray(11, ints(c, v.flags));
            insert.executeUpdate();
        }
    }

    /** The canonical path an association points to; null for what is not looked up by object. */
    private static String path(Association a) {
        return switch (a.key()) {
            case Association.SSCC ->
                a.number() <= 999_999_999_999_999_999L ? String.format("/00/%018d", a.number()) : null;
            case Association.SGTIN, Association.BATCH ->
                OBJECT_PATH.matcher(a.text()).matches() ? a.text() : null;
            default -> null;
        };
    }

    private static void stored(Connection c, List<Fresh> fresh) throws SQLException {
        Map<List<Object>, StringBuilder> ranges = new LinkedHashMap<>();
        for (Fresh f : fresh) {
            Head head = f.message.head();
            StringBuilder range = ranges.computeIfAbsent(
                    List.of(ByteBuffer.wrap(head.id()), head.epoch(), f.stream.tenant()), k -> new StringBuilder());
            range.append(range.length() == 0 ? '{' : ',')
                    .append('[')
                    .append(head.seq())
                    .append(',')
                    .append(head.seq())
                    .append(']');
        }
        try (PreparedStatement upsert = c.prepareStatement("""
                INSERT INTO stored_range (stream_id, epoch, tenant_id, seqs)
                SELECT w.stream_id, w.epoch, w.tenant_id, w.seqs::int8multirange
                FROM unnest(?::bytea[], ?::bigint[], ?::text[], ?::text[]) AS w (stream_id, epoch, tenant_id, seqs)
                ON CONFLICT (stream_id, epoch) DO UPDATE SET seqs = stored_range.seqs + excluded.seqs""")) {
            upsert.setArray(
                    1,
                    bytes(
                            c,
                            ranges.keySet().stream()
                                    .map(k -> ((ByteBuffer) k.get(0)).array())
                                    .toList()));
            upsert.setArray(
                    2,
                    longs(c, ranges.keySet().stream().map(k -> (Long) k.get(1)).toList()));
            upsert.setArray(
                    3,
                    texts(
                            c,
                            ranges.keySet().stream().map(k -> (String) k.get(2)).toList()));
            upsert.setArray(
                    4, texts(c, ranges.values().stream().map(r -> r + "}").toList()));
            upsert.executeUpdate();
        }
    }

    /** Messages that waited for a predecessor which is here now. */
    private static void link(Connection c, Set<ByteBuffer> devices) throws SQLException {
        try (PreparedStatement update = c.prepareStatement("""
                UPDATE message m SET link_state = CASE WHEN m.prev = p.digest THEN 'linked' ELSE 'chain-break' END
                FROM message p
                WHERE m.stream_id = ANY (?) AND m.link_state = 'pending-link'
                  AND p.stream_id = m.stream_id AND p.epoch = m.epoch AND p.seq = m.seq - 1""")) {
            update.setArray(1, ids(c, devices));
            update.executeUpdate();
        }
    }

    private static void equivocations(Connection c, long[] at, List<Fresh> seconds) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO equivocation (stream_id, epoch, seq, digest, tenant_id, kid, tag, wire, ledger_index) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (Fresh f : seconds) {
                insert.setBytes(1, f.message.head().id());
                insert.setLong(2, f.message.head().epoch());
                insert.setLong(3, f.message.head().seq());
                insert.setBytes(4, f.message.digest());
                insert.setString(5, f.stream.tenant());
                insert.setBytes(6, f.message.kid());
                insert.setBytes(7, f.tag);
                insert.setBytes(8, f.message.wire());
                insert.setLong(9, at[f.at]);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static void seen(Connection c, Set<ByteBuffer> devices) throws SQLException {
        // At most once a second per device: a busy device must not rewrite its row for every batch.
        try (PreparedStatement update = c.prepareStatement(
                "UPDATE stream SET last_seen = now() WHERE id = ANY (?) AND (last_seen IS NULL OR last_seen < now() - interval '1 second')")) {
            update.setArray(1, ids(c, devices));
            update.executeUpdate();
        }
    }

    /** What is stored of each stream as of this transaction, newest ranges first. */
    private static Map<ByteBuffer, List<Receipt.Range>> ranges(Connection c, Set<ByteBuffer> devices)
            throws SQLException {
        try (PreparedStatement select = c.prepareStatement("""
                SELECT i.id, w.epoch, w.first, w.last, m.digest, m.ledger_index
                FROM unnest(?::bytea[]) AS i (id)
                CROSS JOIN LATERAL (
                  SELECT r.epoch, lower(x) AS first, upper(x) - 1 AS last
                  FROM stored_range r CROSS JOIN LATERAL unnest(r.seqs) AS x
                  WHERE r.stream_id = i.id ORDER BY r.epoch DESC, upper(x) DESC LIMIT ?) AS w
                JOIN message m ON m.stream_id = i.id AND m.epoch = w.epoch AND m.seq = w.last
                ORDER BY i.id, w.epoch, w.first""")) {
            select.setArray(1, ids(c, devices));
            select.setInt(2, MAX_RANGES);
            Map<ByteBuffer, List<Receipt.Range>> ranges = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    ranges.computeIfAbsent(ByteBuffer.wrap(row.getBytes(1)), id -> new ArrayList<>())
                            .add(new Receipt.Range(
                                    row.getLong(2), row.getLong(3), row.getLong(4), row.getBytes(5), row.getLong(6)));
                }
            }
            return ranges;
        }
    }

    /** Signed after COMMIT: the newest checkpoint contains every range, because ranges were read in that commit or an earlier one. */
    // OPEN: class 2, witnessed. The ledger knows when a quorum has cosigned a tree that holds the ranges
    // (Ledger.shown); missing are a device that
    // asks for it (the sdk's outbox drops a message at any receipt) and a queue from which ingest fetches receipts that
    // no batch answers.
    private List<Issued> receipts(
            Set<ByteBuffer> devices, Map<ByteBuffer, Stream> streamOf, Map<ByteBuffer, List<Receipt.Range>> ranges) {
        List<Issued> issued = new ArrayList<>();
        VerifiedCheckpoint checkpoint = null;
        for (ByteBuffer id : devices) {
            Stream stream = streamOf.get(id);
            if (!stream.role().equals(KeyBinding.DEVICE) || !ranges.containsKey(id)) {
                continue;
            }
            var key = receiptKey.bound();
            if (checkpoint == null) {
                checkpoint = ledger.checkpoint();
            }
            Receipt receipt = new Receipt(
                    id.array(),
                    ranges.get(id),
                    checkpoint.size(),
                    checkpoint.root(),
                    Receipt.STORED,
                    System.currentTimeMillis());
            issued.add(new Issued(
                    id.array(),
                    "v1/" + stream.tenant() + "/" + stream.site() + "/"
                            + HexFormat.of().formatHex(id.array()),
                    receipt.sign(key)));
        }
        return issued;
    }

    private static java.sql.Array ids(Connection c, Set<ByteBuffer> ids) throws SQLException {
        return bytes(c, ids.stream().map(ByteBuffer::array).toList());
    }

    private static java.sql.Array bytes(Connection c, List<byte[]> values) throws SQLException {
        return c.createArrayOf("bytea", values.toArray(byte[][]::new));
    }

    private static java.sql.Array longs(Connection c, List<Long> values) throws SQLException {
        return c.createArrayOf("int8", values.toArray());
    }

    private static java.sql.Array ints(Connection c, List<Integer> values) throws SQLException {
        return c.createArrayOf("int4", values.toArray());
    }

    private static java.sql.Array texts(Connection c, List<String> values) throws SQLException {
        return c.createArrayOf("text", values.toArray());
    }
}
