package io.waymark.local.start;

import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * The reason for a 400 that no service gave: an address whose percent-encoding cannot be read is refused by the router before any service's
 * rules see it, and without a body.
 */
@Singleton
final class UnreadableAddresses {
    void register(@Observes Router router) {
        router.errorHandler(400, request -> {
            if (!request.response().headWritten()) {
                request.response()
                        .setStatusCode(400)
                        .putHeader("Content-Type", "application/problem+json")
                        .end(
                                "{\"type\":\"https://waymark.io/problems/malformed\",\"title\":\"The request is malformed\",\"status\":400,"
                                        + "\"detail\":\"the address cannot be read: check its percent signs\"}");
            }
        });
    }
}
