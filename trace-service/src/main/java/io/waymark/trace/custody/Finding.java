package io.waymark.trace.custody;

import io.waymark.evidence.message.CustodyStep.PublicSummary;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A contradiction between an object's latest step and the one before it, in plain words. Stored beside the step, never instead of it.
 *
 * @param severity {@code caution} or {@code bad}
 */
public record Finding(String kind, String severity, String detail) {
    private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);
    private static final double FASTEST_KM_PER_HOUR = 1000;
    // Places may be coarse on purpose: below this distance two of them can be the same place.
    private static final double SAME_PLACE_KM = 50;
    private static final double EARTH_RADIUS_KM = 6371;

    /** What contradicts {@code before}; empty for an object's first step. */
    static List<Finding> between(Standing before, PublicSummary step, String signer, Instant received) {
        List<Finding> found = new ArrayList<>();
        Instant time = Instant.ofEpochMilli(step.timeMillis());
        if (time.isAfter(received.plus(Duration.ofDays(1)))) {
            found.add(new Finding("in-the-future", "caution", "the step says it happened later than it was recorded"));
        }
        if (!before.commissioned()) {
            return found;
        }
        boolean passes = !signer.equals(before.holder());
        if (step.bizStep().equals("receiving") && passes && !Standing.SENDING.contains(before.bizStep())) {
            found.add(new Finding(
                    "received-before-shipped",
                    "bad",
                    "received by another organisation before anybody recorded sending it"));
        }
        if (before.state().equals(Standing.SOLD)
                && !List.of("returning", "inspecting", "retail_selling").contains(step.bizStep())) {
            found.add(new Finding("after-sale", "caution", "recorded as " + step.bizStep() + " after it was sold"));
        }
        if (before.state().equals(Standing.SOLD) && step.bizStep().equals("retail_selling")) {
            found.add(new Finding("sold-twice", "bad", "recorded as sold a second time"));
        }
        if (before.state().equals(Standing.ENDED)) {
            found.add(new Finding("after-end", "bad", "recorded as " + step.bizStep() + " after its end of life"));
        }
        if (time.isBefore(before.time().minus(CLOCK_TOLERANCE))) {
            found.add(new Finding("time-order", "bad", "this step says it happened before the step it follows"));
        }
        if (before.latE7() != null && before.lonE7() != null && step.latE7() != null && step.lonE7() != null) {
            double km = distance(before.latE7() / 1e7, before.lonE7() / 1e7, step.latE7() / 1e7, step.lonE7() / 1e7);
            double hours =
                    Math.max(Math.abs(Duration.between(before.time(), time).toSeconds()), 60) / 3600.0;
            if (km > SAME_PLACE_KM && km / hours > FASTEST_KM_PER_HOUR) {
                found.add(new Finding(
                        "too-fast",
                        "bad",
                        Math.round(km) + " km in " + minutes(hours) + ": it cannot have been in both places"));
            }
        }
        return found;
    }

    private static String minutes(double hours) {
        long minutes = Math.round(hours * 60);
        return minutes < 120 ? minutes + " minutes" : Math.round(hours) + " hours";
    }

    /** Great-circle distance (haversine) in km; arguments in degrees. */
    static double distance(double lat1, double lon1, double lat2, double lon2) {
        double a = Math.toRadians(lat2 - lat1) / 2;
        double b = Math.toRadians(lon2 - lon1) / 2;
        double h = Math.sin(a) * Math.sin(a)
                + Math.cos(Math.toRadians(lat1)) * Math.cos(Math.toRadians(lat2)) * Math.sin(b) * Math.sin(b);
        return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
    }
}
