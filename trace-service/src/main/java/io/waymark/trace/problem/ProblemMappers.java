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
        return response(problem).build();
    }

    @ServerExceptionMapper
    public Response busy(BusyException busy) {
        return response(new Problem(503, "busy", "Try again", busy.getMessage()))
                .header("Retry-After", 1)
                .build();
    }

    @ServerExceptionMapper
    public Response readOnly(ReadOnlyException readOnly) {
        return response(new Problem(503, "ledger-read-only", "The ledger takes no entries", readOnly.getMessage()))
                .header("Retry-After", 60)
                .build();
    }

    @ServerExceptionMapper
    public Response conflict(ConflictException conflict) {
        return response(Problem.conflict("ledger-conflict", conflict.getMessage()))
                .build();
    }

    private static Response.ResponseBuilder response(Problem problem) {
        return Response.status(problem.status()).type(PROBLEM_JSON).entity(problem.body());
    }
}
