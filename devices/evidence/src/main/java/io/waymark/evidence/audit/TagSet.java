package io.waymark.evidence.audit;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Tags with the index of their entry, sorted, in buckets by their first bits: 40 bytes for each tag, and up to half as much of growing room.
 * 10 million tags take about 600 MB.
 */
final class TagSet {
    static final int TAG = 32;
    private static final int RECORD = TAG + 8;
    private static final byte[] NOTHING = new byte[0];

    private final int bits;
    private final byte[][] buckets;
    private final int[] counts;
    private long size;

    TagSet(int bits) {
        this.bits = bits;
        this.buckets = new byte[1 << bits][];
        Arrays.fill(buckets, NOTHING);
        this.counts = new int[1 << bits];
    }

    /** Bits for buckets of about 16 tags. */
    static int bitsFor(long tags) {
        int bits = 4;
        while (bits < 20 && tags >>> (bits + 4) != 0) {
            bits++;
        }
        return bits;
    }

    int bits() {
        return bits;
    }

    long size() {
        return size;
    }

    int bucket(byte[] tags, int at) {
        int first = (tags[at] & 0xff) << 24
                | (tags[at + 1] & 0xff) << 16
                | (tags[at + 2] & 0xff) << 8
                | (tags[at + 3] & 0xff);
        return first >>> (32 - bits);
    }

    /** @return the index this tag came with before, or −1 when it is new and has been added */
    long add(byte[] tags, int at, long index) {
        int b = bucket(tags, at);
        byte[] bucket = buckets[b];
        int low = 0;
        int high = counts[b];
        while (low < high) {
            int middle = (low + high) >>> 1;
            int from = middle * RECORD;
            int order = Arrays.compareUnsigned(bucket, from, from + TAG, tags, at, at + TAG);
            if (order == 0) {
                return index(bucket, middle);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        insert(b, low, tags, at, index);
        return -1;
    }

    private void insert(int b, int place, byte[] tags, int at, long index) {
        int used = counts[b] * RECORD;
        byte[] bucket = buckets[b];
        if (bucket.length == used) {
            bucket = Arrays.copyOf(bucket, RECORD * (counts[b] + 2 + counts[b] / 2));
            buckets[b] = bucket;
        }
        int from = place * RECORD;
        System.arraycopy(bucket, from, bucket, from + RECORD, used - from);
        System.arraycopy(tags, at, bucket, from, TAG);
        for (int i = 0; i < 8; i++) {
            bucket[from + TAG + i] = (byte) (index >>> (56 - 8 * i));
        }
        counts[b]++;
        size++;
    }

    private static long index(byte[] bucket, int place) {
        long index = 0;
        for (int i = 0; i < 8; i++) {
            index = index << 8 | (bucket[place * RECORD + TAG + i] & 0xff);
        }
        return index;
    }

    int count(int bucket) {
        return counts[bucket];
    }

    /** The bucket's tags: flat, ascending. */
    byte[] tags(int bucket) {
        byte[] out = new byte[TAG * counts[bucket]];
        for (int i = 0; i < counts[bucket]; i++) {
            System.arraycopy(buckets[bucket], i * RECORD, out, TAG * i, TAG);
        }
        return out;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeLong(size);
        for (int b = 0; b < buckets.length; b++) {
            out.write(buckets[b], 0, counts[b] * RECORD);
        }
    }

    /** Reads what {@link #write} wrote, whatever its bits were. */
    void read(DataInputStream in) throws IOException {
        byte[] record = new byte[RECORD];
        for (long left = in.readLong(); left > 0; left--) {
            in.readFully(record);
            int b = bucket(record, 0);
            insert(b, counts[b], record, 0, index(record, 0));
        }
    }
}
