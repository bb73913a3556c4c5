package io.waymark.vision.match;

import io.quarkus.runtime.StartupEvent;
import io.waymark.vision.VisionConfig;
import io.waymark.vision.intake.Intake;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/** Loads OpenCV at start, in the background, on a thread of the intake; nobody waits for it but the first picture. */
@ApplicationScoped
public class Matching {
    private static final Logger LOG = Logger.getLogger(Matching.class);

    private final VisionConfig config;
    private final AtomicReference<OpenCv.Availability> availability = new AtomicReference<>();

    Matching(VisionConfig config) {
        this.config = config;
    }

    void begin(@Observes StartupEvent start, Intake intake) {
        intake.begin(this::availability);
    }

    /** Whether pictures can be compared here; loads the library if that has not been tried. Call on an intake thread. */
    public OpenCv.Availability availability() {
        OpenCv.Availability now = OpenCv.load(config.nativeCacheDir().toFile());
        if (availability.getAndSet(now) == null) {
            if (now instanceof OpenCv.Availability.NotAvailable no) {
                LOG.warnf("Photographs are kept but not compared: %s", no.why());
            } else {
                LOG.infof("Matching is ready: %s", now);
            }
        }
        return now;
    }

    /** True when pictures can be compared. Call on an intake thread. */
    public boolean available() {
        return availability() instanceof OpenCv.Availability.Loaded;
    }

    /** One word for health: "loading", "available", or why not. Never loads. */
    public String state() {
        OpenCv.Availability known = availability.get();
        if (known == null) {
            return "loading";
        }
        return known instanceof OpenCv.Availability.NotAvailable no ? no.why() : "available";
    }
}
