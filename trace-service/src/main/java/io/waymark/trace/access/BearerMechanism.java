package io.waymark.trace.access;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import io.waymark.trace.problem.OurPaths;
import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** {@code Authorization: Bearer …} on our own path prefixes; silent on every other path, which belongs to another module's mechanism. */
@ApplicationScoped
class BearerMechanism implements HttpAuthenticationMechanism {
    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext request, IdentityProviderManager providers) {
        String header = request.request().getHeader("Authorization");
        if (header == null || !OurPaths.holds(request.normalizedPath())) {
            return Uni.createFrom().nullItem();
        }
        // The scheme's name is case-insensitive (RFC 9110 §11.1).
        if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Uni.createFrom().nullItem();
        }
        return providers.authenticate(new BearerRequest(header.substring(7).trim()));
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext request) {
        if (!OurPaths.holds(request.normalizedPath())) {
            return Uni.createFrom().nullItem();
        }
        return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", OurPaths.CHALLENGE));
    }

    /** For a token nobody has, which is refused before any endpoint: the challenge with the body of a problem. */
    @Override
    public Uni<Boolean> sendChallenge(RoutingContext request) {
        if (!OurPaths.holds(request.normalizedPath())) {
            return Uni.createFrom().item(false);
        }
        Problem.ofStatus(401).answer(request.response());
        return Uni.createFrom().item(true);
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of(BearerRequest.class);
    }

    @Override
    public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext request) {
        return Uni.createFrom()
                .item(new HttpCredentialTransport(
                        HttpCredentialTransport.Type.AUTHORIZATION, "bearer", "waymark-trace"));
    }
}
