package io.waymark.local.start;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** What runs in the started services' own thread, and the one moment before they stop. */
public final class Services implements QuarkusApplication {
    @Override
    public int run(String... arguments) throws Exception {
        Assembly.current().started();
        Quarkus.waitForExit();
        return 0;
    }

    /** Quarkus stops in a shutdown hook of its own, at the same time as ours: this is where the fleet is made to end before it. */
    @ApplicationScoped
    public static class FleetFirst {
        void stop(@Observes @Priority(1) ShutdownEvent stopping) {
            Assembly.current().stopFleet();
        }
    }
}
