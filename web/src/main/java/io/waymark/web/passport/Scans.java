package io.waymark.web.passport;

import io.waymark.web.upstream.Trace;
import jakarta.inject.Singleton;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Reports page views to trace-service without making the reader wait. At most {@link #IN_FLIGHT} at a time; what cannot be sent is counted
 * and logged here, at the edge that decides to show the page all the same.
 */
@Singleton
public class Scans {
    private static final Logger LOG = Logger.getLogger(Scans.class);
    private static final int IN_FLIGHT = 64;

    private final Trace trace;
    private final Semaphore room = new Semaphore(IN_FLIGHT);
    private final AtomicLong lost = new AtomicLong();

    Scans(Trace trace) {
        this.trace = trace;
    }

    public void seen(String uri, String device) {
        if (!room.tryAcquire()) {
            lost.incrementAndGet();
            return;
        }
        trace.scanned(uri, device).whenComplete((done, failure) -> {
            room.release();
            if (failure != null) {
                LOG.warnf("scan not recorded (%d so far): %s", lost.incrementAndGet(), failure.getMessage());
            }
        });
    }

    /** Views since start that trace-service does not know of. */
    public long lost() {
        return lost.get();
    }
}
