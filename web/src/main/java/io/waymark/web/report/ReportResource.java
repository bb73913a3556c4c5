package io.waymark.web.report;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.edge.Html;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Trace;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.RestForm;

/**
 * {@code /report}. There is nothing a forged request could misuse: no cookie is read, and anybody may report anything.
 * Lengths are bounded here and again by trace-service.
 */
@Path("/report")
@PermitAll
public class ReportResource {
    private final Trace trace;
    private final Html html;

    ReportResource(Trace trace, Html html) {
        this.trace = trace;
        this.html = html;
    }

    /** The form as it was filled in, and which fields are wrong. */
    public record Form(
            String code,
            String text,
            String where,
            String contact,
            boolean codeWrong,
            boolean textWrong,
            boolean whereWrong,
            boolean contactWrong,
            String refusal) {
        boolean wrong() {
            return codeWrong || textWrong || whereWrong || contactWrong;
        }
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance report(Form f);

        static native TemplateInstance reported(String caseNumber);

        private Templates() {}
    }

    @GET
    public Response form(@QueryParam("code") String code) {
        String shown = code == null || code.length() > 400 ? "" : code;
        return html.page(200, Templates.report(new Form(shown, "", "", "", false, false, false, false, "")));
    }

    @POST
    @Consumes({MediaType.APPLICATION_FORM_URLENCODED, MediaType.MULTIPART_FORM_DATA})
    public Response file(
            @RestForm String code, @RestForm String text, @RestForm String where, @RestForm String contact) {
        String typed = stripped(code);
        DigitalLink link = null;
        boolean codeWrong = false;
        if (!typed.isEmpty()) {
            try {
                link = DigitalLink.ofTyped(typed);
            } catch (MalformedLink e) {
                codeWrong = true;
            }
        }
        String says = stripped(text);
        String from = stripped(where);
        String reach = stripped(contact);
        Form form = new Form(
                cut(typed, 400),
                cut(says, 4000),
                cut(from, 400),
                cut(reach, 400),
                codeWrong,
                says.length() < 3 || says.length() > 2000,
                from.isEmpty() || from.length() > 200,
                reach.length() > 200,
                "");
        if (form.wrong()) {
            return html.page(422, Templates.report(form));
        }
        Answer answer =
                trace.report(link == null ? null : link.canonicalUri(), says, from, reach.isEmpty() ? null : reach);
        if (!answer.ok()) {
            return html.page(
                    422,
                    Templates.report(new Form(
                            form.code,
                            form.text,
                            form.where,
                            form.contact,
                            false,
                            false,
                            false,
                            false,
                            answer.refusal())));
        }
        return html.page(
                200, Templates.reported(answer.json().path("caseNumber").asText("")));
    }

    private static String stripped(String value) {
        return value == null ? "" : value.strip();
    }

    private static String cut(String value, int most) {
        return value.length() > most ? value.substring(0, most) : value;
    }
}
