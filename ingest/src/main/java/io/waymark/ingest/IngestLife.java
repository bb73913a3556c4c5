package io.waymark.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Ties {@link Ingest} to the application's start and stop. */
@ApplicationScoped
public class IngestLife {
    private final IngestConfig config;
    private final MeterRegistry meters;
    private final OpenTelemetry telemetry;
    private final boolean traced;
    private volatile @Nullable Ingest ingest;

    IngestLife(
            IngestConfig config,
            MeterRegistry meters,
            OpenTelemetry telemetry,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled", defaultValue = "true") boolean untraced) {
        this.config = config;
        this.meters = meters;
        this.telemetry = telemetry;
        this.traced = !untraced;
    }

    void start(@Observes StartupEvent event) throws IOException {
        ingest = Ingest.start(config, meters, traced ? Optional.of(telemetry) : Optional.empty());
    }

    void stop(@Observes ShutdownEvent event) {
        if (ingest != null) ingest.close();
    }

    Map<String, String> problems() {
        return ingest == null ? Map.of("ingest", "not started") : ingest.problems();
    }

    boolean alive() {
        return ingest == null || ingest.alive();
    }
}
