package io.waymark.vision.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.waymark.vision.Drawn;
import java.awt.image.BufferedImage;
import java.io.File;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final BufferedImage DESIGN = Drawn.design(11);

    private static Fingerprint registered;

    @BeforeAll
    static void load() {
        OpenCv.Availability availability = OpenCv.load(new File("target/native"));
        assumeTrue(availability instanceof OpenCv.Availability.Loaded, availability.toString());
        registered = Extraction.of(Drawn.grey(DESIGN));
    }

    @Test
    void theSameDesignFromTheSideIsAMatch() {
        Verdict verdict = ask(Drawn.photographed(DESIGN, 5));
        assertInstanceOf(Verdict.Match.class, verdict, verdict.toString());
        assertTrue(verdict.inliers() > 50, verdict.toString());
    }

    @Test
    void anotherDesignIsNeverAMatch() {
        for (long seed = 100; seed < 110; seed++) {
            Verdict verdict = ask(Drawn.photographed(Drawn.design(seed), seed));
            assertFalse(verdict instanceof Verdict.Match, "seed " + seed + ": " + verdict);
        }
    }

    @Test
    void theBestOfSeveralRegisteredPhotographsCounts() {
        Fingerprint other = Extraction.of(Drawn.grey(Drawn.design(12)));
        Fingerprint query = Extraction.of(Drawn.grey(Drawn.photographed(DESIGN, 5)));
        assertInstanceOf(Verdict.Match.class, Verdict.of(query, List.of(other, registered)));
    }

    @Test
    void aMirroredPictureIsNotAMatch() {
        BufferedImage mirrored = new BufferedImage(800, 600, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 600; y++) {
            for (int x = 0; x < 800; x++) {
                mirrored.setRGB(799 - x, y, DESIGN.getRGB(x, y));
            }
        }
        assertFalse(ask(mirrored) instanceof Verdict.Match);
    }

    @Test
    void aBlurredPictureCannotBeTold() {
        assertRetake("blurred", Drawn.blurred(DESIGN));
    }

    @Test
    void aDarkPictureCannotBeTold() {
        assertRetake("too dark", Drawn.exposed(DESIGN, 0.08, 0));
    }

    @Test
    void anOverexposedPictureCannotBeTold() {
        assertRetake("too bright", Drawn.exposed(DESIGN, 0.3, 200));
    }

    @Test
    void glareOverHalfThePictureCannotBeTold() {
        BufferedImage glare = Drawn.exposed(DESIGN, 0.6, 0);
        for (int y = 0; y < 600; y++) {
            for (int x = 0; x < 400; x++) {
                glare.setRGB(x, y, 0xFFFFFF);
            }
        }
        assertRetake("glare", glare);
    }

    @Test
    void aTinyPictureCannotBeTold() {
        assertRetake("too small", DESIGN.getSubimage(100, 100, 120, 100));
    }

    @Test
    void aFingerprintSurvivesBeingStored() throws Exception {
        Fingerprint again = Fingerprint.ofBytes(registered.toBytes());
        assertEquals(registered.keyPoints(), again.keyPoints());
        Verdict.Match match = assertInstanceOf(
                Verdict.Match.class,
                Verdict.of(Extraction.of(Drawn.grey(Drawn.photographed(DESIGN, 5))), List.of(again)));
        assertEquals(ask(Drawn.photographed(DESIGN, 5)), match);
    }

    private static Verdict ask(BufferedImage photo) {
        return Verdict.of(Extraction.of(Drawn.grey(photo)), List.of(registered));
    }

    private static void assertRetake(String why, BufferedImage photo) {
        Verdict.CannotTell verdict = assertInstanceOf(Verdict.CannotTell.class, ask(photo));
        assertTrue(
                verdict.reasons().stream().anyMatch(r -> r.startsWith("retake: ") && r.contains(why)),
                verdict.reasons().toString());
    }
}
