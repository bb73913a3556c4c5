package io.waymark.local.chaos;

import io.waymark.trace.ledger.Drill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One round of a plan.
 *
 * @param point for {@link Fault#KILL}, null otherwise
 */
record Step(Fault fault, Drill.@Nullable CrashPoint point) {
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
    String word() {
        return point == null
                ? fault.word()
                : "kill-at-" + point.name().toLowerCase(Locale.ROOT).replace('_', '-');
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

    /**
     * Those of these names; a name is a step's or a group's.
     *
     * @throws IllegalArgumentException for a name that is neither
     */
    static List<Step> named(List<String> names) {
        List<Step> named = new ArrayList<>();
        for (String name : names) {
            List<Step> these = all().stream()
                    .filter(step ->
                            step.word().equals(name) || step.fault().group().equals(name))
                    .toList();
            if (these.isEmpty()) {
                throw new IllegalArgumentException("no fault and no group is called " + name);
            }
            these.stream().filter(step -> !named.contains(step)).forEach(named::add);
        }
        return named;
    }

    /** Each step as often as fits into the rounds, the order drawn anew for each pass; the first pass is whole. */
    static List<Step> plan(List<Step> steps, int rounds, Random random) {
        if (rounds < steps.size()) {
            throw new IllegalArgumentException("the plan has " + steps.size() + " steps, and there are only " + rounds
                    + " rounds: a step that is left out is a check that did not run");
        }
        List<Step> plan = new ArrayList<>();
        while (plan.size() < rounds) {
            List<Step> pass = new ArrayList<>(steps);
            Collections.shuffle(pass, random);
            plan.addAll(pass.subList(0, Math.min(pass.size(), rounds - plan.size())));
        }
        return plan;
    }
}
