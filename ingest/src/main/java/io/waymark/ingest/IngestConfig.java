package io.waymark.ingest;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Everything ingest can be told, {@code waymark.ingest.…}. */
@ConfigMapping(prefix = "waymark.ingest")
public interface IngestConfig {
    /** {@code tcp://host:port} or {@code ssl://host:port}. The broker need not be up; ingest goes on trying. */
    @WithDefault("tcp://localhost:1883")
    String mqttUrl();

    @WithDefault("ingest")
    String mqttUsername();

    Optional<String> mqttPassword();

    /** Certificates (PEM) to trust for {@code ssl}; absent = the JVM's. */
    Optional<Path> mqttCaFile();

    /**
     * Start of this process's two client ids. Must be stable over restarts (the broker keeps what was not acknowledged under it) and
     * different for each ingest process.
     */
    @WithDefault("ingest")
    String clientId();

    @WithDefault("http://localhost:8081")
    URI traceUrl();

    @WithDefault("http://localhost:8083")
    URI visionUrl();

    /** Sent to both services as bearer token. */
    Optional<String> serviceToken();

    /**
     * Messages the broker may send before the first is acknowledged: the back-pressure valve. When trace-service is down, ingest holds
     * this many (≤ 64 KiB each) and no more. 1 to 32767.
     */
    @WithDefault("2000")
    int receiveMaximum();

    /** Batches in work at the same time: while one waits for the ledger's commit, the next is verified. */
    @WithDefault("2")
    int batches();
}
