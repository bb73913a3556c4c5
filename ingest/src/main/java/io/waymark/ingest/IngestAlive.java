package io.waymark.ingest;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** UP while restarting this process could help nobody: also when broker and services are down. */
@Liveness
@ApplicationScoped
public class IngestAlive implements HealthCheck {
    private final IngestLife life;

    IngestAlive(IngestLife life) {
        this.life = life;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("ingest").status(life.alive()).build();
    }
}
