package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Public entry: the sorted Merkle map over the tags of all links recorded so far. FORMAT.md §6, §6.1.
 *
 * @param size       the map holds the tags of the links at indexes below this; the entry's own index is not below it, and no link stands
 *                   between
 * @param count      how many tags these are
 * @param root       32 bytes, not copied
 * @param timeMillis the operator's clock, ms since 1970 UTC, below {@link #TIME_END}: a claim, nobody else's
 */
public record MapHead(long size, long count, byte[] root, long timeMillis) implements PublicEntry {
    /** The first millisecond of the year 10000: times before it are written the same everywhere. */
    public static final long TIME_END = 253_402_300_800_000L;

    private static final int WHAT = 3;

    public MapHead {
        if (root.length != 32) {
            throw new IllegalArgumentException("a root is 32 bytes, not " + root.length);
        }
        if (!inRange(size, count, timeMillis)) {
            throw new IllegalArgumentException(count + " tags in " + size + " entries at " + timeMillis);
        }
    }

    private static boolean inRange(long size, long count, long timeMillis) {
        return count >= 0 && count <= size && timeMillis >= 0 && timeMillis < TIME_END;
    }

    @Override
    public byte[] entry() {
        return PublicFields.entry(PublicFields.write(5, WHAT)
                .unsigned(1)
                .unsigned(size)
                .unsigned(2)
                .unsigned(count)
                .unsigned(3)
                .bytes(root)
                .unsigned(4)
                .unsigned(timeMillis));
    }

    /** Whether the entry calls itself a map head; it may still be malformed. */
    public static boolean is(byte[] entry) {
        return PublicFields.is(entry, WHAT);
    }

    public static MapHead parse(byte[] entry) throws MalformedException {
        PublicFields in = PublicFields.open(entry, WHAT, 5, 5);
        long size = in.at(1).unsigned();
        long count = in.at(2).unsigned();
        byte[] root = in.at(3).bytes(32);
        long timeMillis = in.at(4).unsigned();
        in.end();
        if (!inRange(size, count, timeMillis)) {
            throw new MalformedException(
                    Reason.VALUE_NOT_ALLOWED, 0, count + " tags in " + size + " entries at " + timeMillis);
        }
        return new MapHead(size, count, root, timeMillis);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MapHead that && Arrays.equals(entry(), that.entry());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(root);
    }
}
