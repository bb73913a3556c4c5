package io.waymark.trace.access;

import io.waymark.trace.problem.Problem;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;

/**
 * Refuses a stranger's body by its announced length. The server's own bound is that of a batch of readings: a few strangers at once with
 * passwords of that size would take the memory that the ledger needs.
 */
@Provider
@ForAnybody
public class SmallBodies implements ContainerRequestFilter {
    private static final int MOST = 16 * 1024;

    @Override
    public void filter(ContainerRequestContext request) {
        String length = request.getHeaderString("Content-Length");
        if (length == null) {
            throw new Problem(411, "length-needed", "The length is needed", "send the body with a Content-Length");
        }
        if (!length.matches("[0-9]{1,9}") || Integer.parseInt(length) > MOST) {
            throw new Problem(413, "too-large", "The request is too large", "at most " + MOST + " bytes here");
        }
    }
}
