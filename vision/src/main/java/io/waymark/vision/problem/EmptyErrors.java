package io.waymark.vision.problem;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;

/** Gives the framework's own refusals below our path (missing token, wrong role, method or media type) the body of a problem. */
@Provider
public class EmptyErrors implements ContainerResponseFilter {
    private static final MediaType PROBLEM_JSON = new MediaType("application", "problem+json");

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        int status = response.getStatus();
        if (status >= 400
                && OurPaths.holds(request.getUriInfo().getPath())
                && (response.getEntity() == null || !PROBLEM_JSON.isCompatible(response.getMediaType()))) {
            response.setEntity(VisionProblem.ofStatus(status).body(), new Annotation[0], PROBLEM_JSON);
        }
    }
}
