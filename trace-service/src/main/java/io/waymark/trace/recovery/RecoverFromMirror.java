package io.waymark.trace.recovery;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.command.CannotTellException;
import io.waymark.evidence.command.LogPlace;
import io.waymark.trace.device.LoggedKeys;
import io.waymark.trace.ledger.Recovery;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A recovery from begin to end. The database is migrated, the ledger on it is not running. */
public final class RecoverFromMirror {
    private final DataSource database;
    private final Recovery recovery;

    /** @param database in the role {@code trace_ledger} */
    public RecoverFromMirror(DataSource database, Recovery recovery) {
        this.database = database;
        this.recovery = recovery;
    }

    /**
     * What was done.
     *
     * @param rows of the entries that were lost, also in a run before that did not end
     */
    public record Report(Recovery.Done log, LostRows rows) {
        public boolean nothingMissing() {
            return log.lost() == log.size();
        }

        /** For people: one sentence or several, without a line break. */
        public String text() {
            String cannotSign = log.lockFile()
                    ? ""
                    : " There is no lock file, so the log stays read-only: only somebody who knows that nothing was signed after "
                            + log.size() + " entries may save the mirror's checkpoint there.";
            if (nothingMissing()) {
                return "Nothing is missing: the database has " + log.size() + " entries." + cannotSign;
            }
            return "Brought back " + (log.size() - log.lost()) + " entries, " + log.lost() + " to " + (log.size() - 1)
                    + "; the log has " + log.size() + ". Without rows beside them: " + rows.statements()
                    + " statements, " + rows.links() + " links, " + rows.bindings()
                    + " key bindings; each comes back when it is sent again, and takes its old place." + cannotSign;
        }
    }

    /**
     * @param place base address or folder of a mirror
     * @throws Recovery.RefusedException with one line for the operator
     */
    public Report from(String place, Recovery.Progress progress)
            throws Recovery.RefusedException, IOException, SQLException, InterruptedException, CannotTellException {
        LogFiles mirror = LogPlace.of(place);
        Recovery.Done done = recovery.from(place, mirror, LoggedKeys::restore, progress);
        try (Connection c = database.getConnection()) {
            return new Report(done, LostRows.from(c, done.lost()));
        }
    }
}
