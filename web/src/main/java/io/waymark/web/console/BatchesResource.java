package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.QrCode;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Page;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.WebConfig;
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
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Batches, the items of one, and the labels of those items. */
@Path("/console/batches")
@RolesAllowed({"viewer", "producer", "administrator"})
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
public class BatchesResource {
    private static final String ONE = "{gtin:[0-9]{14}}/{lot:[^/]{1,60}}";
    private static final int LABELS = 21;
    private static final int MOST_AT_ONCE = 1_000;
    private static final int MOST_SEARCHED = 40;

    private final Desk desk;
    private final String publicUrl;
    private final boolean onlyHere;

    BatchesResource(Desk desk, WebConfig config) {
        this.desk = desk;
        this.publicUrl = config.publicUrl().toString().replaceAll("/+$", "");
        this.onlyHere = onlyHere(config.publicUrl());
    }

    /** Whether addresses printed on labels would open on this machine only. */
    static boolean onlyHere(URI publicUrl) {
        String host = publicUrl.getHost() == null ? "" : publicUrl.getHost();
        return host.matches("(?i)localhost|.*\\.localhost|127(\\.[0-9]{1,3}){3}|0\\.0\\.0\\.0|\\[(0*:)*:?0*1\\]");
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance batches(Person who, Listing l, Form f);

        static native TemplateInstance items(Person who, Listing l, Form f, String gtin, String lot, long made);

        static native TemplateInstance labels(Person who, Sheet s, String gtin, String lot, boolean onlyHere);

        private Templates() {}
    }

    public record Label(String path, String svg, int side, String serial) {}

    /**
     * One sheet of a batch's labels.
     *
     * @param unsigned serials that are reserved but stand for nothing yet: no step of theirs is signed
     * @param l        the items behind the sheet, for its pager
     */
    public record Sheet(List<Label> labels, List<String> unsigned, Listing l) {}

    @GET
    public Response batches(@QueryParam("page") String page, @QueryParam("gtin") String gtin) {
        return batches(200, Desk.number(page), Form.empty().with("gtin", gtin));
    }

    private Response batches(int status, int page, Form form) {
        Page batches = desk.page("/batches", page, Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode batch : batches.rows()) {
            String gtin = Desk.text(batch, "gtin");
            String lot = Desk.text(batch, "lot");
            rows.add(new Listing.Row(
                    List.of(
                            lot,
                            gtin,
                            Said.day(batch.path("producedAt")),
                            Said.day(batch.path("expiry")),
                            batch.path("quantity").isNumber()
                                    ? Said.count(batch.path("quantity").asLong())
                                    : ""),
                    "/console" + api(gtin, lot)));
        }
        return desk.show(status, Templates.batches(desk.who("batches"), Listing.of(batches, rows), form));
    }

    @POST
    @RolesAllowed({"producer", "administrator"})
    public Response add(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        Map<String, Object> batch = new HashMap<>();
        String gtin = form.gtin();
        String lot = form.needed("lot", 20);
        batch.put("gtin", gtin);
        batch.put("lot", lot);
        String produced = form.date("producedAt");
        batch.put("producedAt", produced == null ? null : produced + "T00:00:00Z");
        batch.put("expiry", form.date("expiry"));
        batch.put("quantity", form.whole("quantity", 0, 1_000_000_000L));
        batch.put("origin", form.optional("origin", 200));
        if (form.right()) {
            Answer answer = desk.write("/batches", batch);
            if (answer.ok()) {
                return Desk.seeOther("/console" + api(gtin, lot));
            }
            form.refused(answer.refusal());
        }
        return batches(422, 0, form);
    }

    @GET
    @Path(ONE)
    public Response items(
            @PathParam("gtin") String gtin,
            @PathParam("lot") String lot,
            @QueryParam("page") String page,
            @QueryParam("made") String made) {
        long created = Desk.number("made", made, 0, MOST_AT_ONCE);
        return items(200, gtin, lot, Desk.number(page), Form.empty().with("count", "20"), created);
    }

