package io.waymark.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ties {@link Ingest} to the application's start and stop. */
@ApplicationScoped
public class IngestLife {
    private final IngestConfig config;
    private final MeterRegistry meters;
    private volatile @Nullable Ingest ingest;

    IngestLife(IngestConfig config, MeterRegistry meters) {
        this.config = config;
        this.meters = meters;
    }

    void start(@Observes StartupEvent event) throws IOException {
        ingest = Ingest.start(config, meters);
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
