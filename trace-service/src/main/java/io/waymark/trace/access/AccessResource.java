package io.waymark.trace.access;

import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Set-up, login, session and accounts over HTTP. */
@Path("/api")
public class AccessResource {
    private final Accounts accounts;
    private final SecurityIdentity identity;
    private final Tenant tenant;
    private final Database database;
    private final IssuedKeys keys;

    AccessResource(Accounts accounts, SecurityIdentity identity, Tenant tenant, Database database, IssuedKeys keys) {
        this.accounts = accounts;
        this.identity = identity;
        this.tenant = tenant;
        this.database = database;
        this.keys = keys;
    }

    record SetUp(String token, String organisation, String account, String password) {}

    record Login(String account, String password) {}

    /** Organisation: a slug; needed from the operator, the own one or absent from an administrator. */
    record NewAccount(String account, String password, String role, String organisation) {}

    /** Label: what the organisation will know the key by, 1 to 80 characters. */
    record NewKey(String label) {}

    /** A producer's key, shown this once. */
    public record IssuedKey(String apiKey) {}

    /** Who the presented token belongs to; tenant and organisation are null for service tokens. */
    public record Session(String name, String tenant, String organisation, List<String> roles) {}

    @POST
    @Path("/setup")
    @PermitAll
    @ForAnybody
    public Accounts.Session setUp(SetUp request, @Context HttpServerRequest http) {
        if (request == null
                || request.organisation() == null
                || request.organisation().length() > 200) {
            throw Problem.malformed("token, organisation, account and password are needed");
        }
        return accounts.setUp(
                request.token(),
                slug(request.organisation()),
                request.organisation(),
                request.account(),
                request.password(),
                address(http));
    }

    @POST
    @Path("/login")
    @PermitAll
    @ForAnybody
    public Accounts.Session login(Login request, @Context HttpServerRequest http) {
        if (request == null) {
            throw Problem.malformed("account and password are needed");
        }
        return accounts.login(request.account(), request.password(), address(http));
    }

    @GET
    @Path("/session")
    @Authenticated
    public Session session() {
        return new Session(
                identity.getPrincipal().getName(),
                identity.getAttribute(Tenant.ATTRIBUTE),
                identity.getAttribute(Callers.ORGANISATION),
                identity.getRoles().stream().sorted().toList());
    }

    @DELETE
    @Path("/session")
    @Authenticated
    public void end() {
        byte[] hash = identity.getAttribute(Callers.TOKEN_HASH);
        if (hash != null) {
            accounts.end(hash);
        }
    }

    @POST
    @Path("/accounts")
    @RolesAllowed({Roles.ADMINISTRATOR, Roles.SERVICE_OPERATOR})
    public Response create(NewAccount request) {
        Input.body(request);
        Accounts.Account made = accounts.create(
                organisation(request.organisation()), request.account(), request.password(), request.role());
        return Response.status(201).entity(made).build();
    }

    @GET
    @Path("/accounts")
    @RolesAllowed({Roles.ADMINISTRATOR, Roles.SERVICE_OPERATOR})
    public List<Accounts.Account> all(@QueryParam("organisation") String organisation) {
        return accounts.all(organisation(organisation));
    }

    @DELETE
    @Path("/accounts/{account}")
    @RolesAllowed({Roles.ADMINISTRATOR, Roles.SERVICE_OPERATOR})
    public void remove(@PathParam("account") String account, @QueryParam("organisation") String organisation) {
        accounts.remove(organisation(organisation), account);
    }

    /** A key of the caller's own organisation. */
    @POST
    @Path("/api-keys")
    @RolesAllowed(Roles.ADMINISTRATOR)
    public Response issue(NewKey request) {
        Input.body(request);
        String label = Input.needed("label", request.label(), 80);
        String key = database.app(c -> keys.issue(c, tenant.required(), label));
        return Response.status(201).entity(new IssuedKey(key)).build();
    }

    @GET
    @Path("/api-keys")
    @RolesAllowed({Roles.ADMINISTRATOR, Roles.SERVICE_OPERATOR})
    public List<IssuedKeys.Key> keys(@QueryParam("organisation") String organisation) {
        String of = organisation(organisation);
        return database.asTenant(of, keys::all);
    }

    /** The key is refused from now on; a service that remembers callers takes it for some seconds longer. */
    @DELETE
    @Path("/api-keys/{id}")
    @RolesAllowed({Roles.ADMINISTRATOR, Roles.SERVICE_OPERATOR})
    public void revoke(@PathParam("id") UUID id, @QueryParam("organisation") String organisation) {
        String of = organisation(organisation);
        if (!database.asTenant(of, c -> keys.revoke(c, id))) {
            throw Problem.notFound("no such key of this organisation");
        }
    }

    /** The slug of the organisation a call is about: the one the operator names, an administrator's own. */
    private String organisation(String named) {
        if (!identity.hasRole(Roles.SERVICE_OPERATOR)) {
            String own = tenant.required();
            if (named != null && !named.equals(own)) {
                throw new Problem(
                        403, "other-organisation", "Not allowed", "an administrator works for the own organisation");
            }
            return own;
        }
        if (named == null) {
            throw Problem.malformed("organisation is needed: the slug of one");
        }
        return database.app(c -> Database.first(
                        c, "SELECT slug FROM trace.organisation WHERE slug = ?", r -> r.getString(1), named))
                .orElseThrow(() -> Problem.notFound("no such organisation"));
    }

    private static String address(HttpServerRequest request) {
        return request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress();
    }

    /** A slug made of the name's Latin letters and digits; {@code organisation} when it has none. */
    static String slug(String name) {
        String plain = Normalizer.normalize(name, Normalizer.Form.NFD)
                .replaceAll("\\p{M}", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        String slug = plain.substring(0, Math.min(32, plain.length())).replaceAll("-$", "");
        return slug.isEmpty() ? "organisation" : slug;
    }
}
