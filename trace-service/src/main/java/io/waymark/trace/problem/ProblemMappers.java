package io.waymark.trace.problem;

import io.waymark.trace.ledger.BusyException;
import io.waymark.trace.ledger.ConflictException;
import io.waymark.trace.ledger.ReadOnlyException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The mappers of this service. Each names an exception of ours: in the assembly other services bring their own. */
public class ProblemMappers {
    private static final String PROBLEM_JSON = "application/problem+json";

    @ServerExceptionMapper
    public Response problem(Problem problem) {
        Response.ResponseBuilder answer =
                Response.status(problem.status()).type(PROBLEM_JSON).entity(problem.body());
        if (problem.retryAfterSeconds() > 0) {
            answer.header("Retry-After", problem.retryAfterSeconds());
        }
        return answer.build();
    }

    @ServerExceptionMapper
    public Response busy(BusyException busy) {
        return problem(Problem.busy(busy.getMessage()));
    }

    @ServerExceptionMapper
    public Response readOnly(ReadOnlyException readOnly) {
        return problem(new Problem(503, "ledger-read-only", "The ledger takes no entries", readOnly.getMessage(), 60));
    }

    @ServerExceptionMapper
    public Response conflict(ConflictException conflict) {
        return problem(Problem.conflict("ledger-conflict", conflict.getMessage()));
    }
}
