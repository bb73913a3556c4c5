package io.waymark.ingest.reading;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.waymark.sdk.MqttLink.Arrival;
import io.waymark.sdk.TraceParent;
import java.time.Instant;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The traces that devices began, continued: a span per traced message, below the device's, from its arrival until it may be acknowledged. A batch
 * has many parents, so its hand-over to trace-service is a trace of its own with links to them; that request also says which of its messages are
 * traced, and trace-service continues those.
 */
public final class Traces {
    /** Traced messages of one batch; the others go without. A device that traces all it sends must not fill request headers. */
    static final int MOST = 32;

    /** Of the request: {@code position=traceparent,…}, position in the batch. A service that does not know it ignores it. */
    static final String MESSAGES = "Waymark-Traces";

    private static final Batch NONE = new Batch(null, Map.of());

    private final @Nullable Tracer tracer;

    /** @param telemetry empty: nothing is traced, and nothing is paid for it */
    public Traces(Optional<OpenTelemetry> telemetry) {
        this.tracer = telemetry.map(t -> t.getTracer("io.waymark.ingest")).orElse(null);
    }

    Batch of(List<Arrival> batch) {
        Tracer begin = tracer;
        if (begin == null) return NONE;
        Map<Arrival, Span> received = new IdentityHashMap<>();
        long now = System.nanoTime();
        Instant clock = Instant.now();
        for (Arrival arrival : batch) {
            TraceParent parent = arrival.trace();
            if (parent == null || received.size() == MOST) continue;
            Span span = begin.spanBuilder("waymark receive")
                    .setSpanKind(SpanKind.CONSUMER)
                    .setParent(remote(parent))
                    .setStartTimestamp(clock.minusNanos(now - arrival.nanos()))
                    .setAttribute("messaging.system", "mqtt")
                    .startSpan();
            if (span.isRecording()) received.put(arrival, span);
        }
        return received.isEmpty() ? NONE : new Batch(begin, received);
    }

    private static Context remote(TraceParent parent) {
        return Context.root()
                .with(Span.wrap(SpanContext.createFromRemoteParent(
                        parent.traceId(),
                        parent.spanId(),
                        TraceFlags.fromHex(parent.flags(), 0),
                        TraceState.getDefault())));
    }

    /** A batch's traced messages. Closed when the batch is settled, or given up. */
    static final class Batch implements AutoCloseable {
        private static final HandOver UNTRACED = new HandOver(null, Map.of());

        private final @Nullable Tracer tracer;
        private final Map<Arrival, Span> received;

        private Batch(@Nullable Tracer tracer, Map<Arrival, Span> received) {
            this.tracer = tracer;
            this.received = received;
        }

        /** One request with these of its messages. Closed when it is answered. */
        HandOver handOver(List<Arrival> arrivals) {
            if (tracer == null) return UNTRACED;
            SpanBuilder builder = tracer.spanBuilder("waymark hand over")
                    .setNoParent()
                    .setSpanKind(SpanKind.CLIENT)
                    .setAttribute("messaging.batch.message_count", arrivals.size());
            StringBuilder messages = new StringBuilder();
            for (int i = 0; i < arrivals.size(); i++) {
                Span span = received.get(arrivals.get(i));
                if (span == null) continue;
                builder.addLink(span.getSpanContext());
                if (!messages.isEmpty()) messages.append(',');
                messages.append(i).append('=').append(text(span.getSpanContext()));
            }
            if (messages.isEmpty()) return UNTRACED;
            Span span = builder.startSpan();
            return new HandOver(
                    span, Map.of(TraceParent.NAME, text(span.getSpanContext()), MESSAGES, messages.toString()));
        }

        private static String text(SpanContext span) {
            return new TraceParent(
                            span.getTraceId(),
                            span.getSpanId(),
                            span.getTraceFlags().asHex())
                    .toString();
        }

        @Override
        public void close() {
            received.values().forEach(Span::end);
        }
    }

    /** @param headers of its request */
    record HandOver(@Nullable Span span, Map<String, String> headers) implements AutoCloseable {
        @Override
        public void close() {
            if (span != null) span.end();
        }
    }
}
