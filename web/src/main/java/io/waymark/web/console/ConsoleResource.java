package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.edge.Html;
import io.waymark.web.edge.Refusals;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.label.QrCode;
import io.waymark.web.passport.TemperatureChart;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Page;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.UpstreamUnavailable;
import io.waymark.web.upstream.WebConfig;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.nio.BufferUnderflowException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The pages behind the login. Reading is for every role; forms are shown to, and accepted from, producers and administrators only;
 * accounts are the administrator's. A form that succeeds answers 303, so that reloading sends nothing twice.
 */
@Path("/console")
@RolesAllowed({"viewer", "producer", "administrator"})
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
public class ConsoleResource {
    /** Those with a drawing of their own. */
    private static final List<String> CATEGORIES = List.of("fish", "coffee", "medicine", "fruit", "bottle", "dairy");

    private static final int ROWS = 50;
    private static final int LABELS = 21;
    private static final int MOST_AT_ONCE = 1_000;
    private static final Duration SILENT = Duration.ofHours(24);
    private static final String LOT = "[^/]{1,60}";

    private final Trace trace;
    private final SecurityIdentity identity;
    private final Html html;
    private final Refusals refusals;
    private final String publicUrl;
    private final boolean onlyHere;

    ConsoleResource(Trace trace, SecurityIdentity identity, Html html, WebConfig config, Refusals refusals) {
        this.refusals = refusals;
        this.trace = trace;
        this.identity = identity;
        this.html = html;
        this.publicUrl = config.publicUrl().toString().replaceAll("/+$", "");
        this.onlyHere = onlyHere(config.publicUrl());
    }

    /** Whether addresses printed on labels would open on this machine only. */
    static boolean onlyHere(URI publicUrl) {
        String host = publicUrl.getHost() == null ? "" : publicUrl.getHost();
        return host.matches("(?i)localhost|.*\\.localhost|127(\\.[0-9]{1,3}){3}|0\\.0\\.0\\.0|\\[(0*:)*:?0*1\\]");
    }

    /** Only this class's own requests: in the assembly, others' bodies are others' affair. */
    @ServerExceptionMapper({
        IllegalArgumentException.class,
        IndexOutOfBoundsException.class,
        BufferUnderflowException.class,
        IOException.class
    })
    public Response damaged(Exception e) throws Exception {
        return refusals.damagedForm(e, true);
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance today(Person who, List<Count> counts, List<Alarm> alarms, boolean first);

        static native TemplateInstance products(Person who, Listing l, Form f, List<String> categories);

        static native TemplateInstance batches(Person who, Listing l, Form f);

        static native TemplateInstance items(Person who, Listing l, Form f, String gtin, String lot, long made);

        static native TemplateInstance labels(
                Person who, List<Label> labels, String gtin, String lot, int page, boolean more, boolean onlyHere);

        static native TemplateInstance devices(Person who, Listing l);

        static native TemplateInstance readings(
                Person who, String id, String name, List<List<String>> rows, TemperatureChart chart, String before);

        static native TemplateInstance quarantine(Person who, Listing l, List<Count> counts);

        static native TemplateInstance reports(Person who, Listing l);

        static native TemplateInstance accounts(Person who, Listing l, Form f);

        private Templates() {}
    }

    /** A figure on a page, and where it leads. */
    public record Count(String name, String value, String href) {}

    /** Something to look at, worst first. */
    public record Alarm(String state, String text, String href) {}

    /** A page of a list: cells already in words, an optional link per row. */
    public record Listing(List<Row> rows, int page, boolean more) {
        public int next() {
            return page + 1;
        }

        public int previous() {
            return page - 1;
        }
    }

    public record Row(List<String> cells, String href) {}

    public record Label(String path, String svg, int side, String serial) {}

    // --- Today
    // -----------------------------------------------------------------------------------------------------------------

