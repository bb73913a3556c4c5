package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.local.whole.Installation.Ran;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator's command as a person or a script meets it: usage, refused starts, and what one start tells about the one before. */
class OperatorIT {
    private static final Pattern READY = Pattern.compile("^\\{\"ready\":true");
    private static final Pattern LEDGER = Pattern.compile("^Ledger: ");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run",
                "import",
                "account",
                "account add",
                "account list",
                "account remove",
                "keys",
                "keys list",
                "keys convert",
                "keys export-next",
                "keys hand-over",
                "keys rotate-receipts",
                "bench",
                "bench ingest",
                "recover",
                "reset"
            })
    void everyCommandExplainsItselfAndRefusesInOneLineWhatItDoesNotKnow(String command) throws Exception {
        Installation none = new Installation(folder.resolve("home"));

        Ran help = none.operator(words(command, "--help"));
        assertEquals(0, help.exit(), help.err());
        assertTrue(help.out().startsWith("Usage: waymark"), help.out());
        assertEquals("", help.err());

        Ran wrong = none.operator(words(command, "--no-such-option"));
        assertEquals(2, wrong.exit(), wrong.err());
        assertEquals("", wrong.out());
        assertOneLine("waymark: .*\\(see waymark.* --help\\)", wrong.err());
        assertFalse(Files.exists(none.home()), "asking for help made a home");
    }

    @Test
    void aCommandThatNeedsARunningWaymarkSaysSo() throws Exception {
        Installation none = new Installation(folder.resolve("home"));
        for (String command : List.of("import x.csv", "account list", "bench ingest")) {
            Ran ran = none.operator(words(command));
            assertEquals(1, ran.exit(), command);
            assertOneLine("waymark: Waymark does not run on .*", ran.err());
        }
        assertFalse(Files.exists(none.home()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "mqtt", "postgres"})
    void anOccupiedPortIsNamedAndLeavesNothingBehind(String which) throws Exception {
        Installation none = new Installation(folder.resolve("home"));
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ran refused = none.operator(ports(none, which, other.getLocalPort()));
            assertEquals(1, refused.exit(), refused.err());
            assertOneLine(
                    "waymark: port " + other.getLocalPort() + " \\(waymark\\." + which + "\\.port\\) is in use: .*",
                    refused.err());
        }
        assertFalse(Files.exists(none.home()), "the failed start made a home");
    }

    @Test
    void oneStartTellsAboutTheOneBefore() throws Exception {
        try (Installation waymark = new Installation(folder.resolve("home"))) {
            waymark.start("--no-demo", "--json");
            JsonNode ready = new ObjectMapper().readTree(waymark.awaitLine(READY));
            assertEquals(
                    "http://localhost:" + waymark.httpPort(), ready.path("url").asText());
            assertEquals(waymark.mqtt().toString(), ready.path("mqtt").asText());
            assertEquals(waymark.home().toString(), ready.path("home").asText());
            assertEquals(
                    waymark.password("setup-token"), ready.path("setupToken").asText());
            assertTrue(
                    ready.path("seconds").asDouble() > 0
                            && ready.path("passport").isNull(),
                    ready::toString);
            assertTrue(ProcessHandle.of(ready.path("pid").asLong()).isPresent());

            Ran second = waymark.operator(ports(waymark, "", 0));
            assertEquals(1, second.exit());
            assertOneLine(
                    "waymark: Waymark is already running on .* \\(process " + ready.path("pid") + "\\): .*",
                    second.err());

            benchIsDocumentedAndTrue(waymark);
            VerifiedCheckpoint before = waymark.checkpoint();
            assertTrue(before.size() >= 400, "entries: " + before.size());
            assertTrue(waymark.stop(), waymark::output);
            assertEquals(1, waymark.output().lines().count(), "stdout is the one line: " + waymark.output());

            occupiedPortsDoNotSpoilTheHome(waymark);

            waymark.start("--no-demo");
            assertEquals(
                    "Ledger: the same ledger, " + before.size() + " entries; consistent with the checkpoint of "
                            + before.size() + " entries before this start",
                    waymark.awaitLine(LEDGER));
            waymark.awaitLine(Pattern.compile("Stop +Ctrl-C"));
            waymark.killGroup();

            waymark.start("--no-demo");
            waymark.awaitLine(Pattern.compile("PostgreSQL: stopped process \\d+ left by an earlier run"));
            assertTrue(
                    waymark.awaitLine(LEDGER)
                            .contains("consistent with the checkpoint of " + before.size() + " entries"),
                    waymark::output);
            waymark.assertExtends(before, waymark.checkpoint());
        }
    }

    private static void benchIsDocumentedAndTrue(Installation waymark) throws Exception {
        long before = waymark.checkpoint().size();
        Ran ran = waymark.operator(
                "bench", "ingest", "--devices", "2", "--readings", "100", "--rounds", "2", "--half-seconds", "2");
        assertEquals(0, ran.exit(), ran.err());
        String readme = Files.readString(Path.of("README.md"));
        List<String> rows = new ArrayList<>();
        for (String each : ran.out().lines().toList()) {
            JsonNode line = new ObjectMapper().readTree(each);
            rows.add(line.path("row").asText());
            line.fieldNames()
                    .forEachRemaining(
                            field -> assertTrue(readme.contains("`" + field + "`"), "not documented: " + field));
            for (String positive : List.of("n", "median", "slowest", "fastest"))
                assertTrue(line.path(positive).asDouble() > 0, positive + " in " + line);
            assertFalse(
                    line.path("machine").asText().isEmpty()
                            || line.path("jdk").asText().isEmpty(),
                    line::toString);
            if (line.has("rounds") && line.path("row").asText().equals("readings from signature to receipt")) {
                assertEquals(400, line.path("n").asInt());
                assertEquals(2, line.path("rounds").asInt());
                assertTrue(line.path("p50_ms").asDouble() <= line.path("p99_ms").asDouble(), line::toString);
            }
        }
        assertEquals(
                List.of("decode and digest", "readings from signature to receipt", "signed to durable at half load"),
                rows);
        // The readings, some more for warming and at half load; each device's boot; the keys of devices, organisation
        // and receipts.
        assertTrue(waymark.checkpoint().size() - before >= 400 + 2 + 4);
    }

    /** A start with an occupied port fails; the one after it, which names no port, is as good as if that had not been tried. */
    private static void occupiedPortsDoNotSpoilTheHome(Installation waymark) throws Exception {
        String remembered = Files.readString(waymark.home().resolve("ports"));
        for (String which : List.of("http", "mqtt", "postgres")) {
            try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                Ran refused = waymark.operator(ports(waymark, which, other.getLocalPort()));
                assertEquals(1, refused.exit(), refused.err());
                assertTrue(refused.err().contains("waymark." + which + ".port"), refused.err());
            }
        }
        assertEquals(remembered, Files.readString(waymark.home().resolve("ports")));
    }

    /** A start on this installation's ports, one of them replaced. */
    private static String[] ports(Installation of, String which, int occupied) {
        return new String[] {
            "run",
            "--no-demo",
            "-Dwaymark.http.port=" + (which.equals("http") ? occupied : of.httpPort()),
            "-Dwaymark.mqtt.port=" + (which.equals("mqtt") ? occupied : of.mqttPort()),
            "-Dwaymark.postgres.port=" + (which.equals("postgres") ? occupied : of.postgresPort())
        };
    }

    private static String[] words(String command, String... more) {
        List<String> words = new ArrayList<>(command.isEmpty() ? List.of() : List.of(command.split(" ")));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private static void assertOneLine(String pattern, String text) {
        assertEquals(1, text.lines().count(), text);
        assertTrue(Pattern.matches(pattern, text.strip()), text);
    }
}
