package io.waymark.sdk;

import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Series;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one moment showed. Empty parts are left out of the message.
 *
 * @param measurements single values
 * @param series regular samples; one signature for up to 1,440 values each
 * @param associations what it is about: SSCC, batch, item
 * @param position null when unknown
 * @param timeMillis null = the device's clock when it is signed
 */
public record Observation(
        List<Measurement> measurements,
        List<Series> series,
        List<Association> associations,
        @Nullable Position position,
        @Nullable Long timeMillis) {

    public Observation {
        measurements = measurements == null ? List.of() : List.copyOf(measurements);
        series = series == null ? List.of() : List.copyOf(series);
        associations = associations == null ? List.of() : List.copyOf(associations);
    }

    public static Observation of(Measurement... measurements) {
        return new Observation(List.of(measurements), List.of(), List.of(), null, null);
    }

    public Observation withSeries(List<Series> of) {
        return new Observation(measurements, of, associations, position, timeMillis);
    }

    public Observation withAssociations(List<Association> about) {
        return new Observation(measurements, series, about, position, timeMillis);
    }

    public Observation withPosition(Position where) {
        return new Observation(measurements, series, associations, where, timeMillis);
    }

    /** @param millis milliseconds since 1970 UTC */
    public Observation at(long millis) {
        return new Observation(measurements, series, associations, position, millis);
    }
}
