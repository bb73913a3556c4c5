package io.waymark.local.chaos;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The drill of the ledger. */
public final class LedgerDrill extends FireDrill<Step> {
    private static final int CALLERS = 8;

    private final long seed;

    /**
     * @param names  of faults and groups; empty = all
     * @param rounds null = 200, or what is named twice over
     * @throws IllegalArgumentException in words for the operator
     */
    public LedgerDrill(long seed, List<String> names, @Nullable Integer rounds, boolean withoutDiskFull) {
        super("ledger", Step.all(), List.of(Sabotage.values()), seed, names, rounds, withoutDiskFull);
        this.seed = seed;
    }

    @Override
    Stage<Step> stage(Path folder, Path template, boolean mounts, Optional<? extends Weakness<Step>> weakness)
            throws Exception {
        Optional<Sabotage> sabotage = weakness.map(Sabotage.class::cast);
        Ground ground = new Ground(folder, template, mounts, sabotage.flatMap(Sabotage::inLedger));
        Rounds rounds = new Rounds(
                ground,
                seed,
                CALLERS,
                sabotage.filter(s -> s == Sabotage.CARELESS_WITNESS).isPresent());
        return new Stage<>() {
            @Override
            public Findings play(Step step, long roundSeed) {
                return rounds.play(step, roundSeed);
            }

            @Override
            public long entries() {
                return ground.history.told().acknowledged().size();
            }

            @Override
            public void close() throws Exception {
                ground.close();
            }
        };
    }
}
