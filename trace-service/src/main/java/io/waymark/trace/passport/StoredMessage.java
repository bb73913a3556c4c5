package io.waymark.trace.passport;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.SignedMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A signed message as its row holds it, taken apart without judging it. A sound wire goes the normal way ({@link SignedMessage}). Of a damaged
 * one as much as can be found is still handed on, so that the verifier, not we, says what is wrong with it, by the check's name.
 */
final class StoredMessage {
    private final SignedMessage sound;
    private final byte[] cose;
    private final byte[] secret;
    private final List<byte[]> groups;

    private StoredMessage(SignedMessage sound, byte[] cose, byte[] secret, List<byte[]> groups) {
        this.sound = sound;
        this.cose = cose;
        this.secret = secret;
        this.groups = groups;
    }

    static StoredMessage of(byte[] wire) {
        try {
            SignedMessage message = SignedMessage.parse(wire);
            return new StoredMessage(
                    message,
                    message.cose(),
                    message.secret(),
                    message.groups().stream().map(Group::encoded).toList());
        } catch (MalformedException damaged) {
            return takenApart(wire);
        }
    }

    private static StoredMessage takenApart(byte[] wire) {
        try {
            CborReader in = new CborReader(wire);
            in.array(3);
            byte[] cose = in.bytes();
            byte[] secret = in.bytes(16);
            List<byte[]> groups = new ArrayList<>();
            for (int left = in.array(); left > 0; left--) {
                groups.add(in.bytes());
            }
            return new StoredMessage(null, cose, secret, groups);
        } catch (MalformedException unreadable) {
            // Not even an envelope: the raw bytes stand where it should be, and fail there.
            return new StoredMessage(null, wire, new byte[16], List.of());
        }
    }

    byte[] cose() {
        return cose;
    }

    /** Which of its stream's keys signed, 8 bytes; empty when the message does not say so soundly. */
    Optional<byte[]> kid() {
        return Optional.ofNullable(sound).map(SignedMessage::kid);
    }

    byte[] secret() {
        return secret;
    }

    /** The group, sound or not; empty when it cannot be found. */
    Optional<Group> group(int key) {
        return groups.stream()
                .flatMap(g -> group(g).stream())
                .filter(g -> g.key() == key)
                .findFirst();
    }

    private static Optional<Group> group(byte[] encoded) {
        try {
            return Optional.of(Group.parse(encoded));
        } catch (MalformedException damaged) {
            return Optional.empty();
        }
    }

    /** The proof's disclosure array: chosen groups in the open, of all others the leaf. Always well-formed, whatever the row holds. */
    byte[] disclosure(Predicate<Group> open) {
        if (sound != null) {
            return sound.disclosure(key -> sound.group(key).filter(open).isPresent());
        }
        CborWriter out = new CborWriter().array(Math.max(1, groups.size()));
        if (groups.isEmpty()) {
            out.bytes(new byte[32]);
        }
        for (int i = 0; i < groups.size(); i++) {
            byte[] salt = Arrays.copyOf(Sha256.hmac(secret, new byte[] {(byte) i}), 16);
            if (group(groups.get(i)).filter(open).isPresent()) {
                out.array(2).bytes(salt).bytes(groups.get(i));
            } else {
                out.bytes(Sha256.of(new byte[] {2}, salt, groups.get(i)));
            }
        }
        return out.toBytes();
    }
}
