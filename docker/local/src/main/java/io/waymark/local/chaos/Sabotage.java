package io.waymark.local.chaos;

import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.Drill.CrashPoint;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A safety that is taken away to see whether the checks notice. Named after what is wrong then, with the rounds in which it should show. */
enum Sabotage implements FireDrill.Weakness<Step> {
    DEDUPE_OFF(Drill.Sabotage.DEDUPE_OFF, Step.of(Fault.COMMIT_CUT_AFTER)),
    ANSWER_BEFORE_COMMIT(Drill.Sabotage.ANSWER_BEFORE_COMMIT, Step.killAt(CrashPoint.SIGNED)),
    SIGN_BEFORE_COMMIT(Drill.Sabotage.SIGN_BEFORE_COMMIT, Step.killAt(CrashPoint.SIGNED)),
    LOCK_OFF(Drill.Sabotage.LOCK_OFF, Step.of(Fault.SECOND_WRITER)),
    LOCK_FILE_OFF(Drill.Sabotage.LOCK_FILE_OFF, Step.of(Fault.BACKUP_LOCK_FILE)),
    MEMORY_OFF(Drill.Sabotage.MEMORY_OFF, Step.of(Fault.BACKUP_FILES)),
    CHECKPOINT_FIRST(Drill.Sabotage.CHECKPOINT_FIRST, Step.killAt(CrashPoint.BUNDLES_PUBLISHED)),
    EQUIVOCATION_ACCEPTED(Drill.Sabotage.EQUIVOCATION_ACCEPTED, Step.of(Fault.COMMIT_CUT_BEFORE)),
    COMMIT_NOT_DURABLE(Drill.Sabotage.COMMIT_NOT_DURABLE, Step.of(Fault.POSTGRES_KILLED)),
    CARELESS_WITNESS(null, Step.of(Fault.SPLIT_VIEW));

    private final Drill.@Nullable Sabotage inLedger;
    private final List<Step> steps;

    Sabotage(Drill.@Nullable Sabotage inLedger, Step... steps) {
        this.inLedger = inLedger;
        this.steps = List.of(steps);
    }

    Optional<Drill.Sabotage> inLedger() {
        return Optional.ofNullable(inLedger);
    }

    @Override
    public List<Step> rounds() {
        return steps;
    }

    @Override
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
