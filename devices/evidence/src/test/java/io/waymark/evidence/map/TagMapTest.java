package io.waymark.evidence.map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.map.MapProof.Finding;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Buckets, tops and proofs against the recursive definition of FORMAT.md §6.1, written here a second time. */
class TagMapTest {
    private final long seed = Long.getLong("waymark.map.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private static byte[] defined(List<byte[]> tags, int depth) {
        if (tags.isEmpty()) {
            return new byte[32];
        }
        if (tags.size() == 1) {
            return Sha256.of(new byte[] {6}, tags.get(0));
        }
        List<byte[]> left = new ArrayList<>();
        List<byte[]> right = new ArrayList<>();
        tags.forEach(tag -> (bit(tag, depth) ? right : left).add(tag));
        return Sha256.of(new byte[] {7}, defined(left, depth + 1), defined(right, depth + 1));
    }

    private static boolean bit(byte[] tag, int depth) {
        return (tag[depth / 8] & 0x80 >> depth % 8) != 0;
    }

    /** Random tags, some of which share long prefixes with another; ascending. */
    private List<byte[]> tags(int count) {
        TreeSet<byte[]> tags = new TreeSet<>(Arrays::compareUnsigned);
        while (tags.size() < count) {
            byte[] tag = new byte[32];
            random.nextBytes(tag);
            if (random.nextInt(3) == 0 && !tags.isEmpty()) {
                byte[] near = tags.ceiling(tag) == null ? tags.first() : tags.ceiling(tag);
                tag = near.clone();
                int from = random.nextInt(256);
                tag[from / 8] ^= (byte) (0x80 >>> from % 8);
            }
            tags.add(tag);
        }
        return new ArrayList<>(tags);
    }

    private static byte[] flat(List<byte[]> tags) {
        ByteBuffer flat = ByteBuffer.allocate(32 * tags.size());
        tags.forEach(flat::put);
        return flat.array();
    }

    private static byte[] inBucket(MapTop top, List<byte[]> tags, int bucket) {
        return flat(tags.stream().filter(tag -> top.bucket(tag) == bucket).toList());
    }

    private static MapTop top(int bits, List<byte[]> tags) {
        MapTop top = new MapTop(bits);
        for (int bucket = 0; bucket < top.buckets(); bucket++) {
            top.update(bucket, inBucket(top, tags, bucket));
        }
        return top;
    }

    private static void assertSame(MapProof expected, MapProof seen, String seed) {
        assertArrayEquals(expected.terminal(), seen.terminal(), seed);
        assertEquals(expected.siblings().size(), seen.siblings().size(), seed);
        for (int i = 0; i < expected.siblings().size(); i++) {
            assertArrayEquals(expected.siblings().get(i), seen.siblings().get(i), seed);
        }
    }

    @Test
    void bucketsGiveTheDefinedRootAndProofsForEveryTag() {
        String told = "seed " + seed;
        for (int count : new int[] {0, 1, 2, 3, 5, 17, 60, 200}) {
            List<byte[]> tags = tags(count);
            byte[] root = defined(tags, 0);
            assertArrayEquals(root, TagMap.root(flat(tags), 0), told);
            for (int bits : new int[] {0, 1, 4, 9}) {
                MapTop top = top(bits, tags);
                assertArrayEquals(root, top.root(), told);
                for (byte[] tag : tags) {
                    MapProof proof = TagMap.proof(flat(tags), 0, tag);
                    assertEquals(Finding.PRESENT, proof.find(tag, root), told);
                    assertSame(proof, top.proof(tag, bucket -> inBucket(top, tags, bucket)), told);
                }
                List<byte[]> strangers = new ArrayList<>(tags(30));
                tags.forEach(tag -> {
                    byte[] near = tag.clone();
                    int at = random.nextInt(256);
                    near[at / 8] ^= (byte) (0x80 >>> at % 8);
                    strangers.add(near);
                });
                for (byte[] absent : strangers) {
                    if (tags.stream().anyMatch(tag -> Arrays.equals(tag, absent))) {
                        continue;
                    }
                    MapProof proof = TagMap.proof(flat(tags), 0, absent);
                    assertEquals(Finding.ABSENT, proof.find(absent, root), told);
                    assertSame(proof, top.proof(absent, bucket -> inBucket(top, tags, bucket)), told);
                }
            }
        }
    }

