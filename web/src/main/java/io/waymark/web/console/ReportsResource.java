package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.upstream.Page;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;

/** Reports of suspected fakes of the organisation's goods. */
@Path("/console/reports")
@RolesAllowed({"viewer", "producer", "administrator"})
public class ReportsResource {
    private final Desk desk;

    ReportsResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance reports(Person who, Listing l);

        private Templates() {}
    }

    @GET
    public Response reports(@QueryParam("page") String page) {
        Page reports = desk.page("/reports", Desk.number(page), Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode report : reports.rows()) {
            String path = path(Desk.text(report, "uri"));
            rows.add(new Listing.Row(
                    List.of(
                            Desk.text(report, "caseNumber"),
                            Said.moment(report.path("at")),
                            Desk.text(report, "text"),
                            Desk.text(report, "where"),
                            Desk.text(report, "contact"),
                            path.replaceAll(".*/", "")),
                    path));
        }
        return desk.show(200, Templates.reports(desk.who("reports"), Listing.of(reports, rows)));
    }

    private static String path(String uri) {
        try {
            return uri.isEmpty() ? "" : DigitalLink.ofTyped(uri).path();
        } catch (MalformedLink e) {
            return ""; // shown without a link
        }
    }
}
