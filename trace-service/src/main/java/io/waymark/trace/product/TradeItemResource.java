package io.waymark.trace.product;

import io.waymark.trace.organisation.Paging;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.persistence.PersistenceException;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;

/** Trade items. Posting one again with the same GTIN changes it, as long as it is the caller's own. */
@Path("/api/trade-items")
public class TradeItemResource {
    private final Tenant tenant;

    TradeItemResource(Tenant tenant) {
        this.tenant = tenant;
    }

    /**
     * @param kind                free word of the maker, such as {@code food}
     * @param minCentiCelsius     lower limit in 0.01 °C; null = none
     * @param maxMinutesOutside   how long in one stretch it may be outside the limits before it is over the limit; null = 0
     */
    public record Item(
            String gtin,
            String name,
            String description,
            String category,
            String kind,
            Integer minCentiCelsius,
            Integer maxCentiCelsius,
            Integer maxMinutesOutside) {}

    @POST
    @Transactional
    @RolesAllowed({"producer", "administrator"})
    public Item put(Item item) {
        Input.body(item);
        String gtin = gtin(item.gtin());
        if (item.minCentiCelsius() != null
                && item.maxCentiCelsius() != null
                && item.minCentiCelsius() > item.maxCentiCelsius()) {
            throw Problem.malformed("minCentiCelsius is above maxCentiCelsius");
        }
        if (item.maxMinutesOutside() != null && item.maxMinutesOutside() < 0) {
            throw Problem.malformed("maxMinutesOutside is negative");
        }
        TradeItem row = TradeItem.findById(gtin);
        boolean known = row != null;
        if (!known) {
            row = new TradeItem();
            row.gtin = gtin;
            row.tenantId = tenant.required();
        }
        row.name = Input.needed("name", item.name(), 200);
        row.description = Input.optional("description", item.description(), 4000);
        row.category = Input.optional("category", item.category(), 100);
        row.kind = Input.optional("kind", item.kind(), 40);
        row.minCentiCelsius = item.minCentiCelsius();
        row.maxCentiCelsius = item.maxCentiCelsius();
        row.maxMinutesOutside = item.maxMinutesOutside();
        if (!known) {
            try {
                row.persistAndFlush();
            } catch (PersistenceException e) {
                // Row-level security hid it from findById, the primary key did not. Also what a race of two first posts
                // looks like.
                throw Problem.conflict("gtin-taken", "GTIN " + gtin + " is registered already");
            }
        }
        return view(row);
    }

    @GET
    @Transactional
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Item> all(@BeanParam Paging paging) {
        tenant.required();
        return TradeItem.<TradeItem>find("order by gtin").page(paging.page(), paging.size()).stream()
                .map(TradeItemResource::view)
                .toList();
    }

    /** @throws Problem 400 */
    public static String gtin(String text) {
        try {
            return new Gtin(text).value();
        } catch (IllegalArgumentException e) {
            throw Problem.malformed(e.getMessage());
        }
    }

    private static Item view(TradeItem t) {
        return new Item(
                t.gtin,
                t.name,
                t.description,
                t.category,
                t.kind,
                t.minCentiCelsius,
                t.maxCentiCelsius,
                t.maxMinutesOutside);
    }
}
