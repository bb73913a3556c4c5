package io.waymark.local.chaos;

import io.waymark.trace.ledger.Drill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One round of a plan.
 *
 * @param point for {@link Fault#KILL}, null otherwise
 */
record Step(Fault fault, Drill.@Nullable CrashPoint point) implements FireDrill.Round {
    Step {
        if ((fault == Fault.KILL) != (point != null)) {
            throw new IllegalArgumentException("a point belongs to a kill, and only to it");
        }
    }

    static Step of(Fault fault) {
        return new Step(fault, null);
    }

    static Step killAt(Drill.CrashPoint point) {
        return new Step(Fault.KILL, point);
    }

    /** Such as {@code flip-map}, {@code kill-at-signed}. */
    @Override
    public String word() {
        return point == null
                ? fault.word()
                : "kill-at-" + point.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String group() {
        return fault.group();
    }

    @Override
    public String what() {
        return fault.what();
    }

    @Override
    public Optional<String> crashPoint() {
        return Optional.ofNullable(point).map(p -> p.name().toLowerCase(Locale.ROOT));
    }

    /** Every fault and every crash point once. */
    static List<Step> all() {
        List<Step> all = new ArrayList<>();
        Arrays.stream(Drill.CrashPoint.values()).map(Step::killAt).forEach(all::add);
        Arrays.stream(Fault.values())
                .filter(fault -> fault != Fault.KILL)
                .map(Step::of)
                .forEach(all::add);
        return all;
    }
}
