package io.waymark.trace.tenancy;

import io.quarkus.security.identity.SecurityIdentity;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;

/** Binds {@link Tenant} from the identity's {@link Tenant#ATTRIBUTE} before the resource runs. */
@Provider
@Priority(Priorities.AUTHORIZATION - 1)
public class TenantOfCaller implements ContainerRequestFilter {
    private final Tenant tenant;
    private final SecurityIdentity identity;

    TenantOfCaller(Tenant tenant, SecurityIdentity identity) {
        this.tenant = tenant;
        this.identity = identity;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        String slug = identity.getAttribute(Tenant.ATTRIBUTE);
        if (slug != null) {
            tenant.become(slug);
        }
    }
}
