package io.waymark.local.chaos;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.waymark.ingest.Ingest;
import io.waymark.ingest.IngestConfig;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.start.Terminal;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Ingest in a process of its own, to be killed. Arguments: home, MQTT url, services' url, sabotage or "-". Says {@code up}; ends with its input. */
public final class IngestUnderTest {
    private IngestUnderTest() {}

    /** As the assembly sets it, with a small window: what a kill finds unacknowledged is sent again at once. */
    private record Settings(String mqttUrl, URI services, String password, String token) implements IngestConfig {
        @Override
        public String mqttUsername() {
            return "ingest";
        }

        @Override
        public Optional<String> mqttPassword() {
            return Optional.of(password);
        }

        @Override
        public Optional<Path> mqttCaFile() {
            return Optional.empty();
        }

        @Override
        public String clientId() {
            return "ingest-drill";
        }

        @Override
        public URI traceUrl() {
            return services;
        }

        @Override
        public URI visionUrl() {
            return services;
        }

        @Override
        public Optional<String> serviceToken() {
            return Optional.of(token);
        }

        @Override
        public int receiveMaximum() {
            return 500;
        }

        @Override
        public int batches() {
            return 2;
        }
    }

    public static void main(String... arguments) throws Exception {
        Passwords passwords = new Passwords(Home.at(Path.of(arguments[0])));
        Settings settings = new Settings(
                arguments[1],
                URI.create(arguments[2]),
                passwords.secret("mqtt.ingest"),
                passwords.secret("token.ingest"));
        Ingest ingest = arguments[3].equals("-")
                ? Ingest.start(settings, new SimpleMeterRegistry())
                : Ingest.acknowledgingEarly(settings, new SimpleMeterRegistry());
        while (ingest.problems().containsKey("broker")) {
            Thread.sleep(20);
        }
        Terminal.out().println("up");
        while (System.in.read() >= 0) {
            // Nothing is asked of it but to work.
        }
        Runtime.getRuntime().halt(0);
    }
}
