package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.VerificationKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Public entry: the key that signs this log, and the hash of the only key that it may hand over to. Written before the next key is needed,
 * so that whoever steals the key in force cannot choose its successor. FORMAT.md §6.2.
 *
 * @param generation 0 for the first key of which a log says this, one more at each hand-over
 * @param key        the Ed25519 key in force
 * @param next       32 bytes, {@link #commitment} of the next one; not copied
 */
public record LogKey(long generation, VerificationKey key, byte[] next) implements PublicEntry {
    private static final int WHAT = 4;
    private static final byte[] NEXT_KEY = {8};

    public LogKey {
        if (generation < 0 || next.length != 32 || key.algorithm() != Algorithm.ED25519) {
            throw new IllegalArgumentException(
                    "a log key is Ed25519, its generation from 0, the hash of the next 32 bytes");
        }
    }

    /** What an entry says of a key before it is shown: SHA-256(0x08 ‖ key). */
    public static byte[] commitment(VerificationKey key) {
        return Sha256.of(NEXT_KEY, key.raw());
    }

    /** Whether {@code later} may take over: the next generation, with the key whose hash stands here. */
    public boolean mayHandOverTo(LogKey later) {
        return later.generation == generation + 1 && Arrays.equals(commitment(later.key), next);
    }

    @Override
    public byte[] entry() {
        return PublicFields.entry(PublicFields.write(4, WHAT)
                .unsigned(1)
                .unsigned(generation)
                .unsigned(2)
                .bytes(key.raw())
                .unsigned(3)
                .bytes(next));
    }

    /** Whether the entry calls itself a log key; it may still be malformed. */
    public static boolean is(byte[] entry) {
        return PublicFields.is(entry, WHAT);
    }

    public static LogKey parse(byte[] entry) throws MalformedException {
        PublicFields in = PublicFields.open(entry, WHAT, 4, 4);
        LogKey key = new LogKey(
                in.at(1).unsigned(),
                VerificationKey.ofEd25519(in.at(2).bytes(32)),
                in.at(3).bytes(32));
        in.end();
        return key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogKey that && Arrays.equals(entry(), that.entry());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(next);
    }
}
