package io.waymark.trace.ledger;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.log.VerifiedCheckpoint;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Walks the whole stored log again and again beside the work, slowly, and stops the signing when what is stored is not what was signed.
 * Metrics {@code waymark.ledger.audit.position}, {@code .rounds} and {@code .faults} say how far it is.
 *
 * <p>Read-only on a fault because a log that goes on signing over damaged entries hides since when; the entries are repaired from a mirror
 * and the service started again.
 */
@ApplicationScoped
public class ContinuousAudit {
    private static final Logger LOG = Logger.getLogger(ContinuousAudit.class);
    private static final long PAUSE_AFTER_TROUBLE_MILLIS = 10_000;
    private static final long PAUSE_BETWEEN_ROUNDS_MILLIS = 5_000;

    private final Ledger ledger;
    private final javax.sql.DataSource database;
    private final long entriesPerSecond;
    private final Thread thread = new Thread(this::run, "ledger-audit");
    private volatile boolean closed;
    private volatile long position;
    private volatile long rounds;
    private volatile long faults;

    public ContinuousAudit(
            Ledger ledger,
            @DataSource("ledger") io.agroal.api.AgroalDataSource database,
            @ConfigProperty(name = "waymark.trace.audit.entries-per-second") long entriesPerSecond,
            MeterRegistry meters) {
        this.ledger = ledger;
        this.database = database;
        this.entriesPerSecond = entriesPerSecond;
        Gauge.builder("waymark.ledger.audit.position", () -> position)
                .description("entries of the present round compared with what was signed")
                .register(meters);
        Gauge.builder("waymark.ledger.audit.rounds", () -> rounds)
                .description("walks over the whole log completed since start")
                .register(meters);
        Gauge.builder("waymark.ledger.audit.faults", () -> faults)
                .description("1 when what is stored is not what was signed")
                .register(meters);
    }

    public void start(@Observes @Priority(Ledger.START + 1) StartupEvent event) {
        if (entriesPerSecond > 0) {
            thread.setDaemon(true);
            thread.start();
        }
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        closed = true;
        thread.interrupt();
        thread.join(TimeUnit.SECONDS.toMillis(5));
    }

    private void run() {
        while (!closed && faults == 0) {
            try {
                round();
                rounds++;
                Thread.sleep(PAUSE_BETWEEN_ROUNDS_MILLIS);
            } catch (InterruptedException e) {
                return;
            } catch (SQLException | RuntimeException e) {
                // No statement about the log: a database that is down says nothing of what it holds.
                LOG.warnf("ledger audit begins again: %s", e.getMessage());
                try {
                    Thread.sleep(PAUSE_AFTER_TROUBLE_MILLIS);
                } catch (InterruptedException ended) {
                    return;
                }
            }
        }
    }

    private void round() throws SQLException, InterruptedException {
        try (Connection c = database.getConnection()) {
            StoredPages pages = new StoredPages(() -> c, false);
            StoredLogAudit audit =
                    new StoredLogAudit(ledger.verifier(), pages::page, (from, to) -> checkpoints(c, from, to));
            VerifiedCheckpoint end = ledger.checkpoint();
            long begun = System.nanoTime();
            while (!closed && audit.position() < end.size()) {
                var fault = audit.step(end);
                if (fault.isPresent()) {
                    faults = 1;
                    ledger.stopSigning("stored entry " + fault.get().index() + " is not what was signed: "
                            + fault.get().what());
                    return;
                }
                position = audit.position();
                long ahead = position * TimeUnit.SECONDS.toNanos(1) / entriesPerSecond - (System.nanoTime() - begun);
                TimeUnit.NANOSECONDS.sleep(Math.max(0, ahead));
            }
        }
    }

    private static List<String> checkpoints(Connection c, long from, long to) {
        try (PreparedStatement select =
                c.prepareStatement("SELECT note FROM ledger_checkpoint WHERE size > ? AND size <= ? ORDER BY size")) {
            select.setLong(1, from);
            select.setLong(2, to);
            List<String> notes = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    notes.add(rows.getString(1));
                }
            }
            return notes;
        } catch (SQLException e) {
            throw new IllegalStateException("the checkpoints cannot be read", e);
        }
    }
}
