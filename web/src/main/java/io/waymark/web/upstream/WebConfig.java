package io.waymark.web.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Settings of the web module. Only {@link #serviceToken()} has no default: without it start-up fails. */
@ConfigMapping(prefix = "waymark.web")
public interface WebConfig {
    /** Where trace-service answers; no trailing slash. */
    @WithDefault("http://localhost:8081")
    URI traceUrl();

    /** Where vision answers; no trailing slash. */
    @WithDefault("http://localhost:8083")
    URI visionUrl();

    /** Presented as bearer token to both; trace-service knows it as {@code waymark.trace.service-token.web}. */
    String serviceToken();

    /** What stands in front of {@code /01/…} on printed labels; no trailing slash. An https address also makes the console's cookie Secure. */
    @WithDefault("http://localhost:8080")
    URI publicUrl();

    /** Whether the landing page lists recent demonstration items. */
    @WithDefault("false")
    boolean demo();

    /** The longest a page waits for one upstream answer, from the request's first byte to the answer's last. */
    @WithDefault("5s")
    Duration timeout();

    /** The longest a photo comparison may take; matching is slow on small machines. */
    @WithDefault("25s")
    Duration photoTimeout();

    /** The longest a passport page waits to learn whether photos are registered; after that it offers the check without knowing. */
    @WithDefault("1s")
    Duration photoCountTimeout();

    /** How old the word that no later step was recorded may be; with an older one the browser says that it cannot say. */
    @WithDefault("24h")
    Duration maxAge();

    /** Contact shown on pages that cannot help further, such as "hotline 0800 123". */
    Optional<String> contact();
}
