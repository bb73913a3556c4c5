package io.waymark.trace.condition;

import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.condition.Rule.About;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What a reading costs to evaluate: processor time of one thread over a million samples of one sensor, five minutes apart, ten rounds, the
 * best
 * told. {@code java -cp target/test-classes:target/classes:… io.waymark.trace.condition.EvaluationCost}
 */
final class EvaluationCost {
    private static final long MINUTE = 60_000;

    private EvaluationCost() {}

    public static void main(String[] args) {
        Rule warm = new Rule.Limit("warm", About.device, 1, 2000L, 8000L, 20, 500, false, 0, 0);
        measure("one limit", List.of(warm));
        measure(
                "eleven rules",
                List.of(
                        warm,
                        new Rule.Limit("day", About.device, 1, null, 8000L, 60, 500, true, 1440, 30),
                        new Rule.Limit("light", About.device, 4, null, 50_000L, 0, 0, false, 0, 0),
                        new Rule.Kinetic("mkt", About.device, 8000, 1440, 60, 0),
                        new Rule.Range("range", 1, -60_000L, 100_000L),
                        new Rule.Stuck("stuck", 1, 360),
                        new Rule.Jump("jump", 1, 3000),
                        new Rule.Dead("dead", 1, 3, List.of(0L, 327_670L)),
                        new Rule.Departure("usual", 1, 0, 0, 0),
                        new Rule.Calibrated("cal"),
                        new Rule.Silent("silent", 120)));
    }

    private static void measure(String what, List<Rule> rules) {
        RuleSet set = new RuleSet("cost", 1, 0, 120, null, null, rules);
        List<Calibration> certificates = List.of(new Calibration("d", "aa", 0, Long.MAX_VALUE));
        Random random = new Random(1);
        List<Sample> samples = new ArrayList<>();
        double value = 5;
        for (int i = 0; i < 1_000_000; i++) {
            value += random.nextGaussian() * 0.2 - (value - 5) * 0.05;
            samples.add(new Sample(i * 5 * MINUTE, i, 0, "d", 0, 1, Math.round(value * 100) / 100.0, null));
        }
        var threads = java.lang.management.ManagementFactory.getThreadMXBean();
        long best = Long.MAX_VALUE;
        int episodes = 0;
        for (int round = 0; round < 10; round++) {
            Evaluation evaluation = new Evaluation(set, About.device, List.of(), certificates);
            long before = threads.getCurrentThreadCpuTime();
            samples.forEach(evaluation::add);
            best = Math.min(best, threads.getCurrentThreadCpuTime() - before);
            episodes = evaluation.at(0).episodes().size();
        }
        System.out.printf("%s: %.3f µs a reading, %d episodes%n", what, best / 1e3 / samples.size(), episodes);
    }
}
