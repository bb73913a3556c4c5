package io.waymark.trace.batch;

import io.waymark.trace.organisation.Database;
import io.waymark.trace.organisation.Paging;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.product.TradeItem;
import io.waymark.trace.product.TradeItemResource;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/** Batches, their serials and their items. Posting a batch again with the same GTIN and lot changes it. */
@Path("/api/batches")
public class BatchResource {
    private final Tenant tenant;
    private final Database database;
    private final Serials serials;

    BatchResource(Tenant tenant, Database database, Serials serials) {
        this.tenant = tenant;
        this.database = database;
        this.serials = serials;
    }

    /** Lot: 1 to 20 of letters, digits and {@code . _ ~ -}, so that it needs no escaping in a path. GS1 allows more: OPEN. */
    public record Made(String gtin, String lot, Instant producedAt, LocalDate expiry, Long quantity, String origin) {}

    record Count(int count) {}

    /** The objects reserved, secrets in base64. */
    public record Reserved(List<Serials.Reserved> objects) {}

    /** An item and where it stands today. */
    public record Item(
            String uri,
            String serial,
            String state,
            String holder,
            String place,
            String parent,
            long steps,
            Instant changedAt) {}

    @POST
    @Transactional
    @RolesAllowed({"producer", "administrator"})
    public Made put(Made made) {
        Input.body(made);
        String gtin = TradeItemResource.gtin(made.gtin());
        String lot = Input.needed("lot", made.lot(), 20);
        if (!lot.matches("[A-Za-z0-9._~-]{1,20}")) {
            throw Problem.malformed("lot is 1 to 20 of letters, digits and . _ ~ -");
        }
        if (TradeItem.findById(gtin) == null) {
            throw Problem.notFound("no trade item " + gtin + " of this organisation");
        }
        if (made.quantity() != null && made.quantity() < 0) {
            throw Problem.malformed("quantity is negative");
        }
        Batch row = Batch.findById(new Batch.Key(gtin, lot));
        boolean known = row != null;
        if (!known) {
            row = new Batch();
            row.gtin = gtin;
            row.lot = lot;
            row.tenantId = tenant.required();
        }
        row.producedAt = made.producedAt();
        row.expiry = made.expiry();
        row.quantity = made.quantity();
        row.origin = Input.optional("origin", made.origin(), 200);
        if (!known) {
            row.persist();
        }
        return view(row);
    }

    @GET
    @Transactional
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Made> all(@BeanParam Paging paging) {
        tenant.required();
        return Batch.<Batch>find("order by gtin, lot").page(paging.page(), paging.size()).stream()
                .map(BatchResource::view)
                .toList();
    }

    @POST
    @Path("/{gtin}/{lot}/serials")
    @RolesAllowed({"producer", "administrator"})
    public Reserved reserve(@PathParam("gtin") String gtin, @PathParam("lot") String lot, Count count) {
        return new Reserved(serials.reserve(
                tenant.required(),
                TradeItemResource.gtin(gtin),
                lot,
                Input.body(count).count()));
    }

    @GET
    @Path("/{gtin}/{lot}/items")
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Item> items(@PathParam("gtin") String gtin, @PathParam("lot") String lot, @BeanParam Paging paging) {
        tenant.required();
        return database.app(c -> Database.list(
                c,
                "SELECT uri, serial, state, holder, place, parent, last_n + 1 AS steps, changed_at FROM trace.traced_object "
                        + "WHERE gtin = ? AND lot = ? ORDER BY serial LIMIT ? OFFSET ?",
                r -> new Item(
                        r.getString("uri"),
                        r.getString("serial"),
                        r.getString("state"),
                        r.getString("holder"),
                        r.getString("place"),
                        r.getString("parent"),
                        r.getLong("steps"),
                        Database.instant(r, "changed_at")),
                TradeItemResource.gtin(gtin),
                lot,
                paging.size(),
                paging.offset()));
    }

    private static Made view(Batch b) {
        return new Made(b.gtin, b.lot, b.producedAt, b.expiry, b.quantity, b.origin);
    }
}
