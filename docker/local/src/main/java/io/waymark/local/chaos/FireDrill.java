package io.waymark.local.chaos;

import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.home.Home;
import io.waymark.local.start.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A whole run: a plan drawn from a seed, played round after round until the first one that finds something. What is broken and looked at is the
 * subclass's.
 */
public abstract class FireDrill<R extends FireDrill.Round> {
    private static final int ROUNDS = 200;
    private static final String DISK_FULL = "disk-full";

    /** Passes over a sabotage's rounds before it counts as unnoticed: some faults hit only by chance. */
    private static final int SABOTAGED_PASSES = 6;

    /** What one round breaks. */
    interface Round {
        String word();

        String group();

        String what();

        /** The named point at which a process dies, if it is one. */
        default Optional<String> crashPoint() {
            return Optional.empty();
        }
    }

    /** A safety that can be taken away, with the rounds in which it should show. */
    interface Weakness<R> {
        String word();

        List<R> rounds();
    }

    /** Where rounds are played. */
    interface Stage<R> extends AutoCloseable {
        /** @param seed of what this round draws */
        Findings play(R round, long seed);

        /** That were promised and looked for. */
        long entries();
    }

    private final String name;
    private final List<R> all;
    private final List<? extends Weakness<R>> weaknesses;
    private final long seed;
    private final List<R> chosen;
    private final int rounds;
    private final boolean withoutDiskFull;

    /**
     * @param name       as the command is called
     * @param names      of rounds and groups; empty = all
     * @param rounds     null = 200, or what is named twice over
     * @throws IllegalArgumentException in words for the operator
     */
    FireDrill(
            String name,
            List<R> all,
            List<? extends Weakness<R>> weaknesses,
            long seed,
            List<String> names,
            @Nullable Integer rounds,
            boolean withoutDiskFull) {
        this.name = name;
        this.all = all;
        this.weaknesses = weaknesses;
        this.seed = seed;
        this.withoutDiskFull = withoutDiskFull;
        this.chosen = (names.isEmpty() ? all : named(all, names))
                .stream()
                        .filter(round -> !withoutDiskFull || !round.group().equals(DISK_FULL))
                        .toList();
        this.rounds = rounds != null ? rounds : names.isEmpty() ? ROUNDS : Math.max(5, 2 * chosen.size());
        plan(chosen, this.rounds, new Random(seed)); // refuses a number that is too small
    }

    /** @param mounts whether small file systems can be mounted */
    abstract Stage<R> stage(Path folder, Path template, boolean mounts, Optional<? extends Weakness<R>> weakness)
            throws Exception;

    /** One line for each fault and each sabotage switch. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        all.forEach(round ->
                names.add(String.format(Locale.ROOT, "%-32s %-10s %s", round.word(), round.group(), round.what())));
        sabotages().forEach(word -> names.add(String.format(Locale.ROOT, "%-32s sabotage", word)));
        return names;
    }

    /** Names of the switches. */
    public List<String> sabotages() {
        return weaknesses.stream().map(Weakness::word).toList();
    }

    /**
     * Those of these names; a name is a round's or a group's.
     *
     * @throws IllegalArgumentException for a name that is neither
     */
    static <R extends Round> List<R> named(List<R> all, List<String> names) {
        List<R> named = new ArrayList<>();
        for (String name : names) {
            List<R> these = all.stream()
                    .filter(round -> round.word().equals(name) || round.group().equals(name))
                    .toList();
            if (these.isEmpty()) {
                throw new IllegalArgumentException("no fault and no group is called " + name);
            }
            these.stream().filter(round -> !named.contains(round)).forEach(named::add);
        }
        return named;
    }

    /** Each of them as often as fits into the rounds, the order drawn anew for each pass; the first pass is whole. */
    static <R> List<R> plan(List<R> chosen, int rounds, Random random) {
        if (rounds < chosen.size()) {
            throw new IllegalArgumentException("the plan has " + chosen.size() + " steps, and there are only " + rounds
                    + " rounds: a step that is left out is a check that did not run");
        }
        List<R> plan = new ArrayList<>();
        while (plan.size() < rounds) {
            List<R> pass = new ArrayList<>(chosen);
            Collections.shuffle(pass, random);
            plan.addAll(pass.subList(0, Math.min(pass.size(), rounds - plan.size())));
        }
        return plan;
    }

    /** The plan with all safeties in place. */
    public DrillResult run() throws Exception {
        Path work = Files.createTempDirectory("waymark-chaos-");
        Path template = work.resolve("template");
        say("seed " + seed + ", " + rounds + " rounds, folder " + work);
        Ground.template(template);
        DrillResult result = play(work.resolve("ground"), template, plan(chosen, rounds, new Random(seed)), null);
        if (result.green()) {
            Home.deleteTree(work);
        }
        return result;
    }

