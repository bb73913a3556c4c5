package io.waymark.local.chaos;

import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.Submission;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** The other end of {@link LogUnderTest}. Thread-safe. */
final class LogProcess {
    /** What came of an attempt. */
    sealed interface Answer {
        /** Stored, says the log. */
        record Stored(long[] indexes) implements Answer {}

        /** A name is taken by another entry. */
        record Conflict(String why) implements Answer {}

        /** Try again; perhaps stored, perhaps not. Also when the process died. */
        record Unknown(String why) implements Answer {}

        /** The log does not sign. */
        record ReadOnly(String why) implements Answer {}
    }

    /** @param trouble empty when it takes entries */
    record State(Optional<String> trouble) {}

    private final Process process;
    private final BufferedWriter in;
    private final BiConsumer<String, String> seen;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<String[]>> asked = new ConcurrentHashMap<>();
    private final CompletableFuture<String> vkey = new CompletableFuture<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean gone;

    /**
     * @param settings arguments of {@link LogUnderTest}
     * @param stopAt   where it is to stand still, to be killed there
     * @param passes   how often it passes that point before
     * @param seen     given each checkpoint it shows: where, note
     */
    LogProcess(
            Map<String, String> settings,
            String password,
            Optional<Drill.CrashPoint> stopAt,
            int passes,
            File log,
            BiConsumer<String, String> seen)
            throws IOException {
        List<String> arguments = settings.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.toList());
        stopAt.ifPresent(point -> arguments.addAll(List.of("stop-at=" + point, "passes=" + passes)));
        ProcessBuilder builder = JavaProcesses.builder("256m", LogUnderTest.class.getName(), arguments);
        builder.environment().put("WAYMARK_CHAOS_PASSWORD", password);
        this.process =
                builder.redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
        this.in = process.outputWriter(StandardCharsets.US_ASCII);
        this.seen = seen;
        Thread reader = new Thread(this::read, "log-process-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                String[] words = line.split(" ");
                switch (words[0]) {
                    case "answer" -> {
                        CompletableFuture<String[]> waits = asked.remove(Long.parseLong(words[1]));
                        if (waits != null) {
                            waits.complete(words);
                        }
                    }
                    case "point" -> stopped.countDown();
                    case "seen" -> seen.accept(words[1], text(words[2]));
                    case "vkey" -> vkey.complete(words[1]);
                    default -> {
                        // Libraries may print.
                    }
                }
            }
        } catch (IOException e) {
            // It was killed: that is what it is for.
        }
        gone = true;
        IllegalStateException ended = new IllegalStateException("the process ended");
        vkey.completeExceptionally(ended);
        asked.values().forEach(waits -> waits.completeExceptionally(ended));
    }

    private static String text(String base64) {
        return base64.equals("-") ? "" : new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private CompletableFuture<String[]> ask(String command, String argument) {
        long id = ids.incrementAndGet();
        CompletableFuture<String[]> answer = new CompletableFuture<>();
        asked.put(id, answer);
        try {
            synchronized (in) {
                in.write(command + " " + id + " " + argument + "\n");
                in.flush();
            }
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
        if (gone) {
            answer.completeExceptionally(new IllegalStateException("the process ended"));
        }
        return answer;
    }

    /** Blocks until it answers or is dead. */
    Answer append(List<Submission> entries) {
        String[] words;
        try {
            words = ask(
                            "append",
                            entries.stream().map(s -> History.hex(s.entry())).collect(Collectors.joining(",")))
                    .get(90, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Unknown("interrupted");
        } catch (Exception e) {
            return new Answer.Unknown(String.valueOf(e.getMessage()));
        }
        return switch (words[2]) {
            case "ok" ->
                new Answer.Stored(Arrays.stream(words[3].split(","))
                        .mapToLong(Long::parseLong)
                        .toArray());
            case "conflict" -> new Answer.Conflict(text(words[3]));
            case "readonly" -> new Answer.ReadOnly(text(words[3]));
            default -> new Answer.Unknown(text(words[3]));
        };
    }

    /** @throws IllegalStateException when it is dead or does not answer */
    State state() {
        try {
            String[] words = ask("state", "-").get(60, TimeUnit.SECONDS);
            return new State(words[2].equals("leading") ? Optional.empty() : Optional.of(text(words[3])));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (Exception e) {
            throw new IllegalStateException("the log's process does not answer: " + e.getMessage(), e);
        }
    }

    /** The log's public key; blocks until it has one. */
    String vkey() {
        try {
            return vkey.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (Exception e) {
            throw new IllegalStateException("the log's process did not start: " + e.getMessage(), e);
        }
    }

    /** Whether it stands at the point it was told to. */
    boolean standsStill() {
        return stopped.getCount() == 0;
    }

    boolean alive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    void kill() {
        JavaProcesses.kill(process);
    }
}
