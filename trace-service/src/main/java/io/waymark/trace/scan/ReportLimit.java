package io.waymark.trace.scan;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How many reports of fakes are taken in a minute over the whole installation: anybody may leave one and it is kept for ever, so without a
 * bound a stranger could fill the disk the ledger needs. In memory. The price: while somebody floods, an honest reporter must try again.
 */
@ApplicationScoped
class ReportLimit {
    private final Clock clock;
    private final int perMinute;
    private double left;
    private long refilled;

    @Inject
    ReportLimit(@ConfigProperty(name = "waymark.trace.reports-per-minute", defaultValue = "60") int perMinute) {
        this(Clock.systemUTC(), perMinute);
    }

    ReportLimit(Clock clock, int perMinute) {
        this.clock = clock;
        this.perMinute = perMinute;
        this.left = perMinute;
        this.refilled = clock.millis();
    }

    /** Takes one; false when none is left. */
    synchronized boolean allows() {
        long now = clock.millis();
        left = Math.min(perMinute, left + Math.max(0, now - refilled) * perMinute / 60_000.0);
        refilled = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
