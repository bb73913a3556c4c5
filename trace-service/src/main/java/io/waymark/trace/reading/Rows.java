package io.waymark.trace.reading;

import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.device.Stream;
import io.waymark.trace.reading.Judgement.Admission;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The rows beside the entries of a commit: messages, their values, what they are about, the ranges they fill, second messages, admissions.
 * Few statements with arrays, because each costs a round trip while all others wait.
 */
final class Rows {
    private static final int MAX_RANGES = 64;
    private static final Pattern OBJECT_PATH = Pattern.compile("/01/[0-9]{14}/(21|10)/[!-~&&[^/]]{1,60}|/00/[0-9]{18}");
    private static final String CANONICAL = "https://id.gs1.org";

    private Rows() {}

    static final class RevokedMeanwhile extends RuntimeException {}

    /**
     * A message to be stored; {@code at} is its place in the submission, {@code admissionAt} that of the word by which it is taken.
     *
     * @param notBefore when the receipt that it names was signed, ms; null when nobody knows
     * @param timeFlags {@link SignedTime}
     */
    record Fresh(
            SignedMessage message,
            Stream stream,
            int at,
            byte[] tag,
            String linkState,
            Long notBefore,
            int timeFlags,
            Admission admission,
            int admissionAt) {}

    /**
     * Everything that these messages add, in the sequencer's transaction.
     *
     * @param at      the places that the log has given to the submission's entries
     * @param fresh   messages that are the first in their slots
     * @param seconds others in slots that are taken
     * @return what is stored now of each of these devices, ascending
     * @throws RevokedMeanwhile when a key that was good while the messages were judged is revoked
     */
    static Map<ByteBuffer, List<Receipt.Range>> write(
            Connection c, long[] at, List<Fresh> fresh, List<Fresh> seconds, Set<ByteBuffer> devices)
            throws SQLException {
        if (!fresh.isEmpty()) {
            insert(c, at, fresh);
        }
        if (!seconds.isEmpty()) {
            equivocations(c, at, seconds);
            hold(c, seconds);
        }
        Gaps.declared(
                c,
                fresh.stream()
                        .filter(f -> Gaps.tellsOfNumbers(f.message))
                        .map(f -> new Gaps.Written(f.message, f.stream.tenant(), at[f.at]))
                        .toList());
        admissions(c, at, fresh);
        return ranges(c, fresh, seconds, devices);
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

    /**
     * Messages, their single values, what they are about and the ranges they fill: one statement, because each costs a round trip while all
     * others wait. ON CONFLICT: two groups with the same message may both have found it missing; the ledger gave both the same index.
     */
    private static final String INSERT = """
            WITH w AS (
              SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::text[], ?::smallint[], ?::bytea[], ?::bytea[], ?::bytea[],
                                   ?::bytea[], ?::bytea[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::smallint[], ?::text[],
                                   ?::bigint[])
                AS w (stream_id, epoch, seq, tenant_id, type, kid, digest, prev, tag, wire, ledger_index, millis, link_state, not_before,
                      time_flags, admission, admission_index)
            ), v AS (
              SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::int[], ?::text[], ?::int[], ?::int[], ?::bigint[], ?::bigint[],
                                   ?::int[], ?::int[])
                AS v (stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, millis, value, exponent, flags)
            ), messages AS (
              INSERT INTO message (stream_id, epoch, seq, tenant_id, type, kid, digest, prev, tag, wire, ledger_index, device_time, link_state,
                                   not_before, time_flags, admission, admission_index)
              SELECT stream_id, epoch, seq, tenant_id, type, kid, digest, prev, tag, wire, ledger_index, to_timestamp(millis / 1000.0),
                     link_state, to_timestamp(not_before / 1000.0), time_flags, admission, admission_index
              FROM w ON CONFLICT DO NOTHING
            ), newest AS (
              INSERT INTO device_last (stream_id, quantity, sensor, tenant_id, at, value, exponent)
              SELECT DISTINCT ON (stream_id, quantity, sensor)
                     stream_id, quantity, sensor, tenant_id, to_timestamp(millis / 1000.0), value, exponent
              FROM v ORDER BY stream_id, quantity, sensor, millis DESC
              ON CONFLICT (stream_id, quantity, sensor) DO UPDATE
              SET at = excluded.at, value = excluded.value, exponent = excluded.exponent WHERE excluded.at >= device_last.at
            ), measurements AS (
              INSERT INTO measurement (stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, at, value, exponent, flags)
              SELECT stream_id, epoch, seq, ordinal, tenant_id, quantity, sensor, to_timestamp(millis / 1000.0), value, exponent, flags
              FROM v ON CONFLICT DO NOTHING
            ), subjects AS (
              INSERT INTO message_subject (subject, stream_id, epoch, seq, tenant_id, ledger_index)
              SELECT * FROM unnest(?::text[], ?::bytea[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[]) ON CONFLICT DO NOTHING
            )
            INSERT INTO stored_range (stream_id, epoch, tenant_id, seqs)
            SELECT stream_id, epoch, tenant_id, range_agg(int8range(seq, seq, '[]'))
            FROM w GROUP BY stream_id, epoch, tenant_id
            ON CONFLICT (stream_id, epoch) DO UPDATE SET seqs = stored_range.seqs + excluded.seqs""";

    private static void insert(Connection c, long[] at, List<Fresh> fresh) throws SQLException {
        Values v = new Values();
        List<String> subject = new ArrayList<>();
        List<Fresh> about = new ArrayList<>();
        contents(fresh, v, subject, about);
        try (PreparedStatement insert = c.prepareStatement(INSERT)) {
            int n = 0;
            insert.setArray(++n, bytes(c, each(fresh, f -> f.message.head().id())));
            insert.setArray(++n, longs(c, each(fresh, f -> f.message.head().epoch())));
            insert.setArray(++n, longs(c, each(fresh, f -> f.message.head().seq())));
            insert.setArray(++n, texts(c, each(fresh, f -> f.stream.tenant())));
            insert.setArray(
                    ++n,
                    c.createArrayOf(
                            "int2",
                            each(fresh, f -> (short) f.message.head().type()).toArray(Short[]::new)));
            insert.setArray(++n, bytes(c, each(fresh, f -> f.message.kid())));
            insert.setArray(++n, bytes(c, each(fresh, f -> f.message.digest())));
            insert.setArray(++n, bytes(c, each(fresh, f -> f.message.head().prev())));
            insert.setArray(++n, bytes(c, each(fresh, Fresh::tag)));
            insert.setArray(++n, bytes(c, each(fresh, f -> f.message.wire())));
            insert.setArray(++n, longs(c, each(fresh, f -> at[f.at])));
            insert.setArray(++n, longs(c, each(fresh, f -> f.message.head().timeMillis())));
            insert.setArray(++n, texts(c, each(fresh, Fresh::linkState)));
            insert.setArray(++n, longs(c, each(fresh, Fresh::notBefore)));
            insert.setArray(
                    ++n,
                    c.createArrayOf(
                            "int2", each(fresh, f -> (short) f.timeFlags).toArray(Short[]::new)));
            insert.setArray(++n, texts(c, each(fresh, f -> f.admission == null ? null : f.admission.refusedAs())));
            insert.setArray(++n, longs(c, each(fresh, f -> f.admission == null ? null : at[f.admissionAt])));
            insert.setArray(++n, bytes(c, v.stream));
            insert.setArray(++n, longs(c, v.epoch));
            insert.setArray(++n, longs(c, v.seq));
            insert.setArray(++n, ints(c, v.ordinal));
            insert.setArray(++n, texts(c, v.tenant));
            insert.setArray(++n, ints(c, v.quantity));
            insert.setArray(++n, ints(c, v.sensor));
            insert.setArray(++n, longs(c, v.millis));
            insert.setArray(++n, longs(c, v.value));
            insert.setArray(++n, ints(c, v.exponent));
            insert.setArray(++n, ints(c, v.flags));
            insert.setArray(++n, texts(c, subject));
            insert.setArray(++n, bytes(c, each(about, f -> f.message.head().id())));
            insert.setArray(++n, longs(c, each(about, f -> f.message.head().epoch())));
            insert.setArray(++n, longs(c, each(about, f -> f.message.head().seq())));
            insert.setArray(++n, texts(c, each(about, f -> f.stream.tenant())));
            insert.setArray(++n, longs(c, each(about, f -> at[f.at])));
            insert.executeUpdate();
        }
    }

    private static <T> List<T> each(List<Fresh> fresh, Function<Fresh, T> column) {
        List<T> values = new ArrayList<>(fresh.size());
        fresh.forEach(f -> values.add(column.apply(f)));
        return values;
    }

    private static void contents(List<Fresh> fresh, Values values, List<String> subject, List<Fresh> about) {
        for (Fresh f : fresh) {
            int type = f.message.head().type();
            // What is taken although its key was revoked is in no object's story: no proof could show that it is to be
            // believed.
            boolean believed = f.admission == null || !f.admission.refusedAs().equals("key-revoked");
            if (believed && (type == MessageType.READING || type == MessageType.IMAGE_MANIFEST)) {
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

    /** From the first place with two messages on, nothing new by their key is taken. */
    private static void hold(Connection c, List<Fresh> seconds) throws SQLException {
        try (PreparedStatement update = c.prepareStatement("""
                UPDATE stream_key SET held_epoch = ?, held_seq = ?, held_at = now()
                WHERE stream_id = ? AND kid = ? AND (held_epoch IS NULL OR (held_epoch, held_seq) > (?, ?))""")) {
            for (Fresh f : seconds) {
                if (!f.stream.role().equals(KeyBinding.DEVICE)) {
                    continue;
                }
                Head head = f.message.head();
                update.setLong(1, head.epoch());
                update.setLong(2, head.seq());
                update.setBytes(3, head.id());
                update.setBytes(4, f.message.kid());
                update.setLong(5, head.epoch());
                update.setLong(6, head.seq());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    private static void admissions(Connection c, long[] at, List<Fresh> fresh) throws SQLException {
        for (Fresh f : fresh) {
            if (f.admission != null) {
                try (PreparedStatement insert = c.prepareStatement(
                        "INSERT INTO message_admission (ledger_index, stream_id, epoch, seq, digest, tenant_id, refused_as, reason, admitted_by) "
                                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
                    Head head = f.message.head();
                    insert.setLong(1, at[f.admissionAt]);
                    insert.setBytes(2, head.id());
                    insert.setLong(3, head.epoch());
                    insert.setLong(4, head.seq());
                    insert.setBytes(5, f.message.digest());
                    insert.setString(6, f.stream.tenant());
                    insert.setString(7, f.admission.refusedAs());
                    insert.setString(8, f.admission.reason());
                    insert.setString(9, f.admission.by());
                    insert.executeUpdate();
                }
            }
        }
    }

    /**
     * Links what waited for a predecessor that is here now, notes that the devices were heard of, and reads what is stored of each stream as
     * of this transaction, newest ranges first. Inside the transaction the order is final: a key revoked before us must not sign after its
     * revocation. At most once a second per device: a busy device must not rewrite its row for every group.
     */
    private static final String RANGES = """
            WITH revoked AS (
              SELECT 1 FROM unnest(?::bytea[], ?::bytea[]) AS w (stream_id, kid) JOIN stream_key k USING (stream_id, kid)
              WHERE k.revoked_index IS NOT NULL
            ), linked AS (
              UPDATE message m SET link_state = CASE WHEN m.prev = p.digest THEN 'linked' ELSE 'chain-break' END,
                time_flags = CASE WHEN m.device_time < p.device_time THEN m.time_flags | 2::smallint ELSE m.time_flags END
              FROM message p
              WHERE m.stream_id = ANY (?) AND m.link_state = 'pending-link'
                AND p.stream_id = m.stream_id AND p.epoch = m.epoch AND p.seq = m.seq - 1
            ), holed AS (
              INSERT INTO sequence_watch (stream_id, epoch, tenant_id)
              SELECT stream_id, epoch, tenant_id FROM stored_range
              WHERE stream_id = ANY (?) AND seqs <> int8multirange(int8range(0, upper(seqs)))
              ON CONFLICT DO NOTHING
            ), seen AS (
              UPDATE stream SET last_seen = now()
              WHERE id = ANY (?) AND (last_seen IS NULL OR last_seen < now() - interval '1 second')
            )
            SELECT EXISTS (SELECT FROM revoked), i.id, w.epoch, w.first, w.last, m.digest, m.ledger_index
            FROM unnest(?::bytea[]) AS i (id)
            LEFT JOIN LATERAL (
              SELECT r.epoch, lower(x) AS first, upper(x) - 1 AS last
              FROM stored_range r CROSS JOIN LATERAL unnest(r.seqs) AS x
              WHERE r.stream_id = i.id ORDER BY r.epoch DESC, upper(x) DESC LIMIT ?) AS w ON true
            LEFT JOIN message m ON m.stream_id = i.id AND m.epoch = w.epoch AND m.seq = w.last
            ORDER BY i.id, w.epoch, w.first""";

    private static Map<ByteBuffer, List<Receipt.Range>> ranges(
            Connection c, List<Fresh> fresh, List<Fresh> seconds, Set<ByteBuffer> devices) throws SQLException {
        List<Fresh> signed = new ArrayList<>();
        Set<List<ByteBuffer>> keys = new HashSet<>();
        for (Fresh f : fresh) {
            if (f.admission == null && keys.add(key(f))) {
                signed.add(f);
            }
        }
        for (Fresh f : seconds) {
            if (keys.add(key(f))) {
                signed.add(f);
            }
        }
        try (PreparedStatement select = c.prepareStatement(RANGES)) {
            java.sql.Array ids =
                    bytes(c, devices.stream().map(ByteBuffer::array).toList());
            select.setArray(1, bytes(c, each(signed, f -> f.message.head().id())));
            select.setArray(2, bytes(c, each(signed, f -> f.message.kid())));
            select.setArray(3, ids);
            // Steps share an organisation's numbers with its statements, so its streams have holes by nature.
            select.setArray(
                    4,
                    bytes(
                            c,
                            each(
                                    fresh.stream()
                                            .filter(f -> f.stream.role().equals(KeyBinding.DEVICE))
                                            .toList(),
                                    f -> f.message.head().id())));
            select.setArray(5, ids);
            select.setArray(6, ids);
            select.setInt(7, MAX_RANGES);
            Map<ByteBuffer, List<Receipt.Range>> ranges = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (row.getBoolean(1)) {
                        throw new RevokedMeanwhile();
                    }
                    byte[] digest = row.getBytes(6);
                    if (digest != null) {
                        ranges.computeIfAbsent(ByteBuffer.wrap(row.getBytes(2)), id -> new ArrayList<>())
                                .add(new Receipt.Range(
                                        row.getLong(3), row.getLong(4), row.getLong(5), digest, row.getLong(7)));
                    }
                }
            }
            return ranges;
        }
    }

    /** Names a key: the kid alone is a hint. */
    private static List<ByteBuffer> key(Fresh f) {
        return List.of(ByteBuffer.wrap(f.message.head().id()), ByteBuffer.wrap(f.message.kid()));
    }

    // Arrays of a type of their own go to the database in binary; an Object[] would be written and parsed as text.

    private static java.sql.Array bytes(Connection c, List<byte[]> values) throws SQLException {
        return c.createArrayOf("bytea", values.toArray(byte[][]::new));
    }

    private static java.sql.Array longs(Connection c, List<Long> values) throws SQLException {
        return c.createArrayOf("int8", values.toArray(Long[]::new));
    }

    private static java.sql.Array ints(Connection c, List<Integer> values) throws SQLException {
        return c.createArrayOf("int4", values.toArray(Integer[]::new));
    }

    private static java.sql.Array texts(Connection c, List<String> values) throws SQLException {
        return c.createArrayOf("text", values.toArray(String[]::new));
    }
}
