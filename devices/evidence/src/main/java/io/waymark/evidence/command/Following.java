package io.waymark.evidence.command;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.witness.Witness;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The witness's answer to a checkpoint that none of the keys it knows has signed: it looks, where it was told that logs' files are, whether the
 * log's key handed over. On a thread of its own; the log that was refused asks again.
 */
final class Following {
    /** Anybody may send a checkpoint that nobody signed: at most so often it makes us ask somebody. */
    private static final long PAUSE_MILLIS = 1_000;

    private final Witness witness;
    private final Map<String, LogFiles> places;
    private final PrintStream out;
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private final Map<String, String> said = new HashMap<>();

    private Following(Witness witness, Map<String, LogFiles> places, PrintStream out) {
        this.witness = witness;
        this.places = places;
        this.out = out;
    }

    static void start(Witness witness, List<String> places, PrintStream out) throws CannotTellException {
        Map<String, LogFiles> files = new HashMap<>();
        for (String place : places) {
            files.put(place, LogPlace.of(place));
        }
        if (files.isEmpty()) {
            return;
        }
        Following following = new Following(witness, files, out);
        witness.onUnknownKey(following::look);
        Thread thread = new Thread(following::run, "follow");
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void look(String origin) {
        if (!asked.contains(origin)) {
            asked.add(origin);
        }
    }

    private void run() {
        try {
            while (true) {
                follow(asked.take());
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow(String origin) {
        List<String> why = new ArrayList<>();
        for (Map.Entry<String, LogFiles> place : places.entrySet()) {
            try {
                Optional<NoteVerifier> key = witness.follow(origin, place.getValue()::get);
                if (key.isPresent()) {
                    out.println("the key of " + origin + " is now "
                            + Report.printable(key.get().vkey()) + ", as the one before promised");
                    return;
                }
            } catch (IOException | InvalidNoteException e) {
                why.add(place.getKey() + ": " + Report.printable(String.valueOf(e.getMessage())));
            } catch (RuntimeException e) {
                // Our own mistake: the next one is asked all the same.
                why.add(place.getKey() + " could not be judged: " + Report.printable(String.valueOf(e)));
            }
        }
        String line = "not signed by a known key of " + origin
                + (why.isEmpty()
                        ? ", and nobody tells that it handed over"
                        : ", and not followed: " + String.join("; ", why));
        if (!line.equals(said.put(origin, line))) {
            out.println(line);
        }
    }
}
