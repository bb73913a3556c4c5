package io.waymark.evidence.audit;

import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints a log says it ever signed, ascending by size, fetched page by page (FORMAT.md §8). A log may leave some out and nobody
 * sees it here; those it lists must be states of the one tree. Not for several threads.
 */
public final class CheckpointList {
    private final LogFiles files;
    private final NoteVerifier log;
    private final Deque<String> page = new ArrayDeque<>();
    private boolean offered = true;

    CheckpointList(LogFiles files, NoteVerifier log) {
        this.files = files;
        this.log = log;
    }

    /** Whether the log has such a list; known after the first {@link #after}. */
    boolean offered() {
        return offered;
    }

    /**
     * The next one.
     *
     * @param size that of the one before, or of what need not be looked at
     * @return null when there is none, or no list
     * @throws InvalidNoteException when it is not a checkpoint of this log, or not larger than {@code size}
     */
    @Nullable
    VerifiedCheckpoint after(long size) throws IOException, InvalidNoteException {
        if (page.isEmpty() && offered) {
            Optional<byte[]> notes = files.get("checkpoints?after=" + size);
            offered = notes.isPresent();
            notes.ifPresent(bytes -> page.addAll(notes(new String(bytes, StandardCharsets.UTF_8))));
        }
        String note = page.poll();
        if (note == null) {
            return null;
        }
        VerifiedCheckpoint next = log.checkpoint(note);
        if (next.size() <= size) {
            throw new InvalidNoteException(
                    InvalidNoteException.Reason.MALFORMED, "size " + next.size() + " after size " + size);
        }
        return next;
    }

    /** Notes one after another: each a text, an empty line, and signature lines. Empty lines between them are skipped. */
    public static List<String> notes(String text) {
        List<String> notes = new ArrayList<>();
        StringBuilder note = new StringBuilder();
        boolean signatures = false;
        for (String line : text.split("\n", -1)) {
            if (signatures && !line.startsWith("\u2014 ")) {
                notes.add(note.toString());
                note.setLength(0);
                signatures = false;
            }
            if (note.length() > 0 || !line.isEmpty()) {
                note.append(line).append('\n');
                signatures |= line.isEmpty();
            }
        }
        if (note.length() > 0) {
            notes.add(note.toString());
        }
        return notes;
    }
}
