package io.waymark.trace.passport;

import static io.waymark.trace.organisation.Database.list;

import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Items that moved last: something to click on. People see their own organisation's. The web front sees those of the organisations named in
 * {@code waymark.trace.demo-organisations}, none by default: a code is a secret of sorts, and a public list of codes gives it away.
 */
@Path("/api/demo/items")
public class DemoResource {
    private static final int MOST = 100;

    private final Database database;
    private final Tenant tenant;

    private final SecurityIdentity identity;
    private final List<String> shown;

    DemoResource(
            Database database,
            Tenant tenant,
            SecurityIdentity identity,
            @ConfigProperty(name = "waymark.trace.demo-organisations") Optional<List<String>> shown) {
        this.database = database;
        this.tenant = tenant;
        this.identity = identity;
        this.shown = shown.orElse(List.of());
    }

    /** Lot: for the printed form of the link. */
    public record Item(String uri, String lot, String name, String state) {}

    @GET
    @RolesAllowed({"viewer", "producer", "administrator", "service-web"})
    public List<Item> items(@QueryParam("limit") Integer limit) {
        int most = limit == null ? 20 : Math.max(1, Math.min(MOST, limit));
        if (identity.hasRole("service-web")) {
            return database.passport(c -> newest(c, shown, most));
        }
        String own = tenant.required();
        return database.app(c -> newest(c, List.of(own), most));
    }

    private static List<Item> newest(Connection c, List<String> makers, int most) throws SQLException {
        return list(
                c,
                // A few of each lot, newest first, rather than fifty of the one that moved last: a visitor wants to see
                // differences.
                "SELECT uri, lot, name, state FROM (SELECT t.uri, t.lot, i.name, t.state, t.changed_at, "
                        + "row_number() OVER (PARTITION BY t.gtin, t.lot ORDER BY t.changed_at DESC) AS place "
                        + "FROM trace.traced_object t JOIN trace.trade_item i ON i.gtin = t.gtin "
                        + "WHERE t.last_n >= 0 AND t.tenant_id = ANY (?)) AS of_lot ORDER BY place, changed_at DESC LIMIT ?",
                r -> new Item(r.getString(1), r.getString(2), r.getString(3), r.getString(4)),
                makers.toArray(String[]::new),
                most);
    }
}
