package io.waymark.trace.ledger;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.command.CannotTellException;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Copies of this log that others keep, asked for the checkpoint they show before the log is signed on. Only what this log's key signed counts
 * against it: a mirror that is away, or that shows something else, is named in the log and passed over, as an absent witness is.
 */
final class Mirrors implements Remembers {
    private static final Logger LOG = Logger.getLogger(Mirrors.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final List<String> places;

    /** @param places base addresses or folders */
    Mirrors(List<String> places) {
        this.places = List.copyOf(places);
    }

    @Override
    public Optional<String> objection(NoteVerifier log, VerifiedCheckpoint head, Tiles.TileSource pages)
            throws InterruptedException {
        Map<String, CompletableFuture<byte[]>> asked = new LinkedHashMap<>();
        places.forEach(place -> asked.put(place, ask(place)));
        long until = System.nanoTime() + PATIENCE.toNanos();
        Optional<String> objection = Optional.empty();
        for (Map.Entry<String, CompletableFuture<byte[]>> answer : asked.entrySet()) {
            String place = answer.getKey();
            try {
                byte[] note = answer.getValue().get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
                VerifiedCheckpoint shown = log.checkpoint(new String(note, StandardCharsets.UTF_8));
                Optional<String> against = against(place, shown, head, pages);
                objection = objection.or(() -> against);
            } catch (TimeoutException e) {
                LOG.warnf("mirror %s does not answer and is not asked what it saw", place);
            } catch (ExecutionException e) {
                LOG.warnf(
                        "mirror %s cannot be asked what it saw: %s",
                        place, e.getCause().getMessage());
            } catch (InvalidNoteException e) {
                LOG.warnf("mirror %s shows no checkpoint of this log's key: %s", place, e.getMessage());
            }
        }
        return objection;
    }

    private static Optional<String> against(
            String place, VerifiedCheckpoint shown, VerifiedCheckpoint head, Tiles.TileSource pages) {
        if (shown.size() > head.size()) {
            return Optional.of("mirror " + place + " has " + shown.size() + " entries of this log, here are "
                    + head.size() + ", " + (shown.size() - head.size())
                    + " fewer: restored from an old backup? Get them back with "
                    + Recovery.OFFER.replace("URL|DIR", place));
        }
        return shown.size() == 0 || Arrays.equals(shown.root(), Tiles.root(shown.size(), pages))
                ? Optional.empty()
                : Optional.of("mirror " + place + " has another history of the first " + shown.size() + " entries");
    }

    // A thread of its own: a place may take a minute to say that it does not answer.
    private static CompletableFuture<byte[]> ask(String place) {
        CompletableFuture<byte[]> note = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        LogFiles files = LogPlace.of(place);
                        note.complete(files.get("checkpoint")
                                .orElseThrow(() -> new FileNotFoundException("it has no checkpoint")));
                    } catch (IOException | CannotTellException | RuntimeException e) {
                        note.completeExceptionally(e);
                    }
                },
                "ledger-mirror");
        thread.setDaemon(true);
        thread.start();
        return note;
    }
}
