package io.waymark.trace.reading;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Continues what ingest traces: a span for the batch, and one for each traced message with the place of its leaf in the log. Headers decide nothing
 * but where spans go; those that are not well formed are passed over.
 */
@Singleton
class Traces {
    /** Traced messages of one request; more are passed over. */
    static final int MOST = 32;

    /** {@code position=traceparent,…}, position in the batch. */
    static final String MESSAGES = "Waymark-Traces";

    private static final String PARENT = "traceparent";
    private static final Pattern ONE = Pattern.compile("([0-9]{1,3})=([0-9a-f-]{55})");
    private static final int LONGEST = MOST * 60;
    private static final Request NONE = new Request(null, Map.of());

    private static final TextMapGetter<String> AS_IT_IS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceParent) {
            return List.of(PARENT);
        }

        @Override
        public String get(String traceParent, String key) {
            return PARENT.equals(key) ? traceParent : null;
        }
    };

    private final Tracer tracer;

    Traces(
            OpenTelemetry telemetry,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled", defaultValue = "true") boolean off) {
        this.tracer = off ? null : telemetry.getTracer("io.waymark.trace");
    }

    /** @param header of the request by its name, null where there is none; not asked when nothing is traced */
    Request of(UnaryOperator<String> header) {
        if (tracer == null) {
            return NONE;
        }
        String messages = header.apply(MESSAGES);
        if (messages == null || messages.length() > LONGEST) {
            return NONE;
        }
        Span batch = tracer.spanBuilder("waymark store")
                .setParent(parent(header.apply(PARENT)))
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        Map<Integer, Span> traced = new HashMap<>();
        for (String each : messages.split(",", MOST + 1)) {
            Matcher one = ONE.matcher(each);
            Context parent = one.matches() ? parent(one.group(2)) : Context.root();
            if (parent == Context.root() || traced.size() == MOST) {
                continue;
            }
            traced.computeIfAbsent(Integer.parseInt(one.group(1)), at -> tracer.spanBuilder("waymark leaf")
                    .setParent(parent)
                    .addLink(batch.getSpanContext())
                    .startSpan());
        }
        return new Request(batch, traced);
    }

    private static Context parent(String traceParent) {
        return traceParent == null
                ? Context.root()
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), traceParent, AS_IT_IS);
    }

    /** One request's spans. */
    static final class Request {
        private final Span batch;
        private final Map<Integer, Span> traced;

        private Request(Span batch, Map<Integer, Span> traced) {
            this.batch = batch;
            this.traced = traced;
        }

        /** @param answer null when there is none: nothing is known to be stored */
        void end(Intake.Answer answer) {
            if (batch == null) {
                return;
            }
            traced.forEach((at, span) -> {
                if (answer == null || at >= answer.outcomes().size()) {
                    span.setStatus(StatusCode.ERROR);
                } else {
                    tell(span, answer.outcomes().get(at));
                }
                span.end();
            });
            if (answer == null) {
                batch.setStatus(StatusCode.ERROR);
            }
            batch.end();
        }

        private static void tell(Span span, Outcome outcome) {
            if (outcome instanceof Outcome.Stored stored) {
                span.setAttribute("waymark.outcome", "stored").setAttribute("waymark.ledger.index", stored.index());
            } else if (outcome instanceof Outcome.Duplicate duplicate) {
                span.setAttribute("waymark.outcome", "duplicate")
                        .setAttribute("waymark.ledger.index", duplicate.index());
            } else if (outcome instanceof Outcome.Equivocation equivocation) {
                span.setAttribute("waymark.outcome", "equivocation")
                        .setAttribute("waymark.ledger.index", equivocation.index());
            } else if (outcome instanceof Outcome.Refused refused) {
                span.setAttribute("waymark.outcome", "refused").setAttribute("waymark.reason", refused.reason());
            }
        }
    }
}
