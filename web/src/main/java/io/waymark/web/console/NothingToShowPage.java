package io.waymark.web.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.identity.SecurityIdentity;
import io.waymark.web.edge.Refusal;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** 404 or 400 inside the console's frame, so that its navigation leads on. */
@Provider
public class NothingToShowPage implements ExceptionMapper<NothingToShow> {
    private final SecurityIdentity identity;

    NothingToShowPage(SecurityIdentity identity) {
        this.identity = identity;
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance nothing(Person who, String kind, String detail);

        private Templates() {}
    }

    @Override
    public Response toResponse(NothingToShow e) {
        String detail = String.valueOf(e.getMessage());
        TemplateInstance page = Templates.nothing(Person.of(identity, ""), e.kind.name(), detail);
        return Response.status(e.kind.status())
                .entity(new Refusal(e.kind, detail, page))
                .build();
    }
}
