package io.waymark.vision;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

/** An endpoint with a fault, for the tests alone. */
@Path("/vision/fault-of-the-test")
public class FailingResource {
    @GET
    @PermitAll
    public String fails() {
        throw new IllegalStateException("the inside of the service");
    }
}
