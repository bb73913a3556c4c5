package io.waymark.trace.ledger;

import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Shows the committed log to the world, about once a second and when asked: a map head when links
 * were added, then the witnesses, then the files. Only in the
 * process that writes the log. What it cannot do now it does in the next round; appends never wait for it.
 *
 * <p>The files have a thread of their own: a log of millions that is published for the first time takes minutes, and a disk that is full
 * takes none; heads and cosignatures go on meanwhile.
 */
final class Publisher implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Publisher.class);
    private static final Duration ROUND = Duration.ofSeconds(1);

    /** How long witnesses may take. Whoever is slower is asked again in the next round; appends do not wait for it. */
    private static final Duration WITNESSES = Duration.ofSeconds(1);

    /** A head this old is made again although no link came: a reader tells a quiet log from a stopped one by it. */
    private static final Duration OLDEST_HEAD = Duration.ofHours(1);

    Drill drill = Drill.NONE;

    /** With witnesses and a log that grew: their time is that of a tree which ends with a head, and readings keep coming after it. */
    private static final Duration OLDEST_HEAD_TO_COSIGN = Duration.ofMinutes(1);

    private final Ledger ledger;
    private final LinkMap map;
    private final Optional<Witnesses> witnesses;
    private final Optional<PublishedFiles> files;
    private final Tiles.TileSource pages;
    private final Thread thread = new Thread(this::run, "ledger-publisher");
    private final Thread writer = new Thread(this::write, "ledger-files");
    private final Semaphore rounds = new Semaphore(0);
    private boolean asked;
    private volatile boolean closed;
    private final AtomicReference<VerifiedCheckpoint> shown = new AtomicReference<>();
    /** The newest that was shown of a tree that ends with a map head. */
    private volatile VerifiedCheckpoint headShown;

    // The round's own: the tree that ends with the newest map head, until enough witnesses have cosigned it.
    private VerifiedCheckpoint headNext;
    private boolean headed;
    private volatile String trouble = "";
    private volatile String filesTrouble = "";

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
        return witnesses.isPresent() ? Optional.ofNullable(shown.get()) : Optional.of(ledger.checkpoint());
    }

    /** Of a tree that ends with a map head, with the cosignatures of enough witnesses; empty while there is none of these. */
    Optional<VerifiedCheckpoint> shownHead() {
        return Optional.ofNullable(headShown);
    }

    /** What keeps the newest state from being shown, of heads and witnesses or of the files; empty when nothing does. */
    Optional<String> trouble() {
        String both = Stream.of(trouble, filesTrouble).filter(t -> !t.isEmpty()).collect(Collectors.joining("; "));
        return both.isEmpty() ? Optional.empty() : Optional.of(both);
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
        if (files.isPresent()) {
            writer.setDaemon(true);
            writer.start();
        }
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
                        loaded = true;
                    }
                    if (writing) {
                        round();
                    }
                    trouble = "";
                } catch (ReadOnlyException e) {
                    throw e;
                } catch (SQLException | RuntimeException e) {
                    trouble = later(trouble, e);
                }
                rounds.release();
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

    /** The files' thread: after each round, what is to be shown. */
    private void write() {
        PublishedFiles folder = files.orElseThrow();
        boolean opened = false;
        boolean tidied = false;
        try {
            while (!closed) {
                rounds.acquire();
                rounds.drainPermits();
                try {
                    if (!opened) {
                        folder.open(ledger.checkpoint(), pages);
                        // Shown again until the witnesses have cosigned what came since.
                        folder.shown().ifPresent(before -> shown.compareAndSet(null, before));
                        opened = true;
                    }
                    if (ledger.trouble().isPresent()) {
                        folder.follow();
                    }
                    Optional<VerifiedCheckpoint> next = shown();
                    if (ledger.trouble().isEmpty()
                            && next.isPresent()
                            && next.get().size() > 0) {
                        if (!tidied) {
                            folder.tidy();
                            tidied = true;
                        }
                        // The note: of a quiet log a witness that joins changes no more than that.
                        if (!folder.shown().map(VerifiedCheckpoint::note).equals(next.map(VerifiedCheckpoint::note))) {
                            folder.publish(next.get());
                        }
                    }
                    filesTrouble = "";
                } catch (IOException | RuntimeException e) {
                    // A full disk, or files of another log or with other bytes: who reads them goes on seeing the old
                    // state.
                    filesTrouble = closed ? "" : later(filesTrouble, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Error e) {
            ledger.stopSigning("the publisher of the files ended: " + e);
            throw e;
        }
    }

    private void round() throws SQLException, InterruptedException {
        long now = System.currentTimeMillis();
        if (witnesses.isPresent() && headShown != null && !enough(headShown)) {
            headShown = null;
            headed = false;
        }
        if (map.due(now, oldestHead())) {
            long index = map.head(ledger, ledger.checkpoint().size(), now);
            headed = true;
            if (witnesses.isPresent()) {
                headNext = ledger.signed(index + 1);
            }
        }
        if (witnesses.isEmpty()) {
            return;
        }
        offerHandOvers();
        // First the tree that ends with the head: then the witnesses' time is the time as of which no later step is
        // known.
        VerifiedCheckpoint next = headNext != null ? headNext : ledger.checkpoint();
        if (next.size() > 0 && !cosigned(next.size())) {
            Witnesses.Answer answer = witnesses.get().ask(ledger.verifier(), next, pages, WITNESSES);
            if (answer.fraud().isPresent()) {
                // A writer that stood still finds that another one has gone on: what the witness saw is that one's, and
                // the
                // next commit will tell this one so.
                if (ledger.overtaken(ledger.checkpoint())) {
                    return;
                }
                ledger.stopSigning(answer.fraud().get());
                return;
            }
            if (answer.beyond() && !answer.satisfied()) {
                headNext = null; // a later tree is asked about; the next head has its own
                return;
            }
            if (!answer.satisfied()) {
                VerifiedCheckpoint old = shown.get();
                throw new IllegalStateException("not cosigned by " + String.join(", ", answer.missing())
                        + "; shown stays the checkpoint of size " + (old == null ? 0 : old.size()));
            }
            drill.at(Drill.CrashPoint.COSIGNED);
            shown.set(answer.checkpoint());
        }
        if (headNext != null) {
            headShown = shown.get();
            headNext = null;
        }
    }

    /**
     * A witness that knows only the key before cosigns the checkpoint that both keys signed, and no later one. Once that is shown, it finds
     * the new key beside it.
     */
    private void offerHandOvers() throws InterruptedException {
        VerifiedCheckpoint now = shown.get();
        for (VerifiedCheckpoint both : ledger.handOversAfter(now == null ? 0 : now.size())) {
            Optional<VerifiedCheckpoint> cosigned =
                    witnesses.orElseThrow().offer(ledger.verifier(), both, pages, WITNESSES);
            if (cosigned.isPresent()) {
                shown.set(cosigned.get());
                if (headNext != null && headNext.size() < both.size()) {
                    headNext = null;
                }
            }
        }
    }

    private long oldestHead() {
        if (witnesses.isPresent() && !headed) {
            return -1;
        }
        boolean grew = ledger.checkpoint().size() > map.size() + 1;
        return (witnesses.isPresent() && grew ? OLDEST_HEAD_TO_COSIGN : OLDEST_HEAD).toMillis();
    }

    /** Whether the tree of this size is shown with all the cosignatures that the policy asks for now. */
    private boolean cosigned(long size) {
        VerifiedCheckpoint now = shown.get();
        return now != null && now.size() == size && enough(now);
    }

    private boolean enough(VerifiedCheckpoint checkpoint) {
        return witnesses.orElseThrow().enough(ledger.verifier(), checkpoint);
    }

    // Once per trouble, not once per second.
    private static String later(String before, Exception e) {
        String now = e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
        if (!now.equals(before)) {
            LOG.warnf("publishing waits: %s", now);
        }
        return now;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        files.ifPresent(PublishedFiles::close);
        rounds.release();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
            writer.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        witnesses.ifPresent(Witnesses::close);
    }
}
