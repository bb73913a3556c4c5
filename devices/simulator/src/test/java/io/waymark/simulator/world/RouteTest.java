package io.waymark.simulator.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTest {
    private static final Instant MORNING = Instant.parse("2026-11-20T06:00:00Z");
    private static final Place OSLO = new Place("Oslo", 59.9139, 10.7522);
    private static final Place BERGEN = new Place("Bergen", 60.3913, 5.3221);

    @Test
    void osloToBergenIsAbout305KilometresAsTheCrowFlies() {
        assertEquals(305, OSLO.kilometresTo(BERGEN), 2);
    }

    @Test
    void waitsAtTheStartAndStaysAtTheEnd() {
        Route route = new Route(List.of(OSLO, BERGEN), MORNING, Duration.ofHours(7));
        assertEquals("Oslo", route.at(MORNING.minusSeconds(1)).name());
        assertEquals(BERGEN, route.at(route.arrival()));
        assertEquals(BERGEN, route.at(route.arrival().plusSeconds(86_400)));
    }

    @Test
    void neverDrivesFasterThanItsAverageAllows() {
        Route route = new Route(List.of(OSLO, BERGEN), MORNING, Duration.ofHours(7));
        double longest = 0;
        for (Instant t = MORNING; t.isBefore(route.arrival()); t = t.plusSeconds(60)) {
            longest = Math.max(longest, route.at(t).kilometresTo(route.at(t.plusSeconds(60))));
        }
        assertTrue(longest * 60 < 60, "km/h: " + longest * 60);
    }

    @Test
    void refusesAPlaceThatIsNotOnEarth() {
        assertThrows(IllegalArgumentException.class, () -> new Place("nowhere", 91, 0));
    }
}
