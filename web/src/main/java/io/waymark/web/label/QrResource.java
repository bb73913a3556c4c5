package io.waymark.web.label;

import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.edge.Refusal;
import io.waymark.web.upstream.WebConfig;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;

/**
 * QR codes of printed addresses. Anybody may ask for any well-formed code: a picture of an address says nothing about whether it was issued,
 * and answering only for issued codes would be an oracle for guessing serials.
 */
@Path("/qr")
@PermitAll
public class QrResource {
    private static final int SMALLEST = 64;
    private static final int LARGEST = 2048;

    private final String publicUrl;

    QrResource(WebConfig config) {
        this.publicUrl = config.publicUrl().toString().replaceAll("/+$", "");
    }

    /** @param size wanted width in pixels; brought into 64…2048 */
    @GET
    @Path("/01/{code:.+}")
    public Response qr(@Context HttpServerRequest request, @QueryParam("size") @DefaultValue("256") int size) {
        String path = request.path().substring("/qr".length());
        boolean svg = path.endsWith(".svg");
        if (!svg && !path.endsWith(".png")) {
            return Response.status(404).build();
        }
        DigitalLink link;
        try {
            link = DigitalLink.ofPath(path.substring(0, path.length() - 4));
        } catch (MalformedLink e) {
            return Response.status(400)
                    .entity(Refusal.of(Refusal.Kind.REFUSED, e.getMessage()))
                    .build();
        }
        int pixels = Math.max(SMALLEST, Math.min(LARGEST, size));
        QrCode code = new QrCode(publicUrl + link.path());
        return Response.ok(svg ? code.svg(pixels) : code.png(pixels))
                .type(svg ? "image/svg+xml" : "image/png")
                .header("Cache-Control", "public, max-age=86400")
                .build();
    }
}
