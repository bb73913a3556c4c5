package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import java.util.List;

/**
 * What a logger's file says of one moment.
 *
 * @param line in the file, from 1; of a binary file the number of the value
 * @param timeMillis since 1970 UTC
 * @param measurements at least one
 */
public record Row(long line, long timeMillis, List<Measurement> measurements) {
    public Row {
        measurements = List.copyOf(measurements);
        if (measurements.isEmpty()) throw new IllegalArgumentException("line " + line + " has no value");
    }
}
