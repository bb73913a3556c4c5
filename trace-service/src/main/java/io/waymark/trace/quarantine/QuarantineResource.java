package io.waymark.trace.quarantine;

import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.reading.Intake;
import io.waymark.trace.reading.Outcome;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Refused messages in from ingest, out to their owners. */
@Path("/api/quarantine")
public class QuarantineResource {
    private static final int MAX_BATCH = 500;

    private final Quarantine quarantine;
    private final Tenant tenant;
    private final Intake intake;
    private final SecurityIdentity identity;

    QuarantineResource(Quarantine quarantine, Tenant tenant, Intake intake, SecurityIdentity identity) {
        this.quarantine = quarantine;
        this.tenant = tenant;
        this.intake = intake;
        this.identity = identity;
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

    /** Why a refused message is to be taken after all, in the operator's words; the log keeps a commitment to them. */
    public record Admission(String reason) {}

    /** Ledger index of the message's statement. */
    public record Admitted(long index) {}

    @POST
    @Path("{id}/admission")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed({"producer", "administrator"})
    public Admitted admit(@PathParam("id") long id, Admission body) {
        tenant.required();
        String reason = Input.text("reason", Input.body(body).reason(), 500);
        Quarantine.Refused refused =
                quarantine.find(id).orElseThrow(() -> Problem.notFound("no such message in your quarantine"));
        if (!Intake.ADMISSIBLE.contains(refused.reason())) {
            throw new Problem(
                    422,
                    "not-admissible",
                    "This message cannot be taken",
                    "it was refused as " + refused.reason() + "; only "
                            + String.join(", ", new TreeSet<>(Intake.ADMISSIBLE))
                            + " can be overruled: such a message is the device's own");
        }
        Outcome outcome = intake.admit(
                refused.topic(),
                refused.raw(),
                refused.reason(),
                reason,
                identity.getPrincipal().getName());
        if (outcome instanceof Outcome.Refused still) {
            throw new Problem(
                    422, "not-admissible", "This message cannot be taken", "it is refused as " + still.reason());
        }
        if (outcome instanceof Outcome.Equivocation equivocation) {
            throw Problem.conflict(
                    "equivocation",
                    "another message has this epoch and sequence number; both are kept, this one at index "
                            + equivocation.index());
        }
        long index = outcome instanceof Outcome.Stored stored ? stored.index() : ((Outcome.Duplicate) outcome).index();
        quarantine.admitted(id, index);
        return new Admitted(index);
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
