package io.waymark.web.console;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.Cookie;
import io.vertx.ext.web.RoutingContext;
import io.waymark.web.edge.Territory;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.UpstreamUnavailable;
import jakarta.inject.Singleton;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Login by cookie, on console paths only; every other path belongs to nobody here or to another module's mechanism.
 * The session is trace-service's: it is asked at most every ten seconds per session, so a session ended elsewhere works no longer than that.
 */
@Singleton
public class SessionCookie implements HttpAuthenticationMechanism {
    static final String NAME = "waymark-session";
    private static final Logger LOG = Logger.getLogger(SessionCookie.class);
    private static final String AWAY = "waymark.console.away";
    private static final Set<String> ROLES = Set.of("viewer", "producer", "administrator");
    private static final long FRESH_NANOS = 10_000_000_000L;
    private static final int MOST = 1_000;

    private record Known(SecurityIdentity identity, long since) {}

    private final Trace trace;
    private final Map<String, Known> known = new LinkedHashMap<>();

    SessionCookie(Trace trace) {
        this.trace = trace;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager manager) {
        Cookie cookie = Territory.isConsole(context.normalizedPath())
                ? context.request().getCookie(NAME)
                : null;
        if (cookie == null || !cookie.getValue().matches("[A-Za-z0-9_-]{8,200}")) {
            return Uni.createFrom().nullItem();
        }
        String token = cookie.getValue();
        SecurityIdentity fresh = fresh(token);
        if (fresh != null) {
            return Uni.createFrom().item(fresh);
        }
        // The question blocks; the event loop must not.
        return Uni.createFrom().completionStage(() -> context.vertx()
                .executeBlocking(() -> ask(token, context), false)
                .toCompletionStage());
    }

    private SecurityIdentity ask(String token, RoutingContext context) {
        Answer answer;
        try {
            answer = trace.session(token);
        } catch (UpstreamUnavailable e) {
            LOG.warnf("session not checked: %s", e.getMessage());
            context.put(AWAY, true);
            return null;
        }
        if (!answer.ok()) {
            return null;
        }
        QuarkusSecurityIdentity.Builder identity = QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(answer.json().path("name").asText("?")))
                .addAttribute(Person.TOKEN, token)
                .addAttribute(
                        Person.ORGANISATION,
                        answer.json()
                                .path("organisation")
                                .asText(answer.json().path("tenant").asText("")));
        // A service token in a cookie must not become a service here.
        answer.json().path("roles").forEach(role -> {
            if (ROLES.contains(role.asText())) {
                identity.addRole(role.asText());
            }
        });
        SecurityIdentity made = identity.build();
        remember(token, made);
        return made;
    }

    private synchronized SecurityIdentity fresh(String token) {
        Known found = known.get(token);
        return found == null || System.nanoTime() - found.since > FRESH_NANOS ? null : found.identity;
    }

    private synchronized void remember(String token, SecurityIdentity identity) {
        known.remove(token);
        if (known.size() >= MOST) {
            Iterator<String> oldest = known.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        known.put(token, new Known(identity, System.nanoTime()));
    }

    synchronized void forget(String token) {
        known.remove(token);
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext context) {
        if (!Territory.isConsole(context.normalizedPath())) {
            return Uni.createFrom().nullItem();
        }
        boolean away = context.get(AWAY) != null;
        return Uni.createFrom()
                .item(new ChallengeData(303, "Location", away ? "/console/login?away=1" : "/console/login"));
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of();
    }
}
