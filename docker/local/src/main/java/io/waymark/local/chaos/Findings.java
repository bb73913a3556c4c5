package io.waymark.local.chaos;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the checks of a round found, in words. All empty is what is wanted. */
final class Findings {
    /** How a log can be wrong, and how a check can be. */
    enum Kind {
        /** An acknowledged entry is not at its index. */
        LOST,
        /** One identity stands at two indexes. */
        DUPLICATE,
        /** The log holds what nobody sent. */
        INVENTED,
        /** Something that was signed or is stored contradicts the rest. */
        INCONSISTENT,
        /** A check could not be made. Silence is not success. */
        NOT_EVALUATED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Finding(Kind kind, String what) {}

    private final Set<Finding> all = new LinkedHashSet<>();
    private int forks;

    void add(Kind kind, String what) {
        all.add(new Finding(kind, what));
    }

    /** Two signed checkpoints that cannot both be true. */
    void fork(String what) {
        forks++;
        add(Kind.INCONSISTENT, what);
    }

    void addAll(Findings others) {
        all.addAll(others.all);
        forks = Math.max(forks, others.forks);
    }

    long count(Kind kind) {
        return all.stream().filter(f -> f.kind() == kind).count();
    }

    /** Whether there is more than what could not be looked at. */
    boolean seesSomethingWrong() {
        return all.stream().anyMatch(f -> f.kind() != Kind.NOT_EVALUATED);
    }

    int forks() {
        return forks;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    List<Finding> list() {
        return new ArrayList<>(all);
    }
}
