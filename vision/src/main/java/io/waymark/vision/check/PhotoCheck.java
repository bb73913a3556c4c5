package io.waymark.vision.check;

import io.waymark.vision.intake.GreyPicture;
import io.waymark.vision.intake.ImageHeader;
import io.waymark.vision.intake.ImageRefusedException;
import io.waymark.vision.intake.Intake;
import io.waymark.vision.match.Extraction;
import io.waymark.vision.match.Fingerprint;
import io.waymark.vision.match.Matching;
import io.waymark.vision.match.Verdict;
import io.waymark.vision.photo.Photos;
import io.waymark.vision.vault.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Compares one new photograph with the registered ones. Keeps nothing of the new one. */
@ApplicationScoped
public class PhotoCheck {
    private final Intake intake;
    private final Matching matching;
    private final Photos photos;

    PhotoCheck(Intake intake, Matching matching, Photos photos) {
        this.intake = intake;
        this.matching = matching;
        this.photos = photos;
    }

    /** @param compared photographs the verdict rests on */
    public record Checked(Verdict verdict, int compared) {}

    /** @throws ImageRefusedException when the new bytes are outside the limits or cannot be decoded */
    public Checked check(byte[] image, List<Photos.Registered> registered) throws ImageRefusedException {
        if (registered.isEmpty()) {
            // The header is judged all the same: who sends garbage hears so, whether or not there are photographs.
            ImageHeader.read(image);
            return cannotTell("no photo registered");
        }
        Digest digest = Digest.of(image);
        if (registered.stream().anyMatch(photo -> photo.digest().equals(digest))) {
            // The same file again proves that somebody has the file, not that somebody has the thing.
            // OPEN: a re-encoded or cropped copy is not noticed. It would need the aligned background to be compared
            // too, and
            // every earlier query's perceptual hash.
            return cannotTell("retake: this is the registered picture itself, not a new photograph");
        }
        return intake.picture(image, picture -> compare(picture, registered));
    }

    private Checked compare(GreyPicture picture, List<Photos.Registered> registered)
            throws IOException, ImageRefusedException {
        if (!matching.available()) {
            return cannotTell("matching is not available on this platform");
        }
        Fingerprint query = Extraction.of(picture);
        List<Fingerprint> known = new ArrayList<>();
        for (Photos.Registered photo : registered) {
            known.add(photos.fingerprint(photo));
        }
        return new Checked(Verdict.of(query, known), known.size());
    }

    private static Checked cannotTell(String why) {
        return new Checked(new Verdict.CannotTell(0, 0, List.of(why)), 0);
    }
}
