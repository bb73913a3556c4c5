package io.waymark.trace.device;

import io.waymark.evidence.key.VerificationKey;
import java.util.Arrays;

/**
 * A stream with one of its keys.
 *
 * @param id            16 bytes
 * @param tenant        slug of the organisation it belongs to; {@code ~platform} for receipt keys
 * @param role          device, organisation or receipt
 * @param keeper        who holds the private key
 * @param key           validated public key
 * @param bindingIndex  ledger index of the key binding: entries before it are not this key's
 * @param revokedIndex  ledger index of the revocation, or null: entries after it are not this key's
 * @param revokedReason why, or null
 * @param suspectFrom   ledger index from which its entries may be another's, or null
 * @param streamSecret  32 bytes; makes the tags of its statements
 * @param label         public role words
 * @param site          where a device reports from, in its topic; null for organisations
 * @param name          the owner's name for it, not public; may be null
 * @param kind          what it is, e.g. "logger"; may be null
 * @param firstEpoch    messages of earlier epochs are not this key's
 * @param held          the first place for which it signed two messages, or null
 */
public record Stream(
        byte[] id,
        String tenant,
        String role,
        String keeper,
        VerificationKey key,
        long bindingIndex,
        Long revokedIndex,
        String revokedReason,
        Long suspectFrom,
        byte[] streamSecret,
        String label,
        String site,
        String name,
        String kind,
        long firstEpoch,
        Place held) {

    /** A place in a stream. */
    public record Place(long epoch, long seq) {}

    /** Whether nothing new of this place may be taken: at an earlier one, or at this one, two messages were signed by this key. */
    public boolean held(long epoch, long seq) {
        return held != null && (epoch > held.epoch || epoch == held.epoch && seq > held.seq);
    }

    public boolean revoked() {
        return revokedIndex != null;
    }

    /** Whether this is the key with the given id (8 bytes). */
    public boolean hasKid(byte[] kid) {
        return Arrays.equals(key.kid(), kid);
    }
}
