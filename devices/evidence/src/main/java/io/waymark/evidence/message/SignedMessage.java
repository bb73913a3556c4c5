package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A whole message: signed envelope, secret and groups. Only for those who may see all; others get {@link #disclosure}.
 * One that was parsed has the right structure, groups its type allows, and groups that hash to the signed root; its signature is
 * checked by {@link #verifies}. Arrays handed out are not copies unless said: do not change them.
 */
public final class SignedMessage {
    public static final int MAX_DEVICE_MESSAGE = 65536;
    public static final int MAX_STEP = 4 << 20;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] wire;
    private final Envelope envelope;
    private final byte[] secret;
    private final List<Group> groups;

    private SignedMessage(byte[] wire, Envelope envelope, byte[] secret, List<Group> groups) {
        this.wire = wire;
        this.envelope = envelope;
        this.secret = secret;
        this.groups = groups;
    }

    /** Signs with a fresh secret. A retry resends {@link #wire()}; it never signs again. */
    public static SignedMessage sign(Head head, List<Group> groups, SigningKey key) {
        byte[] secret = new byte[Fields.SECRET];
        RANDOM.nextBytes(secret);
        return sign(head, groups, secret, key);
    }

    /**
     * Signs with a given secret: for test vectors, and for custody steps, whose object tree needs the secret before.
     *
     * @throws IllegalArgumentException for groups that are not ascending, not allowed for the type, or too large together
     */
    public static SignedMessage sign(Head head, List<Group> groups, byte[] secret16, SigningKey key) {
        try {
            checkGroups(head.type(), groups, 0);
        } catch (MalformedException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        if (secret16.length != Fields.SECRET) {
            throw new IllegalArgumentException("a message secret is 16 bytes, not " + secret16.length);
        }
        byte[] root = Fields.rootOf(secret16, groups);
        CoseSign1 cose = CoseSign1.sign(head.payload(root), key);
        CborWriter out =
                new CborWriter().array(3).bytes(cose.encoded()).bytes(secret16).array(groups.size());
        for (Group group : groups) {
            out.bytes(group.encoded());
        }
        byte[] wire = out.toBytes();
        if (wire.length > limit(head.type())) {
            throw new IllegalArgumentException(
                    wire.length + " bytes, a message of type " + head.type() + " has at most " + limit(head.type()));
        }
        return new SignedMessage(wire, new Envelope(cose, head, root), secret16.clone(), List.copyOf(groups));
    }

    public static SignedMessage parse(byte[] wire) throws MalformedException {
        // wire = [cose: bstr, secret: bstr16, groups: [1*16 bstr]]
        if (wire.length > MAX_STEP) {
            throw new MalformedException(Reason.TOO_LARGE, 0, wire.length + " bytes");
        }
        CborReader in = new CborReader(wire);
        in.array(3);
        byte[] cose = in.bytes();
        byte[] secret = in.bytes(Fields.SECRET);
        int groupsAt = in.offset();
        int count = in.array();
        if (count < 1 || count > Fields.MAX_GROUPS) {
            throw new MalformedException(Reason.WRONG_LENGTH, groupsAt, count + " groups");
        }
        Envelope envelope = Envelope.parse(cose);
        if (wire.length > limit(envelope.head().type())) {
            throw new MalformedException(
                    Reason.TOO_LARGE,
                    0,
                    wire.length + " bytes for type " + envelope.head().type());
        }
        List<Group> groups = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            groups.add(Group.parse(in.bytes()));
        }
        in.end();
        checkGroups(envelope.head().type(), groups, groupsAt);
        if (!java.util.Arrays.equals(Fields.rootOf(secret, groups), envelope.fieldsRoot())) {
            throw new MalformedException(Reason.FIELDS_ROOT_MISMATCH, groupsAt);
        }
        return new SignedMessage(wire, envelope, secret, List.copyOf(groups));
    }

    private static int limit(int type) {
        return type == MessageType.CUSTODY_STEP ? MAX_STEP : MAX_DEVICE_MESSAGE;
    }

    private static void checkGroups(int type, List<Group> groups, int at) throws MalformedException {
        if (groups.isEmpty() || groups.size() > Fields.MAX_GROUPS) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, groups.size() + " groups");
        }
        int previous = -1;
        for (Group group : groups) {
            if (group.key() <= previous) {
                throw new MalformedException(
                        Reason.GROUPS_NOT_ASCENDING, at, "group " + group.key() + " after " + previous);
            }
            if (!MessageType.allows(type, group.key())) {
                throw new MalformedException(
                        Reason.GROUP_NOT_ALLOWED, at, "group " + group.key() + " in a message of type " + type);
            }
            if (group.key() == MessageType.NO_CONTENT && groups.size() > 1) {
                throw new MalformedException(Reason.GROUP_NOT_ALLOWED, at, "group 14 beside others");
            }
            GroupShape.check(group);
            previous = group.key();
        }
        for (int key : MessageType.required(type)) {
            if (groups.stream().noneMatch(g -> g.key() == key)) {
                throw new MalformedException(
                        Reason.GROUP_MISSING, at, "group " + key + " in a message of type " + type);
            }
        }
    }

    /** The bytes to store and send, as received or made. */
    public byte[] wire() {
        return wire;
    }

    public byte[] cose() {
        return envelope.cose();
    }

    /** 16 bytes, a copy. */
    public byte[] secret() {
        return secret.clone();
    }

    public Envelope envelope() {
        return envelope;
    }

    public Head head() {
        return envelope.head();
    }

    public List<Group> groups() {
        return groups;
    }

    public Optional<Group> group(int key) {
        return groups.stream().filter(g -> g.key() == key).findFirst();
    }

    public byte[] digest() {
        return envelope.digest();
    }

    public byte[] kid() {
        return envelope.kid();
    }

    public boolean verifies(VerificationKey key) {
        return envelope.verifies(key);
    }

    /** The array of {@link Disclosure}: chosen groups with their salts, of the others only the leaf. */
    public byte[] disclosure(IntPredicate keyDisclosed) {
        CborWriter out = new CborWriter().array(groups.size());
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            byte[] salt = Fields.salt(secret, i);
            if (keyDisclosed.test(group.key())) {
                out.array(2).bytes(salt).bytes(group.encoded());
            } else {
                out.bytes(Fields.leaf(salt, group.encoded()));
            }
        }
        return out.toBytes();
    }
}
