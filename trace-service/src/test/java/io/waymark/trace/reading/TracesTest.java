package io.waymark.trace.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ingest's headers make of a request: a span of the batch, and one with the leaf's place in each message's own trace. */
class TracesTest {
    private static final String BATCH = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String MESSAGE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private final List<SpanData> spans = new CopyOnWriteArrayList<>();
    private final Traces traces = new Traces(
            OpenTelemetrySdk.builder()
                    .setTracerProvider(SdkTracerProvider.builder()
                            .addSpanProcessor(SimpleSpanProcessor.create(new Kept()))
                            .build())
                    .build(),
            false);

    @Test
    void theLeafIsInTheMessagesTraceAndTheBatchInItsOwn() {
        traces.of(Map.of("traceparent", BATCH, "Waymark-Traces", "1=" + MESSAGE)::get)
                .end(new Intake.Answer(List.of(new Outcome.Refused("key-revoked"), new Outcome.Stored(42)), List.of()));

        SpanData leaf = span("waymark leaf");
        assertEquals("4bf92f3577b34da6a3ce929d0e0e4736", leaf.getTraceId());
        assertEquals("00f067aa0ba902b7", leaf.getParentSpanId());
        assertEquals(42L, leaf.getAttributes().get(AttributeKey.longKey("waymark.ledger.index")));
        SpanData store = span("waymark store");
        assertEquals("0af7651916cd43dd8448eb211c80319c", store.getTraceId());
        assertEquals("b7ad6b7169203331", store.getParentSpanId());
        assertEquals(store.getSpanContext(), leaf.getLinks().get(0).getSpanContext());
    }

    @Test
    void saysWhenNothingIsKnownToBeStored() {
        traces.of(Map.of("traceparent", BATCH, "Waymark-Traces", "0=" + MESSAGE)::get)
                .end(null);

        assertNull(span("waymark leaf").getAttributes().get(AttributeKey.longKey("waymark.ledger.index")));
        assertEquals("ERROR", span("waymark leaf").getStatus().getStatusCode().name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "x", "0=", "1000=" + MESSAGE, "0=00-0-0-0", "-1=" + MESSAGE, "0==" + MESSAGE})
    void passesOverWhatIsNotWellFormed(String messages) {
        traces.of(Map.of("Waymark-Traces", messages)::get)
                .end(new Intake.Answer(List.of(new Outcome.Stored(1)), List.of()));

        assertTrue(spans.stream().noneMatch(s -> s.getName().equals("waymark leaf")));
    }

    @Test
    void takesNoMoreThanItSays() {
        String many = IntStream.range(0, 500).mapToObj(i -> i + "=" + MESSAGE).collect(Collectors.joining(","));
        traces.of(Map.of("Waymark-Traces", many)::get).end(new Intake.Answer(List.of(), List.of()));

        assertTrue(spans.size() <= Traces.MOST + 1, spans.size() + " spans");
    }

    @Test
    void asksForNoHeaderWhenItIsOff() {
        new Traces(OpenTelemetrySdk.builder().build(), true)
                .of(name -> {
                    throw new AssertionError(name);
                })
                .end(null);
    }

    private SpanData span(String name) {
        return spans.stream().filter(s -> s.getName().equals(name)).findFirst().orElseThrow();
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
}
