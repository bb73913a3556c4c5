package io.waymark.simulator.world;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A way through waypoints at constant speed; standing still is a route with one waypoint. */
public record Route(List<Place> waypoints, Instant departure, Duration duration) {
    public Route {
        waypoints = List.copyOf(waypoints);
        if (waypoints.isEmpty()) throw new IllegalArgumentException("a route needs a waypoint");
        if (duration.isNegative()) throw new IllegalArgumentException("a route cannot take " + duration);
    }

    /** Where the traveller is: the first waypoint before departure, the last one after arrival. */
    public Place at(Instant time) {
        double length = kilometres();
        if (length == 0 || !time.isAfter(departure)) return waypoints.get(0);
        double share = (double) Duration.between(departure, time).toMillis() / Math.max(1, duration.toMillis());
        if (share >= 1) return waypoints.get(waypoints.size() - 1);
        double left = share * length;
        for (int i = 1; i < waypoints.size(); i++) {
            double leg = waypoints.get(i - 1).kilometresTo(waypoints.get(i));
            if (left <= leg) return waypoints.get(i - 1).towards(waypoints.get(i), leg == 0 ? 0 : left / leg);
            left -= leg;
        }
        return waypoints.get(waypoints.size() - 1);
    }

    public double kilometres() {
        double sum = 0;
        for (int i = 1; i < waypoints.size(); i++) {
            sum += waypoints.get(i - 1).kilometresTo(waypoints.get(i));
        }
        return sum;
    }

    public Instant arrival() {
        return departure.plus(duration);
    }
}
