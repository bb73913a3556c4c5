package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.InvalidNoteException.Reason;

/**
 * Checks notes signed by one Ed25519 key (signature type 0x01). Signature lines of other keys, witnesses among them, are ignored.
 *
 * @see <a href="https://c2sp.org/signed-note@v1.0.0">C2SP signed-note</a>
 */
public final class NoteVerifier {
    static final byte ED25519 = 1;

    private final Vkey vkey;
    private final VerificationKey key;

    NoteVerifier(String name, VerificationKey key) {
        this(new Vkey(name, ED25519, key.raw()), key);
        if (key.algorithm() != Algorithm.ED25519) {
            throw new IllegalArgumentException("notes are signed with Ed25519");
        }
    }

    private NoteVerifier(Vkey vkey, VerificationKey key) {
        this.vkey = vkey;
        this.key = key;
    }

    /**
     * @param vkey {@code name+hex8(key id)+base64(0x01 ‖ 32 bytes)}
     * @throws IllegalArgumentException when it is not that, the key id does not fit, or the point is refused
     */
    public static NoteVerifier ofVkey(String vkey) {
        Vkey parsed = Vkey.parse(vkey);
        if (parsed.key().length != 32 || parsed.type() != ED25519) {
            throw new IllegalArgumentException("not an Ed25519 note key (type 1, 32 bytes)");
        }
        try {
            return new NoteVerifier(parsed, VerificationKey.ofEd25519(parsed.key()));
        } catch (MalformedException e) {
            throw new IllegalArgumentException("the verifier key is refused: " + e.getMessage(), e);
        }
    }

    public String name() {
        return vkey.name();
    }

    public VerificationKey key() {
        return key;
    }

    public String vkey() {
        return vkey.text();
    }

    Vkey vkeyParts() {
        return vkey;
    }

    /** The signed text, its last line break included. */
    public String verify(String note) throws InvalidNoteException {
        return verify(Note.parse(note));
    }

    String verify(Note note) throws InvalidNoteException {
        boolean verified = false;
        for (Note.Line line : note.lines()) {
            if (!line.isOf(vkey)) {
                continue;
            }
            if (!key.verifies(note.signed(), line.signature())) {
                throw new InvalidNoteException(
                        Reason.BAD_SIGNATURE, "the signature of " + name() + " does not fit the text");
            }
            verified = true;
        }
        if (!verified) {
            throw new InvalidNoteException(Reason.UNKNOWN_KEY, "no signature by " + vkey.nameAndId());
        }
        return note.text();
    }

    /** The checkpoint in a note that this key signed; its origin must be this key's name. */
    public VerifiedCheckpoint checkpoint(String note) throws InvalidNoteException {
        return checkpoint(note, name());
    }

    /** The checkpoint in a note that this key signed, of a log whose origin is not the name of its key. */
    public VerifiedCheckpoint checkpoint(String note, String origin) throws InvalidNoteException {
        Checkpoint checkpoint = Checkpoint.parse(verify(note));
        if (!checkpoint.origin().equals(origin)) {
            throw new InvalidNoteException(
                    Reason.OTHER_ORIGIN,
                    "the checkpoint is of \"" + checkpoint.origin() + "\", the key of \"" + origin + "\"");
        }
        return new VerifiedCheckpoint(checkpoint, note);
    }
}
