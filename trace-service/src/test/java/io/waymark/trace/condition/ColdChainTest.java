package io.waymark.trace.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.trace.condition.ColdChain.Excursion;
import io.waymark.trace.condition.ColdChain.Point;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ColdChainTest {
    private static final Instant T = Instant.parse("2026-06-09T08:00:00Z");

    private static Point at(long minute, double celsius) {
        return new Point(T.plusSeconds(60 * minute), celsius, minute, "d", 0, false);
    }

    @Test
    void anExcursionEndsWhenTheNextReadingIsInsideAgain() {
        List<Excursion> found =
                ColdChain.excursions(List.of(at(0, 4), at(10, 9), at(20, 11), at(30, 8), at(40, 4)), 200, 800);
        assertEquals(List.of(new Excursion(T.plusSeconds(600), T.plusSeconds(1800), 11, 20)), found);
    }

    @Test
    void coldCountsAsWell() {
        assertEquals(
                1.5,
                ColdChain.excursions(List.of(at(0, 4), at(10, 1.5), at(20, 4)), 200, 800)
                        .get(0)
                        .peakCelsius());
    }

    @Test
    void aValueOnTheLimitIsInside() {
        assertTrue(ColdChain.excursions(List.of(at(0, 8), at(10, 2)), 200, 800).isEmpty());
    }

    @Test
    void nothingIsSaidAboutTheTimeNobodyMeasured() {
        List<Excursion> found = ColdChain.excursions(List.of(at(0, 9), at(10, 9), at(500, 9)), 200, 800);
        assertEquals(List.of(10L, 0L), found.stream().map(Excursion::minutes).toList());
    }

    @Test
    void drawingFewerPointsKeepsTheExtremes() {
        List<Point> many = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            many.add(at(i, i == 3333 ? 40 : i == 4444 ? -40 : 4));
        }
        List<Point> drawn = new ColdChain(many, List.of(), List.of(), Optional.empty(), Set.of()).drawn(800);
        assertTrue(drawn.size() <= 801);
        assertTrue(drawn.contains(many.get(3333)) && drawn.contains(many.get(4444)));
    }
}
