package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Some groups of a message in the open, of the others only their leaves. Says nothing until {@link #matches} a signed root. */
public final class Disclosure {
    private final List<byte[]> leaves;
    private final List<Group> disclosed;

    private Disclosure(List<byte[]> leaves, List<Group> disclosed) {
        this.leaves = leaves;
        this.disclosed = disclosed;
    }

    public static Disclosure parse(byte[] encoded) throws MalformedException {
        // one element per group: leaf bstr32 (withheld) or [salt bstr16, group bstr] (disclosed)
        CborReader in = new CborReader(encoded);
        int count = in.array();
        if (count < 1 || count > Fields.MAX_GROUPS) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, count + " groups");
        }
        List<byte[]> leaves = new ArrayList<>(count);
        List<Group> disclosed = new ArrayList<>(count);
        int previous = -1;
        for (int i = 0; i < count; i++) {
            if (in.peek() == CborReader.Kind.BYTES) {
                leaves.add(in.bytes(32));
                continue;
            }
            in.array(2);
            byte[] salt = in.bytes(Fields.SALT);
            int at = in.offset();
            Group group = Group.parse(in.bytes());
            if (group.key() <= previous) {
                throw new MalformedException(
                        Reason.GROUPS_NOT_ASCENDING, at, "group " + group.key() + " after " + previous);
            }
            previous = group.key();
            GroupShape.check(group);
            leaves.add(Fields.leaf(salt, group.encoded()));
            disclosed.add(group);
        }
        in.end();
        return new Disclosure(leaves, List.copyOf(disclosed));
    }

    /** Whether these are the groups that were signed under this root, disclosed and withheld ones together. */
    public boolean matches(byte[] fieldsRoot) {
        return Arrays.equals(Fields.root(leaves), fieldsRoot);
    }

    /** The group if it was disclosed; empty says nothing about whether the message has one. */
    public Optional<Group> group(int key) {
        return disclosed.stream().filter(g -> g.key() == key).findFirst();
    }

    /** Disclosed groups, ascending. */
    public List<Group> groups() {
        return disclosed;
    }

    /** How many groups were withheld. */
    public int withheld() {
        return leaves.size() - disclosed.size();
    }
}
