package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Page;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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

        static native TemplateInstance admit(Person who, Refused r, Form f);

        private Templates() {}
    }

    /** A reason that occurred, how often, and when last. */
    public record Cause(Reason reason, String count, String last) {}

    /** A refused message that may be taken after all. */
    public record Refused(String id, String topic, Reason reason, String received) {}

    /** Asks why: the message is taken as if it came now, and the log keeps a commitment to the words. */
    @GET
    @Path("{id:[0-9]{1,18}}/admit")
    @RolesAllowed({"producer", "administrator"})
    public Response ask(@PathParam("id") String id, @QueryParam("page") String page) {
        return desk.show(200, Templates.admit(desk.who("quarantine"), find(id, page), Form.empty()));
    }

    @POST
    @Path("{id:[0-9]{1,18}}/admit")
    @RolesAllowed({"producer", "administrator"})
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response admit(
            @Context HttpServerRequest request,
            @PathParam("id") String id,
            @QueryParam("page") String page,
            MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        String reason = form.needed("reason", 500);
        if (form.right()) {
            Answer answer = desk.write("/quarantine/" + id + "/admission", Map.of("reason", reason));
            if (answer.ok()) {
                return Desk.seeOther("/console/quarantine");
            }
            form.refused(answer.refusal());
        }
        return desk.show(422, Templates.admit(desk.who("quarantine"), find(id, page), form));
    }

    private Refused find(String id, String page) {
        for (JsonNode row :
                desk.page("/quarantine", Desk.number(page), Desk.ROWS).rows()) {
            if (Desk.text(row, "id").equals(id) && row.path("admissible").asBoolean()) {
                return new Refused(
                        id,
                        Desk.text(row, "topic"),
                        Reason.of(Desk.text(row, "reason")),
                        Said.moment(row.path("receivedAt")));
            }
        }
        throw NothingToShow.missing();
    }

    @GET
    public Response quarantine(@QueryParam("page") String page) {
        Page refused = desk.page("/quarantine", Desk.number(page), Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode row : refused.rows()) {
            String raw = Desk.text(row, "rawHex");
            String index = Desk.text(row, "index");
            rows.add(new Listing.Row(
                    List.of(
                            Said.moment(row.path("receivedAt")),
                            Reason.of(Desk.text(row, "reason")).says()
                                    + (index.isEmpty() ? "" : " Taken after all, at place " + index + " of the log."),
                            Desk.text(row, "topic"),
                            raw.length() > SHOWN_HEX
                                    ? raw.substring(0, SHOWN_HEX) + "… (" + Said.count(raw.length() / 2) + " bytes)"
                                    : raw),
                    row.path("admissible").asBoolean()
                            ? "/console/quarantine/" + Desk.text(row, "id") + "/admit?page=" + Desk.number(page)
                            : ""));
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
