package io.waymark.evidence.proof;

import java.util.List;

/**
 * One thing that was checked, told so that a person can follow it.
 *
 * @param name     one of FORMAT.md §10.2
 * @param lookedAt which part of the file
 * @param expected what would be right
 * @param seen     what is there
 */
public record Check(String name, String lookedAt, Outcome outcome, String expected, String seen) {
    public static final String KEY_HAND_OVER = "log key hand-over";
    public static final String CHECKPOINT_SIGNATURE = "checkpoint signature";
    public static final String WITNESS_COSIGNATURES = "witness cosignatures";
    public static final String KEY_BINDING = "key binding";
    public static final String STEP_SIGNATURE = "step signature";
    public static final String STEP_CONTENT = "step content";
    public static final String OBJECT_IN_STEP = "object in step";
    public static final String LABEL_COMMITMENT = "label commitment";
    public static final String LINK_CHAIN = "link chain";
    public static final String LINK_INCLUSION = "link inclusion";
    public static final String READING_SIGNATURE = "reading signature";
    public static final String READING_CONTENT = "reading content";
    public static final String READING_INCLUSION = "reading inclusion";
    public static final String NO_LATER_STEP = "no later step";

    /** The whole: one failure is a failure; otherwise one open question is an open question. */
    public static Outcome summary(List<Check> checks) {
        Outcome summary = checks.isEmpty() ? Outcome.CANNOT_TELL : Outcome.PASS;
        for (Check check : checks) {
            if (check.outcome() == Outcome.FAIL) {
                return Outcome.FAIL;
            }
            if (check.outcome() == Outcome.CANNOT_TELL) {
                summary = Outcome.CANNOT_TELL;
            }
        }
        return summary;
    }
}
