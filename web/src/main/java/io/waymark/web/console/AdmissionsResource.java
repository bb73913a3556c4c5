package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.label.QrCode;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Trace;
import io.waymark.web.words.Said;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Devices on their way in: codes for those that are to come, and a person's word on those that wait. */
@Path("/console/admissions")
@RolesAllowed({"viewer", "producer", "administrator"})
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
public class AdmissionsResource {
    private static final String ONE = "{id:[0-9a-f-]{36}}";

    private final Desk desk;

    AdmissionsResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance admissions(Person who, List<Waiting> waiting, Listing l, Form f, String refusal);

        static native TemplateInstance code(Person who, Code c);

        private Templates() {}
    }

    /** A device that waits for a person. @param kid in groups of four, as a device shows it */
    public record Waiting(
            String id,
            String name,
            String kind,
            String site,
            String device,
            String kid,
            String raw,
            String seen,
            String factory) {}

    /** Shown once. */
    public record Code(String name, String code, String until, int side, String path) {}

    @GET
    public Response admissions() {
        return admissions(200, Form.empty().with("minutes", "60"), "");
    }

    private Response admissions(int status, Form form, String refusal) {
        List<Waiting> waiting = new ArrayList<>();
        List<Listing.Row> others = new ArrayList<>();
        for (JsonNode row : desk.rows("/admissions", 0, Desk.MOST_ROWS)) {
            String state = Desk.text(row, "state");
            if (state.equals("waiting")) {
                String kid = Desk.text(row, "kid");
                waiting.add(new Waiting(
                        Desk.text(row, "id"),
                        Desk.text(row, "name"),
                        Desk.text(row, "kind"),
                        Desk.text(row, "site"),
                        Desk.text(row, "device"),
                        kid.replaceAll("(.{4})(?!$)", "$1 "),
                        kid,
                        Said.moment(row.path("seenAt")),
                        Desk.text(row, "factory").isEmpty()
                                ? ""
                                : Desk.text(row, "factory") + ", " + Desk.text(row, "factorySubject")));
            } else {
                others.add(new Listing.Row(
                        List.of(
                                Desk.text(row, "name"),
                                Desk.text(row, "site"),
                                said(state),
                                state.equals("open")
                                        ? "until " + Said.moment(row.path("expiresAt"))
                                        : Said.moment(row.path("madeAt")),
                                Desk.text(row, "madeBy")),
                        state.equals("bound")
                                ? "/console/devices/" + Desk.text(row, "device")
                                : state.equals("open") ? Desk.text(row, "id") : ""));
            }
        }
        return desk.show(
                status, Templates.admissions(desk.who("devices"), waiting, Listing.whole(others), form, refusal));
    }

    private static String said(String state) {
        return switch (state) {
            case "open" -> "expected";
            case "expired" -> "code ran out";
            case "approved" -> "approved, about to connect";
            case "bound" -> "registered";
            case "rejected" -> "rejected";
            default -> state;
        };
    }

    /** The answer is the one page that ever shows the code, hence no redirect. */
    @POST
    @RolesAllowed({"producer", "administrator"})
    public Response expect(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        Map<String, Object> device = new LinkedHashMap<>();
        device.put("site", form.needed("site", 32));
        device.put("name", form.needed("name", 120));
        device.put("kind", form.needed("kind", 60));
        if (!form.value("site").matches("[a-z0-9-]{0,32}")) {
            form.wrong("site", "Small letters, digits and hyphens.");
        }
        String minutes = form.needed("minutes", 5);
        if (minutes.matches("[1-9][0-9]{0,4}") && Integer.parseInt(minutes) <= 10_080) {
            device.put("minutes", Integer.parseInt(minutes));
        } else if (!minutes.isEmpty()) {
            form.wrong("minutes", "1 to 10080 minutes, which is a week.");
        }
        if (form.right()) {
            Answer answer = desk.write("/admissions/codes", device);
            if (answer.ok()) {
                String code = Desk.text(answer.json(), "code");
                QrCode qr = new QrCode(code);
                return desk.show(
                        200,
                        Templates.code(
                                desk.who("devices"),
                                new Code(
                                        form.value("name"),
                                        code,
                                        Said.moment(answer.json().path("expiresAt")),
                                        qr.side(),
                                        qr.path())));
            }
            form.refused(answer.refusal());
        }
        return admissions(422, form, "");
    }

    @POST
    @Path(ONE + "/approve")
    @RolesAllowed({"producer", "administrator"})
    public Response approve(
            @Context HttpServerRequest request, @PathParam("id") String id, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        // The key that the page showed, not whichever waits by now.
        Map<String, Object> approval = new LinkedHashMap<>();
        approval.put("kid", form.value("kid"));
        // Only of a device that came without a code: then nobody has said yet what it is.
        if (!form.value("site").isEmpty()) {
            approval.put("site", form.value("site"));
            approval.put("name", form.value("name"));
            approval.put("kind", form.value("kind"));
        }
        return decided(desk.write("/admissions/" + Trace.encoded(id) + "/approval", approval));
    }

    @POST
    @Path(ONE + "/reject")
    @RolesAllowed({"producer", "administrator"})
    public Response reject(
            @Context HttpServerRequest request, @PathParam("id") String id, MultivaluedMap<String, String> posted) {
        desk.verified(request, posted);
        return decided(desk.delete("/admissions/" + Trace.encoded(id)));
    }

    private Response decided(Answer answer) {
        if (answer.status() == 404) {
            throw NothingToShow.missing();
        }
        return answer.ok()
                ? Desk.seeOther("/console/admissions")
                : admissions(422, Form.empty().with("minutes", "60"), answer.refusal());
    }
}
