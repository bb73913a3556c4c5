package io.waymark.evidence.message;

/**
 * Equally spaced values of one quantity under one signature. On the wire: the first value, then differences.
 *
 * @param offsetSeconds how long before the message's time the first value was taken, at least 0: value i is of
 *                      {@code timeMillis − 1000·offsetSeconds + 1000·i·stepSeconds}
 * @param stepSeconds   at least 1
 * @param values        1 to 1440, in units of 10^exponent; not copied
 */
public record Series(int quantity, long offsetSeconds, int stepSeconds, long[] values, int exponent, int sensor) {
    public static final int MAX_VALUES = 1440;

    public Series {
        if (values.length < 1 || values.length > MAX_VALUES || stepSeconds < 1 || offsetSeconds < 0) {
            throw new IllegalArgumentException("a series of " + values.length + " values every " + stepSeconds + " s");
        }
    }
}
