package io.waymark.web.edge;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * First in line for every request. Refuses paths that two layers could read differently (DESIGN §7; CVE-2026-50559), and gives every
 * web answer, refusals included, a policy that allows nothing, unless the page brings its own.
 */
@Singleton
final class EdgeRules {
    private static final Pattern AMBIGUOUS = Pattern.compile(";|\\\\|%(3b|2f|5c|00|0a|0d)", Pattern.CASE_INSENSITIVE);
    private static final Pattern DOTS = Pattern.compile("/(\\.|%2e){1,2}(/|$)", Pattern.CASE_INSENSITIVE);
    private static final Pattern LABEL_FORBIDDEN = Pattern.compile("\\\\|;|%(5c|00|0a|0d)", Pattern.CASE_INSENSITIVE);
    private static final String POLICY = "Content-Security-Policy";
    private static final int MAX_URI = 2048;
    /** The largest body of a web form: a photo of 12 MB and its multipart frame. */
    private static final long MAX_BODY = 13L << 20;

    private static final long MAX_DRAINED = 128L << 20;

    private final Refusals refusals;

    EdgeRules(Refusals refusals) {
        this.refusals = refusals;
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, 1_000);
    }

    private void handle(RoutingContext context) {
        String path = context.request().path();
        boolean tooLong =
                path != null && Territory.owns(path) && context.request().uri().length() > MAX_URI;
        if (path == null || tooLong || refused(path)) {
            protect(context);
            refusals.send(context, 400, Refusal.of(Refusal.Kind.REFUSED_PATH));
            return;
        }
        if (Territory.owns(path)) {
            protect(context);
            if (length(context.request()) > MAX_BODY) {
                afterTheBody(context, () -> refusals.send(context, 413, Refusal.of(Refusal.Kind.TOO_LARGE)));
                return;
            }
        }
        context.next();
    }

    private static void protect(RoutingContext context) {
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
                headers.set(POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
            }
        });
    }

    /** The body's length as announced; 0 when it is not, then the framework counts while it reads. */
    private static long length(HttpServerRequest request) {
        try {
            return Long.parseLong(String.valueOf(request.getHeader("Content-Length")));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    // A browser that is still sending when the connection closes shows its own error instead of our page: so the body
    // is read and thrown away first. Price: the bytes; beyond the bound the connection is closed.
    private static void afterTheBody(RoutingContext context, Runnable answer) {
        HttpServerRequest request = context.request();
        AtomicLong drained = new AtomicLong();
        request.handler(part -> {
            if (drained.addAndGet(part.length()) > MAX_DRAINED) {
                request.connection().close();
            }
        });
        request.endHandler(end -> answer.run());
        request.resume();
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
