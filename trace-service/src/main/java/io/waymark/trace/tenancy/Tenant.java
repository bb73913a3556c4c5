package io.waymark.trace.tenancy;

import io.waymark.trace.problem.Problem;
import jakarta.enterprise.context.RequestScoped;
import java.util.Optional;
import java.util.regex.Pattern;

/** The organisation this request works for: the slug that is {@code tenant_id} in every tenant table. Unbound = no rows. */
@RequestScoped
public class Tenant {
    /** Attribute of the security identity that holds the slug (String); absent for service tokens. */
    public static final String ATTRIBUTE = "waymark.tenant";

    private static final Pattern SLUG = Pattern.compile("[a-z0-9-]{1,32}");

    private String slug;

    /** Whether {@code name} can be a tenant or a site: 1–32 of {@code a-z 0-9 -}. */
    public static boolean isName(String name) {
        return name != null && SLUG.matcher(name).matches();
    }

    /**
     * Binds the rest of this request to a tenant. Connections borrowed from now on see its rows; one already borrowed keeps what it had.
     *
     * @throws IllegalStateException when bound to another tenant before: a request never changes sides
     */
    public void become(String tenant) {
        if (!isName(tenant)) {
            throw new IllegalArgumentException("tenant \"" + tenant + "\" is not 1-32 of a-z 0-9 -");
        }
        if (slug != null && !slug.equals(tenant)) {
            throw new IllegalStateException("request of tenant " + slug + " cannot become " + tenant);
        }
        slug = tenant;
    }

    public Optional<String> slug() {
        return Optional.ofNullable(slug);
    }

    /** The slug; a 403 problem when the caller belongs to no organisation. */
    public String required() {
        return slug().orElseThrow(() -> new Problem(
                403, "no-organisation", "This needs an organisation", "the caller's token belongs to no organisation"));
    }
}
