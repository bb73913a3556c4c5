package io.waymark.trace.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.condition.Rule.About;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules on series that real devices recorded ({@code -Dwaymark.data}, see SOURCES.md there). */
class RealSeriesTest {
    private static final Path COLD =
            Path.of(System.getProperty("waymark.data", "../../shared/data"), "product", "cold");

    private static String read(String name) throws IOException {
        Path file = COLD.resolve(name);
        assumeTrue(
                Files.exists(file) || Boolean.getBoolean("waymark.data.required"),
                () -> file + " is not there: give -Dwaymark.data=DIR");
        return Files.readString(file);
    }

    private static Assessment under(List<Sample> samples, Rule... rules) {
        return Evaluation.of(
                        new RuleSet("real", 1, 0, 120, null, null, List.of(rules)),
                        About.device,
                        List.of(),
                        List.of(),
                        samples)
                .at(0);
    }

    private static Sample sample(Instant at, int n, String celsius) {
        return new Sample(at.toEpochMilli(), n, 0, "d", 0, 1, Double.parseDouble(celsius), null);
    }

    private static List<Sample> bioVoice() throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (String line :
                read("biovoice_T301_2622930045_decoded.csv").lines().skip(1).toList()) {
            String[] cells = line.split(",");
            samples.add(sample(Instant.parse(cells[2]), samples.size(), cells[3]));
        }
        assertEquals(3091, samples.size());
        return samples;
    }

    private record Labelled(Instant from, Instant to) {}

    /**
     * The settings are those that {@link Rule.Departure} recommends, for every sensor: a month against half a day at three sigmas. What the
     * neighbours
     * would give on this file is in the module's README.
     */
    @Test
    void everyLabelledFailureOfAMachineIsFoundWithFewFalseAlarms() throws Exception {
        List<Sample> samples = new ArrayList<>();
        for (String line : read("nab_machine_temperature_system_failure.csv")
                .lines()
                .skip(1)
                .toList()) {
            String[] cells = line.split(",");
            samples.add(sample(
                    LocalDateTime.parse(cells[0].replace(' ', 'T')).toInstant(ZoneOffset.UTC),
                    samples.size(),
                    cells[1]));
        }
        assertEquals(22_695, samples.size());
        List<Labelled> labelled = new ArrayList<>();
        for (JsonNode window : new ObjectMapper()
                .readTree(read("nab_combined_windows.json"))
                .get("realKnownCause/machine_temperature_system_failure.csv")) {
            labelled.add(new Labelled(
                    instant(window.get(0).asText()), instant(window.get(1).asText())));
        }
        assertEquals(4, labelled.size());

        List<Episode> found =
                under(samples, new Rule.Departure("usual", 1, 720, 12, 3000)).episodes();

        for (Labelled window : labelled) {
            assertTrue(
                    found.stream().anyMatch(e -> during(window, e.raisedMillis())),
                    () -> window + " not found among " + found);
        }
        List<Episode> falseAlarms = found.stream()
                .filter(e -> labelled.stream().noneMatch(w -> during(w, e.raisedMillis())))
                .toList();
        found.forEach(e -> System.out.println("departure raised " + Instant.ofEpochMilli(e.raisedMillis()) + " to "
                + (e.toMillis() == null ? "" : Instant.ofEpochMilli(e.toMillis())) + ", " + e.measure() + " sigmas"));
        assertTrue(falseAlarms.size() <= 2, falseAlarms::toString);
    }

    private static boolean during(Labelled window, long raised) {
        return raised >= window.from.toEpochMilli() && raised <= window.to.toEpochMilli();
    }

    private static Instant instant(String label) {
        return LocalDateTime.parse(label.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
    }

    @Test
    void theExcursionOfAVaccineTransportIsRaisedWithinAQuarterOfAnHour() throws Exception {
        List<Sample> samples = bioVoice();
        Assessment a = under(samples, new Rule.Limit("warm", About.device, 1, 2000L, 8000L, 10, 500, false, 0, 0));
        assertEquals(1, a.episodes().size(), () -> a.episodes().toString());
        Episode e = a.episodes().get(0);
        long crossed = samples.stream()
                .filter(s -> s.value() > 8)
                .findFirst()
                .orElseThrow()
                .timeMillis();
        assertTrue(e.raisedMillis() - crossed <= Duration.ofMinutes(15).toMillis(), e::toString);
        assertEquals(3031, e.firstIndex());
        assertEquals(23.8, e.measure());
    }

    /** The logger's display says 5.5 °C (header of its file). */
    @Test
    void theMeanKineticTemperatureIsTheLoggersOwn() throws Exception {
        Assessment.Kinetic k = under(bioVoice(), new Rule.Kinetic("mkt", About.device, 8000, 1440, 60, 83_144))
                .kinetic()
                .get(0);
        assertEquals(5.5, k.wholeCelsius(), 0.1);
        assertTrue(k.celsius() > 8, "the last day with the excursion: " + k.celsius());
    }

    /**
     * A Fridge-tag 2 tells for each day the warmest and coldest moment and the minutes above 8 °C; it has no mean kinetic temperature of
     * its own.
     */
    @Test
    void theMinutesOfADayAboveTheLimitAreThoseTheFridgeTagCounted() throws Exception {
        Matcher day = Pattern.compile(
                        "Date: (\\S+)\\R +Min T: (\\S+), TS Min T: (\\S+)\\R +Max T: (\\S+), TS Max T: (\\S+)\\R.*?1:\\R +t Acc: (\\d+)",
                        Pattern.DOTALL)
                .matcher(read("berlinger_fridgetag2_160400347643_signed.txt"));
        List<Sample> samples = new ArrayList<>();
        List<Long> counted = new ArrayList<>();
        while (day.find()) {
            counted.add(0, Long.parseLong(day.group(6)));
            for (int g : new int[] {2, 4}) {
                Instant at = LocalDateTime.parse(day.group(1) + "T" + day.group(g + 1))
                        .toInstant(ZoneOffset.UTC);
                samples.add(new Sample(
                        at.toEpochMilli(),
                        2 * counted.size() + g,
                        0,
                        "d",
                        0,
                        1,
                        Double.parseDouble(day.group(g)),
                        null));
            }
        }
        assertEquals(60, counted.size());
        Rule daily = new Rule.Limit("day", About.device, 1, null, 8000L, 600, 0, true, 1440, 0);
        List<Episode> found = Evaluation.of(
                        new RuleSet("real", 1, 0, 2 * 1440, null, null, List.of(daily)),
                        About.device,
                        List.of(),
                        List.of(),
                        samples)
                .at(0)
                .episodes();
        // Of the first and the last day only the time between two readings is known.
        List<Episode> whole = found.stream()
                .filter(e -> e.fromMillis() % 86_400_000 == 0 && e.toMillis() != null)
                .toList();
        assertTrue(whole.size() >= 57, () -> found.toString());
        for (Episode e : whole) {
            assertEquals(1440, e.measure());
        }
        assertEquals(58, counted.subList(1, 59).stream().filter(m -> m == 1440).count());
    }
}
