package io.waymark.trace.problem;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import java.util.Set;

/**
 * Refuses query parameters that should be numbers and are not, before the framework reads them: it would answer 404, as if the path
 * did not exist.
 */
@Provider
public class QueryNumbers implements ContainerRequestFilter {
    private static final Set<String> INTS = Set.of("page", "size", "limit");
    private static final Set<String> LONGS = Set.of("before", "from", "to");

    @Override
    public void filter(ContainerRequestContext request) {
        if (!OurPaths.holds(request.getUriInfo().getPath())) {
            return;
        }
        request.getUriInfo().getQueryParameters().forEach(QueryNumbers::check);
    }

    private static void check(String name, List<String> values) {
        boolean small = INTS.contains(name);
        if (!small && !LONGS.contains(name)) {
            return;
        }
        for (String value : values) {
            try {
                if (small) {
                    Integer.parseInt(value);
                } else {
                    Long.parseLong(value);
                }
            } catch (NumberFormatException e) {
                throw Problem.malformed(name + " must be a whole number");
            }
        }
    }
}
