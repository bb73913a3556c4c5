package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.bench.Figure;
import io.waymark.local.chaos.DrillResult;
import io.waymark.local.chaos.FireDrill;
import io.waymark.local.start.Terminal;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every drill's command is told and tells. Ends with 0 only when nothing was found and every check ran. */
abstract class ChaosDrill implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--seed", description = "What the plan and the clients draw from (default: random, printed).")
    Long seed;

    @Option(names = "--rounds", description = "How many rounds (default 200, with --only and --sabotage fewer).")
    Integer rounds;

    @Option(
            names = "--plan",
            split = ",",
            paramLabel = "NAME",
            description = "Faults and groups to play (default all). --list names them.")
    List<String> plan;

    @Option(names = "--only", paramLabel = "FAULT", description = "One fault, round after round.")
    String only;

    @Option(
            names = "--sabotage",
            paramLabel = "SWITCH",
            description =
                    "Takes a safety away, and succeeds when the checks notice. \"all\": one after the other. --list names them.")
    String sabotage;

    @Option(
            names = "--without",
            paramLabel = "GROUP",
            description = "Leaves out disk-full, where file systems cannot be mounted. Said in the result.")
    String without;

    @Option(names = "--list", description = "Prints the faults and the sabotage switches.")
    boolean list;

    @Option(names = "--json", description = "One JSON line a run on standard output.")
    boolean json;

    /** @throws IllegalArgumentException in words for the operator */
    abstract FireDrill<?> drill(long from, List<String> names, Integer howMany, boolean withoutDiskFull);

    @Override
    public Integer call() throws Exception {
        if (list) {
            drill(0, List.of(), null, false).names().forEach(Terminal.out()::println);
            return 0;
        }
        if (only != null && plan != null) {
            throw new ParameterException(spec.commandLine(), "--only and --plan exclude one another");
        }
        if (without != null && !without.equals("disk-full")) {
            throw new ParameterException(spec.commandLine(), "--without can be disk-full, nothing else");
        }
        if (rounds != null && (rounds < 1 || rounds > 100_000)) {
            throw new ParameterException(spec.commandLine(), "--rounds must be 1 to 100000");
        }
        long from = seed != null ? seed : new SecureRandom().nextInt(1_000_000_000);
        FireDrill<?> drill;
        try {
            drill = drill(
                    from, only != null ? List.of(only) : plan == null ? List.of() : plan, rounds, without != null);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (sabotage == null) {
            DrillResult result = drill.run();
            print(result);
            return result.green() ? 0 : 1;
        }
        List<String> switches = sabotage.equals("all") ? drill.sabotages() : List.of(sabotage);
        if (!drill.sabotages().containsAll(switches)) {
            throw new ParameterException(
                    spec.commandLine(), "--sabotage is one of " + String.join(", ", drill.sabotages()) + ", all");
        }
        boolean allNoticed = true;
        for (DrillResult result : drill.sabotaged(switches)) {
            print(result);
            allNoticed &= result.noticed();
        }
        return allNoticed ? 0 : 1;
    }

    private void print(DrillResult result) {
        if (!json) {
            result.words().forEach(Terminal.out()::println);
            return;
        }
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode line = mapper.createObjectNode()
                .put("chaos", result.drill())
                .put("seed", result.seed())
                .put("rounds", result.rounds());
        line.set("faults", mapper.valueToTree(result.faults()));
        line.set("crash_points", mapper.valueToTree(result.crashPoints()));
        result.counts().forEach(line::put);
        line.put("forks_signed", result.forks());
        result.sabotage().ifPresent(s -> line.put("sabotage", s).put("noticed", result.noticed()));
        if (result.withoutDiskFull()) {
            line.put("without", "disk-full");
        }
        line.put("entries", result.entries())
                .put("seconds", Math.round(result.seconds() * 10) / 10.0)
                .put("machine", Figure.machine())
                .put("commit", Waymark.commit());
        Terminal.out().println(line);
    }
}
