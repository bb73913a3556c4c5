package io.waymark.ingest.answer;

import io.waymark.ingest.Meters;
import io.waymark.ingest.Patience;
import io.waymark.ingest.platform.TraceService;
import io.waymark.ingest.platform.Unreachable;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Fetches what trace-service has for devices that did not ask: commands, and receipts that witnesses have made better since. Whatever is lost
 * between here and the device is made again: a hole that stays is asked for again, a device that wants a better receipt sends again.
 */
public final class Outgoing {
    private static final Logger LOG = Logger.getLogger(Outgoing.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final TraceService trace;
    private final Answers answers;
    private final Meters meters;
    private volatile boolean stopping;

    public Outgoing(TraceService trace, Answers answers, Meters meters) {
        this.trace = trace;
        this.answers = answers;
        this.meters = meters;
    }

    /** Works until {@link #stop}. That trace-service is away is for the readings to report, who wait for it. */
    public void work() {
        Patience patience = new Patience();
        while (!stopping) {
            try {
                for (TraceService.Outgoing one : trace.outgoing()) {
                    boolean receipt = one.topic().endsWith("/d/ack");
                    answers.offer(
                            receipt ? one.topic() + "/witnessed" : one.topic(),
                            one.topic(),
                            one.topic(),
                            one.bytes(),
                            one.rank(),
                            Duration.ZERO);
                    (receipt ? meters.receiptsFetched : meters.commandsFetched).increment();
                }
                patience = new Patience();
                Thread.sleep(PAUSE.toMillis());
            } catch (Unreachable e) {
                LOG.debugf("nothing fetched for devices: %s", e.getMessage());
                try {
                    patience.await(e.after());
                } catch (InterruptedException interrupted) {
                    if (stopping) return;
                }
            } catch (InterruptedException e) {
                if (stopping) return;
            } catch (RuntimeException e) {
                meters.failures.increment();
                LOG.error("fetching for devices", e); // a thread that ended would look alive to nobody
            }
        }
    }

    public void stop() {
        stopping = true;
    }
}
