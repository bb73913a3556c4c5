package io.waymark.trace.access;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import io.waymark.trace.problem.LargestBody;
import io.waymark.trace.problem.OurPaths;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Locale;

/**
 * Refuses bodies longer than the server takes, and paths a proxy, a filter and the router could each read differently:
 * those with {@code ;}, {@code %3B}, {@code %2F}, {@code %5C} or a backslash (Quarkus 3.32.2 has CVE-2026-50559). Digital Link paths, where lots
 * and serials may hold such characters, are exempt; nothing below them is authorised by path.
 */
@ApplicationScoped
class OwnPaths {
    private static final List<String> DIGITAL_LINK = List.of("/01/", "/00/", "/qr/", "/proof/");
    private static final List<String> REFUSED = List.of(";", "%3b", "%2f", "%5c", "\\");
    // Before authentication and routing.
    private static final int FIRST = 10_000;

    private final LargestBody largest;

    OwnPaths(LargestBody largest) {
        this.largest = largest;
    }

    void filters(@Observes Filters filters) {
        filters.register(OwnPaths::refuseAmbiguous, FIRST);
        filters.register(this::refuseLarge, FIRST - 1);
    }

    /** As the server does right after, but with a body. A body without a length is {@link io.waymark.trace.problem.BoundedBodies}'s to cut off. */
    private void refuseLarge(RoutingContext request) {
        String length = request.request().getHeader("Content-Length");
        if (length == null
                || !OurPaths.holds(request.normalizedPath())
                || !length.matches("[0-9]{1,18}")
                || Long.parseLong(length) <= largest.bytes()) {
            request.next();
            return;
        }
        request.response().putHeader("Connection", "close");
        Problem.ofStatus(413).answer(request.response());
    }

    private static void refuseAmbiguous(RoutingContext request) {
        String path = request.request().path();
        if (path != null && ambiguous(path)) {
            new Problem(
                            400,
                            "ambiguous-path",
                            "This path can be read in two ways",
                            "; %3B %2F %5C and backslashes are not allowed in a path here")
                    .answer(request.response());
            return;
        }
        request.next();
    }

    /** Exempt only when no dot segment could lead out of the Digital Link prefix again. */
    static boolean ambiguous(String path) {
        String lower = path.toLowerCase(Locale.ROOT);
        boolean suspicious = REFUSED.stream().anyMatch(lower::contains);
        boolean exempt = DIGITAL_LINK.stream().anyMatch(lower::startsWith)
                && !lower.contains("/.")
                && !lower.contains("%2e")
                && !lower.contains("\\");
        return suspicious && !exempt;
    }
}
