package io.waymark.local.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.waymark.local.home.Home;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README.md says what operators may rely on; this holds the broker to it. */
class BrokerMetricsTest {
    private static final Pattern ROW = Pattern.compile("\\| `(waymark_broker_\\w+)` \\| (\\w+) \\| \\| [^|]+ \\|");

    @TempDir
    Path folder;

    @Test
    void areThoseOfTheTable() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Map<String, String> promised = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) promised.put(row.group(1), row.group(2));
        }
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Map<String, String> shown = new TreeMap<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(
                Home.at(folder.resolve("home")).open(), port, "device secret", "ingest password")) {
            broker.show(registry);
            for (Meter meter : registry.getMeters()) {
                Meter.Id id = meter.getId();
                assertEquals(0, id.getTags().size(), id.toString());
                String unit = id.getBaseUnit();
                shown.put(
                        id.getName().replace('.', '_') + (unit == null ? "" : "_" + unit),
                        id.getType().name().toLowerCase(java.util.Locale.ROOT));
                meter.measure().forEach(m -> assertEquals(0.0, m.getValue(), id.toString()));
            }
        }
        assertEquals(promised, shown);
    }
}
