package io.waymark.trace.problem;

import io.quarkus.security.AuthenticationException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/**
 * The last word on our paths: 404 for what nothing serves, and whatever failed without an answer. The framework would answer both without
 * the body of a problem. The routes lie under our prefixes only: in the assembly other modules answer on the same router.
 */
@ApplicationScoped
class LastRoutes {
    private static final Logger LOG = Logger.getLogger(LastRoutes.class);

    // Behind every route of an endpoint, before the framework's own handler of failures.
    private static final int LAST = Integer.MAX_VALUE - 1;

    void routes(@Observes Router router) {
        for (String prefix : OurPaths.PREFIXES) {
            router.route(prefix + "/*")
                    .order(LAST)
                    .handler(request -> Problem.ofStatus(404).answer(request.response()))
                    .failureHandler(LastRoutes::failed);
        }
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
        Problem.ofStatus(status).answer(request.response());
    }

    private static int status(RoutingContext request) {
        Throwable failure = request.failure();
        if (failure instanceof UnauthorizedException || failure instanceof AuthenticationException) {
            return 401;
        }
        return failure instanceof ForbiddenException ? 403 : Math.max(400, request.statusCode());
    }
}
