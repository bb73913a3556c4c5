package io.waymark.evidence.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The upper levels of a map whose tags are kept elsewhere, in 2^bits buckets by their first bits: a change of one bucket costs {@code bits}
 * hashes, and so does a proof. With 16 bits 4.5 MiB. Not for several threads: who changes it keeps readers out.
 */
public final class MapTop {
    /** What the platform's ledger uses: a map of 10 million tags has 150 in a bucket. */
    public static final int BITS = 16;

    private static final byte NONE = 0;
    private static final byte ONE = 1;
    private static final byte MORE = 2;

    private final int bits;

    // Nodes in heap order: 1 is the root, the children of i are 2i and 2i + 1, bucket b is 2^bits + b. A node that
    // holds one
    // tag has that tag's own hash, so what a node holds is kept beside its hash.
    private final byte[] hashes;
    private final byte[] holds;
    private final int[] counts;
    private long count;

    public MapTop() {
        this(BITS);
    }

    /** @param bits 0 to 24; an empty map of 2^bits buckets */
    public MapTop(int bits) {
        if (bits < 0 || bits > 24) {
            throw new IllegalArgumentException("2^" + bits + " buckets");
        }
        this.bits = bits;
        this.hashes = new byte[MapHash.BYTES * (2 << bits)];
        this.holds = new byte[2 << bits];
        this.counts = new int[1 << bits];
    }

    /** How many buckets there are; they are numbered from 0 in the order of the tags. */
    public int buckets() {
        return 1 << bits;
    }

    /** The depth of a bucket's root: what {@link TagMap} is told. */
    public int bits() {
        return bits;
    }

    /** The bucket of a tag: its first bits as a number. */
    public int bucket(byte[] tag) {
        return bucket(tag, 0);
    }

    /** The bucket of the tag at this offset of a flat array. */
    public int bucket(byte[] tags, int at) {
        int first = (tags[at] & 0xff) << 24
                | (tags[at + 1] & 0xff) << 16
                | (tags[at + 2] & 0xff) << 8
                | (tags[at + 3] & 0xff);
        return bits == 0 ? 0 : first >>> (32 - bits);
    }

    /** The bucket holds exactly these tags from now on; see {@link TagMap} for their form. */
    public void update(int bucket, byte[] sortedTags) {
        update(bucket, TagMap.root(sortedTags, bits), TagMap.count(sortedTags));
    }

    /**
     * @param root  {@code TagMap.root(tags, bits())} of the bucket's tags, copied
     * @param count how many tags these are
     */
    public void update(int bucket, byte[] root, int count) {
        int node = buckets() + bucket;
        if (bucket < 0 || bucket >= buckets() || root.length != MapHash.BYTES || count < 0) {
            throw new IllegalArgumentException(
                    "bucket " + bucket + ", root of " + root.length + " bytes, " + count + " tags");
        }
        System.arraycopy(root, 0, hashes, MapHash.BYTES * node, MapHash.BYTES);
        this.count += count - counts[bucket];
        counts[bucket] = count;
        holds[node] = count == 0 ? NONE : count == 1 ? ONE : MORE;
        MapHash map = MapHash.ofThread();
        for (node >>>= 1; node >= 1; node >>>= 1) {
            int left = 2 * node;
            int right = left + 1;
            int held = holds[left] + holds[right];
            holds[node] = (byte) Math.min(held, MORE);
            if (held > ONE) {
                map.node(hashes, MapHash.BYTES * left, hashes, MapHash.BYTES * right, hashes, MapHash.BYTES * node);
            } else {
                int only = holds[left] == ONE ? left : right;
                System.arraycopy(hashes, MapHash.BYTES * only, hashes, MapHash.BYTES * node, MapHash.BYTES);
            }
        }
    }

    /** How many tags the map holds. */
    public long count() {
        return count;
    }

    /** How many tags this bucket holds. */
    public int count(int bucket) {
        return counts[bucket];
    }

    /** The map's root, a fresh array. */
    public byte[] root() {
        return hash(1);
    }

    /**
     * The whole proof for a tag, present or not.
     *
     * @param tagsOf the tags of a bucket as {@link TagMap} takes them, as of the last {@link #update}; asked for at most one bucket, not always
     *               the tag's own: a map with a single tag answers with that one
     */
    public MapProof proof(byte[] tag, IntFunction<byte[]> tagsOf) {
        int goal = buckets() + bucket(tag);
        List<byte[]> siblings = new ArrayList<>();
        int node = 1;
        for (int depth = 0; depth < bits && holds[node] == MORE; depth++) {
            int next = goal >>> (bits - depth - 1);
            siblings.add(hash(next ^ 1));
            node = next;
        }
        if (holds[node] == NONE) {
            return new MapProof(siblings, null);
        }
        while (node < buckets()) {
            node = holds[2 * node] == ONE ? 2 * node : 2 * node + 1;
        }
        MapProof inside = TagMap.proof(tagsOf.apply(node - buckets()), bits, tag);
        siblings.addAll(inside.siblings());
        return new MapProof(siblings, inside.terminal());
    }

    private byte[] hash(int node) {
        return Arrays.copyOfRange(hashes, MapHash.BYTES * node, MapHash.BYTES * (node + 1));
    }
}
