package io.waymark.ingest;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Ingest alone in a process of its own, to be killed: {@code IngestProcess <mqtt url> <client id> <services>}. Says "up" when it can work. */
final class IngestProcess {
    private IngestProcess() {}

    /** @param services where {@link Platform} listens */
    record Settings(String mqttUrl, String clientId, URI services) implements IngestConfig {
        @Override
        public String mqttUsername() {
            return "ingest";
        }

        @Override
        public Optional<String> mqttPassword() {
            return Optional.of("x");
        }

        @Override
        public Optional<Path> mqttCaFile() {
            return Optional.empty();
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
            return Optional.of(Platform.TOKEN);
        }

        @Override
        public int receiveMaximum() {
            return 100;
        }

        @Override
        public int batches() {
            return 2;
        }
    }

    public static void main(String[] args) throws Exception {
        Ingest ingest = Ingest.start(new Settings(args[0], args[1], URI.create(args[2])), new SimpleMeterRegistry());
        while (ingest.problems().containsKey("broker")) Thread.sleep(20);
        System.out.println("up");
        // Ends with whoever started it.
        while (System.in.read() >= 0) {}
        System.exit(0);
    }

    /** Starts one and waits until it is up. */
    static Process start(String mqttUrl, String clientId, URI services) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                        IngestProcess.class.getName(),
                        mqttUrl,
                        clientId,
                        services.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new java.io.BufferedReader(new java.io.InputStreamReader(process.getInputStream())).readLine();
        if (!"up".equals(said)) {
            process.destroyForcibly();
            throw new IOException("ingest said " + said);
        }
        return process;
    }
}
