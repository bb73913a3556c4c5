package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.condition.Rule.About;
import io.waymark.trace.condition.RuleSets.InForce;
import io.waymark.trace.condition.StoredObservations.Lot;
import io.waymark.trace.condition.StoredObservations.Message;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.organisation.Database;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Reads what the log has stored, evaluates it under the rules in force and keeps the alarms: beside the commits, never in them. How far it
 * has
 * read is stored in the transaction that stores what was found, so that a crash neither loses an alarm nor raises it twice. What it keeps
 * in
 * memory are evaluations that can be made again from the log; after any trouble it forgets them.
 *
 * <p>One thread. Metrics {@code waymark.condition.*}.
 */
@ApplicationScoped
public class ConditionWatch {
    private static final Logger LOG = Logger.getLogger(ConditionWatch.class);
    private static final int READINGS_AT_ONCE = 500;
    private static final int DUE_AT_ONCE = 20;
    private static final int MOST_FOLLOWED = 2_000;
    private static final Duration TROUBLED_AGAIN_AFTER = Duration.ofMinutes(10);
    private static final int TROUBLED_AT_ONCE = 20;
    private static final int LONGEST_REASON = 500;
    private static final long LOOK_FOR_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int READING = 1;

    private final Database database;
    private final Duration every;
    private final Thread thread = new Thread(this::watch, "condition-watch");
    private final Map<Key, Followed> followed = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Followed> eldest) {
            return size() > MOST_FOLLOWED;
        }
    };
    private final Counter readings;
    private final Counter recomputed;
    private final Counter raised;
    private final Counter failures;
    private volatile boolean closed;
    private volatile long position = -1;
    private volatile long troubled;

    /** Since a round failed, for one round: each subject by itself, so that one that cannot be evaluated holds up nobody else. */
    private boolean careful;

    private long silenceLooked = System.nanoTime() - LOOK_FOR_SILENCE_NANOS;

    ConditionWatch(
            Database database,
            Ledger ledger,
            MeterRegistry meters,
            @ConfigProperty(name = "waymark.trace.condition.every") Duration every) {
        this.database = database;
        this.every = every;
        readings = counter(meters, "readings", "readings evaluated since start");
        recomputed = counter(meters, "recomputed", "subjects evaluated anew: late readings, new rules, first sight");
        raised = counter(meters, "alarms.raised", "alarms raised since start");
        failures = counter(meters, "failures", "rounds that had to be begun again");
        Gauge.builder("waymark.condition.position", () -> position)
                .description("ledger index up to which readings are evaluated")
                .register(meters);
        Gauge.builder(
                        "waymark.condition.behind",
                        () -> Math.max(0, ledger.checkpoint().size() - 1 - position))
                .description("ledger entries that are not looked at yet")
                .register(meters);
        Gauge.builder("waymark.condition.troubled", () -> troubled)
                .description("devices and lots whose evaluation failed: nobody watches them")
                .register(meters);
        Gauge.builder("waymark.condition.followed", followed::size)
                .description("devices and lots kept in memory")
                .register(meters);
    }

    private static Counter counter(MeterRegistry meters, String name, String description) {
        return Counter.builder("waymark.condition." + name)
                .description(description)
                .register(meters);
    }

    void start(@Observes @Priority(Ledger.START + 2) StartupEvent event) {
        thread.setDaemon(true);
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        closed = true;
        thread.interrupt();
        thread.join(TimeUnit.SECONDS.toMillis(5));
    }

    private void watch() {
        while (!closed) {
            try {
                if (!round(Instant.now())) {
                    Thread.sleep(every.toMillis());
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                failures.increment();
                LOG.warnf("the watch over conditions begins again: %s", e);
                try {
                    Thread.sleep(10 * every.toMillis());
                } catch (InterruptedException ended) {
                    return;
                }
            }
        }
    }

    /** One portion of what there is to do; false when there was nothing. */
    synchronized boolean round(Instant now) {
        try {
            boolean did = due(now);
            did |= readings(now);
            did |= links();
            if (System.nanoTime() - silenceLooked >= LOOK_FOR_SILENCE_NANOS) {
                silenceLooked = System.nanoTime();
                lookForSilence(now);
                tryTroubledAgain(now);
            }
            careful = false;
            return did;
        } catch (RuntimeException | Error e) {
            // What is in memory may be ahead of what is stored.
            followed.clear();
            careful = true;
            throw e;
        }
    }

    /** As after a start: everything is read from the log again when it is needed. */
    synchronized void forget() {
        followed.clear();
    }

    private record Key(String tenant, String ruleSet, int version, About about, String subject) {}

    private record Followed(Following following, Lot lot) {}

    // ---- subjects whose rules, certificates or custody changed ----

    private record Due(String tenant, About about, String subject, long number) {}

    private boolean due(Instant now) {
        return database.ledger(c -> {
            List<Due> due = list(
                    c,
                    "SELECT tenant_id, about, subject, number FROM trace.condition_due ORDER BY number LIMIT "
                            + DUE_AT_ONCE,
                    r -> new Due(r.getString(1), About.valueOf(r.getString(2)), r.getString(3), r.getLong(4)));
            long upTo = position(c);
            for (Due one : due) {
                followed.keySet()
                        .removeIf(k ->
                                k.tenant.equals(one.tenant) && k.about == one.about && k.subject.equals(one.subject));
                for (InForce in : RuleSets.inForce(c, one.tenant)) {
                    if (applies(c, in, one.about, one.subject)) {
                        take(c, in, one.about, one.subject, List.of(), upTo, now);
                    }
                }
                run(
                        c,
                        "DELETE FROM trace.condition_due WHERE tenant_id = ? AND about = ? AND subject = ? AND number = ?",
                        one.tenant,
                        one.about.name(),
                        one.subject,
                        one.number);
            }
            return !due.isEmpty();
        });
    }

    private long position(Connection c) throws SQLException {
        position = first(c, "SELECT reading_index FROM trace.condition_position", r -> r.getLong(1))
                .orElseThrow();
        return position;
    }

    // ---- readings as they are stored ----

    private boolean readings(Instant now) {
        return database.ledger(c -> {
            long before = position(c);
            List<InForce> all = RuleSets.inForce(c, null);
            if (all.isEmpty()) {
                // Whoever puts the first rules in force has everything evaluated that is stored by then.
                return moved(
                        c,
                        before,
                        first(c, "SELECT max(ledger_index) FROM trace.message", r -> r.getObject(1, Long.class))
                                .orElse(before),
                        false);
            }
            record Row(long index, String tenant, byte[] wire, Instant received) {}
            List<Row> rows = list(
                    c,
                    "SELECT ledger_index, tenant_id, CASE WHEN type = " + READING
                            + " THEN wire END, received_at FROM trace.message WHERE ledger_index > ? ORDER BY ledger_index LIMIT "
                            + READINGS_AT_ONCE,
                    r -> new Row(r.getLong(1), r.getString(2), r.getBytes(3), instant(r, "received_at")),
                    before);
            if (rows.isEmpty()) {
                return false;
            }
            long upTo = rows.get(rows.size() - 1).index;
            Map<String, List<InForce>> rules = new LinkedHashMap<>();
            all.forEach(in ->
                    rules.computeIfAbsent(in.tenant(), t -> new ArrayList<>()).add(in));
            boolean lots = all.stream().anyMatch(in -> in.rules().watches(About.lot));
            Map<String, List<Fresh>> byDevice = new LinkedHashMap<>();
            List<Message> about = new ArrayList<>();
            for (Row row : rows) {
                if (row.wire == null || !lots && !rules.containsKey(row.tenant)) {
                    continue;
                }
                Optional<Message> read = StoredObservations.read(row.index, row.tenant, row.wire, row.received);
                if (read.isEmpty()) {
                    continue;
                }
                Message m = read.get();
                readings.increment();
                if (rules.containsKey(m.tenant())) {
                    byDevice.computeIfAbsent(m.device(), d -> new ArrayList<>()).add(new Fresh(m, false));
                }
                if (lots && !m.subjects().isEmpty()) {
                    about.add(m);
                }
            }
            for (Map.Entry<String, List<Fresh>> device : byDevice.entrySet()) {
                for (InForce in : rules.get(device.getValue().get(0).message.tenant())) {
                    if (applies(c, in, About.device, device.getKey())) {
                        take(c, in, About.device, device.getKey(), device.getValue(), upTo, now);
                    }
                }
            }
            for (Map.Entry<LotName, List<Fresh>> lot : byLot(c, about).entrySet()) {
                for (InForce in : rules.getOrDefault(lot.getKey().tenant, List.of())) {
                    if (applies(c, in, About.lot, lot.getKey().path())) {
                        take(c, in, About.lot, lot.getKey().path(), lot.getValue(), upTo, now);
                    }
                }
            }
            return moved(c, before, upTo, true);
        });
    }

    private boolean moved(Connection c, long before, long to, boolean did) throws SQLException {
        if (to > before) {
            // Not locked when it is read: an idle second would write. Only the process that signs the log runs this.
            if (run(c, "UPDATE trace.condition_position SET reading_index = ? WHERE reading_index = ?", to, before)
                    != 1) {
                throw new IllegalStateException("another process evaluates the same log");
            }
            position = to;
        }
        return did;
    }

    private record LotName(String tenant, String gtin, String lot) {
        String path() {
            return ObjectUri.batchPath(gtin, lot);
        }
    }

    /** A message that was not evaluated for its subject yet. {@code item}: it names an item of the lot. */
    private record Fresh(Message message, boolean item) {}

    /** The lots that these readings may be about, with those that may be about each. */
    private static Map<LotName, List<Fresh>> byLot(Connection c, List<Message> messages) throws SQLException {
        record Named(String subject, LotName lot, boolean item) {}
        Map<LotName, List<Fresh>> byLot = new LinkedHashMap<>();
        String[] subjects =
                messages.stream().flatMap(m -> m.subjects().stream()).distinct().toArray(String[]::new);
        if (subjects.length == 0) {
            return byLot;
        }
        Map<String, List<Named>> named = new LinkedHashMap<>();
        for (Named one : list(
                c,
                "SELECT s, b.tenant_id, b.gtin, b.lot, false FROM unnest(?) AS s JOIN trace.batch b ON b.gtin = substr(s, 5, 14) "
                        + "AND b.lot = substr(s, 23) WHERE s LIKE '/01/______________/10/%' UNION "
                        + "SELECT s, o.tenant_id, o.gtin, o.lot, true FROM unnest(?) AS s JOIN trace.traced_object o "
                        + "ON o.uri = 'https://id.gs1.org' || s WHERE o.lot IS NOT NULL AND o.serial IS NOT NULL UNION "
                        + "SELECT u.unit, u.tenant_id, u.gtin, u.lot, false FROM trace.condition_unit u WHERE u.unit = ANY (?)",
                r -> new Named(
                        r.getString(1), new LotName(r.getString(2), r.getString(3), r.getString(4)), r.getBoolean(5)),
                subjects,
                subjects,
                subjects)) {
            named.computeIfAbsent(one.subject, n -> new ArrayList<>()).add(one);
        }
        for (Message m : messages) {
            Map<LotName, Boolean> lots = new LinkedHashMap<>();
            for (String subject : m.subjects()) {
                named.getOrDefault(subject, List.of()).forEach(n -> lots.merge(n.lot, n.item, Boolean::logicalOr));
            }
            lots.forEach((lot, item) ->
                    byLot.computeIfAbsent(lot, l -> new ArrayList<>()).add(new Fresh(m, item)));
        }
        return byLot;
    }

    static boolean applies(Connection c, InForce in, About about, String subject) throws SQLException {
        RuleSet rules = in.rules();
        if (!rules.watches(about)) {
            return false;
        }
        if (about == About.lot) {
            return rules.gtins().isEmpty() || rules.gtins().contains(subject.substring(4, 18));
        }
        return rules.sites().isEmpty()
                || first(
                                c,
                                "SELECT site FROM trace.stream WHERE id = ?",
                                r -> r.getString(1),
                                HexFormat.of().parseHex(subject))
                        .filter(rules.sites()::contains)
                        .isPresent();
    }

    private interface Work {
        void run() throws SQLException;
    }

    /**
     * What is to be done about one subject. Where a round has failed, a subject by which it fails is noted and passed over; a failing database is
     * nobody's own.
     */
    private void about(Connection c, InForce in, About about, String subject, Instant now, Work work)
            throws SQLException {
        if (!careful) {
            work.run();
            return;
        }
        Savepoint before = c.setSavepoint();
        try {
            work.run();
            noTrouble(c, in.tenant(), in.rules().name(), about, subject);
            c.releaseSavepoint(before);
        } catch (SQLException | RuntimeException e) {
            if (e instanceof SQLException sql && !isOfTheValues(sql)) {
                throw sql;
            }
            c.rollback(before);
            followed.remove(new Key(in.tenant(), in.rules().name(), in.rules().version(), about, subject));
            String reason = e.toString();
            run(
                    c,
                    "INSERT INTO trace.condition_trouble AS t (tenant_id, rule_set, about, subject, since, tried_at, reason) "
                            + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, rule_set, about, subject) "
                            + "DO UPDATE SET tried_at = excluded.tried_at, tries = t.tries + 1, reason = excluded.reason",
                    in.tenant(),
                    in.rules().name(),
                    about.name(),
                    subject,
                    now,
                    now,
                    reason.substring(0, Math.min(reason.length(), LONGEST_REASON)));
            countTroubled(c);
            LOG.errorf(
                    e,
                    "%s %s of %s cannot be evaluated under \"%s\": nobody watches it; tried again every %d minutes",
                    about,
                    subject,
                    in.tenant(),
                    in.rules().name(),
                    TROUBLED_AGAIN_AFTER.toMinutes());
        }
    }

    /** Data, integrity or a check of our own; not a lost connection, a deadlock or a full disk. */
    private static boolean isOfTheValues(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("22") || state.startsWith("23") || state.startsWith("P0"));
    }

    private void noTrouble(Connection c, String tenant, String ruleSet, About about, String subject)
            throws SQLException {
        if (run(
                        c,
                        "DELETE FROM trace.condition_trouble WHERE tenant_id = ? AND rule_set = ? AND about = ? AND subject = ?",
                        tenant,
                        ruleSet,
                        about.name(),
                        subject)
                > 0) {
            countTroubled(c);
        }
    }

    private void countTroubled(Connection c) throws SQLException {
        troubled = first(c, "SELECT count(*) FROM trace.condition_trouble", r -> r.getLong(1))
                .orElseThrow();
    }

    /** Subjects that could not be evaluated, from the log's beginning: what came since is among it. */
    synchronized void tryTroubledAgain(Instant now) {
        record Troubled(String tenant, String ruleSet, About about, String subject) {}
        boolean before = careful;
        careful = true;
        try {
            database.ledger(c -> {
                long upTo = position(c);
                for (Troubled one : list(
                        c,
                        "SELECT tenant_id, rule_set, about, subject FROM trace.condition_trouble WHERE tried_at < ? ORDER BY tried_at LIMIT "
                                + TROUBLED_AT_ONCE,
                        r -> new Troubled(
                                r.getString(1), r.getString(2), About.valueOf(r.getString(3)), r.getString(4)),
                        now.minus(TROUBLED_AGAIN_AFTER))) {
                    boolean asked = false;
                    for (InForce in : RuleSets.inForce(c, one.tenant)) {
                        if (in.rules().name().equals(one.ruleSet) && applies(c, in, one.about, one.subject)) {
                            asked = true;
                            followed.remove(
                                    new Key(one.tenant, one.ruleSet, in.rules().version(), one.about, one.subject));
                            take(c, in, one.about, one.subject, List.of(), upTo, now);
                        }
                    }
                    if (!asked) {
                        noTrouble(c, one.tenant, one.ruleSet, one.about, one.subject);
                    }
                }
                countTroubled(c);
                return null;
            });
        } finally {
            careful = before;
        }
    }

    /** Evaluates what came for a subject and stores what is to tell of it. */
    private void take(Connection c, InForce in, About about, String subject, List<Fresh> fresh, long upTo, Instant now)
            throws SQLException {
        about(c, in, about, subject, now, () -> evaluate(c, in, about, subject, fresh, upTo, now));
    }

    private void evaluate(
            Connection c, InForce in, About about, String subject, List<Fresh> fresh, long upTo, Instant now)
            throws SQLException {
        Key key = new Key(in.tenant(), in.rules().name(), in.rules().version(), about, subject);
        Followed known = followed.get(key);
        if (known == null) {
            known = new Followed(new Following(), about == About.lot ? lot(c, in.tenant(), subject) : null);
            followed.put(key, known);
        }
        Lot lot = known.lot;
        List<Observation> observations = new ArrayList<>();
        for (Fresh f : fresh) {
            if (f.message.reaches(in.rules().fromMillis())) {
                observations.addAll(lot == null ? f.message.observations() : lot.own(f.message, f.item));
            }
        }
        if (observations.isEmpty() && !fresh.isEmpty()) {
            return;
        }
        try {
            Following.Change change = known.following.take(
                    observations,
                    () -> {
                        recomputed.increment();
                        try {
                            return evaluation(c, in, about, subject, lot, upTo);
                        } catch (SQLException e) {
                            throw new Unread(e);
                        }
                    },
                    now.toEpochMilli());
            raised.increment(Alarms.tell(c, in, about, subject, change, now));
        } catch (Unread e) {
            throw (SQLException) e.getCause();
        }
    }

    private static final class Unread extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unread(SQLException cause) {
            super(cause);
        }
    }

    /** Everything stored about a subject up to an entry of the log, evaluated at once. */
    static Evaluation evaluation(Connection c, InForce in, About about, String subject, Lot lot, long upTo)
            throws SQLException {
        RuleSet rules = in.rules();
        if (about == About.lot) {
            return Evaluation.of(rules, about, lot.legs(), List.of(), lot.stored(c, rules.fromMillis(), upTo));
        }
        byte[] stream = HexFormat.of().parseHex(subject);
        return Evaluation.of(
                rules,
                about,
                List.of(),
                Calibrations.of(c, in.tenant(), stream),
                StoredObservations.ofDevice(c, in.tenant(), stream, rules.fromMillis(), upTo));
    }

    /** A lot with its legs as they are signed now. Notes the units it was in. */
    private static Lot lot(Connection c, String tenant, String path) throws SQLException {
        Lot lot = StoredObservations.lot(c, tenant, path);
        for (String unit : lot.units()) {
            run(
                    c,
                    "INSERT INTO trace.condition_unit (tenant_id, unit, gtin, lot) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    tenant,
                    unit,
                    path.substring(4, 18),
                    path.substring(22));
        }
        return lot;
    }

    // ---- custody steps as they are stored ----

    private boolean links() {
        return database.ledger(c -> {
            long before = first(c, "SELECT link_index FROM trace.condition_position", r -> r.getLong(1))
                    .orElseThrow();
            Long upTo = first(
                            c,
                            "SELECT max(ledger_index) FROM (SELECT ledger_index FROM trace.link WHERE ledger_index > ? "
                                    + "ORDER BY ledger_index LIMIT 10000) AS l",
                            r -> r.getObject(1, Long.class),
                            before)
                    .orElse(null);
            if (upTo == null) {
                return false;
            }
            run(
                    c,
                    "INSERT INTO trace.condition_due (tenant_id, about, subject) "
                            + "SELECT DISTINCT o.tenant_id, 'lot', '/01/' || o.gtin || '/10/' || o.lot FROM trace.link l "
                            + "JOIN trace.traced_object o ON o.uri = l.uri "
                            + "WHERE l.ledger_index > ? AND l.ledger_index <= ? AND o.lot IS NOT NULL "
                            + "AND EXISTS (SELECT FROM trace.rule_set r WHERE r.tenant_id = o.tenant_id) ON CONFLICT DO NOTHING",
                    before,
                    upTo);
            run(c, "UPDATE trace.condition_position SET link_index = ?", upTo);
            return true;
        });
    }

    // ---- who has been silent ----

    synchronized void lookForSilence(Instant now) {
        database.ledger(c -> {
            long upTo = position(c);
            for (InForce in : RuleSets.inForce(c, null)) {
                for (Rule rule : in.rules().rules()) {
                    if (!(rule instanceof Rule.Silent silent)) {
                        continue;
                    }
                    List<String> quiet = list(
                            c,
                            "SELECT encode(s.id, 'hex') FROM trace.stream s WHERE s.tenant_id = ? AND s.role = 'device' AND s.last_seen < ? "
                                    + "AND NOT EXISTS (SELECT FROM trace.alarm a WHERE a.tenant_id = s.tenant_id AND a.rule_set = ? AND a.rule = ? "
                                    + "AND a.subject = encode(s.id, 'hex') AND a.to_at IS NULL AND a.withdrawn_at IS NULL) ORDER BY s.id LIMIT 1000",
                            r -> r.getString(1),
                            in.tenant(),
                            now.minus(Duration.ofMinutes(silent.minutes())),
                            in.rules().name(),
                            silent.id());
                    for (String device : quiet) {
                        if (applies(c, in, About.device, device)) {
                            take(c, in, About.device, device, List.of(), upTo, now);
                            Followed known = followed.get(new Key(
                                    in.tenant(), in.rules().name(), in.rules().version(), About.device, device));
                            if (known == null) {
                                continue; // it could not be evaluated
                            }
                            List<Episode> silences = known.following.at(now.toEpochMilli()).episodes().stream()
                                    .filter(e -> e.rule().equals(silent.id()) && e.toMillis() == null)
                                    .toList();
                            about(
                                    c,
                                    in,
                                    About.device,
                                    device,
                                    now,
                                    () -> raised.increment(Alarms.tell(
                                            c, in, About.device, device, new Following.Change(false, silences), now)));
                        }
                    }
                }
            }
            return null;
        });
    }
}
