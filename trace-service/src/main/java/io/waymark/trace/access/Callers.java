package io.waymark.trace.access;

import static io.waymark.trace.organisation.Database.first;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.tenancy.Tenant;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The caller behind a bearer token. Service tokens come from configuration and belong to no tenant; API keys and sessions come from the
 * database and carry {@link Tenant#ATTRIBUTE}, {@link #ORGANISATION} and {@link #TOKEN_HASH}.
 */
@ApplicationScoped
class Callers implements IdentityProvider<BearerRequest> {
    /** Identity attribute: the organisation's name. */
    static final String ORGANISATION = "waymark.organisation";

    /** Identity attribute: SHA-256 of the token presented, for ending a session. */
    static final String TOKEN_HASH = "waymark.token-hash";

    private static final int SHORTEST_SERVICE_TOKEN = 16;

    private final Database database;
    private final Map<String, byte[]> serviceTokens = new LinkedHashMap<>();

    Callers(
            Database database,
            @ConfigProperty(name = "waymark.trace.service-token.ingest") Optional<String> ingest,
            @ConfigProperty(name = "waymark.trace.service-token.web") Optional<String> web,
            @ConfigProperty(name = "waymark.trace.service-token.vision") Optional<String> vision,
            @ConfigProperty(name = "waymark.trace.service-token.operator") Optional<String> operator) {
        this.database = database;
        service("service-ingest", ingest);
        service("service-web", web);
        service("service-vision", vision);
        service("service-operator", operator);
    }

    private void service(String role, Optional<String> token) {
        if (token.isEmpty() || token.get().isBlank()) {
            return; // no token configured: nobody has this role
        }
        if (token.get().length() < SHORTEST_SERVICE_TOKEN) {
            throw new IllegalStateException(
                    "the token of " + role + " has fewer than " + SHORTEST_SERVICE_TOKEN + " characters");
        }
        serviceTokens.put(role, Token.hash(token.get()));
    }

    @Override
    public Class<BearerRequest> getRequestType() {
        return BearerRequest.class;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(BearerRequest request, AuthenticationRequestContext context) {
        String token = request.token();
        if (token.length() > Token.MAX_LENGTH) {
            return Uni.createFrom().failure(new AuthenticationFailedException());
        }
        byte[] hash = Token.hash(token);
        // Every token is compared, in constant time, whichever matches: neither length nor a common prefix shows in the
        // time.
        String service = null;
        for (Map.Entry<String, byte[]> known : serviceTokens.entrySet()) {
            if (MessageDigest.isEqual(known.getValue(), hash)) {
                service = known.getKey();
            }
        }
        if (service != null) {
            return Uni.createFrom()
                    .item(QuarkusSecurityIdentity.builder()
                            .setPrincipal(new QuarkusPrincipal(service))
                            .addRole(service)
                            .build());
        }
        if (!token.startsWith(Token.API_KEY) && !token.startsWith(Token.SESSION)) {
            return Uni.createFrom().failure(new AuthenticationFailedException());
        }
        return context.runBlocking(() -> stored(hash));
    }

    private SecurityIdentity stored(byte[] hash) {
        return database.app(c -> first(
                        c,
                        "SELECT name, tenant_id, organisation, role FROM trace.caller(?)",
                        r -> (SecurityIdentity) QuarkusSecurityIdentity.builder()
                                .setPrincipal(new QuarkusPrincipal(r.getString("name")))
                                .addRole(r.getString("role"))
                                .addAttribute(Tenant.ATTRIBUTE, r.getString("tenant_id"))
                                .addAttribute(ORGANISATION, r.getString("organisation"))
                                .addAttribute(TOKEN_HASH, hash)
                                .build(),
                        (Object) hash))
                .orElseThrow(AuthenticationFailedException::new);
    }
}
