package io.waymark.web.console;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** 403 in plain words. */
@Provider
public class ForgedFormPage implements ExceptionMapper<ForgedForm> {
    @Override
    public Response toResponse(ForgedForm e) {
        return Response.status(403)
                .type("text/plain;charset=UTF-8")
                .entity(
                        "This form was not sent from the console's own page. Go back, reload the page and send it again.")
                .build();
    }
}
