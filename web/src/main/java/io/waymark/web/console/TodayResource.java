package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The console's first page: figures, and what to look at. */
@Path("/console")
@RolesAllowed({"viewer", "producer", "administrator"})
public class TodayResource {
    private static final Duration SILENT = Duration.ofHours(24);
    private static final int MOST_ALARMS = 20;
    private static final int MOST_REPORTS = 5;
    private static final int MOST_RAISED = 8;

    private final Desk desk;

    TodayResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance today(Person who, List<Count> counts, List<Alarm> alarms, boolean first);

        private Templates() {}
    }

    /** A figure on a page, and where it leads. */
    public record Count(String name, String value, String href) {}

    /** Something to look at, worst first. */
    public record Alarm(String state, String text, String href) {}

    @GET
    public Response today() {
        List<JsonNode> products = desk.rows("/trade-items", 0, Desk.MOST_ROWS);
        List<JsonNode> batches = desk.rows("/batches", 0, Desk.MOST_ROWS);
        List<JsonNode> devices = desk.rows("/devices", 0, Desk.MOST_ROWS);
        JsonNode quarantine = desk.read("/quarantine?size=1");
        List<JsonNode> reports = desk.rows("/reports", 0, Desk.MOST_ROWS);
        JsonNode raised = AlarmsResource.newest(desk, MOST_RAISED);
        List<Alarm> alarms = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        devices.forEach(d -> names.put(Desk.text(d, "id"), DevicesResource.name(d)));
        for (JsonNode alarm : raised.path("alarms")) {
            AlarmsResource.Row row = AlarmsResource.row(alarm, names);
            alarms.add(new Alarm(row.icon(), row.what() + ": " + row.about() + ", " + row.when(), row.href()));
        }
        long refused = 0;
        for (JsonNode count : quarantine.path("counts")) {
            refused += count.path("n").asLong();
        }
        if (refused > 0) {
            alarms.add(new Alarm(
                    "bad",
                    Said.count(refused) + " refused " + (refused == 1 ? "message" : "messages") + " in quarantine",
                    "/console/quarantine"));
        }
        alarms.addAll(silent(devices));
        for (JsonNode report : reports.subList(0, Math.min(MOST_REPORTS, reports.size()))) {
            alarms.add(new Alarm(
                    "caution",
                    "Report " + Desk.text(report, "caseNumber") + ", " + Said.day(report.path("at")),
                    "/console/reports"));
        }
        List<Count> counts = List.of(
                new Count("Open alarms", Said.count(raised.path("open").asLong()), "/console/alarms"),
                new Count("Products", most(products.size()), "/console/products"),
                new Count("Batches", most(batches.size()), "/console/batches"),
                new Count("Devices", most(devices.size()), "/console/devices"),
                new Count("Reports", most(reports.size()), "/console/reports"));
        return desk.show(
                200,
                Templates.today(
                        desk.who("today"),
                        counts,
                        alarms.subList(0, Math.min(MOST_ALARMS, alarms.size())),
                        products.isEmpty() && batches.isEmpty()));
    }

    private static List<Alarm> silent(List<JsonNode> devices) {
        List<Alarm> alarms = new ArrayList<>();
        Instant since = Instant.now().minus(SILENT);
        for (JsonNode device : devices) {
            Instant seen = Said.instant(device.path("lastSeen")).orElse(null);
            if (!device.path("revoked").asBoolean() && (seen == null || seen.isBefore(since))) {
                String when = seen == null ? "has never been heard" : "was last heard on " + Said.moment(seen);
                alarms.add(new Alarm(
                        "caution",
                        DevicesResource.name(device) + " " + when,
                        "/console/devices/" + Desk.text(device, "id")));
            }
        }
        return alarms;
    }

    private static String most(int n) {
        return n >= Desk.MOST_ROWS ? Desk.MOST_ROWS + "+" : String.valueOf(n);
    }
}