    /** OPEN: excursions of one's own goods; trace-service tells them per passport only, not per organisation. */
    @GET
    public Response today() {
        List<JsonNode> products = page("/trade-items", 0, 500).rows();
        List<JsonNode> batches = page("/batches", 0, 500).rows();
        List<JsonNode> devices = page("/devices", 0, 500).rows();
        JsonNode quarantine = read("/quarantine?size=1");
        List<JsonNode> reports = page("/reports", 0, 500).rows();
        long refused = 0;
        for (JsonNode count : quarantine.path("counts")) {
            refused += count.path("n").asLong();
        }
        List<Alarm> alarms = new ArrayList<>();
        if (refused > 0) {
            alarms.add(new Alarm(
                    "bad",
                    Said.count(refused) + " refused " + (refused == 1 ? "message" : "messages") + " in quarantine",
                    "/console/quarantine"));
        }
        Instant silent = Instant.now().minus(SILENT);
        for (JsonNode device : devices) {
            Instant seen = Said.instant(device.path("lastSeen")).orElse(null);
            if (device.path("revoked").asBoolean()) {
                continue;
            }
            if (seen == null || seen.isBefore(silent)) {
                String since = seen == null ? "has never been heard" : "was last heard on " + Said.moment(seen);
                alarms.add(new Alarm(
                        "caution", text(device, "name") + " " + since, "/console/devices/" + text(device, "id")));
            }
        }
        for (JsonNode report : reports.subList(0, Math.min(5, reports.size()))) {
            alarms.add(new Alarm(
                    "caution",
                    "Report " + text(report, "caseNumber") + ", " + Said.day(report.path("at")),
                    "/console/reports"));
        }
        List<Count> counts = List.of(
                new Count("Products", most(products.size()), "/console/products"),
                new Count("Batches", most(batches.size()), "/console/batches"),
                new Count("Devices", most(devices.size()), "/console/devices"),
                new Count("Reports", most(reports.size()), "/console/reports"));
        boolean first = products.isEmpty() && batches.isEmpty();
        return html.console(
                200, Templates.today(who("today"), counts, alarms.subList(0, Math.min(20, alarms.size())), first));
    }

    private static String most(int n) {
        return n >= 500 ? "500+" : String.valueOf(n);
    }

    // --- Products
    // --------------------------------------------------------------------------------------------------------------

    @GET
    @Path("products")
    public Response products(@QueryParam("page") @DefaultValue("0") int page) {
        return products(200, page, Form.empty());
    }

    private Response products(int status, int page, Form form) {
        Page items = page("/trade-items", page, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            String gtin = text(item, "gtin");
            rows.add(new Row(
                    List.of(gtin, text(item, "name"), text(item, "category"), limits(item)),
                    "/console/batches?gtin=" + Trace.encoded(gtin)));
        }
        return html.console(status, Templates.products(who("products"), listing(items, rows), form, CATEGORIES));
    }

    @POST
    @Path("products")
    @RolesAllowed({"producer", "administrator"})
    public Response addProduct(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = verified(request, posted);
        Map<String, Object> item = new HashMap<>();
        item.put("gtin", gtin(form));
        item.put("name", form.needed("name", 200));
        item.put("description", form.optional("description", 4000));
        item.put("category", form.optional("category", 100));
        item.put("minCentiCelsius", form.centiCelsius("min"));
        item.put("maxCentiCelsius", form.centiCelsius("max"));
        item.put("maxMinutesOutside", form.whole("minutes", 0, 1_000_000));
        if (form.right()) {
            Answer answer = write("/trade-items", item);
            if (answer.ok()) {
                return seeOther("/console/products");
            }
            form.refused(answer.refusal());
        }
        return products(422, 0, form);
    }

    // --- Batches
    // ---------------------------------------------------------------------------------------------------------------

    @GET
    @Path("batches")
    public Response batches(@QueryParam("page") @DefaultValue("0") int page, @QueryParam("gtin") String gtin) {
        return batches(200, page, Form.empty().with("gtin", gtin));
    }

    private Response batches(int status, int page, Form form) {
        Page batches = page("/batches", page, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode batch : batches.rows()) {
            String gtin = text(batch, "gtin");
            String lot = text(batch, "lot");
            rows.add(new Row(
                    List.of(
                            lot,
                            gtin,
                            Said.day(batch.path("producedAt")),
                            Said.day(batch.path("expiry")),
                            batch.path("quantity").isNumber()
                                    ? Said.count(batch.path("quantity").asLong())
                                    : ""),
                    href(gtin, lot)));
        }
        return html.console(status, Templates.batches(who("batches"), listing(batches, rows), form));
    }

