package io.waymark.evidence.proof;

/**
 * How old the operator's word that no later step was recorded may be.
 *
 * @param nowMillis    the reader's clock, ms since 1970 UTC
 * @param maxAgeMillis how far a map head's time may be from it, earlier or later, at least 0
 */
public record Freshness(long nowMillis, long maxAgeMillis) {
    public Freshness {
        if (nowMillis < 0 || maxAgeMillis < 0) {
            throw new IllegalArgumentException("now " + nowMillis + ", at most " + maxAgeMillis + " ms");
        }
    }

    /** A head from the future is no better than an old one: one of the two clocks is wrong. */
    boolean includes(long timeMillis) {
        return Math.abs(nowMillis - timeMillis) <= maxAgeMillis;
    }
}
