package io.waymark.local.start;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;

/**
 * Requests with a method of the sender's own making are counted together, as {@code method="OTHER"}. Each label makes a time series that
 * lives as long as the process: strangers could fill the memory with them.
 */
final class KnownMethods implements MeterFilter {
    private static final Set<String> KNOWN =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "OTHER");

    @Override
    public Meter.Id map(Meter.Id id) {
        String method = id.getTag("method");
        return method == null || KNOWN.contains(method) || !id.getName().startsWith("http.server")
                ? id
                : id.replaceTags(Tags.of(id.getTags()).and(Tag.of("method", "OTHER")));
    }

    /** How the metrics library finds it. */
    static final class Producer {
        @Produces
        @Singleton
        MeterFilter knownMethods() {
            return new KnownMethods();
        }
    }
}
