package io.waymark.vision.problem;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** The one place where a {@link VisionProblem} becomes an HTTP answer. */
@Provider
public class VisionProblemMapper implements ExceptionMapper<VisionProblem> {
    @Override
    public Response toResponse(VisionProblem problem) {
        Response.ResponseBuilder answer = Response.status(problem.status())
                .type("application/problem+json")
                .entity(problem.body());
        if (problem.retryAfterSeconds() > 0) {
            answer.header("Retry-After", problem.retryAfterSeconds());
        }
        return answer.build();
    }
}
