package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.passport.TemperatureChart;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Page;
import io.waymark.web.upstream.UpstreamUnavailable;
import io.waymark.web.upstream.Vision;
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
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Devices, and what one of them sent: a chart of everything, a table in pages. */
@Path("/console/devices")
@RolesAllowed({"viewer", "producer", "administrator"})
public class DevicesResource {
    private static final int TABLE = 100;
    private static final int MOST_SEARCHED = 40;
    private static final int MOST_OFFERED = 50;
    /** Two columns for each unit of the drawing: about one per pixel of the widest chart on a page. */
    private static final int COLUMNS = 2 * TemperatureChart.WIDTH;

    private final Desk desk;
    private final Vision vision;

    DevicesResource(Desk desk, Vision vision) {
        this.desk = desk;
        this.vision = vision;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance devices(Person who, Listing l);

        static native TemplateInstance device(
                Person who,
                Device d,
                List<Row> rows,
                String before,
                boolean newest,
                Curves c,
                List<Finding> findings,
                Pictures pictures);

        static native TemplateInstance revoke(Person who, Device d, Form f);

        private Templates() {}
    }

    /**
     * Who the device is, and how it stands with its newest key.
     *
     * @param kid     empty when trace-service's list does not have the device
     * @param revoked in words, why it is revoked; empty while it is good
     * @param signedBy who signs in its place, as a sentence; empty when it signs itself
     * @param suspect place in the log from which its messages may be another's; empty when nothing is suspected
     */
    public record Device(
            String id,
            String name,
            String kind,
            String site,
            String kid,
            String revoked,
            String suspect,
            String signedBy) {}

    /**
     * A message: when, what it says, its number, its place in the log.
     *
     * @param between since and until when it was signed, whatever its clock says; empty when only its arrival is known
     * @param marks   what is wrong with its time, its chain or its key, in words; empty when nothing is
     */
    public record Row(String time, String between, String values, String number, String index, String marks) {}

    /** Something about a device's numbers, chain, keys or clock that its owner should see. @param bad whether somebody may have done it */
    public record Finding(String says, boolean bad) {}

    /**
     * Of the newest pictures that the device announced.
     *
     * @param said   how many came whole, as a sentence; empty when it announced none
     * @param lacking of each that did not, what lacks
     */
    public record Pictures(String said, List<Finding> lacking) {}

    /** A product whose limits can be drawn into the chart. */
    public record Limits(String gtin, String name, String limits, boolean chosen) {}

    /**
     * The charts of a device, one for each of its temperature sensors.
     *
     * @param messages how many they cover
     * @param cutAt    since when, if older ones were left out; else empty
     */
    public record Curves(List<Curve> all, String messages, String cutAt, List<Limits> limits) {
        public boolean drawn() {
            return limits.stream().anyMatch(Limits::chosen);
        }
    }

    public record Curve(String sensor, TemperatureChart chart) {}

    @GET
    public Response devices(@QueryParam("page") String page) {
        Page devices = desk.page("/devices", Desk.number(page), Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode device : devices.rows()) {
            List<String> last = new ArrayList<>();
            for (JsonNode value : device.path("last")) {
                last.add(Quantity.said(
                        value.path("quantity").asInt(),
                        value.path("value").asLong(),
                        value.path("exponent").asInt()));
            }
            String seen = Said.moment(device.path("lastSeen"));
            rows.add(new Listing.Row(
                    List.of(
                            name(device),
                            Desk.text(device, "kind"),
                            Desk.text(device, "site"),
                            device.path("revoked").asBoolean() ? "key revoked" : seen.isEmpty() ? "never" : seen,
                            String.join(", ", last)),
                    "/console/devices/" + Desk.text(device, "id")));
        }
        return desk.show(200, Templates.devices(desk.who("devices"), Listing.of(devices, rows)));
    }

