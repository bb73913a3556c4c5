package io.waymark.trace.reading;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.IntSupplier;

/** What became of the messages, and what it took: metrics {@code waymark.intake.*} and {@code waymark.receipts.*}; README.md lists them. */
final class IntakeMeters {
    private static final Duration[] BOUNDS = {
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

    /** Of a group: keys looked up, signatures checked. */
    final Timer judge;
    /** Judged and committed. */
    final Timer store;
    /** Its receipts. */
    final Timer sign;

    final Counter receipts;

    private final Counter stored;
    private final Counter duplicates;
    private final Counter equivocations;
    private final Counter refused;

    /** @param waiting devices that wait for a receipt of class witnessed */
    IntakeMeters(MeterRegistry registry, IntSupplier waiting) {
        judge = stage(registry, "judge");
        store = stage(registry, "store");
        sign = stage(registry, "sign");
        stored = messages(registry, "stored");
        duplicates = messages(registry, "duplicate");
        equivocations = messages(registry, "equivocation");
        refused = messages(registry, "refused");
        receipts = Counter.builder("waymark.receipts.issued")
                .description("receipts of class stored signed")
                .register(registry);
        Gauge.builder("waymark.receipts.waiting", waiting::getAsInt)
                .description("devices that wait for a receipt of class witnessed")
                .register(registry);
    }

    void came(Outcome outcome) {
        Counter counter = outcome instanceof Outcome.Stored
                ? stored
                : outcome instanceof Outcome.Duplicate
                        ? duplicates
                        : outcome instanceof Outcome.Equivocation ? equivocations : refused;
        counter.increment();
    }

    private static Timer stage(MeterRegistry registry, String stage) {
        return Timer.builder("waymark.intake.stage")
                .description("time of a group of messages in one stage; store contains judge")
                .tag("stage", stage)
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
    }

    private static Counter messages(MeterRegistry registry, String outcome) {
        return Counter.builder("waymark.intake.messages")
                .description("messages and statements by outcome")
                .tag("outcome", outcome)
                .register(registry);
    }
}
