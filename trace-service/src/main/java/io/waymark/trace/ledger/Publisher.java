package io.waymark.trace.ledger;

import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Shows the committed log to the world, about once a second and when asked: a map head when links
 * were added, then the witnesses, then the files. Only in the
 * process that writes the log. What it cannot do now it does in the next round; appends never wait for it.
 */
final class Publisher implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Publisher.class);
    private static final Duration ROUND = Duration.ofSeconds(1);

    /** How long witnesses may take. Whoever is slower is asked again in the next round; appends do not wait for it. */
    private static final Duration WITNESSES = Duration.ofSeconds(1);

    /** A head this old is made again although no link came: a reader tells a quiet log from a stopped one by it. */
    private static final Duration OLDEST_HEAD = Duration.ofHours(1);

    Drill drill = Drill.NONE;

    private final Ledger ledger;
    private final LinkMap map;
    private final Optional<Witnesses> witnesses;
    private final Optional<PublishedFiles> files;
    private final Tiles.TileSource pages;
    private final Thread thread = new Thread(this::run, "ledger-publisher");
    private boolean asked;
    private boolean closed;
    private volatile VerifiedCheckpoint shown;
    private String trouble = "";

    Publisher(
            Ledger ledger,
            LinkMap map,
            Optional<Witnesses> witnesses,
            Optional<PublishedFiles> files,
            Tiles.TileSource pages) {
        this.ledger = ledger;
        this.map = map;
        this.witnesses = witnesses;
        this.files = files;
        this.pages = pages;
    }

    /**
     * What the world is to see: the newest checkpoint, or with witnesses the newest that enough of them cosigned. Empty while there is none of
     * these.
     */
    Optional<VerifiedCheckpoint> shown() {
        return witnesses.isPresent() ? Optional.ofNullable(shown) : Optional.of(ledger.checkpoint());
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** A reader needs the next round now. */
    synchronized void hurry() {
        asked = true;
        notifyAll();
    }

    private synchronized boolean pause() throws InterruptedException {
        long end = System.nanoTime() + ROUND.toNanos();
        for (long left = ROUND.toNanos(); !asked && !closed && left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        asked = false;
        return !closed;
    }

    private void run() {
        boolean loaded = false;
        try {
            do {
                try {
                    boolean writing = ledger.trouble().isEmpty();
                    if (!loaded || !writing) {
                        Optional<String> wrong = map.follow();
                        if (wrong.isPresent()) {
                            ledger.stopSigning(wrong.get());
                            return;
                        }
                    }
                    if (!loaded) {
                        if (files.isPresent()) {
                            files.get().tidy();
                            // Shown again until the witnesses have cosigned what came since.
                            shown = files.get().checkpoint().orElse(null);
                        }
                        loaded = true;
                    }
                    if (writing) {
                        round();
                    }
                    trouble = "";
                } catch (ReadOnlyException e) {
                    throw e;
                } catch (SQLException | IOException | RuntimeException e) {
                    // Also files of another log or with other bytes: who reads them goes on seeing the old state.
                    later(e);
                }
            } while (pause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ReadOnlyException e) {
            LOG.infof("nothing more is published: %s", e.getMessage());
        } catch (Error e) {
            // A log whose new state nobody is shown must not look well.
            ledger.stopSigning("the publisher ended: " + e);
            throw e;
        }
    }

    private void round() throws SQLException, IOException, InterruptedException {
        long now = System.currentTimeMillis();
        if (map.due(now, OLDEST_HEAD.toMillis())) {
            map.head(ledger, ledger.checkpoint().size(), now);
        }
        VerifiedCheckpoint newest = ledger.checkpoint();
        if (witnesses.isPresent() && newest.size() > 0 && !cosigned(newest.size())) {
            Witnesses.Answer answer = witnesses.get().ask(ledger.verifier(), newest, pages, WITNESSES);
            if (answer.fraud().isPresent()) {
                ledger.stopSigning(answer.fraud().get());
                return;
            }
            if (!answer.satisfied()) {
                throw new IllegalStateException("not cosigned by " + String.join(", ", answer.missing())
                        + "; shown stays the checkpoint of size " + (shown == null ? 0 : shown.size()));
            }
            drill.at(Drill.CrashPoint.COSIGNED);
            shown = answer.checkpoint();
        }
        Optional<VerifiedCheckpoint> next = shown();
        if (files.isPresent() && next.isPresent()) {
            long inFiles =
                    files.get().checkpoint().map(VerifiedCheckpoint::size).orElse(-1L);
            if (inFiles < next.get().size()) {
                files.get().publish(next.get());
            }
        }
    }

    /** Whether the tree of this size is shown with all the cosignatures that the policy asks for now. */
    private boolean cosigned(long size) {
        return shown != null && shown.size() == size && witnesses.orElseThrow().enough(ledger.verifier(), shown);
    }

    // Once per trouble, not once per second.
    private void later(Exception e) {
        if (!trouble.equals(String.valueOf(e.getMessage()))) {
            trouble = String.valueOf(e.getMessage());
            LOG.warnf("publishing waits: %s", trouble);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        witnesses.ifPresent(Witnesses::close);
    }
}
