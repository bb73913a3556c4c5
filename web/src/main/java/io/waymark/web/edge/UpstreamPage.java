package io.waymark.web.edge;

import io.waymark.web.upstream.UpstreamUnavailable;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jboss.logging.Logger;

/** "We cannot look this up right now": 503, and never a word about the code. The one place where an unreachable service is logged. */
@Provider
public class UpstreamPage implements ExceptionMapper<UpstreamUnavailable> {
    private static final Logger LOG = Logger.getLogger(UpstreamPage.class);

    @Override
    public Response toResponse(UpstreamUnavailable e) {
        LOG.warnf("page not answered: %s%s", e.getMessage(), e.getCause() == null ? "" : " (" + e.getCause() + ")");
        return Response.status(503)
                .header("Retry-After", "10")
                .entity(Refusal.of(Refusal.Kind.UNAVAILABLE))
                .build();
    }
}