    /**
     * @param before place in the log that ends the page of the table; absent for the newest messages, which come with the chart
     * @param limits GTIN of the product whose limits are drawn
     */
    @GET
    @Path("{id:[0-9a-f]{32}}")
    public Response device(
            @PathParam("id") String id, @QueryParam("before") String before, @QueryParam("limits") String limits) {
        long end = Desk.number("before", before, Long.MAX_VALUE, Long.MAX_VALUE);
        boolean newest = end == Long.MAX_VALUE;
        History history = History.of(desk, id, end, newest ? History.MOST : TABLE + 1);
        Device device = find(id);
        List<Row> rows = new ArrayList<>();
        String oldest = "";
        for (JsonNode message :
                history.newest().subList(0, Math.min(TABLE, history.newest().size()))) {
            rows.add(row(message));
            oldest = Desk.text(message, "index");
        }
        boolean more = history.messages() > rows.size() || history.cut();
        return desk.show(
                200,
                Templates.device(
                        desk.who("devices"),
                        device,
                        rows,
                        more ? oldest : "",
                        newest,
                        newest ? curves(history, limits) : new Curves(List.of(), "", "", List.of()),
                        newest ? findings(desk.read("/devices/" + id + "/findings")) : List.of(),
                        newest ? pictures(id) : new Pictures("", List.of())));
    }

    private Pictures pictures(String device) {
        Answer answer;
        try {
            answer = vision.imagesOf(device, desk.token());
        } catch (UpstreamUnavailable e) {
            answer = null;
        }
        if (answer == null || !answer.ok()) {
            return new Pictures("Whether its pictures came whole cannot be told at the moment.", List.of());
        }
        int whole = 0;
        List<Finding> lacking = new ArrayList<>();
        for (JsonNode image : answer.json()) {
            if (Desk.text(image, "state").equals("complete")) {
                whole++;
                continue;
            }
            boolean over = Desk.text(image, "state").equals("incomplete");
            lacking.add(new Finding(
                    "The picture announced " + Said.moment(image.path("announcedAt")) + " lacks "
                            + image.path("missing").asInt() + " of "
                            + image.path("chunks").asInt()
                            + (over
                                    ? " pieces: incomplete. Its digest is in the log, the picture is not here."
                                    : " pieces; the device sends them while it has them."),
                    over));
        }
        int all = whole + lacking.size();
        return new Pictures(
                all == 0
                        ? ""
                        : whole + " of the newest " + all + (all == 1 ? " picture" : " pictures") + " came whole.",
                lacking);
    }

    private static List<Finding> findings(JsonNode of) {
        List<Finding> findings = new ArrayList<>();
        for (JsonNode held : of.path("held")) {
            findings.add(new Finding(
                    "Two different messages were signed under number " + place(held) + ". Both are in the log; since "
                            + Said.moment(held.path("since"))
                            + " nothing new by this key is taken. Look for a copied key, or a device restored from a backup; then revoke the key.",
                    true));
        }
        for (JsonNode gap : of.path("gaps")) {
            String numbers = Desk.text(gap, "from").equals(Desk.text(gap, "to"))
                    ? "Number " + Desk.text(gap, "from")
                    : "Numbers " + Desk.text(gap, "from") + " to " + Desk.text(gap, "to");
            String missing = numbers + " of epoch " + Desk.text(gap, "epoch");
            String noticed = Said.moment(gap.path("noticedAt"));
            switch (Desk.text(gap, "state")) {
                case "open" ->
                    findings.add(new Finding(missing + " did not come yet (noticed " + noticed + ").", false));
                case "asked" ->
                    findings.add(new Finding(
                            missing + " did not come (noticed " + noticed + "). The device was asked for them "
                                    + Said.moment(gap.path("askedAt")) + ".",
                            false));
                case "missing" ->
                    findings.add(new Finding(
                            missing + " are missing since " + noticed + "; the log says so at place "
                                    + Desk.text(gap, "index") + ".",
                            true));
                case "declared" ->
                    findings.add(new Finding(
                            missing + " will not come: the device says so at place " + Desk.text(gap, "index")
                                    + " of the log, " + declared(Desk.text(gap, "reason")) + ".",
                            false));
                case "late" ->
                    findings.add(new Finding(
                            missing + " came late: they were missing at place " + Desk.text(gap, "index")
                                    + " of the log.",
                            false));
                default -> findings.add(new Finding(missing + ": " + Desk.text(gap, "state") + ".", false));
            }
        }
        for (JsonNode broken : of.path("chainBreaks")) {
            findings.add(new Finding(
                    "The message at place " + Desk.text(broken, "index") + " (" + place(broken)
                            + ") names another predecessor than the one that came.",
                    true));
        }
        if (!of.path("clocks").isEmpty()) {
            findings.add(new Finding(
                    of.path("clocks").size() + (of.path("clocks").size() == 1 ? " message has" : " messages have")
                            + " a time that does not fit; they are marked in the table. No time is ever corrected.",
                    false));
        }
        for (JsonNode taken : of.path("admissions")) {
            findings.add(new Finding(
                    "The message " + place(taken) + " was refused (" + Desk.text(taken, "refusedAs")
                            + ") and taken after all by " + Desk.text(taken, "by") + ": “" + Desk.text(taken, "reason")
                            + "”.",
                    false));
        }
        return findings;
    }

