package io.waymark.trace.ledger;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How the log's writer does, as metrics {@code waymark.ledger.*}; README.md lists them. */
@ApplicationScoped
class LedgerMeters {
    private static final Duration[] BOUNDS = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final Ledger ledger;
    private final MeterRegistry registry;
    private volatile long newest = System.nanoTime();

    LedgerMeters(Ledger ledger, MeterRegistry registry) {
        this.ledger = ledger;
        this.registry = registry;
    }

    void start(@Observes @Priority(Ledger.START + 1) StartupEvent event) {
        Gauge.builder("waymark.ledger.size", () -> ledger.checkpoint().size())
                .description("entries in the newest signed checkpoint")
                .register(registry);
        Gauge.builder("waymark.ledger.writable", () -> ledger.trouble().isEmpty() ? 1 : 0)
                .description("1 while this process can append; the readiness check says why not")
                .register(registry);
        Gauge.builder("waymark.ledger.queued", ledger::queued)
                .description("entries that callers wait for")
                .baseUnit("entries")
                .register(registry);
        Gauge.builder("waymark.ledger.commit.age", () -> (System.nanoTime() - newest) / 1e9)
                .description("time since the newest commit that appended something, or since the start")
                .baseUnit("seconds")
                .register(registry);
        DistributionSummary size = DistributionSummary.builder("waymark.ledger.commit.entries")
                .description("entries stored together in one commit")
                .register(registry);
        Timer rows = stage("rows");
        Timer pages = stage("pages");
        Timer commit = stage("commit");
        Timer lockFile = stage("lock-file");
        ledger.timed((entries, r, p, c, l) -> {
            newest = System.nanoTime();
            size.record(entries);
            rows.record(r, TimeUnit.NANOSECONDS);
            pages.record(p, TimeUnit.NANOSECONDS);
            commit.record(c, TimeUnit.NANOSECONDS);
            lockFile.record(l, TimeUnit.NANOSECONDS);
        });
    }

    private Timer stage(String stage) {
        return Timer.builder("waymark.ledger.commit")
                .description("time of a commit in one stage")
                .tag("stage", stage)
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
    }
}
