package io.waymark.simulator.logger;

import java.util.Arrays;

/**
 * Times and what was said at each, in 16 bytes a row: millions of rows fit where a map of objects would not. What was said is kept as 64
 * bits of its SHA-256.
 */
final class SeenRows {
    /** What a row is, against those before. */
    enum Kind {
        NEW,
        /** The same values at the same time. */
        REPEATED,
        /** Other values at the same time. */
        CONTRADICTING
    }

    private long[] times = new long[1024];
    private long[] digests = new long[1024]; // 0 = free
    private int size;

    int size() {
        return size;
    }

    Kind look(Row row) {
        int at = place(row.timeMillis(), times, digests);
        if (digests[at] == 0) return Kind.NEW;
        return digests[at] == digest(row) ? Kind.REPEATED : Kind.CONTRADICTING;
    }

    /** Keeps a new row; a row whose time is known changes nothing. */
    Kind add(Row row) {
        Kind kind = look(row);
        if (kind != Kind.NEW) return kind;
        if (size * 2 >= times.length) grow();
        int at = place(row.timeMillis(), times, digests);
        times[at] = row.timeMillis();
        digests[at] = digest(row);
        size++;
        return kind;
    }

    private void grow() {
        long[] more = new long[times.length * 2];
        long[] moreDigests = new long[times.length * 2];
        for (int i = 0; i < times.length; i++) {
            if (digests[i] == 0) continue;
            int at = place(times[i], more, moreDigests);
            more[at] = times[i];
            moreDigests[at] = digests[i];
        }
        times = more;
        digests = moreDigests;
    }

    // Times are not secret, but a file can be made so that they collide under a plain mask: they are mixed first
    // (SplitMix64).
    private static int place(long time, long[] times, long[] digests) {
        long mixed = time + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        int mask = times.length - 1;
        int at = (int) (mixed ^ mixed >>> 31) & mask;
        while (digests[at] != 0 && times[at] != time) at = at + 1 & mask;
        return at;
    }

    private static long digest(Row row) {
        byte[] full = Names.sha256(Journal.values(row).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        long digest = 0;
        for (byte b : Arrays.copyOf(full, 8)) digest = digest << 8 | b & 0xff;
        return digest == 0 ? 1 : digest;
    }
}