    private static String place(JsonNode of) {
        return Desk.text(of, "seq") + " of epoch " + Desk.text(of, "epoch");
    }

    private static String declared(String reason) {
        return switch (reason) {
            case "1" -> "its store was lost";
            case "2" -> "it had a receipt for them and let them go";
            default -> "without a reason";
        };
    }

    private Curves curves(History history, String gtin) {
        List<Limits> offered = new ArrayList<>();
        Double min = null;
        Double max = null;
        for (JsonNode item :
                history.temperatures().isEmpty() ? List.<JsonNode>of() : desk.rows("/trade-items", 0, Desk.MOST_ROWS)) {
            String said = ProductsResource.limits(item);
            boolean chosen = Desk.text(item, "gtin").equals(gtin);
            if (!said.isEmpty() && (chosen || offered.size() < MOST_OFFERED)) {
                offered.add(new Limits(Desk.text(item, "gtin"), Desk.text(item, "name"), said, chosen));
            }
            if (chosen) {
                min = celsius(item.path("minCentiCelsius"));
                max = celsius(item.path("maxCentiCelsius"));
            }
        }
        List<Curve> all = new ArrayList<>();
        boolean several = history.temperatures().size() > 1;
        for (Map.Entry<Integer, List<List<Double>>> sensor :
                history.temperatures().entrySet()) {
            TemperatureChart chart = TemperatureChart.ofMany(sensor.getValue(), min, max, COLUMNS);
            if (chart != null) {
                all.add(new Curve(several ? "Sensor " + sensor.getKey() : "", chart));
            }
        }
        String since = history.cut() && !history.newest().isEmpty() ? Said.moment(history.oldest()) : "";
        return new Curves(all, Said.count(history.messages()), since, offered);
    }

    private static Double celsius(JsonNode centi) {
        return centi.isNumber() ? centi.asInt() / 100.0 : null;
    }

    // trace-service has no question for one device; its list is in the order of names. Beyond the bound, or when the
    // list does not have it, the id is the name.
    private Device find(String id) {
        for (int page = 0; page < MOST_SEARCHED; page++) {
            List<JsonNode> devices = desk.rows("/devices", page, Desk.MOST_ROWS);
            for (JsonNode device : devices) {
                if (Desk.text(device, "id").equals(id)) {
                    return new Device(
                            id,
                            name(device),
                            Desk.text(device, "kind"),
                            Desk.text(device, "site"),
                            Desk.text(device, "kid"),
                            device.path("revoked").asBoolean() ? why(Desk.text(device, "reason")) : "",
                            Desk.text(device, "suspectFrom"),
                            signedBy(Desk.text(device, "keeper")));
                }
            }
            if (devices.size() < Desk.MOST_ROWS) {
                break;
            }
        }
        return new Device(id, id, "", "", "", "", "", "");
    }

    /** Who signs in a sensor's place; empty when the device does it itself. */
    private static String signedBy(String keeper) {
        return switch (keeper) {
            case "gateway" -> "Gateway-signed: a gateway keeps its key and signs what it heard from the sensor.";
            case "platform" -> "Signed by the platform, which keeps its key.";
            default -> "";
        };
    }

