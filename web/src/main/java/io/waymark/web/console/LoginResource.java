package io.waymark.web.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.edge.Html;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.WebConfig;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.jboss.resteasy.reactive.RestForm;

/** Login, first set-up, logout. */
@Path("/console")
public class LoginResource {
    private final Trace trace;
    private final SessionCookie sessions;
    private final SecurityIdentity identity;
    private final Html html;
    private final boolean https;

    LoginResource(Trace trace, SessionCookie sessions, SecurityIdentity identity, Html html, WebConfig config) {
        this.trace = trace;
        this.sessions = sessions;
        this.identity = identity;
        this.html = html;
        this.https = "https".equals(config.publicUrl().getScheme());
    }

    @CheckedTemplate(basePath = "web/console")
    static class Templates {
        static native TemplateInstance login(Form f, boolean away, boolean ended);

        static native TemplateInstance setup(Form f, boolean done);

        private Templates() {}
    }

    @GET
    @Path("login")
    @PermitAll
    public Response login(@QueryParam("away") String away, @QueryParam("ended") String ended) {
        if (!identity.isAnonymous()) {
            return Response.seeOther(URI.create("/console")).build();
        }
        return html.console(200, Templates.login(Form.empty(), away != null, ended != null));
    }

    @POST
    @Path("login")
    @PermitAll
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response login(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        sameSite(request);
        Form form = Form.of(posted);
        String account = form.needed("account", 64);
        String password = form.needed("password", 200);
        if (form.right()) {
            Answer answer = trace.login(account, password);
            if (answer.ok()) {
                return entered(answer, request);
            }
            form.refused(answer.status() == 401 ? "The account or the password is wrong." : answer.refusal());
        }
        return html.console(401, Templates.login(form, false, false));
    }

    @GET
    @Path("setup")
    @PermitAll
    public Response setup() {
        return html.console(200, Templates.setup(Form.empty(), false));
    }

    @POST
    @Path("setup")
    @PermitAll
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response setup(@Context HttpServerRequest request, MultivaluedMap<String, String> posted) {
        sameSite(request);
        Form form = Form.of(posted);
        String token = form.needed("token", 200);
        String organisation = form.needed("organisation", 200);
        String account = form.needed("account", 64);
        String password = form.needed("password", 200);
        if (!password.isEmpty() && password.length() < 10) {
            form.wrong("password", "At least 10 characters. A few unrelated words are easy to remember.");
        }
        if (!form.right()) {
            return html.console(422, Templates.setup(form, false));
        }
        Answer answer = trace.setup(token, organisation, account, password);
        if (answer.ok()) {
            return entered(answer, request);
        }
        if (answer.status() == 403) {
            form.wrong("token", answer.refusal());
        } else if (answer.status() != 409) {
            form.refused(answer.refusal());
        }
        return html.console(answer.status() == 409 ? 409 : 422, Templates.setup(form, answer.status() == 409));
    }

    @POST
    @Path("logout")
    @RolesAllowed({"viewer", "producer", "administrator"})
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response logout(@Context HttpServerRequest request, @RestForm String csrf) {
        String token = identity.getAttribute(Person.TOKEN);
        verify(request, identity, csrf);
        trace.logout(token);
        sessions.forget(token);
        return Response.seeOther(URI.create("/console/login"))
                .cookie(cookie("", 0, request))
                .build();
    }

    private Response entered(Answer answer, HttpServerRequest request) {
        String token = answer.json().path("token").asText();
        return Response.seeOther(URI.create("/console"))
                .cookie(cookie(token, 12 * 3600, request))
                .build();
    }

    private NewCookie cookie(String value, int seconds, HttpServerRequest request) {
        return new NewCookie.Builder(SessionCookie.NAME)
                .value(value)
                .path("/console")
                .maxAge(seconds)
                .httpOnly(true)
                .sameSite(NewCookie.SameSite.STRICT)
                .secure(https || request.isSSL())
                .build();
    }

    /** Refuses a form that another site sent; browsers that say nothing about it are covered by the token and the Strict cookie. */
    static void sameSite(HttpServerRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw new ForgedForm();
        }
    }

    /** Refuses a form without the session's token. Compared in constant time. */
    static void verify(HttpServerRequest request, SecurityIdentity identity, String csrf) {
        sameSite(request);
        byte[] expected =
                Person.csrf(identity.getAttribute(Person.TOKEN)).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] given = csrf == null ? new byte[0] : csrf.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        if (!java.security.MessageDigest.isEqual(expected, given)) {
            throw new ForgedForm();
        }
    }
}
