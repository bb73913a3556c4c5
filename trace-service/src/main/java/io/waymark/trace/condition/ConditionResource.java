package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.first;
import static io.waymark.trace.organisation.Database.list;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.condition.Alarms.Alarm;
import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.condition.Rule.About;
import io.waymark.trace.condition.RuleSets.InForce;
import io.waymark.trace.condition.StoredObservations.Lot;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;

/** Rule sets, alarms, calibration certificates, and what the stored readings say under the rules in force. */
@Path("/api")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ConditionResource {
    private static final int MOST_POINTS = 400;
    private static final int MESSAGES_AROUND = 60;
    private static final int MOST_MESSAGES = 5_000;
    private static final int LARGEST_PAGE = 200;

    private final RuleSets ruleSets;
    private final Alarms alarms;
    private final Calibrations calibrations;
    private final Database database;
    private final Tenant tenant;
    private final SecurityIdentity caller;
    private final ObjectMapper strict;

    ConditionResource(
            RuleSets ruleSets,
            Alarms alarms,
            Calibrations calibrations,
            Database database,
            Tenant tenant,
            SecurityIdentity caller,
            ObjectMapper json) {
        this.ruleSets = ruleSets;
        this.alarms = alarms;
        this.calibrations = calibrations;
        this.database = database;
        this.tenant = tenant;
        this.caller = caller;
        // A limit with a letter too few would be no limit.
        this.strict = json.copy().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }

    // ---- rule sets ----

    /**
     * Rules to put in force.
     *
     * @param from       ISO 8601; readings taken before are not looked at. Absent: as in the version before, else now
     * @param gapMinutes 120 when absent
     */
    public record RuleSetDraft(
            String name, String from, Long gapMinutes, List<String> gtins, List<String> sites, List<Rule> rules) {}

    /**
     * A version of a rule set.
     *
     * @param digest      SHA-256 of {@code bytes}, lower-case hex
     * @param bytes       base64 of what is hashed (FORMAT.md §5.4)
     * @param ledgerIndex of the statement that put it in force; null: not yet, ask for the same rules again
     */
    public record RuleSetVersion(
            String name,
            int version,
            Instant from,
            long gapMinutes,
            List<String> gtins,
            List<String> sites,
            List<Rule> rules,
            String digest,
            String bytes,
            Long ledgerIndex,
            String author,
            Instant createdAt) {
        static RuleSetVersion of(RuleSets.Version v) {
            RuleSet r = v.rules();
            return new RuleSetVersion(
                    r.name(),
                    r.version(),
                    Instant.ofEpochMilli(r.fromMillis()),
                    r.gapMinutes(),
                    r.gtins(),
                    r.sites(),
                    r.rules(),
                    HexFormat.of().formatHex(v.digest()),
                    Base64.getEncoder().encodeToString(v.bytes()),
                    v.ledgerIndex(),
                    v.author(),
                    v.createdAt());
        }
    }

    /** Puts a new version in force; the same rules again answer the version that is. */
    @POST
    @Path("rule-sets")
    @RolesAllowed({"producer", "administrator"})
    public RuleSetVersion put(
            @RequestBody(content = @Content(schema = @Schema(implementation = RuleSetDraft.class))) JsonNode body) {
        RuleSetDraft draft;
        try {
            draft = Input.body(strict.treeToValue(Input.body(body), RuleSetDraft.class));
        } catch (JsonProcessingException e) {
            // What a rule's constructor says, else what Jackson says without its class names.
            throw Problem.malformed(
                    e.getCause() instanceof IllegalArgumentException wrong
                            ? wrong.getMessage()
                            : e.getOriginalMessage()
                                    .lines()
                                    .findFirst()
                                    .orElse("")
                                    .replaceFirst(" \\(class .*", ""));
        }
        String slug = tenant.required();
        String name = draft.name() == null ? "" : draft.name();
        Optional<RuleSets.Version> newest =
                ruleSets.versions(slug, name, 1).stream().findFirst();
        long from = draft.from() != null
                ? time("from", draft.from()).toEpochMilli()
                : newest.map(v -> v.rules().fromMillis()).orElseGet(System::currentTimeMillis);
        try {
            return RuleSetVersion.of(ruleSets.put(
                    slug,
                    name,
                    caller.getPrincipal().getName(),
                    version -> new RuleSet(
                            draft.name(),
                            version,
                            from,
                            draft.gapMinutes() == null ? 120 : draft.gapMinutes(),
                            draft.gtins(),
                            draft.sites(),
                            draft.rules())));
        } catch (IllegalArgumentException e) {
            throw Problem.malformed(e.getMessage());
        }
    }

    @GET
    @Path("rule-sets")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<RuleSetVersion> ruleSets() {
        return ruleSets.versions(tenant.required(), null, 1000).stream()
                .map(RuleSetVersion::of)
                .toList();
    }

    @GET
    @Path("rule-sets/{name}/{version}")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public RuleSetVersion ruleSet(@PathParam("name") String name, @PathParam("version") int version) {
        return ruleSets.version(tenant.required(), name, version)
                .map(RuleSetVersion::of)
                .orElseThrow(() -> Problem.notFound("no version " + version + " of a rule set " + name));
    }

    // ---- alarms ----

    /**
     * Alarms, newest first.
     *
     * @param next give as {@code before} for the ones after these; null: there are none
     * @param open how many nobody cleared
     */
    public record AlarmPage(List<Alarm> alarms, Long next, long open) {}

    @GET
    @Path("alarms")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public AlarmPage alarms(
            @QueryParam("state") @DefaultValue("open") String state,
            @QueryParam("before") @DefaultValue("9223372036854775807") long before,
            @QueryParam("size") @DefaultValue("50") int size) {
        Input.oneOf("state", state, List.of("open", "cleared", "withdrawn", "all"));
        int most = Math.max(1, Math.min(LARGEST_PAGE, size));
        List<Alarm> found = alarms.page(tenant.required(), Alarms.State.valueOf(state), before, most + 1);
        boolean more = found.size() > most;
        List<Alarm> page = more ? found.subList(0, most) : found;
        return new AlarmPage(page, more ? page.get(most - 1).id() : null, alarms.open(tenant.required()));
    }

    /** A value as it was signed. calibration: valid, out_of_calibration or unknown; index: where its message stands in the ledger. */
    public record MeasuredPoint(Instant at, double value, long index, String device, int sensor, String calibration) {}

    /**
     * An alarm with what it rests on.
     *
     * @param digest      of the rule set's version, lower-case hex
     * @param ruleIndex   of the statement that put it in force
     * @param quantity    of the points, FORMAT.md §5.1
     * @param lowMilli    the rule's limits, if it has any
     * @param cumulative  whether the measure is minutes in all, not a value
     * @param points      around the episode, by time; at most about 400: the lowest and the highest of every stretch, so that none is
     *                    smoothed away
     */
    public record AlarmDetail(
            Alarm alarm,
            String digest,
            Long ruleIndex,
            int quantity,
            Long lowMilli,
            Long highMilli,
            boolean cumulative,
            List<MeasuredPoint> points,
            List<Alarms.Event> history) {}

    @GET
    @Path("alarms/{id}")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public AlarmDetail alarm(@PathParam("id") long id) {
        String slug = tenant.required();
        Alarm a = alarms.find(slug, id).orElseThrow(() -> Problem.notFound("no alarm " + id));
        RuleSets.Version version = ruleSets.version(slug, a.ruleSet(), a.version())
                .orElseThrow(() -> new IllegalStateException("alarm " + id + " names a version that is not there"));
        Rule rule = version.rules().rules().stream()
                .filter(r -> r.id().equals(a.rule()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("alarm " + id + " names a rule that is not there"));
        Long low = null;
        Long high = null;
        if (rule instanceof Rule.Limit l) {
            low = l.lowMilli();
            high = l.highMilli();
        } else if (rule instanceof Rule.Budget b) {
            low = b.lowMilli();
            high = b.highMilli();
        } else if (rule instanceof Rule.Range r) {
            low = r.lowMilli();
            high = r.highMilli();
        } else if (rule instanceof Rule.Kinetic k) {
            high = k.highMilli();
        }
        return new AlarmDetail(
                a,
                HexFormat.of().formatHex(version.digest()),
                version.ledgerIndex(),
                rule.quantity(),
                low,
                high,
                rule instanceof Rule.Budget || rule instanceof Rule.Limit l && l.cumulative(),
                database.ledger(c -> points(c, slug, a, rule, version.rules())),
                alarms.history(slug, id));
    }

    private static List<MeasuredPoint> points(Connection c, String slug, Alarm a, Rule rule, RuleSet rules)
            throws SQLException {
        List<Calibration> certificates = List.of();
        List<Observation> all = new ArrayList<>();
        if (a.about().equals(About.lot.name())) {
            Lot lot = StoredObservations.lot(c, slug, a.subject());
            all.addAll(lot.stored(c, rules.fromMillis(), Long.MAX_VALUE));
        } else {
            byte[] stream = HexFormat.of().parseHex(a.device());
            certificates = Calibrations.of(c, slug, stream);
            for (Optional<StoredObservations.Message> m : list(
                    c,
                    "SELECT ledger_index, wire, received_at FROM trace.message WHERE stream_id = ? AND tenant_id = ? AND type = 1 AND ledger_index >= coalesce("
                            + "(SELECT min(i) FROM (SELECT ledger_index AS i FROM trace.message WHERE stream_id = ? AND ledger_index <= ? "
                            + "ORDER BY ledger_index DESC LIMIT " + MESSAGES_AROUND
                            + ") AS before), 0) AND ledger_index <= coalesce("
                            + "(SELECT max(i) FROM (SELECT ledger_index AS i FROM trace.message WHERE stream_id = ? AND ledger_index >= ? "
                            + "ORDER BY ledger_index LIMIT " + MESSAGES_AROUND
                            + ") AS after), 0) ORDER BY ledger_index LIMIT " + MOST_MESSAGES,
                    r -> StoredObservations.read(r.getLong(1), slug, r.getBytes(2), Database.instant(r, "received_at")),
                    stream,
                    slug,
                    stream,
                    a.firstIndex(),
                    stream,
                    a.lastIndex())) {
                m.ifPresent(message -> all.addAll(message.observations()));
            }
        }
        List<Calibration> known = certificates;
        List<MeasuredPoint> points = all.stream()
                .filter(o -> o instanceof Sample)
                .map(o -> (Sample) o)
                .filter(s -> s.quantity() == rule.quantity())
                .filter(s -> a.sensor() < 0
                        || s.sensor() == a.sensor() && s.device().equals(a.device())
                        || a.other().equals(s.device() + "/" + s.sensor()))
                .sorted(Observation.ORDER)
                .map(s -> point(s, known))
                .toList();
        return drawn(points);
    }

    private static List<MeasuredPoint> drawn(List<MeasuredPoint> points) {
        if (points.size() <= MOST_POINTS) {
            return points;
        }
        List<MeasuredPoint> drawn = new ArrayList<>();
        int stretch = (int) Math.ceil(points.size() * 2.0 / MOST_POINTS);
        for (int from = 0; from < points.size(); from += stretch) {
            List<MeasuredPoint> some = points.subList(from, Math.min(points.size(), from + stretch));
            MeasuredPoint low = some.stream()
                    .min(Comparator.comparingDouble(MeasuredPoint::value))
                    .orElseThrow();
            MeasuredPoint high = some.stream()
                    .max(Comparator.comparingDouble(MeasuredPoint::value))
                    .orElseThrow();
            some.stream().filter(p -> p == low || p == high).forEach(drawn::add);
        }
        return drawn;
    }

    /** note: what the person wants kept beside it, at most 500 characters, or null. */
    public record AlarmRemark(String note) {}

    /** to: a name, at most 80 characters. */
    public record AlarmAssignment(String to, String note) {}

    @POST
    @Path("alarms/{id}/acknowledge")
    @RolesAllowed({"producer", "administrator"})
    public Alarm acknowledge(@PathParam("id") long id, AlarmRemark body) {
        return alarms.acknowledge(
                tenant.required(), id, who(), note(Input.body(body).note()));
    }

    @POST
    @Path("alarms/{id}/assign")
    @RolesAllowed({"producer", "administrator"})
    public Alarm assign(@PathParam("id") long id, AlarmAssignment body) {
        return alarms.assign(
                tenant.required(), id, who(), Input.text("to", Input.body(body).to(), 80), note(body.note()));
    }

    @POST
    @Path("alarms/{id}/clear")
    @RolesAllowed({"producer", "administrator"})
    public Alarm clear(@PathParam("id") long id, AlarmRemark body) {
        return alarms.clear(tenant.required(), id, who(), note(Input.body(body).note()));
    }

    private String who() {
        return caller.getPrincipal().getName();
    }

    private static String note(String note) {
        return Input.optional("note", note, 500);
    }

    // ---- calibration ----

    /** A certificate: SHA-256 of its file, lower-case hex, and its validity, ISO 8601. */
    public record CalibrationCertificate(String digest, String validFrom, String validUntil) {}

    @POST
    @Path("devices/{id}/calibrations")
    @RolesAllowed({"producer", "administrator"})
    public CalibrationCertificate calibrate(@PathParam("id") String id, CalibrationCertificate body) {
        CalibrationCertificate in = Input.body(body);
        byte[] stream = Input.hex("id", id, 16);
        byte[] digest = Input.hex("digest", in.digest(), 32);
        Instant from = time("validFrom", in.validFrom());
        Instant until = time("validUntil", in.validUntil());
        if (!from.isBefore(until)) {
            throw Problem.malformed("validUntil must be after validFrom");
        }
        calibrations.add(tenant.required(), stream, digest, from, until, who());
        return new CalibrationCertificate(in.digest(), from.toString(), until.toString());
    }

    @GET
    @Path("devices/{id}/calibrations")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<CalibrationCertificate> calibrations(@PathParam("id") String id) {
        return calibrations.of(tenant.required(), Input.hex("id", id, 16)).stream()
                .map(k -> new CalibrationCertificate(
                        k.digest(),
                        Instant.ofEpochMilli(k.fromMillis()).toString(),
                        Instant.ofEpochMilli(k.untilMillis()).toString()))
                .toList();
    }

    private static Instant time(String field, String value) {
        try {
            Instant t = Instant.parse(value == null ? "" : value);
            if (t.getEpochSecond() >= 0 && t.getEpochSecond() < 253_402_300_800L) {
                return Instant.ofEpochMilli(t.toEpochMilli());
            }
        } catch (DateTimeException e) {
            // the problem below says it
        }
        throw Problem.malformed(field + " must be a time such as 2026-11-21T08:30:00Z");
    }

    /**
     * Values with what their device's certificates say of each.
     *
     * @param next give as {@code before} for the ones stored before these; null: there are none
     */
    public record MeasuredPage(List<MeasuredPoint> points, Long next) {}

    /** What a device measured, the newest messages first, each value with whether the device was in calibration. */
    @GET
    @Path("condition/devices/{id}/readings")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public MeasuredPage readings(
            @PathParam("id") String id,
            @QueryParam("quantity") @DefaultValue("1") int quantity,
            @QueryParam("before") @DefaultValue("9223372036854775807") long before,
            @QueryParam("size") @DefaultValue("50") int size) {
        String slug = tenant.required();
        byte[] stream = Input.hex("id", id, 16);
        int most = Math.max(1, Math.min(LARGEST_PAGE, size));
        return database.ledger(c -> {
            own(c, slug, stream);
            List<Calibration> certificates = Calibrations.of(c, slug, stream);
            record Row(long index, Optional<StoredObservations.Message> message) {}
            List<Row> rows = list(
                    c,
                    "SELECT ledger_index, wire, received_at FROM trace.message WHERE stream_id = ? AND tenant_id = ? AND type = 1 "
                            + "AND ledger_index < ? ORDER BY ledger_index DESC LIMIT ?",
                    r -> new Row(
                            r.getLong(1),
                            StoredObservations.read(
                                    r.getLong(1), slug, r.getBytes(2), Database.instant(r, "received_at"))),
                    stream,
                    slug,
                    before,
                    most + 1);
            boolean more = rows.size() > most;
            List<Row> page = more ? rows.subList(0, most) : rows;
            return new MeasuredPage(
                    page.stream()
                            .flatMap(r -> r.message().stream())
                            .flatMap(m -> m.observations().stream())
                            .filter(o -> o instanceof Sample)
                            .map(o -> (Sample) o)
                            .filter(s -> s.quantity() == quantity)
                            .map(s -> point(s, certificates))
                            .toList(),
                    more ? page.get(most - 1).index() : null);
        });
    }

    private static MeasuredPoint point(Sample s, List<Calibration> certificates) {
        return new MeasuredPoint(
                Instant.ofEpochMilli(s.timeMillis()),
                s.value(),
                s.index(),
                s.device(),
                s.sensor(),
                Calibration.of(certificates, s.device(), s.timeMillis(), s.calibration())
                        .name());
    }

    private static void own(Connection c, String slug, byte[] stream) throws SQLException {
        if (first(
                        c,
                        "SELECT 1 FROM trace.stream WHERE id = ? AND tenant_id = ? AND role = 'device'",
                        r -> 1,
                        stream,
                        slug)
                .isEmpty()) {
            throw Problem.notFound("no such device");
        }
    }

    // ---- what the readings say ----

    /**
     * What the stored readings say under one version of a rule set, computed anew for this answer.
     *
     * @param digest of the version, lower-case hex
     */
    public record Assessed(String ruleSet, int version, String digest, Assessment assessment) {}

    @GET
    @Path("condition/devices/{id}")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Assessed> device(@PathParam("id") String id) {
        String slug = tenant.required();
        byte[] stream = Input.hex("id", id, 16);
        return database.ledger(c -> {
            own(c, slug, stream);
            return assessed(c, slug, About.device, id);
        });
    }

    /** Of a lot: its time-out-of-refrigeration budget over the custody legs, what remains, and everything else its rules say. */
    @GET
    @Path("condition/lots/{gtin}/{lot}")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Assessed> lot(@PathParam("gtin") String gtin, @PathParam("lot") String lot) {
        String slug = tenant.required();
        return database.ledger(c -> {
            if (first(
                            c,
                            "SELECT 1 FROM trace.batch WHERE gtin = ? AND lot = ? AND tenant_id = ?",
                            r -> 1,
                            gtin,
                            lot,
                            slug)
                    .isEmpty()) {
                throw Problem.notFound("no such lot");
            }
            return assessed(c, slug, About.lot, ObjectUri.batchPath(gtin, lot));
        });
    }

    private static List<Assessed> assessed(Connection c, String slug, About about, String subject) throws SQLException {
        List<Assessed> all = new ArrayList<>();
        long now = System.currentTimeMillis();
        for (InForce in : RuleSets.inForce(c, slug)) {
            if (ConditionWatch.applies(c, in, about, subject)) {
                Lot lot = about == About.lot ? StoredObservations.lot(c, slug, subject) : null;
                all.add(new Assessed(
                        in.rules().name(),
                        in.rules().version(),
                        HexFormat.of().formatHex(in.rules().digest()),
                        ConditionWatch.evaluation(c, in, about, subject, lot, Long.MAX_VALUE)
                                .at(now)));
            }
        }
        return all;
    }
}
