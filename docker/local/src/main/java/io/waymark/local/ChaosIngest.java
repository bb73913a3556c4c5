package io.waymark.local;

import io.waymark.local.chaos.FireDrill;
import io.waymark.local.chaos.IngestDrill;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code waymark chaos ingest}: whether what a device signs arrives once, whatever dies on the way. */
@Command(
        name = "ingest",
        mixinStandardHelpOptions = true,
        description = {
            "Kills and deceives devices, broker, ingest, trace-service and PostgreSQL, all processes of its own in a temporary folder, while the",
            "devices sign, and checks after every round what they signed and what receipts promised against what the ledger holds. Ends with 0",
            "only when nothing was lost, duplicate, invented or inconsistent and every check ran; the first round that finds something ends",
            "the run and keeps the folder. Needs some two gigabytes of memory."
        })
final class ChaosIngest extends ChaosDrill {
    @Override
    FireDrill<?> drill(long from, List<String> names, Integer howMany, boolean withoutDiskFull) {
        return new IngestDrill(from, names, howMany, withoutDiskFull);
    }
}
