package io.waymark.local.chaos;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Other programs of this same build, each in a JVM of its own that can be killed. */
final class JavaProcesses {
    private JavaProcesses() {}

    /** @param heap such as 256m */
    static ProcessBuilder builder(String heap, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                // Short lives: what matters is how soon they answer.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dfile.encoding=UTF-8",
                "-cp",
                classPath(),
                mainClass));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** Of the packaged assembly its jars (Quarkus' own loader does not show them as a class path), else what this JVM was started with. */
    private static String classPath() {
        try {
            Path own = Path.of(JavaProcesses.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path assembly = own.getParent().getParent();
            if (own.getParent().endsWith("app")
                    && assembly.resolve("quarkus-run.jar").toFile().exists()) {
                return String.join(
                        File.pathSeparator,
                        // What Quarkus has made of the classes comes before the classes.
                        assembly.resolve("quarkus") + "/transformed-bytecode.jar",
                        assembly.resolve("quarkus") + "/generated-bytecode.jar",
                        assembly.resolve("app") + "/*",
                        jars(assembly.resolve("lib/main")),
                        jars(assembly.resolve("lib/boot")));
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a class without a place", e);
        }
        return System.getProperty("java.class.path");
    }

    /** By name: "*" takes them in any order, and Bouncy Castle has a class in two of its jars. */
    private static String jars(Path folder) {
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.map(Path::toString).sorted().collect(Collectors.joining(File.pathSeparator));
        } catch (IOException e) {
            throw new UncheckedIOException("the assembly's own jars", e);
        }
    }

    /** SIGKILL, and back when it is gone. */
    static void kill(Process process) {
        process.destroyForcibly();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("process " + process.pid() + " survives SIGKILL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        run("kill", "-" + name, Long.toString(pid));
    }

    /** @throws IOException with what it printed, when it did not end with 0 */
    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said.strip());
        }
    }
}
