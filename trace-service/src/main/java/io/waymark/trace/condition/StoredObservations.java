package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.trace.condition.Observation.Fix;
import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.custody.Leg;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Observations out of signed readings, as they stand in the database: read from the signed bytes themselves. */
final class StoredObservations {
    /** Messages of one subject that are looked at, the newest. */
    static final int MOST_MESSAGES = 200_000;

    /** A message signed so long before the rules begin is passed over, whatever its series says. */
    private static final long REACH = Duration.ofDays(45).toMillis();

    /** What is dated later than this after it arrived has no time that could be believed. */
    private static final long AHEAD = Duration.ofDays(1).toMillis();

    private static final int READING = 1;

    /** A stored reading. {@code subjects}: the paths it says it is about; {@code signedMillis}: the time in its head. */
    record Message(
            long index,
            String tenant,
            String device,
            long signedMillis,
            List<Observation> observations,
            List<String> subjects) {
        /** Whether it is looked at under rules that begin then. */
        boolean reaches(long fromMillis) {
            return signedMillis >= fromMillis - REACH;
        }
    }

    private StoredObservations() {}

    /**
     * Empty for bytes that cannot be read any more: the audit tells those. What a clock far ahead of ours dates is left out: everything
     * that comes
     * later would be out of order for ever.
     *
     * @param received when it was stored
     */
    static Optional<Message> read(long index, String tenant, byte[] wire, Instant received) {
        SignedMessage m;
        try {
            m = SignedMessage.parse(wire);
        } catch (MalformedException damaged) {
            return Optional.empty();
        }
        String device = HexFormat.of().formatHex(m.head().id());
        String calibration =
                m.group(Reading.CALIBRATION).map(StoredObservations::digest).orElse(null);
        long time = m.head().timeMillis();
        List<Observation> all = new ArrayList<>();
        int n = 0;
        Optional<Position> position = Reading.position(m);
        if (position.isPresent()) {
            Position p = position.get();
            all.add(new Fix(
                    time,
                    index,
                    n,
                    device,
                    p.latE7(),
                    p.lonE7(),
                    p.accuracyMetres() == null ? Fix.UNTOLD_ACCURACY : p.accuracyMetres()));
        }
        n++;
        for (Measurement v : Reading.measurements(m)) {
            all.add(new Sample(
                    time,
                    index,
                    n++,
                    device,
                    v.sensor(),
                    v.quantity(),
                    Sample.decimal(v.value(), v.exponent()),
                    calibration));
        }
        for (Series s : Reading.series(m)) {
            for (int i = 0; i < s.values().length; i++) {
                all.add(new Sample(
                        time - 1000 * (s.offsetSeconds() - (long) i * s.stepSeconds()),
                        index,
                        n++,
                        device,
                        s.sensor(),
                        s.quantity(),
                        Sample.decimal(s.values()[i], s.exponent()),
                        calibration));
            }
        }
        List<String> subjects = new ArrayList<>();
        for (Association a : Reading.associations(m)) {
            if (a.key() == Association.SSCC && a.number() <= 999_999_999_999_999_999L) {
                subjects.add(String.format("/00/%018d", a.number()));
            } else if (a.key() == Association.SGTIN || a.key() == Association.BATCH) {
                subjects.add(a.text());
            }
        }
        long latest = received.toEpochMilli() + AHEAD;
        all.removeIf(o -> o.timeMillis() > latest);
        return Optional.of(new Message(index, tenant, device, time, all, subjects));
    }

    private static String digest(io.waymark.evidence.message.Group group) {
        try {
            return HexFormat.of().formatHex(group.value().bytes(32));
        } catch (MalformedException e) {
            throw new IllegalStateException("a parsed message has a calibration of another shape", e);
        }
    }

