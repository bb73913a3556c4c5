package io.waymark.vision.check;

import io.waymark.vision.access.Caller;
import io.waymark.vision.intake.ImageRefusedException;
import io.waymark.vision.intake.Intake;
import io.waymark.vision.match.Verdict;
import io.waymark.vision.photo.ObjectUri;
import io.waymark.vision.photo.Photos;
import io.waymark.vision.problem.VisionProblem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A photograph in, one of three words out. */
@Path("/vision/matches")
@Produces(MediaType.APPLICATION_JSON)
public class MatchResource {
    private final PhotoCheck check;
    private final Photos photos;
    private final Caller caller;

    MatchResource(PhotoCheck check, Photos photos, Caller caller) {
        this.check = check;
        this.photos = photos;
        this.caller = caller;
    }

    /**
     * @param outcome  "match", "no-match" or "cannot-tell"
     * @param reasons  plain words; those that begin with "retake: " can be helped by a better photograph
     * @param inliers  points of the best registered photograph that agree in place
     * @param score    0–1, see {@link Verdict}; for ordering, not for showing
     * @param compared registered photographs compared
     */
    public record Answer(String outcome, List<String> reasons, int inliers, double score, int compared) {}

    /**
     * web asks for a consumer who belongs to no tenant, so the object's photographs are found across tenants
     * ({@code vision.photos_of}); it may narrow that by naming one. A producer compares with its own only.
     */
    @POST
    @RolesAllowed({"service-web", "service-operator", "producer"})
    @Consumes({"image/jpeg", "image/png", MediaType.APPLICATION_OCTET_STREAM})
    public Answer match(@QueryParam("uri") String uri, InputStream body) throws IOException {
        ObjectUri object = ObjectUri.of(uri);
        List<Photos.Registered> registered =
                caller.isService() && caller.namedTenant().isEmpty()
                        ? photos.ofAnyone(object)
                        : photos.of(caller.tenant(), object);
        byte[] image = Intake.read(body);
        try {
            return answer(check.check(image, registered));
        } catch (ImageRefusedException e) {
            throw VisionProblem.unusableImage(e.getMessage());
        }
    }

    private static Answer answer(PhotoCheck.Checked checked) {
        Verdict verdict = checked.verdict();
        String outcome;
        List<String> reasons;
        if (verdict instanceof Verdict.Match) {
            outcome = "match";
            reasons = List.of("the picture agrees with a registered photograph");
        } else if (verdict instanceof Verdict.NoMatch) {
            outcome = "no-match";
            reasons = List.of("the picture shows nothing of what was registered");
        } else {
            outcome = "cannot-tell";
            reasons = ((Verdict.CannotTell) verdict).reasons();
        }
        double score = Math.round(verdict.score() * 1000) / 1000.0;
        return new Answer(outcome, reasons, verdict.inliers(), score, checked.compared());
    }
}
