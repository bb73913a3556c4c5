package io.waymark.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.waymark.sdk.MqttLink;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * What ingest counts and times. Operators' dashboards hold on to these names: ingest/README.md lists them, MetricsTest compares. All are there from
 * the first scrape on, and no label is a sender's to choose.
 */
public final class Meters {
    /** What a batch goes through, in this order. */
    public enum Stage {
        /** From the arrival of its oldest message until a thread has the batch. */
        WAIT,
        /** Decoding, owners, signatures. */
        JUDGE,
        /** The request to trace-service that stores them. */
        STORE,
        /** The request that keeps what was refused; only when something was. */
        QUARANTINE
    }

    /** A series lives as long as the process: reasons are few, but another service writes some of them. */
    private static final int MOST_REASONS = 64;

    private static final long LATE_MILLIS = 3_600_000;

    private static final Duration[] BOUNDS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(15),
        Duration.ofMillis(20),
        Duration.ofMillis(30),
        Duration.ofMillis(50),
        Duration.ofMillis(75),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30)
    };

    private final Counter accepted;
    public final Counter duplicates;
    public final Counter equivocations;
    public final Counter acks;
    public final Counter presence;
    public final Counter retries;
    public final Counter failures;
    public final Counter unquarantined;
    public final Counter chunks;
    public final Counter manifests;
    public final Counter manifestsDropped;
    public final Counter manifestsRefused;
    public final Counter chunksRefused;
    public final Counter receiptsFetched;
    public final Counter commandsFetched;
    public final Counter answersTaken;
    public final Counter answersNotTaken;
    /** From the arrival of a message until its acknowledgement is given to the link. */
    public final Timer held;

    public final DistributionSummary batch;

    private final Timer signed;

    private final MeterRegistry registry;
    private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);
    private final Set<String> reasons = ConcurrentHashMap.newKeySet();

    public Meters(MeterRegistry registry) {
        this.registry = registry;
        accepted = counter("accepted", "messages stored by trace-service");
        duplicates = counter("duplicates", "messages that were in the ledger already");
        equivocations = counter("equivocations", "messages under a number that another message has; kept as evidence");
        acks = counter("acks", "acknowledgements given to the broker");
        presence = counter("presence", "presence messages, counted and otherwise ignored");
        retries = counter("retries", "attempts to store a batch that trace-service could not answer");
        failures = counter("failures", "defects of ingest: a batch failed in a way nobody foresaw");
        unquarantined = counter("unquarantined", "refused messages that not even quarantine takes");
        chunks = counter("chunks", "image chunks stored by vision");
        manifests = counter("manifests", "image manifests given to vision");
        manifestsDropped =
                counter("manifests.dropped", "manifests dropped because too many wait; devices announce again");
        manifestsRefused = refusedImage("manifest");
        chunksRefused = refusedImage("chunk");
        receiptsFetched = fetched("receipt");
        commandsFetched = fetched("command");
        answersTaken = answers("true");
        answersNotTaken = answers("false");
        refused("other", 0);
        held = Timer.builder("waymark.ingest.held")
                .description("arrival of a message until it may be acknowledged")
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
        signed = Timer.builder("waymark.ingest.signed.to.stored")
                .description("from a message's own time until it is stored, by its device's clock")
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
        batch = DistributionSummary.builder("waymark.ingest.batch.messages")
                .description("messages in a batch")
                .register(registry);
        for (Stage stage : Stage.values())
            stages.put(
                    stage,
                    Timer.builder("waymark.ingest.stage")
                            .description("time of a batch in one stage")
                            .tag("stage", stage.name().toLowerCase(Locale.ROOT))
                            .serviceLevelObjectives(BOUNDS)
                            .register(registry));
    }

    /** @param name of a fixed set */
    void link(String name, MqttLink link) {
        Gauge.builder("waymark.ingest.connected", link, l -> l.connected() ? 1 : 0)
                .description("1 while the link to the broker is up and subscribed")
                .tag("link", name)
                .register(registry);
        Gauge.builder("waymark.ingest.unacknowledged", link, MqttLink::unacknowledged)
                .description("messages the broker delivered that are not acknowledged yet")
                .tag("link", name)
                .register(registry);
        Gauge.builder(
                        "waymark.ingest.unacknowledged.oldest",
                        link,
                        l -> l.oldestUnacknowledged().toNanos() / 1e9)
                .description("how long the oldest of them has been here")
                .baseUnit("seconds")
                .tag("link", name)
                .register(registry);
        Gauge.builder("waymark.ingest.queued", link, MqttLink::waiting)
                .description("of them, those that no batch has taken yet")
                .tag("link", name)
                .register(registry);
        FunctionCounter.builder("waymark.ingest.connections", link, MqttLink::connections)
                .description("connections made to the broker")
                .tag("link", name)
                .register(registry);
        FunctionCounter.builder("waymark.ingest.acks.late", link, MqttLink::lateAcks)
                .description("acknowledgements whose connection was gone: the broker delivers those again")
                .tag("link", name)
                .register(registry);
    }

    void answersWaiting(IntSupplier waiting) {
        Gauge.builder("waymark.ingest.answers.waiting", waiting::getAsInt)
                .description("receipts and other answers that the broker has not taken yet")
                .register(registry);
    }

    void problems(IntSupplier problems) {
        Gauge.builder("waymark.ingest.problems", problems::getAsInt)
                .description("things that keep ingest from its work; the readiness check names them")
                .register(registry);
    }

    public void refused(String reason) {
        refused(reason, 1);
    }

    private void refused(String reason, int count) {
        boolean known = reason.matches("[a-z0-9-]{1,40}")
                && (reasons.contains(reason)
                        || reasons.size() < MOST_REASONS && reasons.add(reason)
                        || reasons.contains(reason));
        Counter.builder("waymark.ingest.refused")
                .description("messages refused, by reason")
                .tag("reason", known ? reason : "other")
                .register(registry)
                .increment(count);
    }

    /**
     * @param deviceMillis what the device's clock said when it signed; a clock ahead of ours counts as no time, one that is an hour behind, or a
     *     message that waited as long, is not counted: it would only say that
     */
    public void stored(long deviceMillis) {
        accepted.increment();
        long since = Math.max(0, System.currentTimeMillis() - deviceMillis);
        if (since < LATE_MILLIS) signed.record(since, TimeUnit.MILLISECONDS);
    }

    public void took(Stage stage, long sinceNanos) {
        Objects.requireNonNull(stages.get(stage)).record(Duration.ofNanos(System.nanoTime() - sinceNanos));
    }

    private Counter refusedImage(String what) {
        return labelled("images.refused", "refused parts of images", "what", what);
    }

    private Counter fetched(String kind) {
        return labelled("outgoing", "what trace-service had for devices that did not ask", "kind", kind);
    }

    private Counter answers(String taken) {
        return labelled("answers", "answers published to devices; taken=false is tried again", "taken", taken);
    }

    private Counter labelled(String name, String description, String label, String value) {
        return Counter.builder("waymark.ingest." + name)
                .description(description)
                .tag(label, value)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder("waymark.ingest." + name)
                .description(description)
                .register(registry);
    }
}
