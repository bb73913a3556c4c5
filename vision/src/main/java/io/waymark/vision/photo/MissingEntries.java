package io.waymark.vision.photo;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.vision.problem.VisionProblem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * At start, photographs that were registered before their digests went into the ledger get their entries. One thread; it tries while
 * trace-service does not answer, a bounded number of times. What is left then is completed when the file is registered again.
 */
@ApplicationScoped
public class MissingEntries {
    private static final Logger LOG = Logger.getLogger(MissingEntries.class);
    private static final int TRIES = 10;

    private final Photos photos;
    private final Thread worker = new Thread(this::run, "vision-missing-entries");

    MissingEntries(Photos photos) {
        this.photos = photos;
        worker.setDaemon(true);
    }

    void start(@Observes StartupEvent event) {
        worker.start();
    }

    void stop(@Observes ShutdownEvent event) {
        worker.interrupt();
    }

    private void run() {
        try {
            for (int tried = 1; tried <= TRIES; tried++) {
                try {
                    complete();
                    return;
                } catch (VisionProblem e) {
                    LOG.infof("photographs still without an entry in the ledger: %s", e.getMessage());
                }
                Thread.sleep(Math.min(60, 1L << tried) * 1000);
            }
        } catch (InterruptedException e) {
            // the service stops
        } catch (RuntimeException e) {
            LOG.error("photographs without an entry in the ledger are left as they are", e);
        }
    }

    /**
     * Gives every photograph its entry but those that trace-service refuses.
     *
     * @throws VisionProblem 503 when trace-service does not answer; what was done so far stays
     */
    public void complete() {
        int refused = 0;
        for (List<Photos.Open> some = photos.withoutEntry(0); !some.isEmpty(); some = photos.withoutEntry(refused)) {
            for (Photos.Open photo : some) {
                try {
                    photos.enter(photo.tenant(), photo.uri(), photo.digest());
                } catch (VisionProblem e) {
                    if (e.isTemporary()) {
                        throw e;
                    }
                    refused++;
                    LOG.warnf("photograph %s of %s gets no entry: %s", photo.digest(), photo.tenant(), e.getMessage());
                }
            }
        }
    }
}
