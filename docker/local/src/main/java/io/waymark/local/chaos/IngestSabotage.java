package io.waymark.local.chaos;

import io.waymark.trace.ledger.Drill;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A safety that is taken away to see whether the checks notice, with the fault in whose rounds it should show. */
enum IngestSabotage implements FireDrill.Weakness<IngestFault> {
    /** Ingest acknowledges to the broker before trace-service has answered. */
    ACK_BEFORE_ANSWER(null, IngestFault.INGEST_KILLED),
    /** Neither trace-service nor the ledger looks whether it has a message. */
    DEDUPE_OFF(Drill.Sabotage.DEDUPE_OFF, IngestFault.REPLAYED),
    /** Receipts go out before COMMIT. */
    ANSWER_BEFORE_COMMIT(Drill.Sabotage.ANSWER_BEFORE_COMMIT, IngestFault.COMMIT_CUT_BEFORE),
    /** COMMIT is acknowledged before it is on the disk. */
    COMMIT_NOT_DURABLE(Drill.Sabotage.COMMIT_NOT_DURABLE, IngestFault.POSTGRES_KILLED),
    /** Devices believe any receipt, and forget what it names. */
    RECEIPT_KEYS_OFF(null, IngestFault.FORGED_RECEIPTS);

    private final Drill.@Nullable Sabotage inLedger;
    private final IngestFault fault;

    IngestSabotage(Drill.@Nullable Sabotage inLedger, IngestFault fault) {
        this.inLedger = inLedger;
        this.fault = fault;
    }

    Optional<Drill.Sabotage> inLedger() {
        return Optional.ofNullable(inLedger);
    }

    @Override
    public List<IngestFault> rounds() {
        return List.of(fault);
    }

    @Override
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