    /** What one of the tenant's devices told, up to an entry of the log. */
    static List<Observation> ofDevice(Connection c, String tenant, byte[] stream, long fromMillis, long upTo)
            throws SQLException {
        List<Observation> all = new ArrayList<>();
        for (Optional<Message> message : list(
                c,
                "SELECT ledger_index, tenant_id, wire, received_at FROM trace.message WHERE stream_id = ? AND tenant_id = ? AND type = "
                        + READING + " AND device_time >= ? AND ledger_index <= ? ORDER BY ledger_index DESC LIMIT "
                        + MOST_MESSAGES,
                r -> read(r.getLong(1), r.getString(2), r.getBytes(3), instant(r, "received_at")),
                stream,
                tenant,
                Instant.ofEpochMilli(Math.max(0, fromMillis - REACH)),
                upTo)) {
            message.ifPresent(m -> all.addAll(m.observations));
        }
        return all;
    }

    /** A lot with its legs as they are signed now. */
    static Lot lot(Connection c, String maker, String path) throws SQLException {
        String gtin = path.substring(4, 18);
        String lot = path.substring(22);
        return new Lot(maker, gtin, lot, Leg.of(c, gtin, lot, null));
    }

    /** Which readings are a lot's: who may speak of it, and in which units it was when. */
    static final class Lot {
        private final String gtin;
        private final String lot;
        private final List<Leg> legs;
        private final Set<String> parties = new HashSet<>();

        Lot(String maker, String gtin, String lot, List<Leg> legs) {
            this.gtin = gtin;
            this.lot = lot;
            this.legs = legs;
            parties.add(maker);
            legs.forEach(l -> parties.add(l.holder()));
        }

        List<Leg> legs() {
            return legs;
        }

        /** Units it was ever packed in. */
        Set<String> units() {
            Set<String> units = new LinkedHashSet<>();
            legs.stream().map(Leg::unit).filter(java.util.Objects::nonNull).forEach(units::add);
            return units;
        }

        /**
         * The observations of a message that are about the lot: all when it names the lot or an item of it, else those taken while the lot
         * was in the unit.
         *
         * @param item whether it names an item of the lot
         */
        List<Observation> own(Message m, boolean item) {
            if (!parties.contains(m.tenant)) {
                return List.of();
            }
            if (item || m.subjects.contains("/01/" + gtin + "/10/" + lot)) {
                return m.observations;
            }
            return m.observations.stream()
                    .filter(o -> legs.stream()
                            .anyMatch(l -> l.unit() != null
                                    && m.subjects.contains(l.unit())
                                    && o.timeMillis() >= l.fromMillis()
                                    && o.timeMillis() < l.toMillis()))
                    .toList();
        }

        /** All of them, up to an entry of the log. */
        List<Observation> stored(Connection c, long fromMillis, long upTo) throws SQLException {
            Set<String> subjects = units();
            subjects.add("/01/" + gtin + "/10/" + lot);
            record Row(Message message, boolean item) {}
            List<Observation> all = new ArrayList<>();
            for (Optional<Row> row : list(
                    c,
                    "SELECT m.ledger_index, m.tenant_id, m.wire, m.received_at, bool_or(w.item) AS item FROM ("
                            + "SELECT s AS subject, false AS item FROM unnest(?) AS s UNION ALL "
                            + "SELECT '/01/' || o.gtin || '/21/' || o.serial, true FROM trace.traced_object o "
                            + "WHERE o.gtin = ? AND o.lot = ? AND o.serial IS NOT NULL) AS w "
                            + "JOIN trace.message_subject s ON s.subject = w.subject "
                            + "JOIN trace.message m ON m.stream_id = s.stream_id AND m.epoch = s.epoch AND m.seq = s.seq "
                            + "WHERE m.type = " + READING
                            + " AND m.tenant_id = ANY (?) AND m.device_time >= ? AND m.ledger_index <= ? "
                            + "GROUP BY m.stream_id, m.epoch, m.seq ORDER BY m.ledger_index DESC LIMIT "
                            + MOST_MESSAGES,
                    r -> {
                        boolean item = r.getBoolean("item");
                        return read(r.getLong(1), r.getString(2), r.getBytes(3), instant(r, "received_at"))
                                .map(m -> new Row(m, item));
                    },
                    subjects.toArray(String[]::new),
                    gtin,
                    lot,
                    parties.toArray(String[]::new),
                    Instant.ofEpochMilli(Math.max(0, fromMillis - REACH)),
                    upTo)) {
                row.ifPresent(r -> all.addAll(own(r.message, r.item)));
            }
            return all;
        }
    }
}
