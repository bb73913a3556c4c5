package io.waymark.local.bench;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the running installation costs this machine, seen from outside: processor time by stage, memory, threads, and its own metrics. Stages share
 * one JVM, so its threads are told apart by name (Linux's {@code /proc}); on other systems there are only the generator's figures.
 */
public final class Installation {
    private static final long TICKS_PER_SECOND = 100;
    private static final String GENERATOR = "generator";

    private final long pid;
    private final Optional<ProcessHandle> postmaster;
    private final URI metrics;
    private final HttpClient http = HttpClient.newHttpClient();

    /** @param http of the installation on this home */
    public Installation(Home home, URI http) throws CannotProceed {
        try {
            this.pid = Long.parseLong(Files.readString(home.file("lock"), StandardCharsets.US_ASCII)
                    .strip());
            this.postmaster = ProcessHandle.of(
                    Long.parseLong(Files.readAllLines(home.data("postgres").resolve("postmaster.pid"))
                            .get(0)
                            .strip()));
        } catch (IOException | NumberFormatException e) {
            throw new CannotProceed("cannot tell which process runs " + home.root() + ": " + e.getMessage(), e);
        }
        this.metrics = http.resolve("/q/metrics");
    }

    /** Processor seconds by stage since each process began. */
    public Map<String, Double> processorSeconds() throws IOException {
        Map<String, Double> spent = new TreeMap<>();
        spent.put(
                GENERATOR,
                ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                                .getProcessCpuTime()
                        / 1e9);
        Path threads = Path.of("/proc", String.valueOf(pid), "task");
        if (!Files.isDirectory(threads)) {
            return spent;
        }
        try (Stream<Path> all = Files.list(threads)) {
            for (Path thread : (Iterable<Path>) all::iterator) {
                try {
                    spent.merge(
                            stage(Files.readString(thread.resolve("comm")).strip()),
                            seconds(thread.resolve("stat")),
                            Double::sum);
                } catch (IOException ended) {
                    // Between the list and the look: what it spent is in the whole process' time and shows as "other".
                    continue;
                }
            }
        }
        double known = spent.entrySet().stream()
                .filter(e -> !e.getKey().equals(GENERATOR))
                .mapToDouble(Map.Entry::getValue)
                .sum();
        double whole = seconds(Path.of("/proc", String.valueOf(pid), "stat"));
        spent.merge("other", Math.max(0, whole - known), Double::sum);
        spent.put("postgresql", postgresSeconds());
        return spent;
    }

    // By the name that the kernel keeps: its first 15 characters.
    private static String stage(String thread) {
        if (thread.startsWith("waymark-ingest")
                || thread.startsWith("waymark-link-in")
                || thread.startsWith("MQTT ")
                || thread.startsWith("HttpClient-")) {
            return "ingest";
        }
        if (thread.startsWith("Thread-") || thread.startsWith("activemq") || thread.startsWith("ActiveMQ")) {
            return "broker";
        }
        if (thread.startsWith("intake-")
                || thread.startsWith("ledger-")
                || thread.startsWith("vert.x-eventloo")
                || thread.startsWith("executor-thread")
                || thread.startsWith("ForkJoinPool")
                || thread.startsWith("condition-watch")) {
            return "trace_service";
        }
        if (thread.startsWith("C1 Comp") || thread.startsWith("C2 Comp")) {
            return "jvm_compiler";
        }
        if (thread.startsWith("GC Thread") || thread.startsWith("G1 ") || thread.startsWith("VM ")) {
            return "jvm_memory";
        }
        return "other";
    }

    private double postgresSeconds() {
        return postmaster.stream()
                .flatMap(one -> Stream.concat(Stream.of(one), one.descendants()))
                .map(child -> Path.of("/proc", String.valueOf(child.pid()), "stat"))
                .mapToDouble(stat -> {
                    try {
                        return seconds(stat);
                    } catch (IOException ended) {
                        return 0;
                    }
                })
                .sum();
    }

    /** User and system time: fields 14 and 15, counted from behind the name, which may hold anything. */
    private static double seconds(Path stat) throws IOException {
        String line = Files.readString(stat);
        String[] after = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return (double) (Long.parseLong(after[11]) + Long.parseLong(after[12])) / TICKS_PER_SECOND;
    }

    /** KiB of the services' JVM in memory, and its threads. */
    public record Size(long residentKib, long threads) {}

    public Size size() throws IOException {
        long resident = 0;
        long threads = 0;
        for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
            if (line.startsWith("VmRSS:")) {
                resident = Long.parseLong(line.replaceAll("[^0-9]", ""));
            } else if (line.startsWith("Threads:")) {
                threads = Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return new Size(resident, threads);
    }

    /** A histogram's counts below each bound, in seconds. */
    public Map<Double, Double> histogram(String name) throws IOException, InterruptedException {
        Pattern bucket = Pattern.compile(Pattern.quote(name) + "_bucket\\{le=\"([^\"]+)\",?} ([-+0-9.eE]+)");
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(metrics).header("Accept", "text/plain").build(),
                HttpResponse.BodyHandlers.ofString());
        Map<Double, Double> counts = new TreeMap<>();
        for (String line : answer.body().lines().toList()) {
            Matcher one = bucket.matcher(line);
            if (one.matches()) {
                counts.put(
                        one.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(one.group(1)),
                        Double.parseDouble(one.group(2)));
            }
        }
        if (counts.isEmpty()) {
            throw new IOException(name + " is not in /q/metrics");
        }
        return counts;
    }

    /** The least bound, in milliseconds, below which this share of what came between two looks lies; infinite above the last. */
    public static double below(double share, Map<Double, Double> before, Map<Double, Double> after) {
        double all = after.get(Double.POSITIVE_INFINITY) - before.get(Double.POSITIVE_INFINITY);
        for (Map.Entry<Double, Double> bound : after.entrySet()) {
            if (bound.getValue() - before.getOrDefault(bound.getKey(), 0.0) >= share * all) {
                return bound.getKey() * 1e3;
            }
        }
        return Double.POSITIVE_INFINITY;
    }

    /** Adds processor microseconds per message by stage, and the generator's share of all. */
    public static void costs(Figure figure, Map<String, Double> before, Map<String, Double> after, long messages) {
        double all = 0;
        for (Map.Entry<String, Double> stage : after.entrySet()) {
            double spent = stage.getValue() - before.getOrDefault(stage.getKey(), 0.0);
            all += spent;
            figure.with("cpu_us_" + stage.getKey(), spent * 1e6 / messages);
        }
        double generator = after.get(GENERATOR) - before.get(GENERATOR);
        figure.with("cpu_us_all", all * 1e6 / messages).with("generator_share", generator / all);
    }

    /** Slope of resident memory in percent an hour, by least squares over samples taken at equal distances. */
    public static double slopePercentAnHour(List<Long> kib, double secondsBetween) {
        int n = kib.size();
        double meanX = (n - 1) / 2.0;
        double meanY = kib.stream().mapToLong(Long::longValue).average().orElse(0);
        double xy = 0;
        double xx = 0;
        for (int i = 0; i < n; i++) {
            xy += (i - meanX) * (kib.get(i) - meanY);
            xx += (i - meanX) * (i - meanX);
        }
        return xx == 0 ? 0 : xy / xx * 3600 / secondsBetween / meanY * 100;
    }
}
