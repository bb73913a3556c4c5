package io.waymark.local.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.start.Terminal;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/** One measured row as one JSON line: {@code bench, row, unit, n, rounds, median, slowest, fastest, …, machine, jdk, load, date, commit}. */
public final class Figure {
    private final ObjectNode line;

    /** @param n how many single things were measured over all rounds */
    public Figure(String bench, String row, String unit, long n) {
        line = new ObjectMapper()
                .createObjectNode()
                .put("bench", bench)
                .put("row", row)
                .put("unit", unit)
                .put("n", n);
    }

    /** One value a round; median, slowest and fastest are written. More is taken for faster. */
    public Figure rounds(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        line.put("rounds", sorted.length)
                .put("median", tenths(median))
                .put("slowest", tenths(sorted[0]))
                .put("fastest", tenths(sorted[sorted.length - 1]));
        return this;
    }

    /** Waiting times of single things; sorted here. */
    public Figure waits(long[] nanos) {
        Arrays.sort(nanos);
        line.put("p50_ms", hundredths(nanos[(nanos.length - 1) / 2] / 1e6))
                .put("p99_ms", hundredths(nanos[(int) Math.ceil(nanos.length * 0.99) - 1] / 1e6));
        return this;
    }

    public Figure with(String name, String value) {
        line.put(name, value);
        return this;
    }

    public Figure with(String name, double value) {
        if (Double.isFinite(value)) {
            line.put(name, hundredths(value));
        } else {
            line.putNull(name);
        }
        return this;
    }

    /** Writes the line to standard output, with what it was measured on. */
    public void print(String commit) {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        line.put("machine", machine())
                .put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version())
                .put("load", hundredths(system.getSystemLoadAverage()))
                .put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("commit", commit);
        Terminal.out().println(line);
    }

    /** Host, processors and system. */
    public static String machine() {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        return host() + ", " + system.getAvailableProcessors() + " × " + system.getArch() + ", " + system.getName()
                + " " + system.getVersion();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unnamed";
        }
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static double hundredths(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