    @POST
    @Path("batches")
    @RolesAllowed({"producer", "administrator"})
    public Response addBatch(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = verified(request, posted);
        Map<String, Object> batch = new HashMap<>();
        String gtin = gtin(form);
        String lot = form.needed("lot", 20);
        batch.put("gtin", gtin);
        batch.put("lot", lot);
        String produced = form.date("producedAt");
        batch.put("producedAt", produced == null ? null : produced + "T00:00:00Z");
        batch.put("expiry", form.date("expiry"));
        batch.put("quantity", form.whole("quantity", 0, 1_000_000_000L));
        batch.put("origin", form.optional("origin", 200));
        if (form.right()) {
            Answer answer = write("/batches", batch);
            if (answer.ok()) {
                return seeOther(href(gtin, lot));
            }
            form.refused(answer.refusal());
        }
        return batches(422, 0, form);
    }

    // --- Items of a batch
    // ------------------------------------------------------------------------------------------------------

    @GET
    @Path("batches/{gtin:[0-9]{14}}/{lot:" + LOT + "}")
    public Response items(
            @PathParam("gtin") String gtin,
            @PathParam("lot") String lot,
            @QueryParam("page") @DefaultValue("0") int page,
            @QueryParam("made") @DefaultValue("0") long made) {
        return items(200, gtin, lot, page, Form.empty().with("count", "20"), made);
    }

    private Response items(int status, String gtin, String lot, int page, Form form, long made) {
        Page items = page(api(gtin, lot) + "/items", page, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            String serial = text(item, "serial");
            String where = text(item, "holder") + (text(item, "place").isEmpty() ? "" : ", " + text(item, "place"));
            rows.add(new Row(
                    List.of(
                            serial,
                            Said.plain(text(item, "state")),
                            where,
                            text(item, "steps"),
                            Said.moment(item.path("changedAt"))),
                    printed(gtin, lot, serial)));
        }
        return html.console(status, Templates.items(who("batches"), listing(items, rows), form, gtin, lot, made));
    }

    /** Creates serials and has the platform sign their first step, which the passport then says. */
    @POST
    @Path("batches/{gtin:[0-9]{14}}/{lot:" + LOT + "}")
    @RolesAllowed({"producer", "administrator"})
    public Response commission(
            @Context HttpServerRequest request,
            @PathParam("gtin") String gtin,
            @PathParam("lot") String lot,
            MultivaluedMap<String, String> posted) {
        Form form = verified(request, posted);
        form.needed("count", 10);
        Long count = form.whole("count", 1, MOST_AT_ONCE);
        if (form.right() && count != null) {
            Answer answer = write(api(gtin, lot) + "/commission", Map.of("count", count));
            if (answer.ok()) {
                return seeOther(href(gtin, lot) + "?made="
                        + answer.json().path("objects").size());
            }
            form.refused(answer.refusal());
        }
        return items(422, gtin, lot, 0, form, 0);
    }

