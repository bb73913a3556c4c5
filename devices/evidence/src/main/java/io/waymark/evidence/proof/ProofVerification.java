package io.waymark.evidence.proof;

import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks a proof file against a log's key, in a fixed order, and tells every check. FORMAT.md §10.2. */
public final class ProofVerification {
    private ProofVerification() {}

    /** Never throws for what is in the file. However old a map head is, its word on later steps is taken. */
    public static List<Check> verify(ProofFile file, NoteVerifier log) {
        return verify(file, log, null);
    }

    /** @param freshness how old the word on later steps may be; null for any age */
    public static List<Check> verify(ProofFile file, NoteVerifier log, @Nullable Freshness freshness) {
        return verify(file, log, freshness, null, List.of());
    }

    /**
     * @param policy  the witnesses that the reader trusts, and how many of them must have cosigned; null: cosignatures are not looked at
     * @param anchors checkpoints of the log that the reader holds: of a message by a key that is suspect, one of them may tell since when it
     *                can have been signed. They change no outcome
     */
    public static List<Check> verify(
            ProofFile file,
            NoteVerifier log,
            @Nullable Freshness freshness,
            @Nullable Policy policy,
            List<VerifiedCheckpoint> anchors) {
        return new Verifier(file, log, freshness, policy, anchors).run();
    }
}
