package io.waymark.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClimateTest {
    private static final Instant START = Instant.parse("2026-11-14T00:00:00Z");

    @Test
    void aWorkingSpaceKeepsItsSetPoint() {
        Climate hold = Climate.steady(1.6, 0.7, 21);
        for (int minute = 0; minute < 3000; minute++) {
            double seen = hold.celsius(START.plusSeconds(60L * minute));
            assertTrue(Math.abs(seen - 1.6) < 1.2, "minute " + minute + ": " + seen);
        }
    }

    @Test
    void anOutageWarmsItAndItRecoversAfterwards() {
        Instant fails = START.plus(Duration.ofHours(10));
        Climate truck = Climate.steady(1.8, 0.7, 22).failing(fails, Duration.ofHours(5), 17);
        assertTrue(truck.celsius(fails.minusSeconds(60)) < 4);
        assertTrue(truck.celsius(fails.plus(Duration.ofHours(5))) > 10);
        assertTrue(truck.celsius(fails.plus(Duration.ofHours(9))) < 4);
    }

    @Test
    void theSameMomentAlwaysHasTheSameTemperature() {
        assertEquals(
                Climate.steady(2, 1, 5).celsius(START), Climate.steady(2, 1, 5).celsius(START));
    }
}
