package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.passport.Passport;
import io.waymark.web.passport.TemperatureChart;
import io.waymark.web.upstream.Answer;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Alarms: what signed readings say against the organisation's rules, and who looks after it. */
@Path("/console/alarms")
@RolesAllowed({"viewer", "producer", "administrator"})
public class AlarmsResource {
    private static final int ROWS_SHOWN = 24;

    private final Desk desk;

    AlarmsResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance alarms(Person who, Page p);

        static native TemplateInstance alarm(Person who, Detail a, Form f);

        private Templates() {}
    }

    /**
     * A page of alarms in one state.
     *
     * @param next id that ends the page before; empty when there is none
     */
    public record Page(String state, List<Row> rows, String open, String next, boolean first) {}

    /** An alarm in a list. {@code icon}: bad while it lasts, caution when it is over. */
    public record Row(String href, String icon, String what, String about, String when, String care) {}

    /** A reading with its place in the log. */
    public record Reading(String time, String value, String index, String calibration) {}

    /** One line of what was done. */
    public record Did(String time, String who, String what, String note) {}

    /**
     * An alarm as its page shows it.
     *
     * @param subject  where the subject has a page; empty where it has none
     * @param measured in words, what was measured
     * @param chart    null when there is nothing to draw
     */
    public record Detail(
            String id,
            Row row,
            String subject,
            String measured,
            String rule,
            String digest,
            String ruleIndex,
            String from,
            String to,
            String raised,
            String ended,
            String withdrawn,
            String acknowledged,
            String assigned,
            String cleared,
            TemperatureChart chart,
            List<Reading> readings,
            String all,
            List<Did> history) {}

    @GET
    public Response alarms(@QueryParam("state") String state, @QueryParam("before") String before) {
        String shown = state == null ? "open" : state;
        if (!shown.matches("open|cleared|withdrawn")) {
            throw NothingToShow.badParameter("state is open, cleared or withdrawn.");
        }
        long end = Desk.number("before", before, Long.MAX_VALUE, Long.MAX_VALUE);
        JsonNode page = desk.read(
                "/alarms?state=" + shown + "&size=" + Desk.ROWS + (end == Long.MAX_VALUE ? "" : "&before=" + end));
        Map<String, String> names = names();
        List<Row> rows = new ArrayList<>();
        for (JsonNode alarm : page.path("alarms")) {
            rows.add(row(alarm, names));
        }
        return desk.show(
                200,
                Templates.alarms(
                        desk.who("alarms"),
                        new Page(
                                shown,
                                rows,
                                Said.count(page.path("open").asLong()),
                                Desk.text(page, "next"),
                                end == Long.MAX_VALUE)));
    }

    @GET
    @Path("{id:[0-9]{1,18}}")
    public Response alarm(@PathParam("id") String id) {
        return show(200, id, Form.empty());
    }

    private Response show(int status, String id, Form form) {
        return desk.show(status, Templates.alarm(desk.who("alarms"), detail(id), form));
    }

    @POST
    @Path("{id:[0-9]{1,18}}/{act:acknowledge|assign|clear}")
    @RolesAllowed({"producer", "administrator"})
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response act(
            @Context HttpServerRequest request,
            @PathParam("id") String id,
            @PathParam("act") String act,
            MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        Map<String, Object> body = new LinkedHashMap<>();
        if (act.equals("assign")) {
            body.put("to", form.needed("to", 80));
        } else {
            body.put("note", form.optional("note", 500));
        }
        if (form.right()) {
            Answer answer = desk.write("/alarms/" + id + "/" + act, body);
            if (answer.ok()) {
                return Desk.seeOther("/console/alarms/" + id);
            }
            if (answer.status() == 404) {
                throw NothingToShow.missing();
            }
            form.refused(answer.refusal());
        }
        return show(422, id, form);
    }

    // Names of devices are in the list of devices only; beyond its first page the id is the name.
    private Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        for (JsonNode device : desk.rows("/devices", 0, Desk.MOST_ROWS)) {
            names.put(Desk.text(device, "id"), DevicesResource.name(device));
        }
        return names;
    }

    /** How many open alarms there are, and the newest of them in words. */
    static JsonNode newest(Desk desk, int most) {
        return desk.read("/alarms?state=open&size=" + most);
    }

    static Row row(JsonNode alarm, Map<String, String> names) {
        String subject = Desk.text(alarm, "subject");
        String about = Desk.text(alarm, "about").equals("lot")
                ? "lot " + subject.substring(Math.min(22, subject.length())) + by(names.get(Desk.text(alarm, "device")))
                : names.getOrDefault(subject, subject);
        int sensor = alarm.path("sensor").asInt(-1);
        boolean lasts = alarm.path("to").isNull();
        String care = !Desk.text(alarm, "clearedBy").isEmpty()
                ? "cleared by " + Desk.text(alarm, "clearedBy")
                : !Desk.text(alarm, "assignedTo").isEmpty()
                        ? "with " + Desk.text(alarm, "assignedTo")
                        : !Desk.text(alarm, "acknowledgedBy").isEmpty()
                                ? "seen by " + Desk.text(alarm, "acknowledgedBy")
                                : "nobody yet";
        return new Row(
                "/console/alarms/" + Desk.text(alarm, "id"),
                lasts ? "bad" : "caution",
                what(Desk.text(alarm, "kind")) + " (" + Desk.text(alarm, "rule") + ")",
                about + (sensor > 0 ? ", sensor " + sensor : ""),
                lasts
                        ? "since " + Said.moment(alarm.path("from"))
                        : Said.moment(alarm.path("from")) + ", for " + length(alarm),
                care);
    }

    /** Whose word it is; a device of another organisation has no name here. */
    private static String by(String device) {
        return device == null ? "" : ", by " + device;
    }

    private static String length(JsonNode alarm) {
        Instant from = Said.instant(alarm.path("from")).orElse(Instant.EPOCH);
        return Said.duration(
                Duration.between(from, Said.instant(alarm.path("to")).orElse(from)));
    }

    private static String what(String kind) {
        return switch (kind) {
            case "limit" -> "Outside the limits";
            case "kinetic" -> "Mean kinetic temperature too high";
            case "budget" -> "Too long outside the limits in all";
            case "fence" -> "Not where it may be";
            case "place" -> "Not where the lot is said to be";
            case "range" -> "Not a possible value";
            case "stuck" -> "Sensor stuck";
            case "jump" -> "Value jumped";
            case "dead" -> "Sensor dead";
            case "drift" -> "Two sensors disagree";
            case "departure" -> "Unlike what is usual";
            case "calibrated" -> "Out of calibration";
            case "silent" -> "Silent";
            default -> kind;
        };
    }

    private static String measured(String kind, double measure, int quantity, boolean cumulative) {
        String number = Said.number(Math.round(measure * 100) / 100.0).replace('-', '\u2212');
        return switch (kind) {
            case "limit" ->
                cumulative
                        ? number + " minutes outside in all"
                        : "Furthest: " + Quantity.said(quantity, Math.round(measure * 100), -2);
            case "range", "dead" -> "It told " + Quantity.said(quantity, Math.round(measure * 100), -2);
            case "kinetic" -> "Highest: " + Said.celsius(measure);
            case "budget" -> number + " minutes outside in all";
            case "fence" -> Said.count(Math.round(measure)) + " m on the wrong side";
            case "place" -> Said.count(Math.round(measure)) + " m away";
            case "stuck" -> "The same value for " + Said.duration(Duration.ofMinutes(Math.round(measure)));
            case "jump" -> "By " + number + " in a minute";
            case "drift" -> "Difference " + number;
            case "departure" -> number + " times the usual scatter away from the usual";
            case "silent" -> "For " + Said.duration(Duration.ofMinutes(Math.round(measure)));
            default -> "";
        };
    }

    private Detail detail(String id) {
        JsonNode told = desk.read("/alarms/" + id);
        JsonNode alarm = told.path("alarm");
        String kind = Desk.text(alarm, "kind");
        int quantity = told.path("quantity").asInt();
        List<List<Double>> points = new ArrayList<>();
        List<Reading> readings = new ArrayList<>();
        Instant from = Said.instant(alarm.path("from")).orElse(Instant.EPOCH);
        Instant to = Said.instant(alarm.path("to")).orElse(Instant.MAX);
        for (JsonNode p : told.path("points")) {
            Instant at = Said.instant(p.path("at")).orElse(null);
            if (at == null) {
                continue;
            }
            points.add(List.of((double) at.toEpochMilli(), p.path("value").asDouble()));
            if (!at.isBefore(from) && !at.isAfter(to) && readings.size() < ROWS_SHOWN) {
                readings.add(new Reading(
                        Said.moment(at),
                        Quantity.said(quantity, Math.round(p.path("value").asDouble() * 100), -2),
                        Desk.text(p, "index"),
                        calibration(Desk.text(p, "calibration"))));
            }
        }
        List<Did> history = new ArrayList<>();
        for (JsonNode e : told.path("history")) {
            history.add(new Did(
                    Said.moment(e.path("at")),
                    Desk.text(e, "who").equals("~watch") ? "the evaluation" : Desk.text(e, "who"),
                    Desk.text(e, "what"),
                    Desk.text(e, "note")));
        }
        // The end of the drawing stands for one that lasts.
        Passport.Excursion episode = new Passport.Excursion(
                alarm.path("from"), lasting(alarm, told), alarm.path("measure").asDouble(), 0);
        boolean lot = Desk.text(alarm, "about").equals("lot");
        String subject = Desk.text(alarm, "subject");
        boolean cumulative = told.path("cumulative").asBoolean();
        return new Detail(
                id,
                row(alarm, names()),
                lot
                        ? "/console/batches/" + subject.substring(4, 18) + "/" + subject.substring(22)
                        : "/console/devices/" + subject,
                measured(kind, alarm.path("measure").asDouble(), quantity, cumulative),
                Desk.text(alarm, "rule") + " of " + Desk.text(alarm, "ruleSet") + ", version "
                        + Desk.text(alarm, "version"),
                Desk.text(told, "digest"),
                Desk.text(told, "ruleIndex"),
                Said.moment(alarm.path("from")),
                Said.moment(alarm.path("to")),
                Said.moment(alarm.path("raisedAt")),
                Desk.text(alarm, "ended"),
                Said.moment(alarm.path("withdrawnAt")),
                Desk.text(alarm, "acknowledgedBy"),
                Desk.text(alarm, "assignedTo"),
                Desk.text(alarm, "clearedBy"),
                quantity == Quantity.TEMPERATURE
                        ? TemperatureChart.of(
                                points,
                                celsius(told.path("lowMilli")),
                                celsius(told.path("highMilli")),
                                List.of(episode),
                                null)
                        : null,
                readings,
                Said.count(points.size()),
                history);
    }

    private static JsonNode lasting(JsonNode alarm, JsonNode told) {
        JsonNode points = told.path("points");
        return alarm.path("to").isNull() && points.size() > 0
                ? points.get(points.size() - 1).path("at")
                : alarm.path("to");
    }

    private static String calibration(String status) {
        return switch (status) {
            case "valid" -> "in calibration";
            case "out_of_calibration" -> "out of calibration";
            default -> "no certificate known";
        };
    }

    private static Double celsius(JsonNode milli) {
        return milli.isNumber() ? milli.asLong() / 1000.0 : null;
    }
}
