package io.waymark.evidence.log;

import io.waymark.evidence.key.Sha256;

/**
 * Private entries, 65 bytes: kind ‖ tag(32) ‖ digest(32). The tag tells those who hold a secret that the entry is theirs, and nobody
 * else anything. Integers are u64 big-endian.
 */
public final class Entries {
    public static final byte STATEMENT = 1;
    public static final byte PUBLIC = 2;
    public static final byte LINK = 3;
    public static final int PRIVATE_LENGTH = 65;

    private static final byte[] TAG_STATEMENT = {1};
    private static final byte[] TAG_LINK = {2};
    private static final byte[] TAG_EQUIVOCATION = {(byte) 0xff};
    private static final byte[] TAG_GAP = {(byte) 0xfe};
    private static final byte[] TAG_ADMISSION = {(byte) 0xfd};
    private static final byte[] HASH_LINK = {4};
    private static final byte[] HASH_COMMITMENT = {5};
    private static final byte[] HASH_GAP = {9};
    private static final byte[] HASH_ADMISSION = {10};
    private static final byte[] NO_PREVIOUS = new byte[32];

    private Entries() {}

    /** A signed message: tag = HMAC(stream secret, 0x01 ‖ epoch ‖ seq). */
    public static byte[] statement(byte[] streamSecret, long epoch, long seq, byte[] digest) {
        return entry(STATEMENT, Sha256.hmac(streamSecret, TAG_STATEMENT, Sha256.u64(epoch), Sha256.u64(seq)), digest);
    }

    /** A second message under one (epoch, seq), kept as evidence: tag = HMAC(stream secret, 0xff ‖ epoch ‖ seq ‖ second digest). */
    public static byte[] equivocation(byte[] streamSecret, long epoch, long seq, byte[] secondDigest) {
        byte[] tag = Sha256.hmac(streamSecret, TAG_EQUIVOCATION, Sha256.u64(epoch), Sha256.u64(seq), secondDigest);
        return entry(STATEMENT, tag, secondDigest);
    }

    /**
     * What the operator says of numbers that did not come: missing since {@code noticedMillis}. Tag = HMAC(stream secret, 0xfe ‖ epoch ‖ from ‖
     * to), digest = SHA-256(0x09 ‖ stream id ‖ epoch ‖ from ‖ to ‖ time noticed in ms).
     */
    public static byte[] gap(byte[] streamSecret, byte[] streamId, long epoch, long from, long to, long noticedMillis) {
        byte[] tag = Sha256.hmac(streamSecret, TAG_GAP, Sha256.u64(epoch), Sha256.u64(from), Sha256.u64(to));
        return entry(
                STATEMENT,
                tag,
                Sha256.of(
                        HASH_GAP,
                        streamId,
                        Sha256.u64(epoch),
                        Sha256.u64(from),
                        Sha256.u64(to),
                        Sha256.u64(noticedMillis)));
    }

    /**
     * That a refused message was taken after all, and why: tag = HMAC(stream secret, 0xfd ‖ message digest), digest = SHA-256(0x0a ‖ message
     * digest ‖ reason).
     *
     * @param reason the operator's words, UTF-8
     */
    public static byte[] admission(byte[] streamSecret, byte[] messageDigest, byte[] reason) {
        return entry(
                STATEMENT,
                Sha256.hmac(streamSecret, TAG_ADMISSION, messageDigest),
                Sha256.of(HASH_ADMISSION, messageDigest, reason));
    }

    /** A statement whose tag is known but not its stream's secret: how a proof file carries a reading. */
    public static byte[] statement(byte[] tag, byte[] digest) {
        return entry(STATEMENT, tag, digest);
    }

    /** The n-th step of one object: tag = HMAC(object secret, 0x02 ‖ n). */
    public static byte[] link(byte[] objectSecret, long n, byte[] linkDigest) {
        return entry(LINK, linkTag(objectSecret, n), linkDigest);
    }

    /** What the map of link tags is asked for: HMAC(object secret, 0x02 ‖ n), 32 bytes. */
    public static byte[] linkTag(byte[] objectSecret, long n) {
        return Sha256.hmac(objectSecret, TAG_LINK, Sha256.u64(n));
    }

    /** SHA-256(0x04 ‖ step digest ‖ n ‖ previous link's digest, or 32 zero bytes when there is none). */
    public static byte[] linkDigest(
            byte[] stepDigest, long n, byte @org.jspecify.annotations.Nullable [] previousOrNull) {
        return Sha256.of(HASH_LINK, stepDigest, Sha256.u64(n), previousOrNull == null ? NO_PREVIOUS : previousOrNull);
    }

    /** SHA-256(0x05 ‖ stream id ‖ stream secret): in the key binding, so that one stream cannot be run under two secrets. */
    public static byte[] streamCommitment(byte[] id, byte[] streamSecret) {
        return Sha256.of(HASH_COMMITMENT, id, streamSecret);
    }

    private static byte[] entry(byte kind, byte[] tag, byte[] digest) {
        if (tag.length != 32 || digest.length != 32) {
            throw new IllegalArgumentException(
                    "tag of " + tag.length + " and digest of " + digest.length + " bytes, 32 each expected");
        }
        byte[] entry = new byte[PRIVATE_LENGTH];
        entry[0] = kind;
        System.arraycopy(tag, 0, entry, 1, 32);
        System.arraycopy(digest, 0, entry, 33, 32);
        return entry;
    }
}
