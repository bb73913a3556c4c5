package io.waymark.vision.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.vision.Drawn;
import io.waymark.vision.problem.VisionProblem;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntakeTest {
    @Test
    void handsTheDecodedPictureOn() throws Exception {
        Intake intake = new Intake();
        byte[] image = Drawn.file(Drawn.design(3), "jpg");
        assertEquals(800, intake.<Integer>picture(image, GreyPicture::width));
        intake.stop();
    }

    @Test
    void saysBusyWhenAllPlacesAreTaken() {
        Intake intake = new Intake();
        CountDownLatch end = new CountDownLatch(1);
        for (int i = 0; i < Intake.THREADS + Intake.WAITING; i++) {
            intake.begin(() -> {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        VisionProblem busy = assertThrows(VisionProblem.class, () -> intake.compute(() -> 1));
        assertTrue(busy.isTemporary());
        end.countDown();
        intake.stop();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png"})
    void aDecoderStopsSoonAfterItsCallerHasGivenUp(String format) throws Exception {
        byte[] image = Drawn.file(Drawn.design(3), format);
        AtomicInteger asked = new AtomicInteger();
        assertThrows(
                ImageRefusedException.class,
                () -> Decoder.decode(image, ImageHeader.read(image), () -> asked.incrementAndGet() > 2));
        assertTrue(asked.get() < 20, "asked " + asked + " times");
    }
}
