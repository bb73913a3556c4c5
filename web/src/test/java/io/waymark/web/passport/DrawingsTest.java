package io.waymark.web.passport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrawingsTest {
    private static final double MINUTE = 60_000;

    private static List<List<Double>> every(int minutes, double... celsius) {
        List<List<Double>> points = new ArrayList<>();
        for (int i = 0; i < celsius.length; i++) {
            points.add(List.of(1e12 + i * minutes * MINUTE, celsius[i], (double) i));
        }
        return points;
    }

    @Test
    void curveBreaksWhereNobodyMeasured() {
        List<List<Double>> points = new ArrayList<>(every(15, 1, 2, 3, 2));
        points.add(List.of(1e12 + 400 * MINUTE, 2.0, 9.0));
        points.add(List.of(1e12 + 415 * MINUTE, 2.5, 10.0));

        TemperatureChart chart = TemperatureChart.of(points, 0.0, 4.0, List.of(), null);

        assertEquals(2, chart.curves().size());
        assertEquals(1, chart.gaps().size());
        assertEquals("5 h 55 min", chart.missing().get(0).length());
    }

    @Test
    void thinningKeepsTheOneWarmReading() {
        double[] celsius = new double[20_000];
        celsius[12_345] = 31.5;

        TemperatureChart chart = TemperatureChart.of(every(1, celsius), 0.0, 8.0, List.of(), null);

        assertEquals("31.5\u00a0°C", chart.warmest());
        double highest = Double.MAX_VALUE;
        for (String pair : chart.curves().get(0).substring(1).split("L")) {
            highest = Math.min(highest, Double.parseDouble(pair.split(" ")[1]));
        }
        assertTrue(highest < 30, "the curve reaches the peak: " + highest);
        assertTrue(chart.curves().get(0).length() < 6_000);
    }

    @Test
    void manyReadingsStaySmallWhateverTheirGaps() {
        double[] celsius = new double[20_000];
        celsius[12_345] = 31.5;
        celsius[3] = -9;
        List<List<Double>> points = new ArrayList<>();
        for (int i = 0; i < celsius.length; i++) {
            // Three readings, then a pause: everywhere shorter than a column, once longer.
            points.add(List.of(1e12 + (i + i / 3 * 30 + (i > 9_000 ? 200_000 : 0)) * MINUTE, celsius[i]));
        }

        TemperatureChart chart = TemperatureChart.ofMany(points, null, null, 680);

        assertEquals("31.5\u00a0°C", chart.warmest());
        assertEquals("\u22129\u00a0°C", chart.coldest());
        assertEquals(2, chart.curves().size());
        assertTrue(String.join("", chart.curves()).length() < 20_000);
        double highest = Double.MAX_VALUE;
        double lowest = 0;
        for (String curve : chart.curves()) {
            for (String pair : curve.substring(1).split("L")) {
                highest = Math.min(highest, Double.parseDouble(pair.split(" ")[1]));
                lowest = Math.max(lowest, Double.parseDouble(pair.split(" ")[1]));
            }
        }
        assertTrue(highest < 30 && lowest > 125, highest + " " + lowest);
    }

    @Test
    void dateStandsOnceBelowTheTimes() {
        TemperatureChart chart =
                TemperatureChart.of(every(10, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 5, 4), null, null, List.of(), null);

        assertEquals(
                List.of("9 Sep 2001"),
                chart.across().stream()
                        .map(TemperatureChart.When::under)
                        .filter(under -> !under.isEmpty())
                        .toList());
        assertTrue(chart.across().size() >= 3);
    }

    @Test
    void oneReadingIsNoChart() {
        assertNull(TemperatureChart.of(every(15, 1), 0.0, 4.0, List.of(), null));
        assertNull(TemperatureChart.of(List.of(), null, null, List.of(), null));
    }

    private static Passport.Step at(String place, Double lat, Double lon) {
        return new Passport.Step(0, "shipping", null, "x", place, lat, lon, null, null, null, null, null, false);
    }

    @Test
    void routeOverTheDateLineStaysShort() {
        RouteMap map = RouteMap.of(List.of(at("Fiji", -17.8, 178.0), at("Samoa", -13.8, -171.8)));

        assertEquals("1,180 km", map.distance());
        assertEquals(2, map.places().size());
    }

    @Test
    void stepsAtOnePlaceShareItsMark() {
        RouteMap map = RouteMap.of(
                List.of(at("Oslo", 59.9, 10.7), at("Oslo", 59.9, 10.7), at("", null, null), at("Bergen", 60.4, 5.3)));

        assertEquals("1, 2", map.places().get(0).steps());
        assertEquals("4", map.places().get(1).steps());
    }

    @Test
    void noPositionNoMap() {
        assertNull(RouteMap.of(List.of(at("Oslo", null, null), at("x", 1000.0, 0.0))));
    }

    @Test
    void deviceHashForgetsAtMidnight() {
        Instant[] now = {Instant.parse("2026-11-20T23:59:00Z")};
        DeviceHash hash = new DeviceHash(new Clock() {
            @Override
            public Instant instant() {
                return now[0];
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }
        });
        String today = hash.of("192.0.2.7", "Telephone/7");
        assertEquals(today, hash.of("192.0.2.7", "Telephone/7"));
        assertNotEquals(today, hash.of("192.0.2.8", "Telephone/7"));

        now[0] = now[0].plus(Duration.ofMinutes(2));
        assertNotEquals(today, hash.of("192.0.2.7", "Telephone/7"));
    }
}
