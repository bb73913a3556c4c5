package io.waymark.trace.condition;

/**
 * A stretch of time in which a rule was broken, as the readings have it. A finding: it says what the signed values say, not whether they
 * are true.
 *
 * @param rule         id within the rule set
 * @param device       stream id, lower-case hex; null for what is about a lot as a whole
 * @param sensor       −1 for what is about all of the device
 * @param other        the other sensor of a drift, {@code device/sensor}; else null
 * @param fromMillis   first value that counts to it
 * @param toMillis     null while it lasts
 * @param end          null while it lasts
 * @param raisedMillis time of the reading with which the rule was broken, never before {@code fromMillis}
 * @param measure      the value furthest outside, in the quantity's unit; minutes outside (cumulative, budget); the mean kinetic
 *                     temperature, °C; metres from
 *                     where it should be (place, fence); the change per minute; the difference of two sensors; sigmas (departure); minutes
 * (stuck, silent)
 * @param firstIndex   ledger index of the first value's message
 * @param lastIndex    of the last one looked at
 */
public record Episode(
        String rule,
        Rule.Kind kind,
        String device,
        int sensor,
        String other,
        long fromMillis,
        Long toMillis,
        End end,
        long raisedMillis,
        double measure,
        long firstIndex,
        long lastIndex) {
    /** How it ended. */
    public enum End {
        /** A value within the rule came. */
        over,
        /** Nobody measured any more: whether it went on is not known. */
        gap
    }

    /** Whether both are of the same rule and sensor: then they are the same one when their times meet. */
    public boolean sameSubject(Episode o) {
        return rule.equals(o.rule)
                && java.util.Objects.equals(device, o.device)
                && sensor == o.sensor
                && java.util.Objects.equals(other, o.other);
    }

    /** Whether they have a moment in common, or follow one another without any between. */
    public boolean meets(Episode o) {
        return fromMillis <= (o.toMillis == null ? Long.MAX_VALUE : o.toMillis)
                && o.fromMillis <= (toMillis == null ? Long.MAX_VALUE : toMillis);
    }
}
