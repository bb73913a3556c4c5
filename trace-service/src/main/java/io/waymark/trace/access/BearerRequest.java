package io.waymark.trace.access;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/**
 * A bearer token presented to one of our paths. A type of its own: in the one-JVM assembly other modules have bearer tokens too, and a
 * shared request type would send theirs to our identity provider.
 */
final class BearerRequest extends BaseAuthenticationRequest {
    private final String token;

    BearerRequest(String token) {
        this.token = token;
    }

    String token() {
        return token;
    }
}
