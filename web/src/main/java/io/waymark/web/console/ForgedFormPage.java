package io.waymark.web.console;

import io.waymark.web.edge.Refusal;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** 403 in plain words. */
@Provider
public class ForgedFormPage implements ExceptionMapper<ForgedForm> {
    @Override
    public Response toResponse(ForgedForm e) {
        return Response.status(403)
                .entity(Refusal.of(Refusal.Kind.FOREIGN_FORM))
                .build();
    }
}
