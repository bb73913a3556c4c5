package io.waymark.trace.ledger;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.Revocation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An entry to append, and the name under which it may exist once. The name follows from the entry alone, so that the index of names is
 * rebuilt from any copy of the log:
 *
 * <ul>
 *   <li>statement or link: its tag, which is one per (stream, epoch, seq) or (object, n);
 *   <li>key binding: stream id and key id; revocation: these, and the index from which on the key is suspect, if it says one; map head: the
 *       number of entries it covers; log key: its generation;
 *   <li>every other entry: all of its bytes, so that only the same entry again is the same.
 * </ul>
 */
public final class Submission {
    private static final byte[] BINDING = "key binding\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REVOCATION = "revocation\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MAP_HEAD = "waymark map head\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOG_KEY = "log key\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ENTRY = "entry\n".getBytes(StandardCharsets.US_ASCII);

    private final byte[] identity;
    private final byte[] entry;

    private Submission(byte[] identity, byte[] entry) {
        this.identity = identity;
        this.entry = entry;
    }

    /** @param entry 1–65,535 bytes, the leaf's preimage; owned by the ledger from here on */
    public static Submission of(byte[] entry) {
        if (entry.length == 0 || entry.length > 65_535) {
            throw new IllegalArgumentException("entry of " + entry.length + " bytes, 1 to 65,535 allowed");
        }
        return new Submission(name(entry), entry);
    }

    /** The same entry under a name that nobody has: what a log without deduplication would take it for. */
    Submission renamed() {
        byte[] any = new byte[32];
        ThreadLocalRandom.current().nextBytes(any);
        return new Submission(any, entry);
    }

    private static byte[] name(byte[] entry) {
        boolean tagged = entry[0] == Entries.STATEMENT || entry[0] == Entries.LINK;
        if (tagged && entry.length == Entries.PRIVATE_LENGTH) {
            return Arrays.copyOfRange(entry, 1, 33);
        }
        if (entry[0] == Entries.PUBLIC) {
            try {
                PublicEntry known = PublicEntry.parse(entry);
                if (known instanceof KeyBinding binding) {
                    return MerkleHash.sha256(
                            BINDING, binding.streamId(), binding.key().kid());
                }
                if (known instanceof Revocation revocation) {
                    byte[] suspect = revocation.suspectFrom() == null
                            ? new byte[0]
                            : ByteBuffer.allocate(8)
                                    .putLong(revocation.suspectFrom())
                                    .array();
                    return MerkleHash.sha256(REVOCATION, revocation.streamId(), revocation.kid(), suspect);
                }
                if (known instanceof LogKey key) {
                    return MerkleHash.sha256(
                            LOG_KEY,
                            ByteBuffer.allocate(8).putLong(key.generation()).array());
                }
                if (known instanceof MapHead head) {
                    return MerkleHash.sha256(
                            MAP_HEAD,
                            ByteBuffer.allocate(8).putLong(head.size()).array());
                }
            } catch (MalformedException e) {
                // Whoever reads the log will say so; here it is an entry like any other.
            }
        }
        return MerkleHash.sha256(ENTRY, entry);
    }

    /** 32 bytes, the first 16 unique in the log for ever; same identity with same entry = the same index again. Not a copy. */
    public byte[] identity() {
        return identity;
    }

    /** The entry's bytes. Not a copy. */
    public byte[] entry() {
        return entry;
    }
}