    private Response items(int status, String gtin, String lot, int page, Form form, long made) {
        Page items = itemsOf(gtin, lot, page, Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            String serial = Desk.text(item, "serial");
            String place = Desk.text(item, "place");
            String holder = Desk.text(item, "holder");
            boolean both = !place.isEmpty() && !holder.isEmpty();
            rows.add(new Listing.Row(
                    List.of(
                            serial,
                            signed(item) ? Said.plain(Desk.text(item, "state")) : "Reserved, not commissioned",
                            holder + (both ? ", " : "") + place,
                            Desk.text(item, "steps"),
                            Said.moment(item.path("changedAt"))),
                    signed(item) ? printed(gtin, lot, serial) : ""));
        }
        return desk.show(status, Templates.items(desk.who("batches"), Listing.of(items, rows), form, gtin, lot, made));
    }

    /** Creates serials and has the platform sign their first step, which the passport then says. */
    @POST
    @Path(ONE)
    @RolesAllowed({"producer", "administrator"})
    public Response commission(
            @Context HttpServerRequest request,
            @PathParam("gtin") String gtin,
            @PathParam("lot") String lot,
            MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        form.needed("count", 10);
        Long count = form.whole("count", 1, MOST_AT_ONCE);
        if (form.right() && count != null) {
            Answer answer = desk.write(api(gtin, lot) + "/commission", Map.of("count", count));
            if (answer.ok()) {
                return Desk.seeOther("/console" + api(gtin, lot) + "?made="
                        + answer.json().path("objects").size());
            }
            form.refused(answer.refusal());
        }
        return items(422, gtin, lot, 0, form, 0);
    }

    /** A sheet of labels: 21 to an A4 page, 63.5 × 38.1 mm each (Avery L7160). Serials without a signed step get none. */
    @GET
    @Path(ONE + "/labels")
    public Response labels(
            @PathParam("gtin") String gtin, @PathParam("lot") String lot, @QueryParam("page") String page) {
        Page items = itemsOf(gtin, lot, Desk.number(page), LABELS);
        List<Label> labels = new ArrayList<>();
        List<String> unsigned = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            String serial = Desk.text(item, "serial");
            String path = printed(gtin, lot, serial);
            if (!signed(item)) {
                unsigned.add(serial);
            } else if (!path.isEmpty()) {
                QrCode code = new QrCode(publicUrl + path);
                labels.add(new Label(path, code.path(), code.side(), serial));
            }
        }
        Sheet sheet = new Sheet(labels, unsigned, Listing.of(items, List.of()));
        return desk.show(200, Templates.labels(desk.who("batches"), sheet, gtin, lot, onlyHere));
    }

    /** Whether the item has its first step; before that its code answers as any unknown one does. */
    private static boolean signed(JsonNode item) {
        return item.path("steps").asLong() > 0;
    }

    /** The items of a batch; {@link NothingToShow} when there is no such batch. */
    private Page itemsOf(String gtin, String lot, int number, int size) {
        Page items = desk.page(api(gtin, lot) + "/items", number, size);
        if (items.rows().isEmpty() && !exists(gtin, lot)) {
            throw NothingToShow.missing("Your organisation has no batch " + lot + " of product " + gtin + ".");
        }
        return items;
    }

    // trace-service answers an empty list for the items of a batch it does not know, and has no question for one batch;
    // its list of batches is in the order of GTIN. Beyond the bound a batch counts as there: an empty page misleads
    // less than "no such batch".
    private boolean exists(String gtin, String lot) {
        for (int page = 0; page < MOST_SEARCHED; page++) {
            List<JsonNode> batches = desk.rows("/batches", page, Desk.MOST_ROWS);
            for (JsonNode batch : batches) {
                int order = Desk.text(batch, "gtin").compareTo(gtin);
                if (order == 0 && Desk.text(batch, "lot").equals(lot)) {
                    return true;
                }
                if (order > 0) {
                    return false;
                }
            }
            if (batches.size() < Desk.MOST_ROWS) {
                return false;
            }
        }
        return true;
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
}
