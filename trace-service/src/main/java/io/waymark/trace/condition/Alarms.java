package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Alarms: one per rule, subject and episode. The watch raises them and keeps them true to the readings; people acknowledge, assign and
 * clear
 * them, and every change is kept with who made it. None is ever deleted: one that later readings contradict is withdrawn.
 */
@ApplicationScoped
public class Alarms {
    /** Who: the evaluation, not a person. */
    private static final String WATCH = "~watch";

    private final Database database;

    Alarms(Database database) {
        this.database = database;
    }

    /**
     * An alarm.
     *
     * @param version  of the rule set under which it was evaluated last
     * @param subject  stream id, hex, or {@code /01/{gtin}/10/{lot}}
     * @param device   stream id, hex; empty for a lot as a whole
     * @param sensor   −1 = the device as a whole
     * @param other    the other sensor of a drift, {@code device/sensor}; else empty
     * @param to       null while it lasts
     * @param ended    over: within the rule again; gap: nobody measured any more; unwatched: no rule asks any more
     * @param raisedAt time of the reading with which the rule was broken
     * @param measure  {@link Episode#measure}
     */
    public record Alarm(
            long id,
            String ruleSet,
            int version,
            String rule,
            String kind,
            String about,
            String subject,
            String device,
            int sensor,
            String other,
            Instant from,
            Instant to,
            String ended,
            Instant raisedAt,
            double measure,
            long firstIndex,
            long lastIndex,
            Instant noticedAt,
            Instant withdrawnAt,
            Instant acknowledgedAt,
            String acknowledgedBy,
            String assignedTo,
            Instant clearedAt,
            String clearedBy) {

        private Episode episode() {
            return new Episode(
                    rule,
                    Rule.Kind.valueOf(kind),
                    device.isEmpty() ? null : device,
                    sensor,
                    other.isEmpty() ? null : other,
                    from.toEpochMilli(),
                    to == null ? null : to.toEpochMilli(),
                    null,
                    raisedAt.toEpochMilli(),
                    measure,
                    firstIndex,
                    lastIndex);
        }
    }

    /** One line of an alarm's history. {@code who} is a name, or {@code ~watch} for the evaluation. */
    public record Event(Instant at, String who, String what, String note) {}

    // ---- the watch ----

    /** How many were raised that were not there before. */
    static int tell(
            Connection c, RuleSets.InForce in, Rule.About about, String subject, Following.Change change, Instant now)
            throws SQLException {
        return change.anew()
                ? reconcile(c, in, about, subject, change.episodes(), now)
                : grown(c, in, about, subject, change.episodes());
    }

    private static int grown(
            Connection c, RuleSets.InForce in, Rule.About about, String subject, List<Episode> episodes)
            throws SQLException {
        int raised = 0;
        for (Episode e : episodes) {
            Optional<Alarm> stored = first(
                    c,
                    "SELECT * FROM trace.alarm WHERE tenant_id = ? AND rule_set = ? AND about = ? AND subject = ? AND rule = ? "
                            + "AND device = ? AND sensor = ? AND other = ? AND from_at = ?",
                    Alarms::alarm,
                    in.tenant(),
                    in.rules().name(),
                    about.name(),
                    subject,
                    e.rule(),
                    text(e.device()),
                    e.sensor(),
                    text(e.other()),
                    Instant.ofEpochMilli(e.fromMillis()));
            if (stored.isPresent()) {
                update(c, in, stored.get(), e);
            } else {
                raise(c, in, about, subject, e);
                raised++;
            }
        }
        return raised;
    }

