package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A log's key as far as the log itself tells that it handed over: what a reader of its published files goes on with who has one of the keys.
 * FORMAT.md §7.2, §8.
 *
 * @param log       knows every key told, and for trees of which size each counts; the reader's own key where nothing is told
 * @param handOvers the checkpoints that two keys signed, ascending: not yet held against the tree of any other checkpoint
 * @param file      what told it, not copied; empty where nothing is told
 */
public record FollowedKey(NoteVerifier log, List<VerifiedCheckpoint> handOvers, byte[] file) {
    public FollowedKey {
        handOvers = List.copyOf(handOvers);
    }

    /** A key that nothing is told of. */
    public static FollowedKey alone(NoteVerifier known) {
        return new FollowedKey(known, List.of(), new byte[0]);
    }

    /**
     * What the log's file {@link HandOvers#FILE} makes of a key.
     *
     * @param known the key that the reader has, or what was followed before
     * @param file  empty when the log has none: then the key is alone
     * @throws InvalidNoteException when what it tells does not hold; for {@link InvalidNoteException.Reason#UNKNOWN_KEY} when it is of other keys
     */
    public static FollowedKey of(NoteVerifier known, Optional<byte[]> file) throws InvalidNoteException {
        if (file.isEmpty()) {
            return alone(known);
        }
        HandOvers told;
        try {
            told = HandOvers.parse(file.get());
        } catch (MalformedException e) {
            throw new InvalidNoteException(
                    InvalidNoteException.Reason.MALFORMED, "the file of hand-overs: " + e.getMessage());
        }
        NoteVerifier log = told.follow(known, told.lastNote());
        if (log == known) {
            throw new InvalidNoteException(
                    InvalidNoteException.Reason.UNKNOWN_KEY, known.vkey() + " is none of the keys that handed over");
        }
        List<VerifiedCheckpoint> notes = new ArrayList<>();
        for (HandOvers.HandOver one : told.handOvers()) {
            notes.add(log.checkpoint(one.note()));
        }
        return new FollowedKey(log, notes, file.get());
    }

    /** Entries of the tree that the newest key took over with; 0 where nothing is told. */
    public long size() {
        return handOvers.isEmpty() ? 0 : handOvers.get(handOvers.size() - 1).size();
    }

    /**
     * Whether this tree begins with those of the hand-overs.
     *
     * @param tree of {@code checkpoint}
     */
    public boolean isOf(VerifiedCheckpoint checkpoint, HashSource tree) {
        if (handOvers.isEmpty()) {
            return true;
        }
        // Each begins with the one before: that is part of what was followed.
        VerifiedCheckpoint last = handOvers.get(handOvers.size() - 1);
        return last.size() <= checkpoint.size()
                && ConsistencyProof.of(last.size(), checkpoint.size(), tree).extends_(last, checkpoint);
    }
}
