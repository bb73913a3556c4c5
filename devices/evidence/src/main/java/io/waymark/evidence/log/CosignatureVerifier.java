package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.MlDsa44;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Cosignature.Type;
import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A witness's public key under its name: checks the cosignatures that key made. FORMAT.md §7.1. */
public final class CosignatureVerifier {
    private static final int TIME = 8;

    private final Vkey vkey;
    private final Type type;
    private final @Nullable VerificationKey ed25519;

    private CosignatureVerifier(Vkey vkey, Type type, @Nullable VerificationKey ed25519) {
        this.vkey = vkey;
        this.type = type;
        this.ed25519 = ed25519;
    }

    /**
     * @param vkey {@code name+hex8(key id)+base64(0x04 ‖ 32 bytes, or 0x06 ‖ 1312 bytes)}
     * @throws IllegalArgumentException when it is not that, the key id does not fit, or the key is refused
     */
    public static CosignatureVerifier ofVkey(String vkey) {
        return of(Vkey.parse(vkey));
    }

    static CosignatureVerifier of(Vkey vkey) {
        if (vkey.type() == Type.ED25519.code() && vkey.key().length == 32) {
            try {
                return new CosignatureVerifier(vkey, Type.ED25519, VerificationKey.ofEd25519(vkey.key()));
            } catch (MalformedException e) {
                throw new IllegalArgumentException("the verifier key is refused: " + e.getMessage(), e);
            }
        }
        if (vkey.type() == Type.ML_DSA_44.code() && vkey.key().length == MlDsa44.PUBLIC_KEY) {
            return new CosignatureVerifier(vkey, Type.ML_DSA_44, null);
        }
        throw new IllegalArgumentException("not a witness's key (type 4, 32 bytes, or type 6, 1312 bytes)");
    }

    public String name() {
        return vkey.name();
    }

    public Type type() {
        return type;
    }

    public String vkey() {
        return vkey.text();
    }

    /** Whether both wrap the same key, under whatever names. */
    boolean sameKey(CosignatureVerifier other) {
        return Arrays.equals(vkey.key(), other.vkey.key());
    }

    /**
     * The newest cosignature of this key in the note; null when there is none.
     *
     * @throws InvalidNoteException when a line of this name and key id does not fit the text: the whole note is refused
     */
    @Nullable
    Cosignature find(Note note, Checkpoint checkpoint) throws InvalidNoteException {
        Cosignature newest = null;
        for (Note.Line line : note.lines()) {
            if (!line.isOf(vkey)) {
                continue;
            }
            Cosignature found = verified(line, note, checkpoint);
            if (newest == null || found.seconds() > newest.seconds()) {
                newest = found;
            }
        }
        return newest;
    }

    /**
     * The checkpoint in a note that this witness cosigned, whether or not the log's key is known: how a witness reads what it kept.
     *
     * @return its origin is the caller's to check
     */
    public VerifiedCheckpoint checkpoint(String note) throws InvalidNoteException {
        Note parsed = Note.parse(note);
        Checkpoint checkpoint = Checkpoint.parse(parsed.text());
        if (find(parsed, checkpoint) == null) {
            throw new InvalidNoteException(Reason.UNKNOWN_KEY, "no cosignature by " + vkey.nameAndId());
        }
        return new VerifiedCheckpoint(checkpoint, note);
    }

    /** When this witness cosigned it; 0 when it has not. */
    public long seconds(VerifiedCheckpoint checkpoint) throws InvalidNoteException {
        Cosignature found = find(Note.parse(checkpoint.note()), checkpoint.checkpoint());
        return found == null ? 0 : found.seconds();
    }

    private Cosignature verified(Note.Line line, Note note, Checkpoint checkpoint) throws InvalidNoteException {
        // time(8) ‖ signature
        byte[] timed = line.signature();
        if (timed.length != TIME + type.signatureLength()) {
            throw bad("has " + timed.length + " bytes");
        }
        long seconds = ByteBuffer.wrap(timed).getLong();
        // Zero time makes no statement of being the largest tree seen, and a negative one is beyond 2^63 − 1.
        if (seconds <= 0) {
            throw bad("has no time");
        }
        if (!Cosignature.fits(type, name(), checkpoint.origin())) {
            throw bad("is over a name that is too long");
        }
        byte[] message = Cosignature.message(type, name(), seconds, note.text(), checkpoint);
        byte[] signature = Arrays.copyOfRange(timed, TIME, timed.length);
        boolean holds = ed25519 != null
                ? ed25519.verifies(message, signature)
                : MlDsa44.verifies(vkey.key(), message, signature);
        if (!holds) {
            throw bad("does not fit the text");
        }
        return new Cosignature(this, seconds, line.text());
    }

    private InvalidNoteException bad(String how) {
        return new InvalidNoteException(Reason.BAD_SIGNATURE, "the cosignature of " + name() + " " + how);
    }
}
