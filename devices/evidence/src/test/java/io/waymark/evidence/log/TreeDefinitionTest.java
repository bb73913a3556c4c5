package io.waymark.evidence.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.message.ObjectTree;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every tree of 1 to 70 entries against the recursive definitions of RFC 6962 §2.1, written here a second time. */
class TreeDefinitionTest {
    private static final int MAX = 70;
    private static final List<byte[]> LEAVES = new ArrayList<>();

    static {
        for (int i = 0; i < 70_000; i++) {
            LEAVES.add(MerkleHash.leaf(Sha256.u64(i)));
        }
    }

    private static byte[] mth(List<byte[]> d) {
        if (d.isEmpty()) {
            return Sha256.of();
        }
        if (d.size() == 1) {
            return d.get(0);
        }
        int k = split(d.size());
        return MerkleHash.node(mth(d.subList(0, k)), mth(d.subList(k, d.size())));
    }

    private static List<byte[]> path(int m, List<byte[]> d) {
        List<byte[]> path = new ArrayList<>();
        if (d.size() > 1) {
            int k = split(d.size());
            if (m < k) {
                path.addAll(path(m, d.subList(0, k)));
                path.add(mth(d.subList(k, d.size())));
            } else {
                path.addAll(path(m - k, d.subList(k, d.size())));
                path.add(mth(d.subList(0, k)));
            }
        }
        return path;
    }

    private static List<byte[]> subproof(int m, List<byte[]> d, boolean whole) {
        List<byte[]> path = new ArrayList<>();
        if (m == d.size()) {
            if (!whole) {
                path.add(mth(d));
            }
            return path;
        }
        int k = split(d.size());
        if (m <= k) {
            path.addAll(subproof(m, d.subList(0, k), whole));
            path.add(mth(d.subList(k, d.size())));
        } else {
            path.addAll(subproof(m - k, d.subList(k, d.size()), false));
            path.add(mth(d.subList(0, k)));
        }
        return path;
    }

    private static int split(int n) {
        int k = 1;
        while (2 * k < n) {
            k *= 2;
        }
        return k;
    }

    private static final HashSource NODES =
            (level, index) -> mth(LEAVES.subList((int) (index << level), (int) ((index + 1) << level)));

    /** Tiles of a tree, as a log serves them. */
    private static Tiles.TileSource tiles(int size) {
        return (level, index, width) -> {
            byte[] tile = new byte[32 * width];
            for (int i = 0; i < width; i++) {
                System.arraycopy(NODES.hash(8 * level, index * 256 + i), 0, tile, 32 * i, 32);
            }
            return tile;
        };
    }

    @Test
    void rootsAndInclusion() {
        CompactTree tree = new CompactTree();
        assertArrayEquals(MerkleHash.EMPTY, tree.root());
        for (int size = 1; size <= MAX; size++) {
            tree.append(LEAVES.get(size - 1));
            List<byte[]> d = LEAVES.subList(0, size);
            byte[] root = mth(d);
            assertArrayEquals(root, tree.root());
            assertArrayEquals(root, new CompactTree(size, tree.edge()).root());
            assertArrayEquals(root, Tiles.root(size, tiles(size)));
            VerifiedCheckpoint checkpoint = RootsForTests.checkpoint(size, root);
            for (int i = 0; i < size; i++) {
                InclusionProof proof = InclusionProof.of(i, size, NODES);
                List<byte[]> expected = path(i, d);
                assertEquals(expected.size(), proof.path().size());
                for (int h = 0; h < expected.size(); h++) {
                    assertArrayEquals(expected.get(h), proof.path().get(h));
                }
                assertTrue(proof.places(LEAVES.get(i), checkpoint));
                assertFalse(new InclusionProof(i + 1, proof.path()).places(LEAVES.get(i), checkpoint));
                assertFalse(proof.places(LEAVES.get(i + 1), checkpoint));
            }
        }
    }

    @Test
    void consistency() {
        for (int size = 1; size <= MAX; size++) {
            List<byte[]> d = LEAVES.subList(0, size);
            for (int old = 0; old <= size; old++) {
                VerifiedCheckpoint older = RootsForTests.checkpoint(old, mth(LEAVES.subList(0, old)));
                VerifiedCheckpoint newer = RootsForTests.checkpoint(size, mth(d));
                ConsistencyProof proof = ConsistencyProof.of(old, size, NODES);
                List<byte[]> expected = old == 0 ? List.of() : subproof(old, d, true);
                assertEquals(expected.size(), proof.path().size());
                for (int h = 0; h < expected.size(); h++) {
                    assertArrayEquals(expected.get(h), proof.path().get(h));
                }
                assertTrue(proof.extends_(older, newer), old + " to " + size);
                if (old > 0) {
                    assertFalse(proof.extends_(RootsForTests.checkpoint(old, mth(LEAVES.subList(1, old + 1))), newer));
                    if (old < size) {
                        assertFalse(proof.extends_(newer, older));
                    }
                }
            }
        }
    }

    @Test
    void tilesAcrossLevels() {
        for (int size : new int[] {255, 256, 257, 511, 512, 65_536, 65_537, 70_000}) {
            byte[] root = mth(LEAVES.subList(0, size));
            assertArrayEquals(root, Tiles.root(size, tiles(size)), "size " + size);
            for (int index : new int[] {0, 1, 254, size / 2, size - 1}) {
                InclusionProof proof = Tiles.inclusion(index, size, tiles(size));
                assertTrue(proof.places(LEAVES.get(index), RootsForTests.checkpoint(size, root)));
            }
            ConsistencyProof grown = Tiles.consistency(200, size, tiles(size));
            assertTrue(grown.extends_(
                    RootsForTests.checkpoint(200, mth(LEAVES.subList(0, 200))), RootsForTests.checkpoint(size, root)));
        }
        assertEquals(1, Tiles.width(1, 0, 256));
        assertEquals(112, Tiles.width(0, 273, 70_000));
        assertEquals(17, Tiles.width(1, 1, 70_000));
        assertEquals(1, Tiles.width(2, 0, 70_000));
        assertEquals(0, Tiles.width(3, 0, 70_000));
        assertEquals(0, Tiles.width(9, 0, Long.MAX_VALUE));
    }

    @Test
    void objectTreesAreTreesOfTheSameShape() {
        byte[] secret = new byte[16];
        List<ObjectTree.Entry> entries = new ArrayList<>();
        for (int size = 1; size <= MAX; size++) {
            entries.add(new ObjectTree.Entry("https://id.gs1.org/01/09506000134352/21/" + size, null));
            ObjectTree tree = new ObjectTree(secret, entries);
            List<byte[]> leaves = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                leaves.add(ObjectTree.leaf(
                        tree.salt(i), tree.binding(i), entries.get(i).uri()));
            }
            assertArrayEquals(mth(leaves), tree.root());
            for (int i = 0; i < size; i++) {
                assertArrayEquals(tree.root(), MerkleHash.rootFrom(leaves.get(i), i, size, tree.path(i)));
            }
        }
    }
}
