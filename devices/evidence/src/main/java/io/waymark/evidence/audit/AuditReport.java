package io.waymark.evidence.audit;

import io.waymark.evidence.proof.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an audit found.
 *
 * @param checks  in a fixed order; after a difference in the tree only those that did not pass
 * @param first   the first bad index; null when none is bad
 * @param entries entries read in this run
 */
public record AuditReport(List<Check> checks, @Nullable FirstBad first, long entries) {
    /**
     * @param index of the entry; −1 when the check does not lead to one
     * @param check the name of the check that found it
     */
    public record FirstBad(long index, String check) {}

    public AuditReport {
        checks = List.copyOf(checks);
    }
}
