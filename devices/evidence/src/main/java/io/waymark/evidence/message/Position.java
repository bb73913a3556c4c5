package io.waymark.evidence.message;

import org.jspecify.annotations.Nullable;

/**
 * Where a message was signed, as the signer claims.
 *
 * @param latE7          10^-7 degrees, north positive
 * @param lonE7          10^-7 degrees, east positive
 * @param source         1 GNSS, 2 cell, 3 Wi-Fi, 4 fixed
 */
public record Position(
        long latE7,
        long lonE7,
        @Nullable Integer accuracyMetres,
        @Nullable Integer source,
        @Nullable Integer altitudeDm) {
    public Position {
        if (Math.abs(latE7) > 900_000_000L || Math.abs(lonE7) > 1_800_000_000L) {
            throw new IllegalArgumentException("latitude " + latE7 + ", longitude " + lonE7);
        }
    }
}
