package io.waymark.web.edge;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.upstream.UpstreamUnavailable;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jboss.logging.Logger;

/** "We cannot look this up right now": 503, and never a word about the code. The one place where an unreachable service is logged. */
@Provider
public class UpstreamPage implements ExceptionMapper<UpstreamUnavailable> {
    private static final Logger LOG = Logger.getLogger(UpstreamPage.class);

    private final Html html;

    UpstreamPage(Html html) {
        this.html = html;
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance unavailable();

        private Templates() {}
    }

    @Override
    public Response toResponse(UpstreamUnavailable e) {
        LOG.warnf("page not answered: %s%s", e.getMessage(), e.getCause() == null ? "" : " (" + e.getCause() + ")");
        return Response.fromResponse(html.page(503, Templates.unavailable()))
                .header("Retry-After", "10")
                .build();
    }
}
