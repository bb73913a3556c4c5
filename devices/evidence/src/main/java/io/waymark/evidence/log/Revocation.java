package io.waymark.evidence.log;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Public entry: from here on this key no longer speaks for this stream. Judged by the place in the log, never by a clock.
 *
 * <p>A key may be revoked more than once: superseded today, found compromised tomorrow. Each entry counts.
 *
 * @param streamId    16 bytes
 * @param kid         8 bytes
 * @param reason      {@link #SUPERSEDED}, {@link #LOST} or {@link #COMPROMISED}; logs begun before these were fixed hold other texts, and
 *                    {@code compromised} without an index
 * @param suspectFrom index from which entries of this key may already be another's; null when nothing is suspected
 */
public record Revocation(
        byte[] streamId,
        byte[] kid,
        String reason,
        @Nullable Long suspectFrom) implements PublicEntry {
    /** The stream has a newer key, and nobody else ever had this one. */
    public static final String SUPERSEDED = "superseded";

    /** Nobody has the key any more, as far as its keeper knows. */
    public static final String LOST = "lost";

    /** Somebody else has the key, or may have it. */
    public static final String COMPROMISED = "compromised";

    private static final Set<String> WITHOUT_SUSPICION = Set.of(SUPERSEDED, LOST);
    private static final int WHAT = 2;

    public Revocation {
        if (streamId.length != 16 || kid.length != 8 || (suspectFrom != null && suspectFrom < 0)) {
            throw new IllegalArgumentException("stream id is 16 bytes, kid 8, an index at least 0");
        }
        if (suspectFrom != null && WITHOUT_SUSPICION.contains(reason)) {
            throw new IllegalArgumentException("nothing is suspect of a key that is " + reason);
        }
    }

    /** The key was replaced, or is gone; what it signed before stands. {@code reason} is {@link #SUPERSEDED} or {@link #LOST}. */
    public static Revocation plain(byte[] streamId, byte[] kid, String reason) {
        if (!WITHOUT_SUSPICION.contains(reason)) {
            throw new IllegalArgumentException("a revocation for " + reason);
        }
        return new Revocation(streamId, kid, reason, null);
    }

    /** Somebody else may have signed what is recorded from {@code suspectFrom} on. */
    public static Revocation compromised(byte[] streamId, byte[] kid, long suspectFrom) {
        return new Revocation(streamId, kid, COMPROMISED, suspectFrom);
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
        byte[] streamId = in.at(1).bytes(16);
        byte[] kid = in.at(2).bytes(8);
        String reason = in.at(3).text();
        Long suspectFrom = in.pairs() == 5 ? (Long) in.at(4).unsigned() : null;
        in.end();
        if (suspectFrom != null && WITHOUT_SUSPICION.contains(reason)) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, 0, "nothing is suspect of a key that is " + reason);
        }
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
