package io.waymark.trace.passport;

import io.waymark.evidence.proof.ProofFile;
import io.waymark.trace.problem.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;

/** Passports for the web front. Unknown, forged and malformed codes get the same answer: nobody learns here which serials exist. */
@Path("/api/passports")
public class PassportResource {
    private final Passports passports;

    PassportResource(Passports passports) {
        this.passports = passports;
    }

    @GET
    @RolesAllowed("service-web")
    @Produces(MediaType.APPLICATION_JSON)
    public Passport passport(@QueryParam("uri") String uri) {
        return passports.of(uri).orElseThrow(PassportResource::unknown);
    }

    @GET
    @Path("/proof")
    @RolesAllowed("service-web")
    @Produces(ProofFile.MEDIA_TYPE)
    public byte[] proof(@QueryParam("uri") String uri) {
        return passports.proof(uri).orElseThrow(PassportResource::unknown);
    }

    private static Problem unknown() {
        return new Problem(404, "unknown-code", "Unknown code", "This code is not known here.");
    }
}
