package io.waymark.local;

import io.waymark.local.chaos.FireDrill;
import io.waymark.local.chaos.LedgerDrill;
import java.util.List;
import picocli.CommandLine.Command;

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
final class ChaosLedger extends ChaosDrill {
    @Override
    FireDrill<?> drill(long from, List<String> names, Integer howMany, boolean withoutDiskFull) {
        return new LedgerDrill(from, names, howMany, withoutDiskFull);
    }
}
