package io.waymark.trace.product;

import io.waymark.trace.organisation.Paging;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.time.LocalDate;
import java.util.List;

/** Certificates. The same name and issuer for the same goods is the same certificate: posting it again changes it. */
@Path("/api/certificates")
public class CertificateResource {
    private final Tenant tenant;

    CertificateResource(Tenant tenant) {
        this.tenant = tenant;
    }

    /** Digest: SHA-256 of the document, hex. Lot null = the trade item as a whole. */
    public record Shown(
            String gtin, String lot, String name, String issuer, LocalDate validUntil, String digest, String kind) {}

    @POST
    @Transactional
    @RolesAllowed({"producer", "administrator"})
    public Shown put(Shown shown) {
        Input.body(shown);
        String gtin = TradeItemResource.gtin(shown.gtin());
        if (TradeItem.findById(gtin) == null) {
            throw Problem.notFound("no trade item " + gtin + " of this organisation");
        }
        String lot = Input.optional("lot", shown.lot(), 20);
        String name = Input.needed("name", shown.name(), 200);
        String issuer = Input.needed("issuer", shown.issuer(), 200);
        if (!"evidenced".equals(shown.kind()) && !"verified".equals(shown.kind())) {
            throw Problem.malformed("kind is evidenced or verified");
        }
        String digest = Input.optional("digest", shown.digest(), 64);
        if (digest != null && !digest.matches("[0-9a-f]{64}")) {
            throw Problem.malformed("digest is SHA-256 in lower-case hex");
        }
        Certificate row = Certificate.<Certificate>find(
                        "gtin = ?1 and lot = ?2 and name = ?3 and issuer = ?4",
                        gtin,
                        lot == null ? "" : lot,
                        name,
                        issuer)
                .firstResult();
        boolean known = row != null;
        if (!known) {
            row = new Certificate();
            row.tenantId = tenant.required();
            row.gtin = gtin;
            row.lot = lot == null ? "" : lot;
            row.name = name;
            row.issuer = issuer;
        }
        row.validUntil = shown.validUntil();
        row.digest = digest;
        row.kind = shown.kind();
        if (!known) {
            row.persist();
        }
        return shown;
    }

    @GET
    @Transactional
    @RolesAllowed({"viewer", "producer", "administrator"})
    public List<Shown> all(@BeanParam Paging paging) {
        tenant.required();
        return Certificate.<Certificate>find("order by gtin, lot, name, id").page(paging.page(), paging.size()).stream()
                .map(c -> new Shown(
                        c.gtin, c.lot.isEmpty() ? null : c.lot, c.name, c.issuer, c.validUntil, c.digest, c.kind))
                .toList();
    }
}
