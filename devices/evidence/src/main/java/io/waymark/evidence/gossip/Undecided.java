package io.waymark.evidence.gossip;

import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Signed checkpoints of one log that nobody could compare yet, kept over restarts and after the peer is gone: they may become the
 * evidence. Of more than {@value #MOST} of one peer the smallest stay and the newest.
 */
final class Undecided {
    static final int MOST = 16;
    private static final String SUB_FOLDER = "undecided";

    private final OwnedFolder folder;
    private final String log;
    private final String prefix;

    Undecided(OwnedFolder folder, String peer, String origin) {
        this.folder = folder;
        this.log = hex(origin) + "-";
        this.prefix = log + hex(peer) + "-";
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(Sha256.of(text.getBytes(StandardCharsets.UTF_8)), 0, 8);
    }

    interface Reader {
        VerifiedCheckpoint verified(String note) throws InvalidNoteException;
    }

    /**
     * Of the log, whichever peer showed it: by name. Those that the reader does not believe any more, after a change of the log's keys,
     * are dropped.
     */
    Map<String, VerifiedCheckpoint> all(Reader reader) throws IOException {
        Map<String, VerifiedCheckpoint> kept = new LinkedHashMap<>();
        for (String name : names(log)) {
            Optional<byte[]> note = folder.read(SUB_FOLDER + "/" + name);
            if (note.isPresent()) {
                try {
                    kept.put(name, reader.verified(new String(note.get(), StandardCharsets.UTF_8)));
                } catch (InvalidNoteException e) {
                    folder.delete(SUB_FOLDER + "/" + name);
                }
            }
        }
        return kept;
    }

    private List<String> names(String prefix) throws IOException {
        List<String> names = new ArrayList<>(folder.list(SUB_FOLDER));
        names.removeIf(name -> !name.startsWith(prefix));
        return names;
    }

    /** What this peer's checkpoint is kept as. */
    String name(VerifiedCheckpoint checkpoint) {
        return prefix + String.format("%019d", checkpoint.size()) + "-"
                + HexFormat.of().formatHex(checkpoint.root(), 0, 12);
    }

    void keep(VerifiedCheckpoint seen) throws IOException {
        List<String> names = names(prefix);
        if (names.contains(name(seen))) {
            return;
        }
        if (names.size() >= MOST) {
            folder.delete(SUB_FOLDER + "/" + names.get(names.size() - 1));
        }
        folder.replace(SUB_FOLDER + "/" + name(seen), seen.note().getBytes(StandardCharsets.UTF_8));
    }

    void forget(String name) throws IOException {
        folder.delete(SUB_FOLDER + "/" + name);
    }
}
