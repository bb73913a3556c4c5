package io.waymark.trace.problem;

import io.quarkus.runtime.configuration.MemorySize;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How long a request's body may be. A thirty-second below the server's own bound, so that ours is reached first: the server ends what is over
 * its bound without a word.
 */
@ApplicationScoped
public class LargestBody {
    private final long bytes;

    LargestBody(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize server) {
        this.bytes = server.asLongValue() - server.asLongValue() / 32;
    }

    public long bytes() {
        return bytes;
    }
}
