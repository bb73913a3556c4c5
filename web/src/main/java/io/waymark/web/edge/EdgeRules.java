package io.waymark.web.edge;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * First in line for every request. Refuses paths that two layers could read differently (DESIGN §7; CVE-2026-50559), and gives every
 * web answer, refusals included, a policy that allows nothing, unless the page brings its own.
 */
final class EdgeRules {
    private static final Pattern AMBIGUOUS = Pattern.compile(";|\\\\|%(3b|2f|5c|00|0a|0d)", Pattern.CASE_INSENSITIVE);
    private static final Pattern DOTS = Pattern.compile("/(\\.|%2e){1,2}(/|$)", Pattern.CASE_INSENSITIVE);
    private static final Pattern LABEL_FORBIDDEN = Pattern.compile("\\\\|;|%(5c|00|0a|0d)", Pattern.CASE_INSENSITIVE);
    private static final String POLICY = "Content-Security-Policy";
    private static final int MAX_URI = 2048;

    void register(@Observes Filters filters) {
        filters.register(EdgeRules::handle, 1_000);
    }

    private static void handle(RoutingContext context) {
        String path = context.request().path();
        boolean tooLong =
                path != null && Territory.owns(path) && context.request().uri().length() > MAX_URI;
        if (path == null || tooLong || refused(path)) {
            context.response()
                    .setStatusCode(400)
                    .putHeader("Content-Type", "application/problem+json")
                    .putHeader("X-Content-Type-Options", "nosniff")
                    .end(
                            "{\"type\":\"https://waymark.io/problems/refused-path\",\"title\":\"The address is not allowed\",\"status\":400}");
            return;
        }
        if (Territory.owns(path)) {
            MultiMap headers = context.response().headers();
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            headers.set("Cross-Origin-Opener-Policy", "same-origin");
            headers.set("Permissions-Policy", "geolocation=(), microphone=(), camera=()");
            // Only where the page set none: browsers obey every policy they get, so a second one could not widen the
            // first.
            context.addHeadersEndHandler(end -> {
                if (!headers.contains(POLICY)) {
                    headers.set(
                            POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
                }
            });
        }
        context.next();
    }

    /** Whether a raw path is ambiguous. Below label paths %2F and %3B are data; a dot segment is refused everywhere. */
    static boolean refused(String rawPath) {
        if (DOTS.matcher(rawPath).find()) {
            return true;
        }
        Pattern forbidden = Territory.isLabel(rawPath) ? LABEL_FORBIDDEN : AMBIGUOUS;
        return forbidden.matcher(rawPath.toLowerCase(Locale.ROOT)).find();
    }
}
