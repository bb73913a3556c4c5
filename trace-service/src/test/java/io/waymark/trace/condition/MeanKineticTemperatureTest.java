package io.waymark.trace.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.waymark.trace.condition.ColdChain.Point;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeanKineticTemperatureTest {
    private static final Instant T = Instant.parse("2026-06-09T08:00:00Z");

    private static Point at(long minute, double celsius) {
        return at(minute, celsius, 0);
    }

    private static Point at(long minute, double celsius, int sensor) {
        return new Point(T.plusSeconds(60 * minute), celsius, minute, "d", sensor, false);
    }

    private static MeanKineticTemperature of(Point... points) {
        return MeanKineticTemperature.of(List.of(points)).orElseThrow();
    }

    @Test
    void ofOneConstantTemperatureItIsThatTemperature() {
        assertEquals(5, of(at(0, 5), at(60, 5), at(90, 5)).celsius(), 1e-9);
    }

    @Test
    void warmHoursWeighMoreThanColdOnes() {
        // By hand: the mean of e^(-10000/T) at 278.15 K and 298.15 K is that of 289.87 K.
        MeanKineticTemperature mean = of(at(0, 5), at(60, 5), at(61, 25), at(121, 25));
        assertTrue(mean.celsius() > 15 && mean.celsius() < 25, mean::toString);
        double e = (Math.exp(-10_000 / 278.15) + Math.exp(-10_000 / 298.15)) / 2;
        assertEquals(-10_000 / Math.log(e) - 273.15, mean.celsius(), 1e-6);
    }

    @Test
    void everyMinuteWeighsTheSameHoweverOftenItWasRead() {
        double sparse = of(at(0, 4), at(100, 4), at(101, 9), at(200, 9)).celsius();
        List<Point> often = new ArrayList<>();
        for (int minute = 0; minute <= 100; minute++) {
            often.add(at(minute, 4));
        }
        often.add(at(101, 9));
        often.add(at(200, 9));
        assertEquals(sparse, MeanKineticTemperature.of(often).orElseThrow().celsius(), 1e-9);
    }

    @Test
    void whatNobodyMeasuredDoesNotCount() {
        MeanKineticTemperature mean = of(at(0, 4), at(60, 4), at(600, 30), at(660, 30));
        assertEquals(Duration.ofHours(2), mean.measured());
        assertEquals(of(at(0, 4), at(60, 4), at(60, 30), at(120, 30)).celsius(), mean.celsius(), 1e-9);
    }

    @Test
    void ofSeveralSensorsTheWarmestIsTold() {
        assertEquals(8, of(at(0, 2, 1), at(1, 8, 2), at(60, 2, 1), at(61, 8, 2)).celsius(), 1e-9);
    }

    @Test
    void oneReadingOrNoneSaysNothing() {
        assertTrue(MeanKineticTemperature.of(List.of()).isEmpty());
        assertTrue(MeanKineticTemperature.of(List.of(at(0, 4))).isEmpty());
        assertTrue(MeanKineticTemperature.of(List.of(at(0, -400), at(1, 4))).isEmpty());
    }

    /** A transport logger's own figure over ten days with one excursion to 23.8 °C, as its display rounds it. */
    @Test
    void agreesWithARealLogger() throws Exception {
        String data = System.getProperty("waymark.data", "../../shared/data");
        Path file = Path.of(data, "product", "cold", "biovoice_T301_2622930045_decoded.csv");
        assumeTrue(
                Files.exists(file) || Boolean.getBoolean("waymark.data.required"),
                () -> file + " is not there: give -Dwaymark.data=DIR");
        List<Point> points = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] cells = line.split(",");
            if (cells[1].matches("\\d+")) {
                points.add(new Point(Instant.parse(cells[2]), Double.parseDouble(cells[3]), points.size(), "d", 0, false));
            }
        }
        assertTrue(points.size() > 1000, () -> points.size() + " readings");
        assertEquals(5.5, MeanKineticTemperature.of(points).orElseThrow().celsius(), 0.1);
    }
}