    private static String why(String reason) {
        return switch (reason) {
            case "superseded" -> "it was replaced";
            case "lost" -> "it was lost";
            case "compromised" -> "it was in other hands";
            default -> reason.isEmpty() ? "no reason was given" : reason;
        };
    }

    /** Asks why: a revocation cannot be undone, and the reason decides what becomes of what the key signed before. */
    @GET
    @Path("{id:[0-9a-f]{32}}/revoke")
    @RolesAllowed({"producer", "administrator"})
    public Response ask(@PathParam("id") String id) {
        return desk.show(200, Templates.revoke(desk.who("devices"), known(id), Form.empty()));
    }

    @POST
    @Path("{id:[0-9a-f]{32}}/revoke")
    @RolesAllowed({"producer", "administrator"})
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response revoke(
            @Context HttpServerRequest request, @PathParam("id") String id, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        Map<String, Object> revocation = new LinkedHashMap<>();
        // The key that the page showed, not whichever is the newest by now.
        revocation.put("kid", form.value("kid"));
        revocation.put("reason", form.value("reason"));
        if (!form.value("reason").matches("superseded|lost|compromised")) {
            form.wrong("reason", "Choose what happened to the key.");
        } else if (form.value("reason").equals("compromised")) {
            since(form).ifPresent(since -> revocation.put("suspectSince", since.toString()));
        }
        if (form.right()) {
            Answer answer = desk.write("/devices/" + id + "/revocations", revocation);
            if (answer.ok()) {
                return Desk.seeOther("/console/devices/" + id);
            }
            form.refused(answer.refusal());
        }
        return desk.show(422, Templates.revoke(desk.who("devices"), known(id), form));
    }

    private static Optional<Instant> since(Form form) {
        String typed = form.needed("since", 20);
        try {
            return Optional.of(LocalDateTime.parse(typed.replace(' ', 'T')).toInstant(ZoneOffset.UTC));
        } catch (DateTimeException e) {
            form.wrong("since", "A date and a time such as 2026-11-20 14:30.");
            return Optional.empty();
        }
    }

    private Device known(String id) {
        Device device = find(id);
        if (device.kid().isEmpty()) {
            throw NothingToShow.missing();
        }
        return device;
    }

    private static Row row(JsonNode message) {
        List<String> values = new ArrayList<>();
        for (JsonNode m : message.path("measurements")) {
            values.add(Quantity.said(
                    m.path("quantity").asInt(),
                    m.path("value").asLong(),
                    m.path("exponent").asInt()));
        }
        for (JsonNode series : message.path("series")) {
            values.add(Quantity.range(series));
        }
        List<String> marks = new ArrayList<>();
        for (JsonNode mark : message.path("timeMarks")) {
            marks.add(
                    switch (mark.asText()) {
                        case "ahead-of-arrival" -> "its clock was ahead";
                        case "before-predecessor" -> "earlier than the message before it";
                        case "before-anchor" -> "earlier than the receipt that it names";
                        default -> mark.asText();
                    });
        }
        if (Desk.text(message, "linkState").equals("chain-break")) {
            marks.add("another predecessor");
        }
        if (!Desk.text(message, "admission").isEmpty()) {
            marks.add("taken by an operator");
        }
        String after = Said.moment(message.path("notBefore"));
        String arrived = Said.moment(message.path("receivedAt"));
        return new Row(
                Said.moment(message.path("time")),
                arrived.isEmpty() ? "" : after.isEmpty() ? "until " + arrived : after + " to " + arrived,
                values.isEmpty() ? kind(message.path("type").asInt()) : String.join(", ", values),
                Desk.text(message, "epoch") + " / " + Desk.text(message, "seq"),
                Desk.text(message, "index"),
                String.join(", ", marks));
    }

    private static String kind(int type) {
        String[] kinds = {"", "reading", "image", "boot", "new key", "declared gap", "answer to a command"};
        return type > 0 && type < kinds.length ? kinds[type] : "message of type " + type;
    }

    /** What the owner calls a device; its id where it has no name. */
    static String name(JsonNode device) {
        String name = Desk.text(device, "name");
        return name.isEmpty() ? Desk.text(device, "id") : name;
    }
}
