package io.waymark.local.chaos;

import io.waymark.local.chaos.Findings.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a drill.
 *
 * @param drill       such as {@code ledger}
 * @param faults      name to rounds that ran
 * @param crashPoints name to rounds in which a process was killed there
 * @param counts      lost, duplicate, invented, inconsistent, not_evaluated
 * @param findings    in words
 * @param folder      kept when something was found
 */
public record DrillResult(
        String drill,
        long seed,
        int rounds,
        Map<String, Integer> faults,
        Map<String, Integer> crashPoints,
        Map<String, Long> counts,
        int forks,
        Optional<String> sabotage,
        boolean withoutDiskFull,
        List<String> findings,
        Optional<Path> folder,
        long entries,
        double seconds,
        String again) {
    /** How many findings are told. */
    static final int PRINTED = 10;

    /** Nothing was found, and everything was looked at. */
    public boolean green() {
        return counts.values().stream().allMatch(n -> n == 0) && forks == 0;
    }

    /** The checks saw what is wrong, not only that they could not look. */
    public boolean noticed() {
        return counts.entrySet().stream()
                        .filter(c -> !c.getKey().equals(Kind.NOT_EVALUATED.word()))
                        .mapToLong(Map.Entry::getValue)
                        .sum()
                > 0;
    }

    /** For people. */
    public List<String> words() {
        List<String> words = new ArrayList<>();
        sabotage.ifPresent(s -> words.add("sabotage " + s + ": " + (noticed() ? "noticed" : "NOT NOTICED")));
        words.add(String.format(
                Locale.ROOT,
                "%d rounds, %d entries, %.0f s, seed %d%s",
                rounds,
                entries,
                seconds,
                seed,
                withoutDiskFull ? ", without disk-full" : ""));
        if (sabotage.isEmpty()) {
            words.add("faults: " + faults);
            if (!crashPoints.isEmpty()) {
                words.add("crash points: " + crashPoints);
            }
        }
        words.add(counts + ", forks signed " + forks);
        int printed = sabotage.isEmpty() ? PRINTED : 1;
        findings.stream().limit(printed).forEach(f -> words.add("  " + f));
        if (findings.size() > printed) {
            words.add("  and " + (findings.size() - printed) + " more");
        }
        if (sabotage.isEmpty() && !findings.isEmpty()) {
            words.add("again: " + again);
            folder.ifPresent(f -> words.add("kept: " + f));
        }
        return words;
    }
}
