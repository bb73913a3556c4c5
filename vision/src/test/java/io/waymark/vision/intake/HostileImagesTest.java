package io.waymark.vision.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.vision.SharedData;
import io.waymark.vision.match.Extraction;
import io.waymark.vision.match.OpenCv;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every malformed image of the reliability corpus goes through the whole intake: it is used or refused, in time, alive. */
class HostileImagesTest {
    private static final Duration ALL = Duration.ofSeconds(120);

    @Test
    void everyFileIsUsedOrRefusedInTime() throws Exception {
        Path folder = SharedData.folder("reliability");
        OpenCv.load(new File("target/native"));
        List<Path> files = corpus(folder);
        Intake intake = new Intake();
        long start = System.nanoTime();
        int used = 0;
        int refused = 0;
        long slowest = 0;
        for (Path file : files) {
            byte[] image = Files.readAllBytes(file);
            long one = System.nanoTime();
            try {
                intake.picture(
                        image,
                        picture -> OpenCv.loaded() ? Extraction.of(picture).keyPoints() : 0);
                used++;
            } catch (ImageRefusedException e) {
                refused++;
            }
            slowest = Math.max(slowest, System.nanoTime() - one);
            assertTrue(System.nanoTime() - start < ALL.toNanos(), "not done in " + ALL + ", at " + file);
        }
        intake.stop();
        assertEquals(files.size(), used + refused);
        assertTrue(slowest < Duration.ofSeconds(Intake.DEADLINE_SECONDS).toNanos());
        assertTrue(used > 0, "nothing was decoded");
    }

    /** Most files of the corpus are smaller than 64 pixels; here they reach the decoder all the same. */
    @Test
    void theDecoderItselfSurvivesTheCorpus() throws Exception {
        int decoded = 0;
        int reached = 0;
        long start = System.nanoTime();
        for (Path file : corpus(SharedData.folder("reliability"))) {
            byte[] image = Files.readAllBytes(file);
            try {
                ImageHeader header = ImageHeader.parse(image);
                if ((long) header.width() * header.height() > ImageHeader.MAX_PIXELS) {
                    continue;
                }
                reached++;
                Decoder.decode(image, header, () -> false);
                decoded++;
            } catch (ImageRefusedException e) {
                // the other expected outcome
            }
            assertTrue(System.nanoTime() - start < ALL.toNanos(), "not done in " + ALL + ", at " + file);
        }
        assertTrue(reached > 500 && decoded > 200, reached + " reached the decoder, " + decoded + " were decoded");
    }

    private static List<Path> corpus(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> files = all.filter(Files::isRegularFile)
                    .filter(file ->
                            folder.relativize(file).getName(0).toString().startsWith("image-"))
                    .sorted()
                    .toList();
            assertTrue(files.size() > 1000, "a corpus of " + files.size() + " files is too small");
            return files;
        }
    }
}
