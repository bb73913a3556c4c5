package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
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
        @Nullable Long suspectFrom) {
    private static final int WHAT = 2;

    public Revocation {
        if (streamId.length != 16 || kid.length != 8 || (suspectFrom != null && suspectFrom < 0)) {
            throw new IllegalArgumentException("stream id is 16 bytes, kid 8, an index at least 0");
        }
    }

    /** The entry's bytes. */
    public byte[] entry() {
        CborWriter out = new CborWriter()
                .map(suspectFrom == null ? 4 : 5)
                .unsigned(0)
                .unsigned(WHAT)
                .unsigned(1)
                .bytes(streamId)
                .unsigned(2)
                .bytes(kid)
                .unsigned(3)
                .text(reason);
        if (suspectFrom != null) {
            out.unsigned(4).unsigned(suspectFrom);
        }
        return PublicEntry.of(out);
    }

    /** Whether the entry calls itself a revocation; it may still be malformed. */
    public static boolean is(byte[] entry) {
        return entry.length > 3
                && entry[0] == Entries.PUBLIC
                && (entry[1] & 0xe0) == 0xa0
                && entry[2] == 0
                && entry[3] == WHAT;
    }

    public static Revocation parse(byte[] entry) throws MalformedException {
        CborReader in = PublicEntry.open(entry);
        int pairs = in.map();
        if (pairs != 4 && pairs != 5) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a revocation has keys 0 to 3 and perhaps 4");
        }
        PublicEntry.what(in, WHAT);
        PublicEntry.key(in, 1);
        byte[] streamId = in.bytes(16);
        PublicEntry.key(in, 2);
        byte[] kid = in.bytes(8);
        PublicEntry.key(in, 3);
        String reason = in.text();
        Long suspectFrom = null;
        if (pairs == 5) {
            PublicEntry.key(in, 4);
            suspectFrom = in.unsigned();
        }
        in.end();
        return new Revocation(streamId, kid, reason, suspectFrom);
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
