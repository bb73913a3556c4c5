package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.VerificationKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a log's receipts, by the log's own entries, so that a device that knows the log's key can learn the key of tomorrow's receipts.
 * Arrays are not copied. Parsing checks the structure only; {@link #follow} says what is true. FORMAT.md §8.
 *
 * @param note      the checkpoint in whose tree the entries are placed
 * @param entries   bindings with role "receipt" and revocations of such keys, 1 to 1,000
 * @param handOvers up to {@code note}; null for a log with its first key
 */
public record ReceiptKeys(
        String note,
        List<HandOvers.Placed> entries,
        @Nullable HandOvers handOvers) {
    /** Given beside a log's checkpoint under this name. */
    public static final String FILE = "receipt-keys";

    /** Of that file. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MOST = 1_000;

    public ReceiptKeys {
        entries = List.copyOf(entries);
        if (entries.isEmpty() || entries.size() > MOST) {
            throw new IllegalArgumentException(entries.size() + " entries about receipt keys");
        }
    }

    /**
     * What a log said of its receipt keys up to one checkpoint.
     *
     * @param log        the verifier that goes on from here: it knows the log's keys as far as they handed over
     * @param checkpoint the entries stand in its tree
     * @param inForce    bound and not revoked
     * @param revoked    their receipts count no longer
     */
    public record Known(
            NoteVerifier log,
            VerifiedCheckpoint checkpoint,
            List<VerificationKey> inForce,
            List<VerificationKey> revoked) {
        public Known {
            inForce = List.copyOf(inForce);
            revoked = List.copyOf(revoked);
        }

        /** Whether this may take the place of {@code before}: no key and no revocation is left out that was known. */
        public boolean goesOnFrom(Known before) {
            return revoked.containsAll(before.revoked)
                    && before.inForce.stream().allMatch(key -> inForce.contains(key) || revoked.contains(key));
        }
    }

    /**
     * @param known the log's key that the reader has
     * @throws InvalidNoteException when the checkpoint is not the log's, an entry is not in its tree, or is about something else
     */
    public Known follow(NoteVerifier known) throws InvalidNoteException {
        NoteVerifier log = handOvers == null ? known : handOvers.follow(known, note);
        VerifiedCheckpoint checkpoint = log.checkpoint(note);
        List<KeyBinding> bindings = new ArrayList<>();
        List<Revocation> revocations = new ArrayList<>();
        for (HandOvers.Placed one : entries) {
            if (!one.place().places(MerkleHash.leaf(one.entry()), checkpoint)) {
                throw wrong("entry " + one.place().leafIndex() + " is not in the log");
            }
            PublicEntry entry = parsed(one);
            if (entry instanceof KeyBinding binding && binding.role().equals(KeyBinding.RECEIPT)) {
                bindings.add(binding);
            } else if (entry instanceof Revocation revocation) {
                revocations.add(revocation);
            } else {
                throw wrong("entry " + one.place().leafIndex() + " is not about a receipt key");
            }
        }
        List<VerificationKey> inForce = new ArrayList<>();
        List<VerificationKey> revoked = new ArrayList<>();
        for (KeyBinding binding : bindings) {
            boolean ended = revocations.stream()
                    .anyMatch(r -> Arrays.equals(r.streamId(), binding.streamId())
                            && Arrays.equals(r.kid(), binding.key().kid()));
            (ended ? revoked : inForce).add(binding.key());
        }
        return new Known(log, checkpoint, inForce, revoked);
    }

    private static @Nullable PublicEntry parsed(HandOvers.Placed one) throws InvalidNoteException {
        try {
            return PublicEntry.parse(one.entry());
        } catch (MalformedException e) {
            throw new InvalidNoteException(
                    InvalidNoteException.Reason.MALFORMED,
                    "entry " + one.place().leafIndex() + " cannot be read: " + e.getMessage());
        }
    }

    private static InvalidNoteException wrong(String detail) {
        return new InvalidNoteException(InvalidNoteException.Reason.BAD_SIGNATURE, detail);
    }

    /** [note, [1*1000 [entry, index, path]], hand-overs or null]. */
    public byte[] encode() {
        CborWriter out = new CborWriter().array(3).text(note).array(entries.size());
        for (HandOvers.Placed one : entries) {
            out.array(3);
            HandOvers.write(out, one);
        }
        if (handOvers == null) {
            out.nul();
        } else {
            handOvers.write(out);
        }
        return out.toBytes();
    }

    /** {@link #FILE}: its structure only. */
    public static ReceiptKeys parse(byte[] file) throws MalformedException {
        if (file.length > MAX_BYTES) {
            throw new MalformedException(Reason.TOO_LARGE, 0, file.length + " bytes");
        }
        CborReader in = new CborReader(file);
        in.array(3);
        String note = in.text();
        int at = in.offset();
        int count = in.array();
        if (count < 1 || count > MOST) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, count + " entries about receipt keys");
        }
        List<HandOvers.Placed> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            in.array(3);
            entries.add(HandOvers.placed(in));
        }
        HandOvers handOvers = readHandOvers(in);
        in.end();
        return new ReceiptKeys(note, entries, handOvers);
    }

    private static @Nullable HandOvers readHandOvers(CborReader in) throws MalformedException {
        if (!in.isNull()) {
            return HandOvers.read(in);
        }
        in.nul();
        return null;
    }
}
