package io.waymark.evidence.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A checkpoint signed by its log, with the cosignatures of the witnesses we know. Only {@link #read} makes one. */
public final class CosignedCheckpoint {
    private final NoteVerifier log;
    private final VerifiedCheckpoint checkpoint;
    private final List<Cosignature> cosignatures;

    private CosignedCheckpoint(NoteVerifier log, VerifiedCheckpoint checkpoint, List<Cosignature> cosignatures) {
        this.log = log;
        this.checkpoint = checkpoint;
        this.cosignatures = List.copyOf(cosignatures);
    }

    /**
     * Verifies the log's signature and every line of a known witness; lines of others are read over.
     *
     * @throws InvalidNoteException also when a single known witness's line does not fit (C2SP signed-note)
     */
    public static CosignedCheckpoint read(String note, NoteVerifier log, Collection<CosignatureVerifier> witnesses)
            throws InvalidNoteException {
        VerifiedCheckpoint checkpoint = log.checkpoint(note);
        return new CosignedCheckpoint(log, checkpoint, cosignatures(checkpoint, witnesses));
    }

    /** The cosignatures of these witnesses on a checkpoint that is verified already, at most one per key: its newest. */
    public static List<Cosignature> cosignatures(
            VerifiedCheckpoint checkpoint, Collection<CosignatureVerifier> witnesses) throws InvalidNoteException {
        Note note = Note.parse(checkpoint.note());
        List<Cosignature> found = new ArrayList<>();
        for (CosignatureVerifier witness : witnesses) {
            Cosignature cosignature = witness.find(note, checkpoint.checkpoint());
            if (cosignature != null) {
                found.add(cosignature);
            }
        }
        return found;
    }

    public NoteVerifier log() {
        return log;
    }

    public VerifiedCheckpoint checkpoint() {
        return checkpoint;
    }

    /** At most one per key. */
    public List<Cosignature> cosignatures() {
        return cosignatures;
    }
}
