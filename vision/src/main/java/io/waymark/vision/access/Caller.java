package io.waymark.vision.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.vision.problem.VisionProblem;
import jakarta.enterprise.context.RequestScoped;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Optional;
import java.util.regex.Pattern;

/** Who is asking, for which tenant. */
@RequestScoped
public class Caller {
    /** Only services may set it; organisations are bound to their own tenant. */
    public static final String TENANT_HEADER = "X-Waymark-Tenant";

    private static final Pattern SLUG = Pattern.compile("[a-z0-9-]{1,32}");

    private final SecurityIdentity identity;
    private final HttpHeaders headers;

    Caller(SecurityIdentity identity, HttpHeaders headers) {
        this.identity = identity;
        this.headers = headers;
    }

    /**
     * The tenant this request acts for.
     *
     * @throws VisionProblem 400 if a service names none, 403 if an organisation names another than its own or has none
     */
    public String tenant() {
        return namedTenant()
                .orElseThrow(() -> isService()
                        ? VisionProblem.malformed("a service must name the tenant in " + TENANT_HEADER)
                        : VisionProblem.forbidden("this account belongs to no organisation"));
    }

    /** The tenant, or empty when a service named none (or an account has none). */
    public Optional<String> namedTenant() {
        Optional<String> header = Optional.ofNullable(headers.getHeaderString(TENANT_HEADER));
        if (header.isPresent() && !SLUG.matcher(header.get()).matches()) {
            throw VisionProblem.malformed(TENANT_HEADER + " is not a tenant");
        }
        if (isService()) {
            return header;
        }
        Optional<String> own = Optional.ofNullable(identity.getAttribute(VisionAuthentication.TENANT));
        if (header.isPresent() && !header.equals(own)) {
            throw VisionProblem.forbidden("only services act for another organisation");
        }
        return own;
    }

    /** True for the service tokens of this installation. */
    public boolean isService() {
        return identity.getRoles().stream().anyMatch(role -> role.startsWith("service-"));
    }
}
