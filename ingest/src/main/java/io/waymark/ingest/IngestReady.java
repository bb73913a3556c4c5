package io.waymark.ingest;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** DOWN while the broker or a service does not answer. Nothing is lost then; it only waits. */
@Readiness
@ApplicationScoped
public class IngestReady implements HealthCheck {
    private final IngestLife life;

    IngestReady(IngestLife life) {
        this.life = life;
    }

    @Override
    public HealthCheckResponse call() {
        var problems = life.problems();
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("ingest").status(problems.isEmpty());
        problems.forEach(response::withData);
        return response.build();
    }
}
