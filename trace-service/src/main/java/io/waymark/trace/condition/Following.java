package io.waymark.trace.condition;

import java.util.List;
import java.util.function.Supplier;

/**
 * One subject's evaluation as readings arrive. What comes in order is added; one that comes late, or out of order, has the subject
 * evaluated
 * anew over all that is stored, so that the outcome is never another than that of a recomputation. Not thread-safe.
 *
 * <p>OPEN: evaluating anew reads all of a subject's readings since the rules begin. Options: keep a copy of the evaluation per day of
 * readings and go back
 * to the one before the late reading (preferred; an evaluation must then be copied), or store such copies, so that a start need not read
 * either.
 */
final class Following {
    private Evaluation evaluation;

    /**
     * What there is to tell.
     *
     * @param anew     whether {@code episodes} are all there are, and others that were told before do not hold any more
     * @param episodes else those that began, grew or ended
     */
    record Change(boolean anew, List<Episode> episodes) {}

    /**
     * @param fresh      in whatever order, none of them given before
     * @param all        evaluates everything stored, {@code fresh} included; asked only when that is needed
     * @param asOfMillis who has been silent by then is among the episodes of an evaluation anew
     */
    Change take(List<? extends Observation> fresh, Supplier<Evaluation> all, long asOfMillis) {
        List<? extends Observation> sorted =
                fresh.stream().sorted(Observation.ORDER).toList();
        if (evaluation != null && (sorted.isEmpty() || evaluation.follows(sorted.get(0)))) {
            sorted.forEach(evaluation::add);
            return new Change(false, evaluation.grown());
        }
        evaluation = all.get();
        evaluation.grown();
        return new Change(true, evaluation.at(asOfMillis).episodes());
    }

    /** What is known as of a time; to be asked after {@link #take}. */
    Assessment at(long asOfMillis) {
        return evaluation.at(asOfMillis);
    }
}
