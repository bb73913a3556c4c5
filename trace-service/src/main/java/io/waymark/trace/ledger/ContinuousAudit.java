package io.waymark.trace.ledger;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Walks the whole stored log again and again beside the work, slowly, and stops the signing when what is stored is not what was signed.
 * Metrics {@code waymark.ledger.audit.position}, {@code .rounds} and {@code .faults} say how far it is.
 *
 * <p>On the way every published file is compared with the page that the entries give ({@code .files}, {@code .file.faults}). Another byte in one
 * is told, in the log and the health check, and nothing else: readers find it themselves, the log behind it is sound, and a file is never
 * replaced by this program. Deleted by hand, it is written anew in the next round.
 *
 * <p>Read-only on a fault because a log that goes on signing over damaged entries hides since when; the entries are repaired from a mirror
 * and the service started again.
 */
@ApplicationScoped
public class ContinuousAudit {
    private static final Logger LOG = Logger.getLogger(ContinuousAudit.class);
    private static final long PAUSE_AFTER_TROUBLE_MILLIS = 10_000;
    private static final long PAUSE_BETWEEN_ROUNDS_MILLIS = 5_000;

    /**
     * A signed checkpoint counts as so many entries: its signature takes as long to check as they take to hash. Without that, a log of single
     * appends, each with its checkpoint, cost half a processor to walk.
     */
    private static final long CHECKPOINT = 20;

    private final Ledger ledger;
    private final javax.sql.DataSource database;
    private final long entriesPerSecond;
    private final Thread thread = new Thread(this::run, "ledger-audit");
    private volatile boolean closed;
    private volatile long position;
    private volatile long rounds;
    private volatile long faults;
    private volatile long filesCompared;
    private volatile long fileFaults;

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
        Gauge.builder("waymark.ledger.audit.files", () -> filesCompared)
                .description("published files of the present round compared with what was signed")
                .register(meters);
        Gauge.builder("waymark.ledger.audit.file.faults", () -> fileFaults)
                .description("published files of the newest whole round that are not what was signed, or were gone")
                .register(meters);
        Gauge.builder("waymark.ledger.published", () -> ledger.shown().size())
                .description("entries in the tree that the world is shown")
                .register(meters);
        Gauge.builder(
                        "waymark.ledger.published.files",
                        () -> ledger.files().map(PublishedFiles::written).orElse(0L))
                .description("files published since start")
                .register(meters);
        Gauge.builder(
                        "waymark.ledger.publishing.waits",
                        () -> ledger.publishingTrouble().isPresent() ? 1 : 0)
                .description("1 when something keeps the newest state from being shown; the health check says what")
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
            // Before the verifier: that one then knows every key that has signed up to here.
            VerifiedCheckpoint end = ledger.checkpoint();
            Optional<PublishedFiles.Comparison> files = ledger.files().flatMap(PublishedFiles::compare);
            long[] signatures = new long[1];
            StoredLogAudit audit = new StoredLogAudit(
                    ledger.verifier(),
                    pages::page,
                    (from, to) -> {
                        List<String> notes = StoredCheckpoints.between(c, from, to, Tiles.WIDTH);
                        signatures[0] += notes.size();
                        return notes;
                    },
                    page -> {
                        files.ifPresent(f -> f.full(page));
                        files.ifPresent(f -> filesCompared = f.compared());
                    });
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
                double done = position + CHECKPOINT * signatures[0];
                double ahead = done * TimeUnit.SECONDS.toNanos(1) / entriesPerSecond - (System.nanoTime() - begun);
                TimeUnit.NANOSECONDS.sleep(Math.max(0, (long) ahead));
            }
            if (files.isPresent() && !closed) {
                files.get().rightEdge(pages::page);
                filesCompared = files.get().compared();
                List<String> wrong = files.get().wrong();
                fileFaults = wrong.size();
                if (files.get().conclude()) {
                    LOG.errorf("%d published files are not what was signed, the first: %s", wrong.size(), wrong.get(0));
                }
            }
        }
    }
}
