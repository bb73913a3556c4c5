package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Checks notes signed by one Ed25519 key (signature type 0x01), or by one of several that took over from each other: then each counts for
 * checkpoints of the tree sizes at which it was in force. Signature lines of other keys, witnesses among them, are ignored.
 *
 * @see <a href="https://c2sp.org/signed-note@v1.0.0">C2SP signed-note</a>
 */
public final class NoteVerifier {
    static final byte ED25519 = 1;

    private final Vkey vkey;
    private final VerificationKey key;
    private final List<Earlier> earlier;
    private final long from;

    /** A key that was in force for trees of {@code from} to {@code to} entries. */
    private record Earlier(Vkey vkey, VerificationKey key, long from, long to) {}

    NoteVerifier(String name, VerificationKey key) {
        this(new Vkey(name, ED25519, key.raw()), key);
        if (key.algorithm() != Algorithm.ED25519) {
            throw new IllegalArgumentException("notes are signed with Ed25519");
        }
    }

    private NoteVerifier(Vkey vkey, VerificationKey key) {
        this(vkey, key, List.of(), 0);
    }

    private NoteVerifier(Vkey vkey, VerificationKey key, List<Earlier> earlier, long from) {
        this.vkey = vkey;
        this.key = key;
        this.earlier = List.copyOf(earlier);
        this.from = from;
    }

    /** The verifier of this Ed25519 key under this name. */
    public static NoteVerifier of(String name, VerificationKey key) {
        return new NoteVerifier(name, key);
    }

    /**
     * The same log after its key has handed over: {@code next} counts for checkpoints from {@code size} entries on, the keys before for those up
     * to it. That this happened is for the caller to know, see {@link HandOvers}.
     *
     * @param size of the checkpoint that both have signed
     */
    public NoteVerifier handedOver(VerificationKey next, long size) {
        if (size < from) {
            throw new IllegalArgumentException("a hand-over at " + size + " after one at " + from);
        }
        List<Earlier> before = new ArrayList<>(earlier);
        before.add(new Earlier(vkey, key, from, size));
        return new NoteVerifier(new Vkey(name(), ED25519, next.raw()), next, before, size);
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

    /** Every key known here, each by itself, the one in force last. */
    public List<NoteVerifier> keys() {
        List<NoteVerifier> keys = new ArrayList<>();
        earlier.forEach(one -> keys.add(new NoteVerifier(one.vkey, one.key)));
        keys.add(new NoteVerifier(vkey, key));
        return keys;
    }

    /** Whether {@code key} is one of those known here. */
    public boolean knows(VerificationKey key) {
        return this.key.equals(key) || earlier.stream().anyMatch(one -> one.key.equals(key));
    }

    /** Size of the checkpoint with which {@code key} took over; empty when it is not known here, or from whom is not. */
    public OptionalLong tookOverAt(VerificationKey key) {
        long since = earlier.stream()
                .filter(one -> one.key.equals(key))
                .mapToLong(Earlier::from)
                .findFirst()
                .orElse(this.key.equals(key) ? from : 0);
        return since > 0 ? OptionalLong.of(since) : OptionalLong.empty();
    }

    Vkey vkeyParts() {
        return vkey;
    }

    /** The signed text, its last line break included. */
    public String verify(String note) throws InvalidNoteException {
        return verify(Note.parse(note));
    }

    String verify(Note note) throws InvalidNoteException {
        boolean verified = signedBy(vkey, key, note);
        for (Earlier one : earlier) {
            verified |= signedBy(one.vkey, one.key, note);
        }
        if (!verified) {
            throw new InvalidNoteException(Reason.UNKNOWN_KEY, "no signature by " + vkey.nameAndId());
        }
        return note.text();
    }

    /** @throws InvalidNoteException when a line of that key is wrong */
    private static boolean signedBy(Vkey vkey, VerificationKey key, Note note) throws InvalidNoteException {
        boolean verified = false;
        for (Note.Line line : note.lines()) {
            if (!line.isOf(vkey)) {
                continue;
            }
            if (!key.verifies(note.signed(), line.signature())) {
                throw new InvalidNoteException(
                        Reason.BAD_SIGNATURE, "the signature of " + vkey.name() + " does not fit the text");
            }
            verified = true;
        }
        return verified;
    }

    /** Whether a key that was in force at this size is among the signers; the signatures are verified. */
    private boolean inForce(Note note, long size) {
        return (size >= from && note.lines().stream().anyMatch(line -> line.isOf(vkey)))
                || earlier.stream()
                        .filter(one -> one.from <= size && size <= one.to)
                        .anyMatch(one -> note.lines().stream().anyMatch(line -> line.isOf(one.vkey)));
    }

    /** Whether a line is of one of this log's keys; its signature is not looked at. */
    boolean owns(Note.Line line) {
        return line.isOf(vkey) || earlier.stream().anyMatch(one -> line.isOf(one.vkey));
    }

    /** The checkpoint in a note that this key signed; its origin must be this key's name. */
    public VerifiedCheckpoint checkpoint(String note) throws InvalidNoteException {
        return checkpoint(note, name());
    }

    /** The checkpoint in a note that this key signed, of a log whose origin is not the name of its key. */
    public VerifiedCheckpoint checkpoint(String note, String origin) throws InvalidNoteException {
        Note parsed = Note.parse(note);
        Checkpoint checkpoint = Checkpoint.parse(verify(parsed));
        if (!checkpoint.origin().equals(origin)) {
            throw new InvalidNoteException(
                    Reason.OTHER_ORIGIN,
                    "the checkpoint is of \"" + checkpoint.origin() + "\", the key of \"" + origin + "\"");
        }
        if (!inForce(parsed, checkpoint.size())) {
            throw new InvalidNoteException(
                    Reason.UNKNOWN_KEY,
                    "no signature by the key of " + name() + " that is in force at " + checkpoint.size());
        }
        return new VerifiedCheckpoint(checkpoint, note);
    }
}
