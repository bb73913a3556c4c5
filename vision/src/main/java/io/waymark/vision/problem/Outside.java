package io.waymark.vision.problem;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.AuthenticationException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * What goes wrong below our path before or behind every endpoint: bodies announced longer than the server takes, paths nothing serves,
 * failures nobody answered. The framework answers these without the body of a problem. Endpoints bound what they read themselves.
 */
@ApplicationScoped
class Outside {
    private static final Logger LOG = Logger.getLogger(Outside.class);
    // Before the server's own bound.
    private static final int EARLY = 900;
    // Behind every route of an endpoint, before the framework's own handler of failures.
    private static final int LAST = Integer.MAX_VALUE - 1;

    private final long largestBody;

    Outside(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize largestBody) {
        this.largestBody = largestBody.asLongValue();
    }

    void filters(@Observes Filters filters) {
        filters.register(this::refuseLarge, EARLY);
    }

    void routes(@Observes Router router) {
        router.route(OurPaths.PREFIX + "/*")
                .order(LAST)
                .handler(request -> VisionProblem.ofStatus(404).answer(request.response()))
                .failureHandler(Outside::failed);
    }

    private void refuseLarge(RoutingContext request) {
        String length = request.request().getHeader("Content-Length");
        if (length == null
                || !OurPaths.holds(request.normalizedPath())
                || !length.matches("[0-9]{1,18}")
                || Long.parseLong(length) <= largestBody) {
            request.next();
            return;
        }
        request.response().putHeader("Connection", "close");
        VisionProblem.ofStatus(413).answer(request.response());
    }

    private static void failed(RoutingContext request) {
        if (request.response().headWritten()) {
            request.next(); // too late for another answer: the framework breaks the connection off
            return;
        }
        int status = status(request);
        // An HttpException is somebody's answer, not a fault.
        if (status >= 500 && !(request.failure() instanceof HttpException)) {
            LOG.errorf(
                    request.failure(),
                    "%s %s failed with %d",
                    request.request().method(),
                    request.normalizedPath(),
                    status);
        }
        VisionProblem.ofStatus(status).answer(request.response());
    }

    private static int status(RoutingContext request) {
        Throwable failure = request.failure();
        if (failure instanceof UnauthorizedException || failure instanceof AuthenticationException) {
            return 401;
        }
        return failure instanceof ForbiddenException ? 403 : Math.max(400, request.statusCode());
    }
}
