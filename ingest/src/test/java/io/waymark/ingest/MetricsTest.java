package io.waymark.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** README.md says what operators may rely on; this holds the service to it. */
@QuarkusTest
class MetricsTest {
    private static final Pattern ROW = Pattern.compile("\\| `(waymark_\\w+)` \\| (\\w+) \\| ([^|]*)\\| ([^|]+) \\|");
    private static final Pattern LABEL = Pattern.compile("`(\\w+)`: ([^`]*)");
    private static final Pattern TYPE = Pattern.compile("# TYPE (waymark_\\w+) (\\w+)");
    private static final Pattern SAMPLE = Pattern.compile("(waymark_\\w+?)(?:\\{([^}]*)})? [-+0-9.eENaIinf]+");
    private static final Pattern VALUE = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    @TestHTTPResource("/q/metrics")
    URI metrics;

    /** @param labels with the values they may have; empty where the table gives a bound instead of a list */
    private record Promise(String type, Map<String, Set<String>> labels) {}

    @Test
    void areThoseOfTheTable() throws Exception {
        Map<String, Promise> promised = promised();
        Map<String, String> types = new TreeMap<>();
        Map<String, Map<String, Set<String>>> seen = new TreeMap<>();
        for (String line : scrape()) {
            Matcher type = TYPE.matcher(line);
            if (type.matches()) types.put(type.group(1), type.group(2));
            Matcher sample = SAMPLE.matcher(line);
            if (!sample.matches()) continue;
            String name = sample.group(1).replaceFirst("_(bucket|count|sum)$", "");
            Map<String, Set<String>> labels = seen.computeIfAbsent(name, n -> new TreeMap<>());
            Matcher value = VALUE.matcher(sample.group(2) == null ? "" : sample.group(2));
            while (value.find())
                if (!value.group(1).equals("le"))
                    labels.computeIfAbsent(value.group(1), l -> new TreeSet<>()).add(value.group(2));
        }
        types.keySet().removeIf(name -> name.endsWith("_max") && promised.containsKey(name.replaceFirst("_max$", "")));
        Map<String, String> expected = new TreeMap<>();
        promised.forEach((name, promise) -> expected.put(name, promise.type()));
        assertEquals(expected, types, "the table and /q/metrics");
        promised.forEach((name, promise) -> {
            Map<String, Set<String>> labels = seen.get(name);
            assertEquals(promise.labels().keySet(), labels.keySet(), "labels of " + name);
            promise.labels().forEach((label, allowed) -> {
                if (!allowed.isEmpty()) assertEquals(allowed, labels.get(label), name + "{" + label + "}");
            });
        });
    }

    @Test
    void aReasonOfSomebodysMakingIsNoSeriesForEver() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Meters meters = new Meters(registry);
        for (int i = 0; i < 1_000; i++) {
            meters.refused("reason-" + i);
            meters.refused("Not a word " + i);
        }
        assertTrue(registry.find("waymark.ingest.refused").counters().size() <= 65);
        assertEquals(
                2_000,
                registry.find("waymark.ingest.refused").counters().stream()
                        .mapToDouble(c -> c.count())
                        .sum());
    }

    private static Map<String, Promise> promised() throws Exception {
        Map<String, Promise> promised = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) continue;
            Map<String, Set<String>> labels = new TreeMap<>();
            Matcher label = LABEL.matcher(row.group(3).strip());
            while (label.find())
                labels.put(
                        label.group(1),
                        label.group(2).startsWith("at most")
                                ? Set.of()
                                : new TreeSet<>(List.of(label.group(2).split(" "))));
            promised.put(row.group(1), new Promise(row.group(2), labels));
        }
        assertTrue(promised.size() > 5, "no table found");
        return promised;
    }

    private List<String> scrape() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(metrics)
                                .header("Accept", "text/plain")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .toList();
    }
}
