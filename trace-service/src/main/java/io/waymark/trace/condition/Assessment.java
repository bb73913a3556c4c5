package io.waymark.trace.condition;

import java.util.List;

/**
 * What the readings about one subject say under one version of a rule set. The same readings, rules, custody legs and certificates give the
 * same
 * assessment, whenever and in whatever portions they came.
 *
 * @param episodes by their beginning
 * @param gaps     times in which a sensor told nothing, by their beginning: nothing is said of them, and nothing of them is counted
 * @param kinetic  per sensor and rule
 * @param budgets  per budget rule
 * @param leftOut  sensors, episodes and gaps beyond what is kept; 0 but for devices that are very broken
 */
public record Assessment(
        List<Episode> episodes, List<Gap> gaps, List<Kinetic> kinetic, List<Spent> budgets, long leftOut) {
    /** @param implausible values in it that no such sensor can mean */
    public record Gap(String device, int sensor, int quantity, long fromMillis, long toMillis, int implausible) {}

    /**
     * A mean kinetic temperature, °C.
     *
     * @param celsius        of the newest window
     * @param measuredMillis how much of the window was measured
     * @param wholeCelsius   of all that was measured
     * @param wholeMillis    how much that is
     */
    public record Kinetic(
            String rule,
            String device,
            int sensor,
            double celsius,
            long measuredMillis,
            double wholeCelsius,
            long wholeMillis) {}

    /**
     * Time outside so far. With several sensors a moment counts when one of them was outside, and once.
     *
     * @param remainingMillis negative when it is overspent
     * @param legs            by time; of a lot that was split they overlap, and their sum is more than {@code spentMillis}
     * @param outsideLegs     time outside the limits while nobody had signed for the lot: not counted
     */
    public record Spent(
            String rule,
            long allowedMillis,
            long spentMillis,
            long remainingMillis,
            List<OfLeg> legs,
            long outsideLegs) {}

    /** What one leg took of it, and how much of the leg was measured at all. */
    public record OfLeg(
            String holder, String place, long fromMillis, long toMillis, long spentMillis, long measuredMillis) {}
}
