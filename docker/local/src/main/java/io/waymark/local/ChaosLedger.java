package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.waymark.local.bench.Figure;
import io.waymark.local.chaos.LedgerDrill;
import io.waymark.local.start.Terminal;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code waymark chaos ledger}: whether the ledger keeps its word while everything around it breaks. */
@Command(
        name = "ledger",
        mixinStandardHelpOptions = true,
        description = {
            "Kills, cuts, fills and deceives a ledger of its own in a temporary folder, and checks after every round what clients were told",
            "against what the log holds. Ends with 0 only when nothing was lost, duplicate, invented or inconsistent and every check ran;",
            "the first round that finds something ends the run and keeps the folder. Needs some gigabytes of memory; as root, two small",
            "file systems are mounted for the rounds with a full disk."
        })
final class ChaosLedger implements Callable<Integer> {
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
            description =
                    "Faults and groups to play (default all): kills, database, disk-full, writers, backup, witness, flips, or a fault's name.")
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

    @Override
    public Integer call() throws Exception {
        if (list) {
            LedgerDrill.names().forEach(Terminal.out()::println);
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
        LedgerDrill drill;
        try {
            drill = new LedgerDrill(
                    from, only != null ? List.of(only) : plan == null ? List.of() : plan, rounds, without != null);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (sabotage == null) {
            LedgerDrill.Result result = drill.run();
            print(result);
            return result.green() ? 0 : 1;
        }
        List<String> switches = sabotage.equals("all") ? LedgerDrill.sabotages() : List.of(sabotage);
        if (!LedgerDrill.sabotages().containsAll(switches)) {
            throw new ParameterException(
                    spec.commandLine(), "--sabotage is one of " + String.join(", ", LedgerDrill.sabotages()) + ", all");
        }
        boolean allNoticed = true;
        for (LedgerDrill.Result result : drill.sabotaged(switches)) {
            print(result);
            allNoticed &= result.noticed();
        }
        return allNoticed ? 0 : 1;
    }

    private void print(LedgerDrill.Result result) {
        if (!json) {
            result.words().forEach(Terminal.out()::println);
            return;
        }
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode line = mapper.createObjectNode()
                .put("chaos", "ledger")
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
