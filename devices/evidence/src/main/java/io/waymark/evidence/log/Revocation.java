package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Public entry: from here on this key no longer speaks for this stream. Judged by the place in the log, never by a clock.
 *
 * @param streamId    16 bytes
 * @param kid         8 bytes
 * @param suspectFrom index from which entries of this key may already be another's; null when nothing is suspected
 */
public record Revocation(
        byte[] streamId,
        byte[] kid,
        String reason,
        @Nullable Long suspectFrom) implements PublicEntry {
    private static final int WHAT = 2;

    public Revocation {
        if (streamId.length != 16 || kid.length != 8 || (suspectFrom != null && suspectFrom < 0)) {
            throw new IllegalArgumentException("stream id is 16 bytes, kid 8, an index at least 0");
        }
    }

    @Override
    public byte[] entry() {
        CborWriter out = PublicFields.write(suspectFrom == null ? 4 : 5, WHAT)
                .unsigned(1)
                .bytes(streamId)
                .unsigned(2)
                .bytes(kid)
                .unsigned(3)
                .text(reason);
        if (suspectFrom != null) {
            out.unsigned(4).unsigned(suspectFrom);
        }
        return PublicFields.entry(out);
    }

    /** Whether the entry calls itself a revocation; it may still be malformed. */
    public static boolean is(byte[] entry) {
        return PublicFields.is(entry, WHAT);
    }

    public static Revocation parse(byte[] entry) throws MalformedException {
        PublicFields in = PublicFields.open(entry, WHAT, 4, 5);
        Revocation revocation = new Revocation(
                in.at(1).bytes(16),
                in.at(2).bytes(8),
                in.at(3).text(),
                in.pairs() == 5 ? (Long) in.at(4).unsigned() : null);
        in.end();
        return revocation;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Revocation that && Arrays.equals(entry(), that.entry());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(kid);
    }
}
