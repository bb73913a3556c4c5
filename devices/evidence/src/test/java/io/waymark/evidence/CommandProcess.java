package io.waymark.evidence;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command that serves, in a process of its own. */
public final class CommandProcess implements AutoCloseable {
    private final Process process;
    private final List<String> printed;
    private final URI address;

    private CommandProcess(Process process, List<String> printed, URI address) {
        this.process = process;
        this.printed = printed;
        this.address = address;
    }

    /** Waits until it listens. What it says on stderr goes to the test's. */
    public static CommandProcess start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                "io.waymark.evidence.Main"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> printed = new ArrayList<>();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("listening on ")) {
                drain(out);
                return new CommandProcess(process, printed, URI.create(line.substring("listening on ".length())));
            }
            printed.add(line);
        }
        process.destroyForcibly();
        throw new IOException("did not start: " + printed);
    }

    /** A pipe that nobody reads would stop the process once it is full. */
    private static void drain(BufferedReader out) {
        Thread reader = new Thread(() -> {
            try {
                while (out.readLine() != null) {
                    // not needed
                }
            } catch (IOException e) {
                // the process is gone
            }
        });
        reader.setDaemon(true);
        reader.start();
    }

    public URI address() {
        return address;
    }

    /** What it said before it listened. */
    public List<String> printed() {
        return printed;
    }

    /** SIGKILL: nothing of it runs any more when this returns. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not stop when told to");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