    /** Each switch on a ground of its own, until its first red round. */
    public List<DrillResult> sabotaged(List<String> switches) throws Exception {
        Path work = Files.createTempDirectory("waymark-chaos-");
        Path template = work.resolve("template");
        Ground.template(template);
        List<DrillResult> results = new ArrayList<>();
        for (String word : switches) {
            Weakness<R> weakness = weaknesses.stream()
                    .filter(one -> one.word().equals(word))
                    .findFirst()
                    .orElseThrow();
            List<R> plan =
                    plan(weakness.rounds(), SABOTAGED_PASSES * weakness.rounds().size(), new Random(seed));
            say("sabotage " + word);
            results.add(play(work.resolve(word), template, plan, weakness));
        }
        if (results.stream().allMatch(DrillResult::noticed)) {
            Home.deleteTree(work);
        }
        return results;
    }

    private DrillResult play(Path folder, Path template, List<R> plan, @Nullable Weakness<R> weakness)
            throws Exception {
        long begun = System.nanoTime();
        Random seeds = new Random(seed);
        Map<String, Integer> faults = new LinkedHashMap<>();
        Map<String, Integer> crashPoints = new LinkedHashMap<>();
        all.stream().filter(plan::contains).forEach(round -> round.crashPoint()
                .ifPresentOrElse(point -> crashPoints.put(point, 0), () -> faults.put(round.word(), 0)));
        Findings findings = new Findings();
        int played = 0;
        long entries = 0;
        boolean mounts = !withoutDiskFull && mountsWork(folder);
        Stage<R> stage = stage(folder, template, mounts, Optional.ofNullable(weakness));
        Thread atCtrlC = new Thread(() -> close(stage), "chaos-cleans-up");
        Runtime.getRuntime().addShutdownHook(atCtrlC);
        try {
            for (R round : plan) {
                long roundSeed = seeds.nextLong();
                if (!mounts && round.group().equals(DISK_FULL)) {
                    findings.add(
                            Kind.NOT_EVALUATED,
                            round.word() + ": no small file system can be mounted here; be root, or say --without "
                                    + DISK_FULL);
                    continue;
                }
                long roundBegun = System.nanoTime();
                Findings found = stage.play(round, roundSeed);
                played++;
                say(String.format(
                        Locale.ROOT,
                        "round %d of %d, %s: %s (%.1f s)",
                        played,
                        plan.size(),
                        round.word(),
                        found.isEmpty() ? "nothing found" : "FOUND",
                        (System.nanoTime() - roundBegun) / 1e9));
                round.crashPoint()
                        .ifPresentOrElse(
                                point -> crashPoints.merge(point, 1, Integer::sum),
                                () -> faults.merge(round.word(), 1, Integer::sum));
                findings.addAll(found);
                if (!found.isEmpty()) {
                    found.list().stream()
                            .limit(DrillResult.PRINTED)
                            .forEach(f -> say("  " + f.kind().word() + ": " + f.what()));
                    // Of a sabotaged round that only could not be played, nothing is known yet.
                    if (weakness == null || found.seesSomethingWrong()) {
                        break;
                    }
                }
            }
            entries = stage.entries();
        } finally {
            Runtime.getRuntime().removeShutdownHook(atCtrlC);
            stage.close();
        }
        if (weakness == null) {
            Map<String, Integer> missed = new LinkedHashMap<>(faults);
            missed.putAll(crashPoints);
            missed.values().removeIf(count -> count > 0);
            missed.keySet().forEach(word -> findings.add(Kind.NOT_EVALUATED, "not played: " + word));
        }
        Map<String, Long> counts = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            counts.put(kind.word(), findings.count(kind));
        }
        return new DrillResult(
                name,
                seed,
                played,
                faults,
                crashPoints,
                counts,
                findings.forks(),
                Optional.ofNullable(weakness).map(Weakness::word),
                withoutDiskFull,
                findings.list().stream()
                        .map(f -> f.kind().word() + ": " + f.what())
                        .toList(),
                findings.isEmpty() ? Optional.empty() : Optional.of(folder),
                entries,
                (System.nanoTime() - begun) / 1e9,
                "docker/waymark chaos " + name + " --seed " + seed + " --rounds " + rounds
                        + (chosen.size() == all.size() || withoutDiskFull
                                ? ""
                                : " --plan "
                                        + String.join(
                                                ",",
                                                chosen.stream().map(Round::word).toList()))
                        + (withoutDiskFull ? " --without " + DISK_FULL : ""));
    }

    private static void close(Stage<?> stage) {
        try {
            stage.close();
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
