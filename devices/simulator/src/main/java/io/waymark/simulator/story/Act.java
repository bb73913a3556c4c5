package io.waymark.simulator.story;

import io.waymark.sdk.Observation;
import java.io.IOException;
import java.time.Instant;

/** Something that happens at a moment of the story. */
sealed interface Act {
    Instant at();

    /** A device looks and publishes. */
    record Observe(Instant at, FieldDevice device, Observation observation) implements Act {}

    /** A device takes a picture. */
    record Photograph(Instant at, FieldDevice device, byte[] jpeg, Observation context) implements Act {}

    /** A firm or a passer-by does something over HTTP; must be harmless when done twice. */
    record Deed(Instant at, String what, Doing doing) implements Act {}

    /** What is done. */
    @FunctionalInterface
    interface Doing {
        void run() throws IOException, InterruptedException;
    }
}
