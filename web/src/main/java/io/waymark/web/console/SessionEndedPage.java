package io.waymark.web.console;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;

/** Back to the login. */
@Provider
public class SessionEndedPage implements ExceptionMapper<SessionEnded> {
    @Override
    public Response toResponse(SessionEnded e) {
        return Response.seeOther(URI.create("/console/login?ended=1")).build();
    }
}
