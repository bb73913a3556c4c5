package io.waymark.vision.access;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.waymark.vision.problem.OurPaths;
import io.waymark.vision.problem.VisionProblem;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bearer tokens for paths below /vision and for nothing else. A missing token is nobody, which every resource denies; a
 * wrong one is 401; trace-service out of reach is 503.
 */
@ApplicationScoped
public class VisionAuthentication implements HttpAuthenticationMechanism {
    /** Name of the identity's attribute with the tenant's slug; absent for services. */
    static final String TENANT = "tenant";

    private static final Pattern BEARER = Pattern.compile("(?i:bearer) ([\\x21-\\x7e]{8,512})");

    private final ServiceTokens services;
    private final Sessions sessions;

    VisionAuthentication(ServiceTokens services, Sessions sessions) {
        this.services = services;
        this.sessions = sessions;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext request, IdentityProviderManager providers) {
        String authorization = request.request().getHeader("Authorization");
        if (!mine(request) || authorization == null) {
            return Uni.createFrom().nullItem();
        }
        Matcher bearer = BEARER.matcher(authorization);
        if (!bearer.matches()) {
            return Uni.createFrom().failure(new AuthenticationFailedException("not a bearer token"));
        }
        Optional<String> service = services.role(bearer.group(1));
        if (service.isPresent()) {
            return Uni.createFrom()
                    .item(QuarkusSecurityIdentity.builder()
                            .setPrincipal(new QuarkusPrincipal(service.get()))
                            .addRole(service.get())
                            .build());
        }
        // The answer arrives on a thread of the HTTP client; the request goes on where it began, or its scope is not
        // active.
        Context here = Vertx.currentContext();
        return Uni.createFrom()
                .completionStage(() -> sessions.of(bearer.group(1)))
                .emitOn(command -> here.runOnContext(nothing -> command.run()))
                .onFailure()
                .transform(e -> new HttpException(503, "trace-service cannot be asked about the token"))
                .onItem()
                .transform(session -> identity(
                        session.orElseThrow(() -> new AuthenticationFailedException("the token is not known"))));
    }

    private static SecurityIdentity identity(Sessions.Session session) {
        QuarkusSecurityIdentity.Builder builder = QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(session.name() == null ? "?" : session.name()))
                .addRoles(Set.copyOf(session.roles()));
        if (session.tenant() != null) {
            builder.addAttribute(TENANT, session.tenant());
        }
        return builder.build();
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext request) {
        return mine(request)
                ? Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"))
                : Uni.createFrom().nullItem();
    }

    /** For a token nobody has, which is refused before any endpoint: the challenge with the body of a problem. */
    @Override
    public Uni<Boolean> sendChallenge(RoutingContext request) {
        if (mine(request)) {
            VisionProblem.ofStatus(401).answer(request.response());
        }
        return Uni.createFrom().item(mine(request));
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of();
    }

    private static boolean mine(RoutingContext request) {
        return OurPaths.holds(request.normalizedPath());
    }
}
