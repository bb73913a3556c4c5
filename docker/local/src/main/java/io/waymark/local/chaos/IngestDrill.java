package io.waymark.local.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The drill of everything between a device's signature and its receipt. */
public final class IngestDrill extends FireDrill<IngestFault> {
    /**
     * @param names  of faults and groups; empty = all
     * @param rounds null = 200, or what is named twice over
     * @throws IllegalArgumentException in words for the operator
     */
    public IngestDrill(long seed, List<String> names, @Nullable Integer rounds, boolean withoutDiskFull) {
        super(
                "ingest",
                List.of(IngestFault.values()),
                List.of(IngestSabotage.values()),
                seed,
                names,
                rounds,
                withoutDiskFull);
    }

    @Override
    Stage<IngestFault> stage(
            Path folder, Path template, boolean mounts, Optional<? extends Weakness<IngestFault>> weakness)
            throws Exception {
        return new IngestRounds(folder, template, mounts, weakness.map(IngestSabotage.class::cast));
    }
}
