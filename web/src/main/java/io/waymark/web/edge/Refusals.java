package io.waymark.web.edge;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** The page for a form whose bytes cannot be read. */
@Singleton
public class Refusals {
    // The framework's readers of forms; both let the JDK's exceptions through.
    private static final List<String> PARSERS = List.of(
            "org.jboss.resteasy.reactive.server.core.multipart.",
            "org.jboss.resteasy.reactive.common.providers.serialisers.MapAsFormUrlEncodedProvider");

    private final Html html;

    Refusals(Html html) {
        this.html = html;
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance refused(boolean console);

        private Templates() {}
    }

    /**
     * 400 when the framework's form parser raised {@code e} over the body's bytes; any other exception is a fault of ours and goes on.
     *
     * @param console whether the page leads back to the console
     */
    public Response damagedForm(Exception e, boolean console) throws Exception {
        for (StackTraceElement at : e.getStackTrace()) {
            if (PARSERS.stream().anyMatch(at.getClassName()::startsWith)) {
                return html.page(400, Templates.refused(console));
            }
        }
        throw e;
    }
}
