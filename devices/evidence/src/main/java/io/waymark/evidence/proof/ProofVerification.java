package io.waymark.evidence.proof;

import io.waymark.evidence.log.NoteVerifier;
import java.util.List;

/** Checks a proof file against a log's key, in a fixed order, and tells every check. FORMAT.md §10.2. */
public final class ProofVerification {
    private ProofVerification() {}

    /** Never throws for what is in the file. */
    public static List<Check> verify(ProofFile file, NoteVerifier log) {
        return new Verifier(file, log).run();
    }
}
