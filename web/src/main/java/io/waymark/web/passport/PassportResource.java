package io.waymark.web.passport;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.edge.Html;
import io.waymark.web.edge.Refusals;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.Vision;
import io.waymark.web.upstream.WebConfig;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The printed address. HTML by default; JSON when the reader prefers it. Not yet a GS1 resolver: {@code linkType} is ignored.
 * An unknown and a forged code get the same bytes; only an address that is no code at all (a wrong check digit, parts out of order) gets 400.
 */
@Path("/")
@PermitAll
public class PassportResource {
    private static final String UNKNOWN_JSON =
            "{\"type\":\"https://waymark.io/problems/unknown-code\",\"title\":\"Unknown code\",\"status\":404}";

    private final Trace trace;
    private final Vision vision;
    private final Scans scans;
    private final DeviceHash devices;
    private final Html html;
    private final Duration maxAge;

    PassportResource(Trace trace, Vision vision, Scans scans, DeviceHash devices, Html html, WebConfig config) {
        this.trace = trace;
        this.vision = vision;
        this.scans = scans;
        this.devices = devices;
        this.html = html;
        this.maxAge = config.maxAge();
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance passport(PassportView p, long maxAge);

        static native TemplateInstance unknown(boolean malformed);

        private Templates() {}
    }

    @GET
    @Path("01/{code:.+}")
    public Response passport(@Context HttpServerRequest request) {
        boolean json = Refusals.prefersJson(request.getHeader("Accept"));
        DigitalLink link;
        try {
            // The raw path: the framework's own decoding would turn a lot "A%2FB" into two segments.
            link = DigitalLink.ofPath(request.path());
        } catch (MalformedLink e) {
            return json ? problem(400) : html.page(400, Templates.unknown(true));
        }
        // Asked while trace-service is: the page then waits for the slower of the two, not for both.
        BooleanSupplier photographed =
                json || link.serial() == null ? () -> false : vision.photographed(link.canonicalUri());
        Optional<Passport> passport = trace.passport(link.canonicalUri()).filter(p -> sameLot(p, link));
        if (passport.isEmpty()) {
            return json ? problem(404) : html.page(404, Templates.unknown(false));
        }
        if (json) {
            return Response.ok(passport.get(), MediaType.APPLICATION_JSON_TYPE)
                    .header("Cache-Control", "no-store")
                    .build();
        }
        Response page = html.page(
                200,
                Templates.passport(
                        PassportView.of(passport.get(), link, photographed.getAsBoolean(), Instant.now()),
                        maxAge.toSeconds()));
        if (request.method() == HttpMethod.GET) {
            scans.seen(
                    link.canonicalUri(),
                    devices.of(request.remoteAddress().hostAddress(), request.getHeader("User-Agent")));
        }
        return page;
    }

    /** The proof file, named so that people find it again in their downloads. */
    @GET
    @Path("proof/01/{code:.+}")
    public Response proof(@Context HttpServerRequest request) {
        DigitalLink link;
        try {
            link = DigitalLink.ofPath(request.path().substring("/proof".length()));
        } catch (MalformedLink e) {
            return html.page(400, Templates.unknown(true));
        }
        Optional<byte[]> proof = trace.proof(link.canonicalUri());
        if (proof.isEmpty()) {
            return html.page(404, Templates.unknown(false));
        }
        String last = link.serial() != null ? link.serial() : link.lot() != null ? link.lot() : "product";
        String name = link.gtin() + "-" + last.replaceAll("[^A-Za-z0-9._-]", "_") + ".waymark";
        return Response.ok(proof.get(), "application/vnd.waymark.proof")
                .header("Content-Disposition", "attachment; filename=\"" + name + "\"")
                .header("Cache-Control", "no-store")
                .build();
    }

    /** A label whose serial was issued under another lot was not printed by the maker: the same answer as for any forged code. */
    private static boolean sameLot(Passport passport, DigitalLink link) {
        return link.lot() == null
                || link.serial() == null
                || passport.lot() == null
                || link.lot().equals(passport.lot());
    }

    private static Response problem(int status) {
        String body = status == 404
                ? UNKNOWN_JSON
                : "{\"type\":\"https://waymark.io/problems/malformed-code\",\"title\":\"Not a product code\",\"status\":400}";
        return Response.status(status)
                .type("application/problem+json")
                .entity(body)
                .header("Cache-Control", "no-store")
                .build();
    }
}
