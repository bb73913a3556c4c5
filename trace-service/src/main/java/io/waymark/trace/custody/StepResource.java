package io.waymark.trace.custody;

import io.waymark.trace.problem.Input;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;

/** Signed steps over HTTP. */
@Path("/api/steps")
public class StepResource {
    private final Steps steps;
    private final Tenant tenant;

    StepResource(Steps steps, Tenant tenant) {
        this.steps = steps;
        this.tenant = tenant;
    }

    /** Wire and secrets in base64; objects in the order of the signed tree. */
    record Submitted(byte[] wire, List<Steps.Named> objects) {}

    /** Digest in hex; one link per object, in order. */
    public record Stored(String digest, List<Steps.Link> links) {}

    @POST
    @RolesAllowed({"producer", "administrator"})
    public Stored accept(Submitted step) {
        Input.body(step);
        if (step.wire() == null || step.objects() == null || step.objects().contains(null)) {
            throw Problem.malformed("wire and objects are needed");
        }
        Steps.Accepted accepted = steps.accept(tenant.required(), step.wire(), step.objects());
        return new Stored(Steps.hex(accepted.digest()), accepted.links());
    }
}
