package io.waymark.trace;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Service tokens, set-up token and master key of the tests. */
public class TokensResource implements QuarkusTestResourceLifecycleManager {
    public static final String INGEST = "test-token-of-ingest";
    public static final String WEB = "test-token-of-web-front";
    public static final String VISION = "test-token-of-vision";
    public static final String OPERATOR = "test-token-of-operator";
    public static final String SETUP = "test-token-for-setup";

    @Override
    public Map<String, String> start() {
        try {
            Path folder = Files.createTempDirectory("waymark-master");
            return Map.of(
                    "waymark.trace.service-token.ingest", INGEST,
                    "waymark.trace.service-token.web", WEB,
                    "waymark.trace.service-token.vision", VISION,
                    "waymark.trace.service-token.operator", OPERATOR,
                    "waymark.trace.setup-token", SETUP,
                    "waymark.trace.wrong-claims-per-minute", "60",
                    "waymark.trace.master-key-file",
                            folder.resolve("master.key").toString(),
                    "waymark.trace.device-root-file",
                            folder.resolve("device-root.p12").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {}
}
