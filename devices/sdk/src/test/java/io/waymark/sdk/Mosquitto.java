package io.waymark.sdk;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Mosquitto of this machine as a process of its own, with its sessions in a folder. Nobody may touch topics below {@code forbidden/}. */
final class Mosquitto implements AutoCloseable {
    private final Process process;

    private Mosquitto(Process process) {
        this.process = process;
    }

    private static Optional<Path> program() {
        return Stream.concat(
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator)),
                        Stream.of("/usr/sbin", "/usr/local/sbin", "/usr/local/bin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "mosquitto"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static boolean installed() {
        return program().isPresent();
    }

    static Mosquitto start(int port, Path folder) throws Exception {
        Files.createDirectories(folder);
        Path acl = Files.writeString(folder.resolve("acl"), "pattern deny forbidden/#\npattern readwrite #\n");
        Path configuration = Files.writeString(
                folder.resolve("mosquitto.conf"),
                String.join(
                        "\n",
                        "listener " + port + " 127.0.0.1",
                        "allow_anonymous true",
                        "acl_file " + acl,
                        "persistence true",
                        "persistence_location " + folder + "/",
                        "max_queued_messages 0",
                        "user root",
                        "log_dest file " + folder.resolve("log"),
                        ""));
        Process process = new ProcessBuilder(
                        List.of(program().orElseThrow().toString(), "-c", configuration.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        Mosquitto broker = new Mosquitto(process);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return broker;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    broker.close();
                    throw new IOException("mosquitto did not start: " + Files.readString(folder.resolve("out")), e);
                }
                Thread.sleep(20);
            }
        }
    }

    /** Ends it in order, so that it writes its sessions down. */
    @Override
    public void close() throws Exception {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
    }
}
