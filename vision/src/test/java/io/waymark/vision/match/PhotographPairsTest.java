package io.waymark.vision.match;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.waymark.vision.SharedData;
import io.waymark.vision.intake.PictureOf;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A seeded sample of real photographs: genuine pairs must score above look-alikes. Not a measurement; see Verdict for those. */
class PhotographPairsTest {
    private static final long SEED = 20261120;
    private static final int EACH = 40;

    @Test
    void genuinePairsScoreAboveLookAlikes() throws Exception {
        Path data = SharedData.folder("vision");
        OpenCv.Availability availability = OpenCv.load(new File("target/native"));
        assumeTrue(availability instanceof OpenCv.Availability.Loaded, availability.toString());
        List<String[]> pairs = new ArrayList<>();
        for (String line :
                Files.readAllLines(data.resolve("pairs.csv")).stream().skip(1).toList()) {
            pairs.add(line.split(",", 5));
        }
        Collections.shuffle(pairs, new Random(SEED));
        double[] genuine = scores(data, pairs, "1");
        double[] lookAlike = scores(data, pairs, "0");
        double above = 0;
        for (double g : genuine) {
            for (double l : lookAlike) {
                above += g > l ? 1 : g == l ? 0.5 : 0;
            }
        }
        double auc = above / (genuine.length * lookAlike.length);
        assertTrue(auc > 0.8, "AUC " + auc + " with seed " + SEED);
    }

    private static double[] scores(Path data, List<String[]> pairs, String genuine) throws Exception {
        List<String[]> sample = pairs.stream()
                .filter(pair -> pair[2].equals(genuine))
                .limit(EACH)
                .toList();
        double[] scores = new double[sample.size()];
        for (int i = 0; i < scores.length; i++) {
            Fingerprint registered = print(data.resolve(sample.get(i)[0]));
            Fingerprint query = print(data.resolve(sample.get(i)[1]));
            scores[i] = Verdict.logOdds(Comparison.of(query, registered));
        }
        return scores;
    }

    private static Fingerprint print(Path file) throws Exception {
        return Extraction.of(PictureOf.file(Files.readAllBytes(file)));
    }
}
