package io.waymark.trace.quarantine;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;

/** Refused messages in from ingest, out to their owners. */
@Path("/api/quarantine")
public class QuarantineResource {
    private static final int MAX_BATCH = 500;

    private final Quarantine quarantine;
    private final Tenant tenant;

    QuarantineResource(Quarantine quarantine, Tenant tenant) {
        this.quarantine = quarantine;
        this.tenant = tenant;
    }

    // request = [* [topic: tstr, raw: bstr, reason: tstr, received ms: uint]]
    @POST
    @Consumes("application/cbor")
    @RolesAllowed("service-ingest")
    public void keep(byte[] body) {
        List<Quarantine.Refused> refused = new ArrayList<>();
        try {
            CborReader in = new CborReader(body);
            int count = in.array();
            if (count > MAX_BATCH) {
                throw new Problem(
                        413, "batch-too-large", "The batch is too large", count + " messages, at most " + MAX_BATCH);
            }
            for (int i = 0; i < count; i++) {
                in.array(4);
                refused.add(new Quarantine.Refused(in.text(), in.bytes(), in.text(), in.unsigned()));
            }
            in.end();
        } catch (MalformedException e) {
            throw Problem.malformed("the batch is not CBOR [* [topic, raw, reason, received]]: " + e.getMessage());
        }
        quarantine.keep(refused);
    }

    /** A page of refused messages and all counters. */
    public record Page(List<Quarantine.Row> rows, List<Quarantine.Count> counts) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed({"viewer", "administrator", "producer"})
    public Page page(
            @QueryParam("page") @DefaultValue("0") int page, @QueryParam("size") @DefaultValue("50") int size) {
        tenant.required();
        return new Page(quarantine.page(Math.max(0, page), Math.max(1, Math.min(200, size))), quarantine.counts());
    }
}
