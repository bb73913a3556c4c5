package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One part of a message that can be disclosed by itself.
 *
 * @param key     what it is, FORMAT.md §5
 * @param encoded deterministic CBOR of [key, value], not copied
 */
public record Group(int key, byte[] encoded) {
    public Group {
        try {
            if (parsedKey(encoded) != key) {
                throw new IllegalArgumentException("the bytes are of another group than " + key);
            }
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not a group: " + e.getMessage(), e);
        }
    }

    /** @param value writes exactly one item */
    public static Group of(int key, Consumer<CborWriter> value) {
        CborWriter out = new CborWriter().array(2).unsigned(key);
        value.accept(out);
        return new Group(key, out.toBytes());
    }

    public static Group parse(byte[] encoded) throws MalformedException {
        return new Group(parsedKey(encoded), encoded);
    }

    /** A reader that stands before the value. */
    public CborReader value() {
        CborReader in = new CborReader(encoded);
        try {
            in.array(2);
            in.unsigned();
        } catch (MalformedException e) {
            throw new IllegalStateException("the array was changed after it was checked", e);
        }
        return in;
    }

    private static int parsedKey(byte[] encoded) throws MalformedException {
        CborReader in = new CborReader(encoded);
        in.array(2);
        int at = in.offset();
        long key = in.unsigned();
        if (key > 0xffff) {
            throw new MalformedException(Reason.GROUP_NOT_ALLOWED, at, "group " + key);
        }
        in.skip();
        in.end();
        return (int) key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Group that && Arrays.equals(encoded, that.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(encoded);
    }
}
