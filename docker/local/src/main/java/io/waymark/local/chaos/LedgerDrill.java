package io.waymark.local.chaos;

import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.home.Home;
import io.waymark.local.start.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A whole run: a plan drawn from a seed, played round after round until the first one that finds something. */
public final class LedgerDrill {
    private static final int ROUNDS = 200;
    private static final int CALLERS = 8;
    private static final int PRINTED = 10;

    /** Passes over a sabotage's rounds before it counts as unnoticed: some faults hit only by chance. */
    private static final int SABOTAGED_PASSES = 6;

    private final long seed;
    private final List<Step> steps;
    private final int rounds;
    private final boolean withoutDiskFull;

    /**
     * @param names  of faults and groups; empty = all
     * @param rounds null = 200, or what is named twice over
     * @throws IllegalArgumentException in words for the operator
     */
    public LedgerDrill(long seed, List<String> names, @Nullable Integer rounds, boolean withoutDiskFull) {
        this.seed = seed;
        this.withoutDiskFull = withoutDiskFull;
        this.steps = (names.isEmpty() ? Step.all() : Step.named(names))
                .stream()
                        .filter(step ->
                                !withoutDiskFull || !step.fault().group().equals("disk-full"))
                        .toList();
        this.rounds = rounds != null ? rounds : names.isEmpty() ? ROUNDS : Math.max(5, 2 * steps.size());
        Step.plan(steps, this.rounds, new Random(seed)); // refuses a number that is too small
    }

    /** One line for each fault and each sabotage switch. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        Step.all()
                .forEach(step -> names.add(String.format(
                        Locale.ROOT,
                        "%-32s %-10s %s",
                        step.word(),
                        step.fault().group(),
                        step.fault().what())));
        sabotages().forEach(word -> names.add(String.format(Locale.ROOT, "%-32s sabotage", word)));
        return names;
    }

    /** Names of the switches. */
    public static List<String> sabotages() {
        return Arrays.stream(Sabotage.values()).map(Sabotage::word).toList();
    }

