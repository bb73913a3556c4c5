package io.waymark.trace.custody;

import static io.waymark.trace.organisation.Database.first;

import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.trace.batch.Serials;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.product.TradeItemResource;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.List;

/** Commissioning from the console: serials reserved and a step signed by the platform, in one go. */
@Path("/api/batches/{gtin}/{lot}/commission")
public class CommissionResource {
    private final Tenant tenant;
    private final Database database;
    private final Serials serials;
    private final PlatformSigner signer;

    CommissionResource(Tenant tenant, Database database, Serials serials, PlatformSigner signer) {
        this.tenant = tenant;
        this.database = database;
        this.serials = serials;
        this.signer = signer;
    }

    record Count(int count) {}

    /** An item that now exists. */
    public record Item(String uri, String serial) {}

    /** The items, in the order of the signed step. */
    public record Commissioned(List<Item> objects) {}

    /** Not idempotent: each call makes new items. A call whose answer was lost left items in the batch's list. */
    @POST
    @RolesAllowed({"producer", "administrator"})
    public Commissioned commission(@PathParam("gtin") String gtinText, @PathParam("lot") String lot, Count count) {
        String gtin = TradeItemResource.gtin(gtinText);
        List<Serials.Reserved> reserved =
                serials.reserve(tenant.required(), gtin, lot, Input.body(count).count());
        record Batch(String maker, String origin) {}
        Batch batch = database.app(c -> first(
                        c,
                        "SELECT o.name, b.origin FROM trace.batch b JOIN trace.organisation o ON o.slug = b.tenant_id WHERE b.gtin = ? AND b.lot = ?",
                        r -> new Batch(r.getString(1), r.getString(2)),
                        gtin,
                        lot))
                .orElseThrow(() -> Problem.notFound("no batch " + lot + " of " + gtin + " of this organisation"));
        PublicSummary summary = new PublicSummary(
                "commissioning",
                System.currentTimeMillis(),
                batch.maker(),
                batch.origin() == null ? "" : batch.origin(),
                null,
                null,
                (long) reserved.size(),
                null,
                "active",
                null);
        signer.sign(
                tenant.required(),
                summary,
                reserved.stream().map(r -> new Steps.Named(r.uri(), r.secret())).toList());
        return new Commissioned(
                reserved.stream().map(r -> new Item(r.uri(), r.serial())).toList());
    }
}
