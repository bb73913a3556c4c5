package io.waymark.trace.ledger;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready = this process can append; what cannot be shown to the world just now is told beside it. */
@Readiness
@ApplicationScoped
public class LedgerHealth implements HealthCheck {
    private final Ledger ledger;

    LedgerHealth(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public HealthCheckResponse call() {
        Optional<String> trouble = ledger.trouble();
        var response = HealthCheckResponse.named("ledger")
                .status(trouble.isEmpty())
                .withData("size", ledger.checkpoint().checkpoint().size())
                .withData("shown", ledger.shown().size());
        trouble.ifPresent(reason -> response.withData("reason", reason));
        ledger.publishingTrouble().ifPresent(reason -> response.withData("publishing", "waits: " + reason));
        ledger.files()
                .flatMap(PublishedFiles::fault)
                .ifPresent(fault -> response.withData("files", "not what was signed: " + fault));
        return response.build();
    }
}