    /** A sheet of labels: 21 to an A4 page, 63.5 × 38.1 mm each (Avery L7160). */
    @GET
    @Path("batches/{gtin:[0-9]{14}}/{lot:" + LOT + "}/labels")
    public Response labels(
            @PathParam("gtin") String gtin,
            @PathParam("lot") String lot,
            @QueryParam("page") @DefaultValue("0") int page) {
        Page items = page(api(gtin, lot) + "/items", page, LABELS);
        List<Label> labels = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            String serial = text(item, "serial");
            String path = printed(gtin, lot, serial);
            if (!path.isEmpty()) {
                QrCode code = new QrCode(publicUrl + path);
                labels.add(new Label(path, code.path(), code.side(), serial));
            }
        }
        return html.console(
                200,
                Templates.labels(
                        who("batches"),
                        labels,
                        gtin,
                        lot,
                        items.number(),
                        items.rows().size() >= LABELS,
                        onlyHere));
    }

    // --- Devices
    // ---------------------------------------------------------------------------------------------------------------

    @GET
    @Path("devices")
    public Response devices(@QueryParam("page") @DefaultValue("0") int page) {
        Page devices = page("/devices", page, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode device : devices.rows()) {
            List<String> last = new ArrayList<>();
            for (JsonNode value : device.path("last")) {
                last.add(Quantity.said(
                        value.path("quantity").asInt(),
                        value.path("value").asLong(),
                        value.path("exponent").asInt()));
            }
            String seen = Said.moment(device.path("lastSeen"));
            rows.add(new Row(
                    List.of(
                            text(device, "name").isEmpty() ? text(device, "id") : text(device, "name"),
                            text(device, "kind"),
                            text(device, "site"),
                            device.path("revoked").asBoolean() ? "key revoked" : seen.isEmpty() ? "never" : seen,
                            String.join(", ", last)),
                    "/console/devices/" + text(device, "id")));
        }
        return html.console(200, Templates.devices(who("devices"), listing(devices, rows)));
    }

    @GET
    @Path("devices/{id:[0-9a-f]{32}}")
    public Response readings(@PathParam("id") String id, @QueryParam("before") Long before) {
        JsonNode messages =
                read("/devices/" + id + "/readings?limit=500" + (before == null ? "" : "&before=" + before));
        List<List<Double>> points = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        String oldest = "";
        for (JsonNode message : messages) {
            List<String> values = new ArrayList<>();
            for (JsonNode m : message.path("measurements")) {
                int quantity = m.path("quantity").asInt();
                long value = m.path("value").asLong();
                int exponent = m.path("exponent").asInt();
                values.add(Quantity.said(quantity, value, exponent));
                Instant at = Said.instant(message.path("time")).orElse(null);
                if (quantity == Quantity.TEMPERATURE && at != null) {
                    points.add(List.of(
                            (double) at.toEpochMilli(),
                            Quantity.value(value, exponent).doubleValue()));
                }
            }
            if (rows.size() < 100) {
                rows.add(List.of(
                        Said.moment(message.path("time")),
                        values.isEmpty() ? kind(message.path("type").asInt()) : String.join(", ", values),
                        text(message, "epoch") + " / " + text(message, "seq"),
                        text(message, "index")));
                oldest = text(message, "index");
            }
        }
        boolean more = messages.size() > rows.size() || messages.size() >= 500;
        TemperatureChart chart = TemperatureChart.of(points, null, null, List.of(), null);
        return html.console(
                200, Templates.readings(who("devices"), id, id.substring(0, 8), rows, chart, more ? oldest : ""));
    }

    private static String kind(int type) {
        String[] kinds = {"", "reading", "image", "boot", "new key", "declared gap", "answer to a command"};
        return type > 0 && type < kinds.length ? kinds[type] : "message of type " + type;
    }

    // --- Quarantine, reports, accounts
    // -----------------------------------------------------------------------------------------

    @GET
    @Path("quarantine")
    public Response quarantine(@QueryParam("page") @DefaultValue("0") int page) {
        int number = bounded(page);
        JsonNode json = read("/quarantine?page=" + number + "&size=" + ROWS);
        Page refused = Page.of(json.has("rows") ? json.path("rows") : json, number, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : refused.rows()) {
            String raw = text(row, "rawHex");
            rows.add(new Row(
                    List.of(
                            Said.moment(row.path("receivedAt")),
                            text(row, "reason"),
                            text(row, "topic"),
                            raw.length() > 96 ? raw.substring(0, 96) + "… (" + raw.length() / 2 + " bytes)" : raw),
                    ""));
        }
        List<Count> counts = new ArrayList<>();
        for (JsonNode count : json.path("counts")) {
            counts.add(
                    new Count(text(count, "reason"), Said.count(count.path("n").asLong()), ""));
        }
        return html.console(200, Templates.quarantine(who("quarantine"), listing(refused, rows), counts));
    }

    @GET
    @Path("reports")
    public Response reports(@QueryParam("page") @DefaultValue("0") int page) {
        Page reports = page("/reports", page, ROWS);
        List<Row> rows = new ArrayList<>();
        for (JsonNode report : reports.rows()) {
            String path = "";
            try {
                path = text(report, "uri").isEmpty()
                        ? ""
                        : DigitalLink.ofTyped(text(report, "uri")).path();
            } catch (MalformedLink e) {
                path = ""; // shown without a link
            }
            rows.add(new Row(
                    List.of(
                            text(report, "caseNumber"),
                            Said.moment(report.path("at")),
                            text(report, "text"),
                            text(report, "where"),
                            text(report, "contact"),
                            path.isEmpty() ? "" : path.replaceAll(".*/", "")),
                    path));
        }
        return html.console(200, Templates.reports(who("reports"), listing(reports, rows)));
    }

    @GET
    @Path("accounts")
    @RolesAllowed("administrator")
    public Response accounts() {
        return accounts(200, Form.empty().with("role", "viewer"));
    }

    private Response accounts(int status, Form form) {
        Page accounts = page("/accounts", 0, 500);
        List<Row> rows = new ArrayList<>();
        for (JsonNode account : accounts.rows()) {
            rows.add(new Row(
                    List.of(text(account, "account"), text(account, "role"), Said.day(account.path("createdAt"))), ""));
        }
        return html.console(status, Templates.accounts(who("accounts"), new Listing(rows, 0, false), form));
    }

    @POST
    @Path("accounts")
    @RolesAllowed("administrator")
    public Response addAccount(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = verified(request, posted);
        String account = form.needed("account", 64);
        String password = form.needed("password", 200);
        String role = form.value("role");
        if (!role.matches("viewer|producer|administrator")) {
            form.wrong("role", "Choose one of the roles.");
        }
        if (!password.isEmpty() && password.length() < 10) {
            form.wrong("password", "At least 10 characters.");
        }
        if (form.right()) {
            Answer answer = write("/accounts", Map.of("account", account, "password", password, "role", role));
            if (answer.ok()) {
                return seeOther("/console/accounts");
            }
            form.refused(answer.refusal());
        }
        return accounts(422, form);
    }

    // --- shared
    // ----------------------------------------------------------------------------------------------------------------

    private Person who(String page) {
        return Person.of(identity, page);
    }

    private Form verified(HttpServerRequest request, MultivaluedMap<String, String> posted) {
        LoginResource.verify(request, identity, posted.getFirst("csrf"));
        return Form.of(posted);
    }

    private Page page(String path, int page, int size) {
        int number = bounded(page);
        return Page.of(read(path + "?page=" + number + "&size=" + size), number, size);
    }

    private static int bounded(int page) {
        return Math.max(0, Math.min(100_000, page));
    }

    private JsonNode read(String path) {
        Answer answer = trace.read(identity.getAttribute(Person.TOKEN), path);
        if (answer.status() == 401) {
            throw new SessionEnded();
        }
        if (answer.status() == 404 || answer.status() == 400) {
            throw new jakarta.ws.rs.NotFoundException();
        }
        if (!answer.ok()) {
            throw new UpstreamUnavailable(
                    "trace-service refused " + path.replaceAll("\\?.*", "") + " with " + answer.status());
        }
        return answer.json();
    }

    private Answer write(String path, Object json) {
        Answer answer = trace.write(identity.getAttribute(Person.TOKEN), path, json);
        if (answer.status() == 401) {
            throw new SessionEnded();
        }
        return answer;
    }

    private static String gtin(Form form) {
        String typed = form.needed("gtin", 20);
        if (typed.isEmpty()) {
            return typed;
        }
        try {
            return DigitalLink.ofTyped(typed.matches("[0-9 ]+") ? typed : "x").gtin();
        } catch (MalformedLink e) {
            form.wrong("gtin", typed.matches("[0-9 ]+") ? e.getMessage() : "Digits only, as under the bar code.");
            return typed;
        }
    }

    private static Listing listing(Page page, List<Row> rows) {
        return new Listing(rows, page.number(), page.hasNext());
    }

    private static String href(String gtin, String lot) {
        return "/console/batches/" + gtin + "/" + Trace.encoded(lot);
    }

    private static String api(String gtin, String lot) {
        return "/batches/" + gtin + "/" + Trace.encoded(lot);
    }

    private static String printed(String gtin, String lot, String serial) {
        try {
            return new DigitalLink(gtin, null, lot, serial).path();
        } catch (IllegalArgumentException e) {
            return ""; // trace-service has a serial that cannot be printed: shown without a link
        }
    }

    private static String limits(JsonNode item) {
        boolean low = item.path("minCentiCelsius").isNumber();
        boolean high = item.path("maxCentiCelsius").isNumber();
        String from = low ? Said.number(item.path("minCentiCelsius").asInt() / 100.0) : "";
        String to = high ? Said.celsius(item.path("maxCentiCelsius").asInt() / 100.0) : "";
        return low && high ? from + " to " + to : high ? "up to " + to : low ? "from " + from + " °C" : "";
    }

    private static String text(JsonNode node, String member) {
        JsonNode value = node.path(member);
        return value.isValueNode() && !value.isNull() ? value.asText() : "";
    }

    private static Response seeOther(String path) {
        return Response.seeOther(URI.create(path)).build();
    }
}
