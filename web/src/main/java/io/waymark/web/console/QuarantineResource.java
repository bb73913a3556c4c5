package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.upstream.Page;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;

/** Refused messages: how many for which reason, what to do about each reason, and the messages themselves. */
@Path("/console/quarantine")
@RolesAllowed({"viewer", "producer", "administrator"})
public class QuarantineResource {
    private static final int SHOWN_HEX = 96;

    private final Desk desk;

    QuarantineResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance quarantine(Person who, Listing l, List<Cause> causes);

        private Templates() {}
    }

    /** A reason that occurred, how often, and when last. */
    public record Cause(Reason reason, String count, String last) {}

    @GET
    public Response quarantine(@QueryParam("page") String page) {
        Page refused = desk.page("/quarantine", Desk.number(page), Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode row : refused.rows()) {
            String raw = Desk.text(row, "rawHex");
            rows.add(new Listing.Row(List.of(
                    Said.moment(row.path("receivedAt")),
                    Reason.of(Desk.text(row, "reason")).says(),
                    Desk.text(row, "topic"),
                    raw.length() > SHOWN_HEX
                            ? raw.substring(0, SHOWN_HEX) + "… (" + Said.count(raw.length() / 2) + " bytes)"
                            : raw)));
        }
        List<Cause> causes = new ArrayList<>();
        for (JsonNode count : desk.read("/quarantine?size=1").path("counts")) {
            causes.add(new Cause(
                    Reason.of(Desk.text(count, "reason")),
                    Said.count(count.path("n").asLong()),
                    Said.moment(count.path("lastAt"))));
        }
        return desk.show(200, Templates.quarantine(desk.who("quarantine"), Listing.of(refused, rows), causes));
    }
}
