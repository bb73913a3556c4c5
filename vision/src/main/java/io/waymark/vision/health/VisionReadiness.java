package io.waymark.vision.health;

import io.waymark.vision.intake.Intake;
import io.waymark.vision.match.Matching;
import io.waymark.vision.vault.Vault;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while photographs can be stored and decoded. Matching that is not available is shown but does not count: the service
 * then answers "cannot tell", which is an answer. The datasource has its own check.
 */
@Readiness
@ApplicationScoped
public class VisionReadiness implements HealthCheck {
    private final Vault vault;
    private final Intake intake;
    private final Matching matching;

    VisionReadiness(Vault vault, Intake intake, Matching matching) {
        this.vault = vault;
        this.intake = intake;
        this.matching = matching;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("vision").withData("matching", matching.state());
        try {
            vault.checkWritable();
        } catch (IOException e) {
            return answer.down()
                    .withData("vault", "not writable: " + e.getMessage())
                    .build();
        }
        return intake.stuck()
                ? answer.down()
                        .withData("intake", "every decoding thread is stuck")
                        .build()
                : answer.up().build();
    }
}
