package io.waymark.trace.condition;

import java.util.Comparator;

/**
 * One thing a device told at a time. {@link #ORDER} is total over what one log holds: the order in which an {@link Evaluation} takes them.
 */
public sealed interface Observation {
    /** By the device's time, then by the place in the log: two parties with the same readings have the same order. */
    Comparator<Observation> ORDER = Comparator.comparingLong(Observation::timeMillis)
            .thenComparingLong(Observation::index)
            .thenComparingInt(Observation::ordinal);

    /** The device's clock, ms since 1970 UTC. */
    long timeMillis();

    /** Where the message stands in the ledger. */
    long index();

    /** Place among what the same message tells. */
    int ordinal();

    /** Stream id, lower-case hex. */
    String device();

    /**
     * One value of one sensor.
     *
     * @param quantity    as in FORMAT.md §5.1; 1 is temperature, °C
     * @param calibration digest of the certificate that the reading names, lower-case hex, or null
     */
    record Sample(
            long timeMillis,
            long index,
            int ordinal,
            String device,
            int sensor,
            int quantity,
            double value,
            String calibration)
            implements Observation {
        /** {@code value · 10^exponent}, as near as a double gets: a value on a limit equals the limit. */
        public static double decimal(long value, int exponent) {
            return exponent < 0 ? value / Math.pow(10, -exponent) : value * Math.pow(10, exponent);
        }
    }

    /**
     * Where the device was, as it claims.
     *
     * @param accuracyMetres radius of the circle it may be in; of one that tells none, {@link #UNTOLD_ACCURACY}
     */
    record Fix(long timeMillis, long index, int ordinal, String device, long latE7, long lonE7, double accuracyMetres)
            implements Observation {
        /** What is taken for the accuracy of a position that tells none, in metres. */
        public static final int UNTOLD_ACCURACY = 100;
    }
}
