package io.waymark.web.edge;

import io.quarkus.qute.TemplateInstance;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;

/** Makes responses of pages: rendered whole before the first byte is sent, with the policy of their style sheet, never stored by caches. */
@Singleton
public class Html {
    private final Style style;

    Html(Style style) {
        this.style = style;
    }

    public Response page(int status, TemplateInstance page) {
        return response(status, page, style.pagePolicy());
    }

    public Response console(int status, TemplateInstance page) {
        return response(status, page, style.consolePolicy());
    }

    private static Response response(int status, TemplateInstance page, String policy) {
        return Response.status(status)
                .entity(page.render().getBytes(StandardCharsets.UTF_8))
                .type("text/html;charset=UTF-8")
                .header("Content-Security-Policy", policy)
                .header("Cache-Control", "no-store")
                .build();
    }
}
