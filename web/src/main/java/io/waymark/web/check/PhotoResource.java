package io.waymark.web.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.edge.Html;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.UpstreamUnavailable;
import io.waymark.web.upstream.Vision;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;

/** {@code /check/photo}: form and result. The upload lives in a temporary file for the length of the request. */
@Path("/check/photo")
@PermitAll
public class PhotoResource {
    private static final long MAX_PHOTO = 12L << 20;

    private final Vision vision;
    private final Html html;

    PhotoResource(Vision vision, Html html) {
        this.vision = vision;
        this.html = html;
    }

    /** What is wrong with the form; the template has the words. */
    public enum Wrong {
        NOTHING,
        NEEDS_ITEM,
        MISSING,
        TOO_LARGE,
        WRONG_KIND
    }

    public record Result(
            String outcome, String state, List<String> reasons, long compared, long inliers, boolean unregistered) {}

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance photo(String path, String wrong);

        static native TemplateInstance match(String path, String codeParameter, Result r);

        private Templates() {}
    }

    @GET
    public Response form(@QueryParam("code") String code) {
        DigitalLink link = item(code);
        return link == null ? form(400, "", Wrong.NEEDS_ITEM) : form(200, link.path(), Wrong.NOTHING);
    }

    @POST
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response compare(@RestForm String code, @RestForm("photo") FileUpload photo) throws IOException {
        DigitalLink link = item(code);
        if (link == null) {
            return form(400, "", Wrong.NEEDS_ITEM);
        }
        if (photo == null || photo.size() == 0) {
            return form(422, link.path(), Wrong.MISSING);
        }
        if (photo.size() > MAX_PHOTO) {
            return form(413, link.path(), Wrong.TOO_LARGE);
        }
        byte[] bytes = Files.readAllBytes(photo.uploadedFile());
        String mediaType = mediaType(bytes);
        if (mediaType == null) {
            return form(422, link.path(), Wrong.WRONG_KIND);
        }
        Result result = result(vision.match(link.canonicalUri(), mediaType, bytes));
        String parameter = java.net.URLEncoder.encode(link.path(), java.nio.charset.StandardCharsets.UTF_8);
        return html.page(200, Templates.match(link.path(), parameter, result));
    }

    private Response form(int status, String path, Wrong wrong) {
        return html.page(status, Templates.photo(path, wrong.name()));
    }

    private static DigitalLink item(String code) {
        if (code == null) {
            return null;
        }
        try {
            DigitalLink link = DigitalLink.ofTyped(code);
            return link.serial() == null ? null : link;
        } catch (MalformedLink e) {
            return null; // the page says "needs the code of one item" for both
        }
    }

    /** By the first bytes; what the browser claims does not matter. */
    static String mediaType(byte[] b) {
        if (b.length > 3 && (b[0] & 0xff) == 0xff && (b[1] & 0xff) == 0xd8 && (b[2] & 0xff) == 0xff) {
            return "image/jpeg";
        }
        boolean png = b.length > 8 && (b[0] & 0xff) == 0x89 && b[1] == 'P' && b[2] == 'N' && b[3] == 'G';
        return png ? "image/png" : null;
    }

    static Result result(Answer answer) {
        if (answer.status() == 404) {
            return new Result("cannot-tell", "cannot-say", List.of(), 0, 0, true);
        }
        if (answer.status() == 400 || answer.status() == 413 || answer.status() == 415 || answer.status() == 422) {
            return new Result("cannot-tell", "cannot-say", List.of(answer.refusal()), 0, 0, false);
        }
        if (!answer.ok()) {
            throw new UpstreamUnavailable("vision refused the web's own question with " + answer.status());
        }
        JsonNode json = answer.json();
        String outcome = json.path("outcome").asText();
        List<String> reasons = new ArrayList<>();
        for (JsonNode reason : json.path("reasons")) {
            if (reasons.size() < 10) {
                reasons.add(sentence(reason.asText()));
            }
        }
        boolean unregistered = json.path("compared").asLong(1) == 0 && !outcome.equals("match");
        String state = outcome.equals("match") ? "good" : outcome.equals("no-match") ? "bad" : "cannot-say";
        return new Result(
                outcome,
                state,
                reasons,
                json.path("compared").asLong(),
                json.path("inliers").asLong(),
                unregistered);
    }

    /** vision marks what a better photo would cure with "retake: "; the page offers another photo in any case. */
    private static String sentence(String reason) {
        String text = reason.startsWith("retake: ") ? reason.substring("retake: ".length()) : reason;
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                        + text.substring(1)
                        + (text.endsWith(".") ? "" : ".");
    }
}
