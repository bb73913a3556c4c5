package io.waymark.local;

import io.waymark.local.home.Home;
import io.waymark.local.postgres.EmbeddedPostgres;
import java.io.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code waymark reset}: forgets an installation. */
@Command(
        name = "reset",
        mixinStandardHelpOptions = true,
        description = {
            "Delete this installation: ledger, keys, pictures, passwords, logs. There is no way back: whoever holds a proof or a receipt",
            "of this ledger can still check it, but the log's key is gone and the next start begins another log.",
            "Refuses while Waymark runs on the folder, and in a folder that Waymark did not make."
        })
final class Reset implements Callable<Integer> {
    @ParentCommand
    Waymark waymark;

    @Option(names = "--yes", description = "Do not ask.")
    boolean yes;

    @Override
    public Integer call() throws Exception {
        Home home = waymark.home();
        if (!home.exists()) {
            System.out.println("Nothing to delete: " + home.root() + " is not a Waymark home.");
            return 0;
        }
        try (Home.Lock held = home.lock()) {
            if (!yes && !confirmed(home)) {
                System.out.println("Nothing was deleted.");
                return 1;
            }
            EmbeddedPostgres.endOrphan(home);
            home.deleteContents();
        }
        System.out.println("Deleted the installation in " + home.root());
        return 0;
    }

    private static boolean confirmed(Home home) throws CannotProceed {
        Console console = System.console();
        if (console == null) {
            throw new CannotProceed("reset asks before it deletes, and there is no terminal to ask on: add --yes");
        }
        String answer = console.readLine("Delete ledger, keys and everything else in %s? Type yes: ", home.root());
        return "yes".equals(answer);
    }
}
