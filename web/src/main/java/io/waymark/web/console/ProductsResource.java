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
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Products: the list, and a form that registers or changes one. */
@Path("/console/products")
@RolesAllowed({"viewer", "producer", "administrator"})
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
public class ProductsResource {
    /** Those with a drawing of their own. */
    private static final List<String> CATEGORIES = List.of("fish", "coffee", "medicine", "fruit", "bottle", "dairy");

    private final Desk desk;

    ProductsResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance products(Person who, Listing l, Form f, List<String> categories);

        private Templates() {}
    }

    @GET
    public Response products(@QueryParam("page") String page) {
        return products(200, Desk.number(page), Form.empty());
    }

    private Response products(int status, int page, Form form) {
        Page items = desk.page("/trade-items", page, Desk.ROWS);
        List<Listing.Row> rows = new ArrayList<>();
        for (JsonNode item : items.rows()) {
            rows.add(new Listing.Row(List.of(
                    Desk.text(item, "gtin"), Desk.text(item, "name"), Desk.text(item, "category"), limits(item))));
        }
        return desk.show(status, Templates.products(desk.who("products"), Listing.of(items, rows), form, CATEGORIES));
    }

    @POST
    @RolesAllowed({"producer", "administrator"})
    public Response add(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        Map<String, Object> item = new HashMap<>();
        item.put("gtin", form.gtin());
        item.put("name", form.needed("name", 200));
        item.put("description", form.optional("description", 4000));
        item.put("category", form.optional("category", 100));
        item.put("minCentiCelsius", form.centiCelsius("min"));
        item.put("maxCentiCelsius", form.centiCelsius("max"));
        item.put("maxMinutesOutside", form.whole("minutes", 0, 1_000_000));
        if (form.right()) {
            Answer answer = desk.write("/trade-items", item);
            if (answer.ok()) {
                return Desk.seeOther("/console/products");
            }
            form.refused(answer.refusal());
        }
        return products(422, 0, form);
    }

    /** "0 to 4 °C"; empty without limits. */
    static String limits(JsonNode item) {
        boolean low = item.path("minCentiCelsius").isNumber();
        boolean high = item.path("maxCentiCelsius").isNumber();
        String from = low ? Said.number(item.path("minCentiCelsius").asInt() / 100.0) : "";
        String to = high ? Said.celsius(item.path("maxCentiCelsius").asInt() / 100.0) : "";
        return low && high ? from + " to " + to : high ? "up to " + to : low ? "from " + from + "\u00a0°C" : "";
    }
}
