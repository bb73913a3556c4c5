package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.util.List;
import java.util.Optional;

/**
 * Groups 40 and 41: a device's next key, vouched for by the old one, which signs the message, and by itself: group 41 is its signature over
 * CBOR [id, epoch, seq, new COSE_Key], so nobody can name a key that is not his, nor use the proof in another message. FORMAT.md §5.1.1.
 */
public final class Rekey {
    public static final int KEY = 40;
    public static final int PROOF = 41;

    private Rekey() {}

    /**
     * The groups of a rekey message that stands at this place of its stream.
     *
     * @param id   16 bytes, the device
     * @param next the key to come
     */
    public static List<Group> groups(byte[] id, long epoch, long seq, SigningKey next) {
        byte[] coseKey = next.verificationKey().coseKey();
        byte[] proof = next.sign(proved(id, epoch, seq, coseKey));
        return List.of(Group.of(KEY, out -> out.bytes(coseKey)), Group.of(PROOF, out -> out.bytes(proof)));
    }

    /**
     * The new key of a rekey message, when it is a valid key and its own signature shows that the device holds it; else empty. Says nothing
     * about the message's signature, which is the old key's.
     */
    public static Optional<VerificationKey> provedKey(SignedMessage message) {
        Optional<Group> key = message.group(KEY);
        Optional<Group> proof = message.group(PROOF);
        if (message.head().type() != MessageType.REKEY || key.isEmpty() || proof.isEmpty()) {
            return Optional.empty();
        }
        try {
            byte[] coseKey = key.get().value().bytes();
            VerificationKey next = VerificationKey.ofCose(coseKey);
            Head head = message.head();
            return next.verifies(
                            proved(head.id(), head.epoch(), head.seq(), coseKey),
                            proof.get().value().bytes(64))
                    ? Optional.of(next)
                    : Optional.empty();
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    private static byte[] proved(byte[] id, long epoch, long seq, byte[] coseKey) {
        return new CborWriter()
                .array(4)
                .bytes(id)
                .unsigned(epoch)
                .unsigned(seq)
                .bytes(coseKey)
                .toBytes();
    }
}
