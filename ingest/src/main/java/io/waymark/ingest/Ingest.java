package io.waymark.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.waymark.ingest.answer.Answers;
import io.waymark.ingest.answer.Outgoing;
import io.waymark.ingest.image.ImageIntake;
import io.waymark.ingest.platform.Devices;
import io.waymark.ingest.platform.TraceService;
import io.waymark.ingest.platform.VisionStore;
import io.waymark.ingest.reading.ReadingIntake;
import io.waymark.ingest.reading.Traces;
import io.waymark.sdk.MqttLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The whole of ingest: two links (readings and images, so that neither waits for the other's service) and the threads between them and
 * the services. Starts whether or not broker and services are there.
 */
public final class Ingest implements AutoCloseable {
    private static final long SESSION_SECONDS = 3_600;
    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final int CHUNKS_UNACKNOWLEDGED = 64;
    private static final Duration LAST_BATCH = Duration.ofSeconds(10);
    static final String SHARED = "$share/ingest/v1/+/+/+/";

    private final Standing standing = new Standing();
    private final MqttLink readingLink;
    private final MqttLink imageLink;
    private final ReadingIntake readings;
    private final ImageIntake images;
    private final Answers answers;
    private final Outgoing outgoing;
    private final ExecutorService cores;
    private final List<Thread> workers = new ArrayList<>();

    /** @throws IOException when the CA file cannot be read */
    public static Ingest start(IngestConfig config, MeterRegistry registry) throws IOException {
        return start(config, registry, Optional.empty());
    }

    /** @param telemetry to which spans of traced messages go; empty: nobody looks for traces */
    public static Ingest start(IngestConfig config, MeterRegistry registry, Optional<OpenTelemetry> telemetry)
            throws IOException {
        return new Ingest(config, registry, telemetry, false);
    }

    /**
     * An ingest that loses what it has when it is killed, because it acknowledges before trace-service has answered. For {@code waymark chaos
     * ingest} alone, to see that its checks notice; no setting does this.
     */
    public static Ingest acknowledgingEarly(IngestConfig config, MeterRegistry registry) throws IOException {
        return new Ingest(config, registry, Optional.empty(), true);
    }

    private Ingest(
            IngestConfig config, MeterRegistry registry, Optional<OpenTelemetry> telemetry, boolean acknowledgesEarly)
            throws IOException {
        Meters meters = new Meters(registry);
        TraceService trace = new TraceService(config.traceUrl(), config.serviceToken());
        VisionStore vision = new VisionStore(config.visionUrl(), config.serviceToken());
        Devices devices = new Devices(trace);
        cores = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), task -> {
            Thread thread = new Thread(task, "waymark-ingest-verify");
            thread.setDaemon(true);
            return thread;
        });
        readingLink =
                link(config, "-r", config.receiveMaximum(), List.of(SHARED + "r", SHARED + "s"), telemetry.isPresent());
        imageLink = link(config, "-i", CHUNKS_UNACKNOWLEDGED, List.of(SHARED + "i/#"), false);
        meters.link("readings", readingLink);
        meters.link("images", imageLink);
        meters.problems(() -> problems().size());
        answers = new Answers(
                readingLink::publish, taken -> (taken ? meters.answersTaken : meters.answersNotTaken).increment());
        images = new ImageIntake(imageLink, vision, devices, answers, standing, meters);
        readings = new ReadingIntake(
                readingLink,
                trace,
                devices,
                cores,
                answers,
                images::announce,
                standing,
                meters,
                new Traces(telemetry),
                acknowledgesEarly);
        meters.answersWaiting(answers::waiting);
        for (int i = 0; i < config.batches(); i++) worker("waymark-ingest-readings-" + i, readings::work);
        worker("waymark-ingest-images", images::work);
        outgoing = new Outgoing(trace, answers, meters);
        worker("waymark-ingest-outgoing", outgoing::work);
    }

    /** What keeps ingest from its work, in words; empty when nothing does. */
    public Map<String, String> problems() {
        Map<String, String> problems = standing.problems();
        if (!readingLink.connected()) problems.put("broker", readingLink.problem());
        else if (!imageLink.connected()) problems.put("broker", imageLink.problem());
        return problems;
    }

    /** Whether every thread is at work: false only after a bug that waiting will not cure. */
    public boolean alive() {
        return workers.stream().allMatch(Thread::isAlive);
    }

    /** Takes no more, finishes the batches in work (at most 10 s), then disconnects in order. */
    @Override
    public void close() {
        readings.stop();
        images.stop();
        outgoing.stop();
        long end = System.nanoTime() + LAST_BATCH.toNanos();
        try {
            for (Thread worker : workers) {
                worker.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
                worker.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        answers.close();
        readingLink.close();
        imageLink.close();
        cores.shutdownNow();
    }

    private static MqttLink link(
            IngestConfig config, String suffix, int receiveMaximum, List<String> filters, boolean traces)
            throws IOException {
        return MqttLink.open(
                MqttLink.Settings.of(
                                config.mqttUrl(),
                                config.clientId() + suffix,
                                config.mqttUsername(),
                                config.mqttPassword().orElse(null))
                        .withCaFile(config.mqttCaFile().orElse(null))
                        .withWindows(receiveMaximum, 256)
                        .withSession(SESSION_SECONDS, KEEP_ALIVE_SECONDS)
                        .withTraces(traces)
                        .withSubscriptions(true, filters),
                new MqttLink.Listener() {});
    }

    private void worker(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        workers.add(thread);
    }
}
