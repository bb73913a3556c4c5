package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
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
import java.util.List;
import java.util.Map;

/** Who may log in, and which programs hold a key. What ends something shows a page that asks first. */
@Path("/console/accounts")
@RolesAllowed("administrator")
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
public class AccountsResource {
    private static final String ACCOUNT = "{account:[^/]{1,80}}/end";
    private static final String KEY = "keys/{id:[0-9a-f-]{36}}/revoke";

    private final Desk desk;

    AccountsResource(Desk desk) {
        this.desk = desk;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance accounts(Person who, Listing l, Listing keys, Form f, Form k);

        static native TemplateInstance key(Person who, String label, String key);

        static native TemplateInstance end(Person who, Ending e, String refusal);

        private Templates() {}
    }

    /** What is about to end, and what that means. */
    public record Ending(String what, String name, String consequence, String button) {
        static Ending account(String name) {
            return new Ending(
                    "account",
                    name,
                    "Nobody can log in with it any more, and whoever is logged in with it is logged out. What was done with "
                            + "it stays. It cannot be undone; an account of that name can be created anew.",
                    "End the account");
        }

        static Ending key(String label) {
            return new Ending(
                    "API key",
                    label,
                    "Programs that use it are refused from then on. What they sent stays. It cannot be undone; issue another "
                            + "key first if they are to go on.",
                    "Revoke the key");
        }
    }

    @GET
    public Response accounts() {
        return accounts(200, Form.empty().with("role", "viewer"), Form.empty());
    }

    private Response accounts(int status, Form account, Form key) {
        List<Listing.Row> accounts = new ArrayList<>();
        for (JsonNode row : desk.rows("/accounts", 0, Desk.MOST_ROWS)) {
            String name = Desk.text(row, "account");
            accounts.add(new Listing.Row(
                    List.of(name, Desk.text(row, "role"), Said.day(row.path("createdAt"))),
                    "/console/accounts/" + Trace.encoded(name) + "/end"));
        }
        List<Listing.Row> keys = new ArrayList<>();
        for (JsonNode row : desk.rows("/api-keys", 0, Desk.MOST_ROWS)) {
            keys.add(new Listing.Row(
                    List.of(Desk.text(row, "label"), Said.day(row.path("createdAt")), Said.day(row.path("expires"))),
                    "/console/accounts/keys/" + Trace.encoded(Desk.text(row, "id")) + "/revoke"));
        }
        return desk.show(
                status,
                Templates.accounts(desk.who("accounts"), Listing.whole(accounts), Listing.whole(keys), account, key));
    }

    @POST
    public Response add(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
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
            Answer answer = desk.write("/accounts", Map.of("account", account, "password", password, "role", role));
            if (answer.ok()) {
                return Desk.seeOther("/console/accounts");
            }
            form.refused(answer.refusal());
        }
        return accounts(422, form, Form.empty());
    }

    /** Issues a key. The answer is the one page that ever shows it, hence no redirect; sent again it issues another. */
    @POST
    @Path("keys")
    public Response issue(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        Form form = desk.verified(request, posted);
        String label = form.needed("label", 80);
        if (form.right()) {
            Answer answer = desk.write("/api-keys", Map.of("label", label));
            if (answer.ok()) {
                return desk.show(200, Templates.key(desk.who("accounts"), label, Desk.text(answer.json(), "apiKey")));
            }
            form.refused(answer.refusal());
        }
        return accounts(422, Form.empty().with("role", "viewer"), form);
    }

    @GET
    @Path(ACCOUNT)
    public Response askAccount(@PathParam("account") String account) {
        return ask(200, Ending.account(account(account)), "");
    }

    @POST
    @Path(ACCOUNT)
    public Response endAccount(
            @Context HttpServerRequest request,
            @PathParam("account") String account,
            MultivaluedMap<String, String> posted) {
        desk.verified(request, posted);
        return ended("/accounts/" + Trace.encoded(account), Ending.account(account));
    }

    @GET
    @Path(KEY)
    public Response askKey(@PathParam("id") String id) {
        return ask(200, Ending.key(label(id)), "");
    }

    @POST
    @Path(KEY)
    public Response endKey(
            @Context HttpServerRequest request, @PathParam("id") String id, MultivaluedMap<String, String> posted) {
        desk.verified(request, posted);
        return ended("/api-keys/" + Trace.encoded(id), Ending.key(id));
    }

    private Response ask(int status, Ending ending, String refusal) {
        return desk.show(status, Templates.end(desk.who("accounts"), ending, refusal));
    }

    private Response ended(String path, Ending ending) {
        Answer answer = desk.delete(path);
        if (answer.status() == 404) {
            throw NothingToShow.missing();
        }
        return answer.ok() ? Desk.seeOther("/console/accounts") : ask(422, ending, answer.refusal());
    }

    private String account(String name) {
        return listed("/accounts", "account", name, "account");
    }

    private String label(String id) {
        return listed("/api-keys", "id", id, "label");
    }

    private String listed(String list, String member, String value, String name) {
        return desk.rows(list, 0, Desk.MOST_ROWS).stream()
                .filter(row -> Desk.text(row, member).equals(value))
                .findFirst()
                .map(row -> Desk.text(row, name))
                .orElseThrow(NothingToShow::missing);
    }
}