    /** All episodes of the subject under these rules are known: what was told otherwise is corrected. */
    private static int reconcile(
            Connection c, RuleSets.InForce in, Rule.About about, String subject, List<Episode> episodes, Instant now)
            throws SQLException {
        List<Alarm> stored = new ArrayList<>(list(
                c,
                "SELECT * FROM trace.alarm WHERE tenant_id = ? AND rule_set = ? AND about = ? AND subject = ? ORDER BY from_at, id",
                Alarms::alarm,
                in.tenant(),
                in.rules().name(),
                about.name(),
                subject));
        List<Episode> unmatched = new ArrayList<>();
        for (Episode e : episodes) {
            Optional<Alarm> same = stored.stream()
                    .filter(a -> a.from().toEpochMilli() == e.fromMillis()
                            && a.episode().sameSubject(e))
                    .findFirst();
            if (same.isPresent()) {
                stored.remove(same.get());
                update(c, in, same.get(), e);
            } else {
                unmatched.add(e);
            }
        }
        int raised = 0;
        for (Episode e : unmatched) {
            Optional<Alarm> meets = stored.stream()
                    .filter(a -> a.withdrawnAt() == null
                            && a.episode().sameSubject(e)
                            && a.episode().meets(e))
                    .findFirst();
            if (meets.isPresent()) {
                stored.remove(meets.get());
                update(c, in, meets.get(), e);
            } else {
                raise(c, in, about, subject, e);
                raised++;
            }
        }
        for (Alarm left : stored) {
            boolean asked = left.version() == in.rules().version()
                    && left.from().toEpochMilli() >= in.rules().fromMillis();
            if (asked && left.withdrawnAt() == null) {
                run(c, "UPDATE trace.alarm SET withdrawn_at = ? WHERE id = ?", now, left.id());
                event(c, in.tenant(), left.id(), WATCH, "withdrawn", "with what is known now the rule is not broken");
            } else if (!asked && left.to() == null && left.withdrawnAt() == null) {
                run(c, "UPDATE trace.alarm SET to_at = ?, ended = 'unwatched' WHERE id = ?", now, left.id());
                event(
                        c,
                        in.tenant(),
                        left.id(),
                        WATCH,
                        "unwatched",
                        "version " + in.rules().version() + " does not find it");
            }
        }
        return raised;
    }

    private static void raise(Connection c, RuleSets.InForce in, Rule.About about, String subject, Episode e)
            throws SQLException {
        long id = first(
                        c,
                        "INSERT INTO trace.alarm (tenant_id, rule_set, version, rule, kind, about, subject, device, sensor, other, from_at, to_at, "
                                + "ended, raised_at, measure, first_index, last_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::timestamptz, ?::text, "
                                + "?, ?, ?, ?) RETURNING id",
                        r -> r.getLong(1),
                        in.tenant(),
                        in.rules().name(),
                        in.rules().version(),
                        e.rule(),
                        e.kind().name(),
                        about.name(),
                        subject,
                        text(e.device()),
                        e.sensor(),
                        text(e.other()),
                        Instant.ofEpochMilli(e.fromMillis()),
                        e.toMillis() == null ? null : Instant.ofEpochMilli(e.toMillis()),
                        e.end() == null ? null : e.end().name(),
                        Instant.ofEpochMilli(e.raisedMillis()),
                        e.measure(),
                        e.firstIndex(),
                        e.lastIndex())
                .orElseThrow();
        event(
                c,
                in.tenant(),
                id,
                WATCH,
                "raised",
                "version " + in.rules().version() + ", with the reading at index " + e.lastIndex());
        if (e.toMillis() != null) {
            event(c, in.tenant(), id, WATCH, "over", e.end().name());
        }
    }

    private static void update(Connection c, RuleSets.InForce in, Alarm a, Episode e) throws SQLException {
        Instant from = Instant.ofEpochMilli(e.fromMillis());
        Instant to = e.toMillis() == null ? null : Instant.ofEpochMilli(e.toMillis());
        run(
                c,
                "UPDATE trace.alarm SET version = ?, from_at = ?, to_at = ?::timestamptz, ended = ?::text, raised_at = ?, measure = ?, first_index = ?, "
                        + "last_index = ?, withdrawn_at = NULL WHERE id = ?",
                in.rules().version(),
                from,
                to,
                e.end() == null ? null : e.end().name(),
                Instant.ofEpochMilli(e.raisedMillis()),
                e.measure(),
                e.firstIndex(),
                e.lastIndex(),
                a.id());
        if (a.version() != in.rules().version()) {
            event(
                    c,
                    in.tenant(),
                    a.id(),
                    WATCH,
                    "taken over",
                    "by version " + in.rules().version());
        }
        if (a.withdrawnAt() != null || !a.from().equals(from) || a.to() != null && !a.to().equals(to)) {
            event(
                    c,
                    in.tenant(),
                    a.id(),
                    WATCH,
                    "corrected",
                    "by readings that came later: from " + from + (to == null ? ", it lasts" : " to " + to));
        } else if (a.to() == null && to != null) {
            event(c, in.tenant(), a.id(), WATCH, "over", e.end().name());
        }
    }

