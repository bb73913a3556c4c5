package io.waymark.simulator.certify;

/**
 * One thing a device was examined for.
 *
 * @param required whether a device that never showed it is not certified
 * @param expected what would be right
 * @param seen what the device did
 */
public record Check(String name, Outcome outcome, boolean required, String expected, String seen) {
    /** {@code NOT_SEEN}: the device never did what would have been judged. */
    public enum Outcome {
        PASSED,
        FAILED,
        NOT_SEEN
    }
}
