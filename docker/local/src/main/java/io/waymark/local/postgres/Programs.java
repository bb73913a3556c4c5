package io.waymark.local.postgres;

import io.waymark.local.CannotProceed;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs PostgreSQL's programs as a user they accept. They refuse root; as root we therefore enter a user namespace of our own
 * ({@code unshare -U}), where the same files belong to the same kernel user under a number that is not 0.
 */
final class Programs {
    private final Path bin;
    private final List<String> prefix;

    private Programs(Path bin, List<String> prefix) {
        this.bin = bin;
        this.prefix = prefix;
    }

    static Programs in(Path bin) throws CannotProceed {
        return new Programs(bin, prefix());
    }

    /** Empty for an ordinary user, {@code unshare -U} for root; one line naming cause and cure when root has no working unshare. */
    private static List<String> prefix() throws CannotProceed {
        if (System.getProperty("os.name").startsWith("Windows") || !"0".equals(answer("id", "-u"))) {
            return List.of();
        }
        String inside = answer("unshare", "-U", "id", "-u");
        if (inside != null && !inside.isEmpty() && !inside.equals("0")) {
            return List.of("unshare", "-U");
        }
        throw new CannotProceed("PostgreSQL refuses to run as root and \"unshare -U\" does not work on this machine:"
                + " start Waymark as an ordinary user, or install util-linux and allow user namespaces"
                + " (sysctl user.max_user_namespaces=10000; in a container --security-opt seccomp=unconfined)");
    }

    /** What a small program printed; null when it is missing or fails. */
    private static String answer(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? text : null;
        } catch (IOException e) {
            return null; // Not installed: the callers' question is exactly whether it works.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /**
     * Runs to the end.
     *
     * @return its exit code and everything it printed, for messages
     */
    Result run(int seconds, String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(bin.resolve(program).toString());
        command.addAll(List.of(arguments));
        // A file, not a pipe: the server started by pg_ctl inherits it, and a pipe would stay open until the server
        // ends.
        File output = File.createTempFile("waymark-" + program, ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .redirectInput(ProcessBuilder.Redirect.from(new File(nullDevice())))
                    .start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Result(-1, program + " did not end within " + seconds + " s");
            }
            return new Result(
                    process.exitValue(), Files.readString(output.toPath()).strip());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + program, e);
        } finally {
            Files.deleteIfExists(output.toPath());
        }
    }

    private static String nullDevice() {
        return System.getProperty("os.name").startsWith("Windows") ? "NUL" : "/dev/null";
    }

    record Result(int exitCode, String output) {
        boolean succeeded() {
            return exitCode == 0;
        }

        /** The last line with words in it: what a one-line message can carry. */
        String lastLine() {
            return output.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((a, b) -> b)
                    .orElse("exit code " + exitCode);
        }
    }
}
