package io.waymark.web.passport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeAxisTest {
    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource({
        "2025-11-15T00:20:10Z, 2025-11-15T00:21:40Z, 00:20:30 00:21:00 00:21:30",
        "2025-11-15T00:05:00Z, 2025-11-15T00:43:00Z, 00:10 00:20 00:30 00:40",
        "2025-11-15T22:10:00Z, 2025-11-16T03:50:00Z, 00:00 02:00",
        "2025-11-15T06:00:00Z, 2025-11-17T05:00:00Z, 12:00 00:00 12:00 00:00",
        "2025-11-13T09:00:00Z, 2025-11-16T09:00:00Z, 14 Nov 15 Nov 16 Nov",
        "2025-11-28T09:00:00Z, 2026-01-20T09:00:00Z, 4 Dec 18 Dec 1 Jan 15 Jan",
        "2025-03-02T09:00:00Z, 2026-03-01T09:00:00Z, Apr Jul Oct Jan",
        "1970-01-01T00:00:01Z, 2026-03-01T09:00:00Z, 1980 2000 2020",
        "2025-11-15T10:00:00.2Z, 2025-11-15T10:00:00.9Z, 10:00:00"
    })
    void ticksAreRoundTimesThatFitTheSpan(Instant start, Instant end, String labels) {
        assertEquals(
                labels,
                String.join(
                        " ",
                        TimeAxis.between(start, end).stream()
                                .map(TimeAxis.Tick::label)
                                .toList()));
    }

    @Test
    void noTwoTicksSayTheSame() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Instant start = Instant.ofEpochMilli((long) (random.nextDouble() * 2e12));
            Instant end = start.plusMillis(1 + (long) Math.exp(random.nextDouble() * Math.log(3e12)));
            String which = "seed " + seed + ": " + start + " to " + end;
            List<TimeAxis.Tick> ticks = TimeAxis.between(start, end);
            Set<String> said = new HashSet<>();
            for (TimeAxis.Tick tick : ticks) {
                assertTrue(said.add(tick.label() + "|" + tick.context()), which);
                assertTrue(!tick.at().isBefore(start) && !tick.at().isAfter(end), which);
            }
            assertTrue(!ticks.isEmpty() && ticks.size() <= 5, which);
        }
    }
}