    private static void event(Connection c, String tenant, long alarm, String who, String what, String note)
            throws SQLException {
        run(
                c,
                "INSERT INTO trace.alarm_event (tenant_id, alarm_id, who, what, note) VALUES (?, ?, ?, ?, ?::text)",
                tenant,
                alarm,
                who,
                what,
                note);
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    // ---- people ----

    /** Which alarms a list has. */
    public enum State {
        /** Nobody cleared them yet. */
        open,
        /** Somebody did. */
        cleared,
        /** Later readings contradict them. */
        withdrawn,
        /** Every one. */
        all
    }

    /** At most {@code most} of the tenant's alarms with smaller ids than {@code before}, newest first. */
    public List<Alarm> page(String tenant, State state, long before, int most) {
        String where =
                switch (state) {
                    case open -> " AND cleared_at IS NULL AND withdrawn_at IS NULL";
                    case cleared -> " AND cleared_at IS NOT NULL AND withdrawn_at IS NULL";
                    case withdrawn -> " AND withdrawn_at IS NOT NULL";
                    case all -> "";
                };
        return database.asTenant(
                tenant,
                c -> Database.list(
                        c,
                        "SELECT * FROM trace.alarm WHERE tenant_id = ? AND id < ?" + where
                                + " ORDER BY id DESC LIMIT ?",
                        Alarms::alarm,
                        tenant,
                        before,
                        most));
    }

    /** How many nobody cleared yet. */
    public long open(String tenant) {
        return database.asTenant(tenant, c -> first(
                        c,
                        "SELECT count(*) FROM trace.alarm WHERE tenant_id = ? AND cleared_at IS NULL AND withdrawn_at IS NULL",
                        r -> r.getLong(1),
                        tenant)
                .orElse(0L));
    }

    /** One of the tenant's alarms. */
    public Optional<Alarm> find(String tenant, long id) {
        return database.asTenant(tenant, c -> find(c, tenant, id));
    }

    private static Optional<Alarm> find(Connection c, String tenant, long id) throws SQLException {
        return first(c, "SELECT * FROM trace.alarm WHERE tenant_id = ? AND id = ?", Alarms::alarm, tenant, id);
    }

    /** Its history, oldest first; the newest 500 lines. */
    public List<Event> history(String tenant, long id) {
        return database.asTenant(
                tenant,
                c -> Database.list(
                        c,
                        "SELECT * FROM (SELECT * FROM trace.alarm_event WHERE tenant_id = ? AND alarm_id = ? ORDER BY id DESC LIMIT 500) AS e ORDER BY id",
                        r -> new Event(instant(r, "at"), r.getString("who"), r.getString("what"), r.getString("note")),
                        tenant,
                        id));
    }

    /** Says that somebody has seen it. The first who says so stays; again is no change. */
    public Alarm acknowledge(String tenant, long id, String who, String note) {
        return change(
                tenant,
                id,
                who,
                "acknowledged",
                note,
                "UPDATE trace.alarm SET acknowledged_at = now(), acknowledged_by = ? WHERE tenant_id = ? AND id = ? AND acknowledged_at IS NULL",
                who);
    }

    /** Says who looks after it. */
    public Alarm assign(String tenant, long id, String who, String to, String note) {
        return change(
                tenant,
                id,
                who,
                "assigned",
                "to " + to + (note == null ? "" : ": " + note),
                "UPDATE trace.alarm SET assigned_to = ? WHERE tenant_id = ? AND id = ? AND cleared_at IS NULL AND assigned_to IS DISTINCT FROM ?",
                to);
    }

    /** Says that it is dealt with. The finding stays; the same episode raises no other alarm. */
    public Alarm clear(String tenant, long id, String who, String note) {
        return change(
                tenant,
                id,
                who,
                "cleared",
                note,
                "UPDATE trace.alarm SET cleared_at = now(), cleared_by = ? WHERE tenant_id = ? AND id = ? AND cleared_at IS NULL",
                who);
    }

    private static final Set<String> TWICE = Set.of("assigned");

    private Alarm change(String tenant, long id, String who, String what, String note, String update, String value) {
        return database.asTenant(tenant, c -> {
            int changed =
                    TWICE.contains(what) ? run(c, update, value, tenant, id, value) : run(c, update, value, tenant, id);
            if (changed > 0) {
                event(c, tenant, id, who, what, note);
            }
            return find(c, tenant, id).orElseThrow(() -> Problem.notFound("no alarm " + id));
        });
    }

    private static Alarm alarm(ResultSet r) throws SQLException {
        return new Alarm(
                r.getLong("id"),
                r.getString("rule_set"),
                r.getInt("version"),
                r.getString("rule"),
                r.getString("kind"),
                r.getString("about"),
                r.getString("subject"),
                r.getString("device"),
                r.getInt("sensor"),
                r.getString("other"),
                instant(r, "from_at"),
                instant(r, "to_at"),
                r.getString("ended"),
                instant(r, "raised_at"),
                r.getDouble("measure"),
                r.getLong("first_index"),
                r.getLong("last_index"),
                instant(r, "noticed_at"),
                instant(r, "withdrawn_at"),
                instant(r, "acknowledged_at"),
                r.getString("acknowledged_by"),
                r.getString("assigned_to"),
                instant(r, "cleared_at"),
                r.getString("cleared_by"));
    }
}