    /**
     * @param faults      name to rounds that ran
     * @param crashPoints name to rounds in which a process was killed there
     * @param counts      lost, duplicate, invented, inconsistent, not_evaluated
     * @param findings    in words
     * @param folder      kept when something was found
     */
    public record Result(
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
                words.add("crash points: " + crashPoints);
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

    /** The plan on a sound ledger. */
    public Result run() throws Exception {
        Path work = Files.createTempDirectory("waymark-chaos-");
        Path template = work.resolve("template");
        say("seed " + seed + ", " + rounds + " rounds, folder " + work);
        Ground.template(template);
        Result result = play(work.resolve("ground"), template, Step.plan(steps, rounds, new Random(seed)), null);
        if (result.green()) {
            Home.deleteTree(work);
        }
        return result;
    }

    /** Each switch on a ground of its own, until its first red round. */
    public List<Result> sabotaged(List<String> switches) throws Exception {
        Path work = Files.createTempDirectory("waymark-chaos-");
        Path template = work.resolve("template");
        Ground.template(template);
        List<Result> results = new ArrayList<>();
        for (String name : switches) {
            Sabotage sabotage = Arrays.stream(Sabotage.values())
                    .filter(s -> s.word().equals(name))
                    .findFirst()
                    .orElseThrow();
            List<Step> plan = Step.plan(
                    sabotage.steps(), SABOTAGED_PASSES * sabotage.steps().size(), new Random(seed));
            say("sabotage " + name);
            results.add(play(work.resolve(name), template, plan, sabotage));
        }
        if (results.stream().allMatch(Result::noticed)) {
            Home.deleteTree(work);
        }
        return results;
    }

    private Result play(Path folder, Path template, List<Step> plan, @Nullable Sabotage sabotage) throws Exception {
        long begun = System.nanoTime();
        Random seeds = new Random(seed);
        Map<String, Integer> faults = new LinkedHashMap<>();
        Map<String, Integer> crashPoints = new LinkedHashMap<>();
        plan.stream()
                .filter(s -> s.point() == null)
                .sorted(LedgerDrill::inOrder)
                .forEach(s -> faults.put(s.word(), 0));
        plan.stream()
                .filter(s -> s.point() != null)
                .sorted(LedgerDrill::inOrder)
                .forEach(s -> crashPoints.put(s.point().name().toLowerCase(Locale.ROOT), 0));
        Findings findings = new Findings();
        int played = 0;
        long entries = 0;
        boolean mounts = !withoutDiskFull && mountsWork(folder);
        Ground ground = new Ground(folder, template, mounts, sabotage == null ? Optional.empty() : sabotage.inLedger());
        Thread atCtrlC = new Thread(() -> close(ground), "chaos-cleans-up");
        Runtime.getRuntime().addShutdownHook(atCtrlC);
        try {
            Rounds rounds = new Rounds(ground, seed, CALLERS, sabotage == Sabotage.CARELESS_WITNESS);
            for (Step step : plan) {
                long roundSeed = seeds.nextLong();
                if (!mounts && step.fault().group().equals("disk-full")) {
                    findings.add(
                            Kind.NOT_EVALUATED,
                            step.word() + ": no small file system can be mounted here; be root, or say --without"
                                    + " disk-full");
                    continue;
                }
                long roundBegun = System.nanoTime();
                Findings found = rounds.play(step, roundSeed);
                played++;
                say(String.format(
                        Locale.ROOT,
                        "round %d of %d, %s: %s (%.1f s)",
                        played,
                        plan.size(),
                        step.word(),
                        found.isEmpty() ? "nothing found" : "FOUND",
                        (System.nanoTime() - roundBegun) / 1e9));
                if (step.point() == null) {
                    faults.merge(step.word(), 1, Integer::sum);
                } else {
                    crashPoints.merge(step.point().name().toLowerCase(Locale.ROOT), 1, Integer::sum);
                }
                findings.addAll(found);
                if (!found.isEmpty()) {
                    found.list().stream()
                            .limit(PRINTED)
                            .forEach(f -> say("  " + f.kind().word() + ": " + f.what()));
                    // Of a sabotaged round that only could not be played, nothing is known yet.
                    if (sabotage == null || found.seesSomethingWrong()) {
                        break;
                    }
                }
            }
            entries = ground.history.told().acknowledged().size();
        } finally {
            Runtime.getRuntime().removeShutdownHook(atCtrlC);
            ground.close();
        }
        if (sabotage == null) {
            Map<String, Integer> missed = new LinkedHashMap<>(faults);
            missed.putAll(crashPoints);
            missed.values().removeIf(count -> count > 0);
            missed.keySet().forEach(name -> findings.add(Kind.NOT_EVALUATED, "not played: " + name));
        }
        Map<String, Long> counts = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            counts.put(kind.word(), findings.count(kind));
        }
        return new Result(
                seed,
                played,
                faults,
                crashPoints,
                counts,
                findings.forks(),
                Optional.ofNullable(sabotage).map(Sabotage::word),
                withoutDiskFull,
                findings.list().stream()
                        .map(f -> f.kind().word() + ": " + f.what())
                        .toList(),
                findings.isEmpty() ? Optional.empty() : Optional.of(folder),
                entries,
                (System.nanoTime() - begun) / 1e9,
                "docker/waymark chaos ledger --seed " + seed + " --rounds " + rounds
                        + (steps.size() == Step.all().size() || withoutDiskFull
                                ? ""
                                : " --plan "
                                        + String.join(
                                                ",",
                                                steps.stream().map(Step::word).toList()))
                        + (withoutDiskFull ? " --without disk-full" : ""));
    }

    private static int inOrder(Step a, Step b) {
        return a.fault() != b.fault() || a.point() == null
                ? a.fault().compareTo(b.fault())
                : a.point().compareTo(b.point());
    }

    private static void close(Ground ground) {
        try {
            ground.close();
        } catch (Exception e) {
            say("cleaning up: " + e);
        }
    }

    private static boolean mountsWork(Path near) throws InterruptedException, IOException {
        Path probe = near.resolveSibling("mount-probe");
        Files.createDirectories(probe);
        try {
            JavaProcesses.run("mount", "-t", "tmpfs", "-o", "size=64k", "waymark-chaos", probe.toString());
            JavaProcesses.run("umount", probe.toString());
            return true;
        } catch (IOException e) {
            return false; // not allowed, or no such program: the rounds that need it say so
        } finally {
            Files.delete(probe);
        }
    }

    private static void say(String line) {
        Terminal.err().println(line);
    }
}
