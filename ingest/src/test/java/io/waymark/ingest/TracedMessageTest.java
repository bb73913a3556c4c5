package io.waymark.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.sdk.TraceParent;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a device's message to the request that hands it over: one trace, told by the device, over a real broker. */
class TracedMessageTest {
    @TempDir
    Path folder;

    final List<SpanData> spans = new CopyOnWriteArrayList<>();
    int port;
    Broker broker;
    Platform platform;
    DeviceKeys keys;

    @BeforeEach
    void start() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        broker = Broker.start(port, folder.resolve("broker"));
        platform = new Platform();
        Path own = Files.createDirectory(folder.resolve("device"));
        keys = DeviceKeys.openOrCreate(own);
        platform.register(keys.id(), "acme", "boat", keys.verificationKey());
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
        platform.close();
    }

    @Test
    void isFollowedIntoTheRequestThatHandsItOver() throws Exception {
        try (Ingest ingest = ingest(true);
                Device device = device(1)) {
            await(() -> !ingest.problems().containsKey("broker"));
            device.read(Quantity.TEMPERATURE, 4.2);
            await(() -> device.status().pendingMessages() == 0);
            await(() -> spans.size() >= 2);
        }
        TraceParent sent = TraceParent.parse(traceParentOf(
                        platform.stored.values().iterator().next().get(0).wire()))
                .orElseThrow();
        // A redelivery is received, and handed over, once more.
        SpanData receive = span("waymark receive", s -> s.getTraceId().equals(sent.traceId()));
        assertEquals(sent.spanId(), receive.getParentSpanId());
        SpanData handOver = span("waymark hand over", s -> s.getLinks().stream()
                .anyMatch(l -> l.getSpanContext().equals(receive.getSpanContext())));
        List<String> headers = platform.traces.stream()
                .filter(h -> ("00-" + handOver.getTraceId() + "-" + handOver.getSpanId() + "-01").equals(h.get(0)))
                .findFirst()
                .orElseThrow();
        assertTrue(
                headers.get(1).contains("=00-" + receive.getTraceId() + "-" + receive.getSpanId() + "-01"),
                headers.toString());
    }

    @Test
    void isNotWhenTheDeviceIsNotToldSo() throws Exception {
        try (Ingest ingest = ingest(true);
                Device device = device(0)) {
            await(() -> !ingest.problems().containsKey("broker"));
            device.read(Quantity.TEMPERATURE, 4.2);
            await(() -> device.status().pendingMessages() == 0);
        }
        assertTrue(spans.isEmpty(), spans.toString());
        assertNull(platform.traces.get(0).get(0));
    }

    @Test
    void isNotWhenIngestIsNotToldSo() throws Exception {
        try (Ingest ingest = ingest(false);
                Device device = device(1)) {
            await(() -> !ingest.problems().containsKey("broker"));
            device.read(Quantity.TEMPERATURE, 4.2);
            await(() -> device.status().pendingMessages() == 0);
        }
        assertFalse(platform.traces.isEmpty());
        assertNull(platform.traces.get(0).get(1));
    }

    @Test
    void aDeviceThatTracesAllItSendsFillsNoRequest() throws Exception {
        platform.traceStatus = 503;
        try (Ingest ingest = ingest(true);
                Device device = device(1)) {
            await(() -> !ingest.problems().containsKey("broker"));
            for (int i = 0; i < 80; i++) device.read(Quantity.TEMPERATURE, i);
            await(() -> device.status().published() >= 60);
            platform.traceStatus = 0;
            await(() -> device.status().pendingMessages() == 0);
        }
        for (List<String> headers : platform.traces)
            assertTrue(headers.get(1) == null || headers.get(1).split(",").length <= 32, headers.get(1));
    }

    private SpanData span(String name, Predicate<SpanData> one) {
        return spans.stream()
                .filter(s -> s.getName().equals(name))
                .filter(one)
                .findFirst()
                .orElseThrow();
    }

    /** As the device made it: by the bytes it sent. */
    private String traceParentOf(byte[] wire) throws Exception {
        byte[] hash = java.security.MessageDigest.getInstance("SHA-256").digest(wire);
        java.util.HexFormat hex = java.util.HexFormat.of();
        return "00-" + hex.formatHex(hash, 0, 16) + "-" + hex.formatHex(hash, 16, 24) + "-01";
    }

    private Ingest ingest(boolean traced) throws Exception {
        return Ingest.start(
                new IngestProcess.Settings("tcp://127.0.0.1:" + port, "traced", platform.url()),
                new SimpleMeterRegistry(),
                traced
                        ? Optional.of(OpenTelemetrySdk.builder()
                                .setTracerProvider(SdkTracerProvider.builder()
                                        .addSpanProcessor(SimpleSpanProcessor.create(new Kept()))
                                        .build())
                                .build())
                        : Optional.empty());
    }

    private Device device(double share) throws Exception {
        return Device.open(
                folder.resolve("device"),
                DeviceConfig.of("tcp://127.0.0.1:" + port, new Registration("v1/acme/boat/" + keys.idHex(), "x", 1))
                        .withReceiptKeys(
                                List.of(platform.receiptKey.verificationKey().coseKey()))
                        .withTracedShare(share));
    }

    private final class Kept implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            spans.addAll(ended);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("waited for 60 s");
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }
}
