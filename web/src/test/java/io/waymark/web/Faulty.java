package io.waymark.web;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;

/** Addresses that fail as ours must not: for the tests of what is said then. */
@Path("/faulty")
@PermitAll
public class Faulty {
    @GET
    @Path("broken")
    public Response broken() {
        throw new IllegalStateException("secret of the inside");
    }

    @GET
    @Path("picky")
    @Produces("image/tiff")
    public byte[] picky() {
        return new byte[1];
    }

    @POST
    @Path("picky")
    @Consumes("image/tiff")
    public byte[] take(byte[] body) {
        return new byte[body.length];
    }
}
