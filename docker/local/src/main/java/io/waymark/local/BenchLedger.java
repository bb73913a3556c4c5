package io.waymark.local;

import io.waymark.local.bench.LedgerAudit;
import io.waymark.local.bench.LedgerInProcess;
import io.waymark.local.bench.LedgerOverHttp;
import io.waymark.local.home.Home;
import io.waymark.local.start.Running;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** What the ledger itself does on this machine: on a database of its own, then, where an installation runs, over HTTP. */
@Command(
        name = "ledger",
        mixinStandardHelpOptions = true,
        description = {
            "Appends, proofs and bytes of the ledger. The rows in process use a PostgreSQL of their own (fsync on) in a temporary folder;",
            "the rows over HTTP need a running installation and leave their readings in its ledger, under an organisation \"bench\":",
            "not for an installation whose ledger matters. Callers, services and database share this machine."
        })
final class BenchLedger implements Callable<Integer> {
    @ParentCommand
    Bench bench;

    @Spec
    CommandSpec spec;

    @Option(
            names = "--callers",
            defaultValue = "1024",
            description = "Concurrent callers in process (default ${DEFAULT-VALUE}).")
    int callers;

    @Option(names = "--seconds", defaultValue = "5", description = "Length of a round (default ${DEFAULT-VALUE}).")
    double seconds;

    @Option(names = "--rounds", defaultValue = "5", description = "How many rounds (default ${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--entries",
            defaultValue = "1000000",
            description = "How large the log is made for the rows about a large one (default ${DEFAULT-VALUE}).")
    long entries;

    @Option(
            names = "--part",
            defaultValue = "all",
            description =
                    "process, audit, http, one of the rows over HTTP: http-batch, http-clients, http-one, or all (default ${DEFAULT-VALUE}).")
    String part;

    @Option(names = "--json", description = "Accepted for symmetry: the output is JSON lines in any case.")
    boolean json;

    @Override
    public Integer call() throws Exception {
        if (callers < 1 || callers > 4096 || !(seconds > 0 && seconds <= 600) || rounds < 1 || rounds > 100) {
            throw new ParameterException(
                    spec.commandLine(), "--callers must be 1 to 4096, --seconds up to 600, --rounds 1 to 100");
        }
        if (entries < 0 || entries > 100_000_000 || !part.matches("process|audit|http(-batch|-clients|-one)?|all")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--entries must be at most 100000000, --part process, audit, http, http-batch, http-clients, http-one or all");
        }
        String commit = Waymark.commit();
        if (part.matches("process|all")) {
            new LedgerInProcess(callers, seconds, rounds, entries, commit).run();
        }
        if (part.matches("audit|all")) {
            new LedgerAudit(rounds, commit).run();
        }
        if (part.matches("http.*|all")) {
            Home home = bench.waymark.home();
            new LedgerOverHttp(Running.on(home), seconds, rounds, commit)
                    .run(part.startsWith("http-") ? List.of(part.substring(5)) : List.of("batch", "clients", "one"));
        }
        return 0;
    }
}
