package io.waymark.trace.problem;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;

/**
 * Gives the framework's own refusals (unreadable JSON, missing token, wrong role, no such path, method or media type) the body of a problem.
 * A filter on our path prefixes, not mappers: in the assembly a mapper of a framework exception would be every module's.
 */
@Provider
public class EmptyErrors implements ContainerResponseFilter {
    private static final MediaType PROBLEM_JSON = new MediaType("application", "problem+json");

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        int status = response.getStatus();
        if (status < 400 || !OurPaths.holds(request.getUriInfo().getPath())) {
            return;
        }
        if (status == 401 && !response.getHeaders().containsKey("WWW-Authenticate")) {
            response.getHeaders().putSingle("WWW-Authenticate", OurPaths.CHALLENGE);
        }
        if (response.getEntity() == null || !PROBLEM_JSON.isCompatible(response.getMediaType())) {
            response.setEntity(Problem.ofStatus(status).body(), new Annotation[0], PROBLEM_JSON);
        }
    }
}