    @Test
    void aTopThatGrowsAndShrinksIsAlwaysTheDefinedOne() {
        MapTop top = new MapTop(6);
        List<byte[]> all = tags(120);
        List<byte[]> held = new ArrayList<>();
        for (int round = 0; round < 400; round++) {
            byte[] tag = all.get(random.nextInt(all.size()));
            if (!held.removeIf(other -> Arrays.equals(other, tag))) {
                held.add(tag);
                held.sort(Arrays::compareUnsigned);
            }
            top.update(top.bucket(tag), inBucket(top, held, top.bucket(tag)));
            assertArrayEquals(defined(held, 0), top.root(), "seed " + seed + ", round " + round);
            assertEquals(held.size(), top.count());
        }
    }

    @Test
    void everyAlteredProofShowsNothing() {
        String told = "seed " + seed;
        List<byte[]> tags = tags(50);
        byte[] root = defined(tags, 0);
        for (byte[] tag : tags) {
            MapProof proof = TagMap.proof(flat(tags), 0, tag);
            for (int i = 0; i < proof.siblings().size(); i++) {
                List<byte[]> siblings = new ArrayList<>(proof.siblings());
                byte[] altered = siblings.get(i).clone();
                altered[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
                siblings.set(i, altered);
                assertEquals(Finding.NOTHING, new MapProof(siblings, tag).find(tag, root), told);
                siblings.remove(i);
                assertEquals(Finding.NOTHING, new MapProof(siblings, tag).find(tag, root), told);
                siblings.add(i, new byte[32]);
                assertEquals(Finding.NOTHING, new MapProof(siblings, null).find(tag, root), told);
            }
            assertEquals(Finding.NOTHING, new MapProof(proof.siblings(), null).find(tag, root), told);
            // Of another tag the proof never says "absent", unless it is the very proof of that.
            byte[] other = tags.get(random.nextInt(tags.size()));
            if (other != tag) {
                assertEquals(Finding.NOTHING, proof.find(other, root), told);
            }
        }
    }

    @Test
    void aTagBesideNothingIsRefusedThoughItLeadsToTheRoot() {
        byte[] tag = tags(1).get(0);
        byte[] empty = new byte[32];
        byte[] leaf = Sha256.of(new byte[] {6}, tag);
        byte[] root = bit(tag, 0) ? Sha256.of(new byte[] {7}, empty, leaf) : Sha256.of(new byte[] {7}, leaf, empty);
        assertEquals(Finding.NOTHING, new MapProof(List.of(empty), tag).find(tag, root));
        byte[] hollow = Sha256.of(new byte[] {7}, empty, empty);
        assertEquals(Finding.NOTHING, new MapProof(List.of(empty), null).find(tag, hollow));
    }

    @Test
    void refusesWhatIsNoMap() {
        assertThrows(IllegalArgumentException.class, () -> TagMap.root(new byte[33], 0));
        assertThrows(IllegalArgumentException.class, () -> TagMap.root(new byte[64], 0), "one tag twice");
        byte[] descending = new byte[64];
        descending[0] = 1;
        assertThrows(IllegalArgumentException.class, () -> TagMap.root(descending, 0));
        assertThrows(IllegalArgumentException.class, () -> TagMap.proof(descending, 0, new byte[32]));
        assertThrows(IllegalArgumentException.class, () -> TagMap.proof(new byte[0], 0, new byte[31]));
        assertThrows(IllegalArgumentException.class, () -> new MapTop(4).update(16, new byte[32], 0));
        assertThrows(IllegalArgumentException.class, () -> new MapTop(25));
        assertEquals(Finding.NOTHING, new MapProof(List.of(new byte[31]), null).find(new byte[32], new byte[32]));
        assertEquals(Finding.NOTHING, new MapProof(List.of(), null).find(new byte[31], new byte[32]));
        assertEquals(Finding.ABSENT, new MapProof(List.of(), null).find(new byte[32], new byte[32]));
    }
}
