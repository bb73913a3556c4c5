package io.waymark.trace.organisation;

import static io.waymark.trace.organisation.Database.list;
import static io.waymark.trace.organisation.Database.run;

import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.List;

/** Organisations of this installation. Their names are public: they stand on passports. */
@Path("/api/organisations")
public class OrganisationResource {
    private final Database database;
    private final ApiKeys keys;
    private final SecurityIdentity identity;
    private final Tenant tenant;

    OrganisationResource(Database database, ApiKeys keys, SecurityIdentity identity, Tenant tenant) {
        this.database = database;
        this.keys = keys;
        this.identity = identity;
        this.tenant = tenant;
    }

    /** Country: ISO 3166-1 alpha-2. Domain: where the organisation publishes; not proved by us. */
    public record Organisation(String name, String slug, String domain, String country, String kind) {}

    /** {@code apiKey} is shown this once and null when the organisation existed. */
    public record Registered(String slug, String apiKey) {}

    /** Makes an organisation and its first key. The operator's alone: a new organisation's key must not go to another one's administrator. */
    @POST
    @RolesAllowed("service-operator")
    public Registered register(Organisation organisation, @QueryParam("reissue") boolean reissue) {
        Input.body(organisation);
        String slug = organisation.slug();
        if (!Tenant.isName(slug)) {
            throw Problem.malformed("slug is 1 to 32 of a-z 0-9 -");
        }
        String name = Input.needed("name", organisation.name(), 200);
        String domain = Input.optional("domain", organisation.domain(), 253);
        String country = Input.optional("country", organisation.country(), 2);
        if (country != null && !country.matches("[A-Z]{2}")) {
            throw Problem.malformed("country is two capital letters, ISO 3166-1");
        }
        String kind = Input.optional("kind", organisation.kind(), 40);
        return database.asTenant(slug, c -> {
            boolean made = run(
                            c,
                            "INSERT INTO trace.organisation (slug, name, domain, country, kind) VALUES (?, ?, ?, ?, ?) ON CONFLICT (slug) DO NOTHING",
                            slug,
                            name,
                            domain,
                            country,
                            kind)
                    == 1;
            return new Registered(slug, made || reissue ? keys.issue(c, slug, "key of " + slug) : null);
        });
    }

    /** Every organisation for the operator; the own one for an administrator. */
    @GET
    @RolesAllowed({"service-operator", "administrator"})
    public List<Organisation> all(@BeanParam Paging paging) {
        String only = identity.hasRole("service-operator") ? null : tenant.required();
        return database.app(c -> list(
                c,
                "SELECT name, slug, domain, country, kind FROM trace.organisation WHERE slug = coalesce(?::text, slug)"
                        + " ORDER BY slug LIMIT ? OFFSET ?",
                r -> new Organisation(r.getString(1), r.getString(2), r.getString(3), r.getString(4), r.getString(5)),
                only,
                paging.size(),
                paging.offset()));
    }
}
