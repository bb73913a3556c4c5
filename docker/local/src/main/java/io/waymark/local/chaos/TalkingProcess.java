package io.waymark.local.chaos;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A process of this build that takes commands and answers in lines. Thread-safe but for {@link #ask}: one question at a time. */
final class TalkingProcess {
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final BufferedWriter in;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Thread reader;

    /** @param told is given every line first; true when that was all that it is for */
    TalkingProcess(String heap, Class<?> main, List<String> arguments, File log, Predicate<String> told)
            throws IOException {
        process = JavaProcesses.builder(heap, main.getName(), arguments)
                .redirectError(ProcessBuilder.Redirect.appendTo(log))
                .start();
        in = process.outputWriter(StandardCharsets.US_ASCII);
        reader = new Thread(
                () -> {
                    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                        for (String line = out.readLine(); line != null; line = out.readLine()) {
                            if (!told.test(line)) {
                                answers.add(line);
                            }
                        }
                    } catch (IOException e) {
                        // It was killed: that is what it is for.
                    }
                },
                main.getSimpleName() + "-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Waits for a line with this beginning; others are libraries' and dropped.
     *
     * @return what follows the beginning
     * @throws IOException when the process ends first or says nothing of the kind
     */
    String await(String beginning) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < end) {
            String line = answers.poll(100, TimeUnit.MILLISECONDS);
            if (line != null && line.startsWith(beginning)) {
                return line.substring(beginning.length()).strip();
            }
            if (line == null && !process.isAlive()) {
                throw new IOException("the process ended before it said \"" + beginning + "\"");
            }
        }
        throw new IOException("the process did not say \"" + beginning + "\" within " + PATIENCE_SECONDS + " s");
    }

    /** Sends a command and waits for what answers it. */
    String ask(String command, String answer) throws IOException, InterruptedException {
        in.write(command + "\n");
        in.flush();
        return await(answer);
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL; back when everything it said has been heard. */
    void kill() {
        JavaProcesses.kill(process);
        try {
            reader.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
