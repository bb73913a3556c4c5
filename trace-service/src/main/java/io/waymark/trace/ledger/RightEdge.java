package io.waymark.trace.ledger;

import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.Tiles;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * The growing side of the tree: of each level the one tile that is not full, and the entry bundle that is not full.
 * At most 8 × 255 hashes. Appending reports which tiles and bundles the database must be given; a copy is made per commit, so a failed
 * commit leaves the original as it was.
 */
final class RightEdge {
    /** A tile or bundle as it must be stored. For a bundle {@code level} is −1. */
    record Page(int level, long number, int width, byte[] bytes) {}

    private long size;
    private final List<List<byte[]>> levels = new ArrayList<>();
    private final List<byte[]> entries = new ArrayList<>();

    private RightEdge() {}

    /** The edge of a log without entries. */
    static RightEdge empty() {
        return new RightEdge();
    }

    /**
     * Reads the edge of a stored log.
     *
     * @param pages the stored tile (level ≥ 0) or bundle (level −1), at least {@code width} wide
     */
    static RightEdge load(long size, PageSource pages) {
        RightEdge edge = new RightEdge();
        edge.size = size;
        long n = size;
        for (int level = 0; n > 0; level++, n >>= 8) {
            int width = (int) (n & 255);
            List<byte[]> hashes = new ArrayList<>();
            if (width > 0) {
                byte[] tile = pages.page(level, n >> 8, width);
                for (int i = 0; i < width; i++) {
                    hashes.add(Arrays.copyOfRange(tile, i * 32, i * 32 + 32));
                }
            }
            edge.levels.add(hashes);
        }
        int width = (int) (size & 255);
        if (width > 0) {
            edge.entries.addAll(StoredPages.entries(pages.page(-1, size >> 8, width)));
        }
        return edge;
    }

    /** Where stored pages come from. */
    interface PageSource {
        byte[] page(int level, long number, int width);
    }

    RightEdge copy() {
        RightEdge copy = new RightEdge();
        copy.size = size;
        for (List<byte[]> hashes : levels) {
            copy.levels.add(new ArrayList<>(hashes));
        }
        copy.entries.addAll(entries);
        return copy;
    }

    long size() {
        return size;
    }

    /** Appends in order; returns every page that changed, each once, in its final state. */
    List<Page> append(List<byte[]> added) {
        TreeMap<Integer, TreeMap<Long, Page>> pages = new TreeMap<>();
        for (byte[] entry : added) {
            entries.add(entry);
            push(0, size, MerkleHash.leaf(entry), pages);
            size++;
            if (entries.size() == Tiles.WIDTH) {
                put(pages, new Page(-1, (size - 1) >> 8, Tiles.WIDTH, Tiles.bundle(entries)));
                entries.clear();
            }
        }
        if (added.isEmpty()) {
            return List.of();
        }
        if (!entries.isEmpty()) {
            put(pages, new Page(-1, size >> 8, entries.size(), Tiles.bundle(entries)));
        }
        long n = size;
        long before = size - added.size();
        for (int level = 0; level < levels.size(); level++, n >>= 8, before >>= 8) {
            List<byte[]> hashes = levels.get(level);
            // A level that got no new hash has its tile stored already.
            if (!hashes.isEmpty() && n != before) {
                put(pages, new Page(level, n >> 8, hashes.size(), join(hashes)));
            }
        }
        return pages.values().stream().flatMap(m -> m.values().stream()).toList();
    }

    /** Of each level the tile that is not full, as it is now. */
    List<Page> unfinishedTiles() {
        List<Page> unfinished = new ArrayList<>();
        for (int level = 0; level < levels.size(); level++) {
            List<byte[]> hashes = levels.get(level);
            if (!hashes.isEmpty()) {
                unfinished.add(new Page(level, size >> (8 * (level + 1)), hashes.size(), join(hashes)));
            }
        }
        return unfinished;
    }

    private void push(int level, long number, byte[] hash, TreeMap<Integer, TreeMap<Long, Page>> pages) {
        if (levels.size() == level) {
            levels.add(new ArrayList<>());
        }
        List<byte[]> hashes = levels.get(level);
        hashes.add(hash);
        if (hashes.size() == Tiles.WIDTH) {
            byte[] full = join(hashes);
            put(pages, new Page(level, number >> 8, Tiles.WIDTH, full));
            byte[] root = root(hashes);
            hashes.clear();
            push(level + 1, number >> 8, root, pages);
        }
    }

    private static void put(TreeMap<Integer, TreeMap<Long, Page>> pages, Page page) {
        pages.computeIfAbsent(page.level(), l -> new TreeMap<>()).put(page.number(), page);
    }

    /** RFC 6962 root: the perfect subtrees of every level, largest (leftmost) first, folded from the right. */
    byte[] root() {
        List<byte[]> peaks = new ArrayList<>();
        for (int level = levels.size() - 1; level >= 0; level--) {
            List<byte[]> hashes = levels.get(level);
            int from = 0;
            for (int bit = 128; bit > 0; bit >>= 1) {
                if ((hashes.size() & bit) != 0) {
                    peaks.add(root(hashes.subList(from, from + bit)));
                    from += bit;
                }
            }
        }
        if (peaks.isEmpty()) {
            return MerkleHash.EMPTY.clone();
        }
        byte[] root = peaks.get(peaks.size() - 1);
        for (int i = peaks.size() - 2; i >= 0; i--) {
            root = MerkleHash.node(peaks.get(i), root);
        }
        return root;
    }

    /** Root of a perfect subtree. */
    private static byte[] root(List<byte[]> perfect) {
        List<byte[]> row = perfect;
        while (row.size() > 1) {
            List<byte[]> above = new ArrayList<>(row.size() / 2);
            for (int i = 0; i < row.size(); i += 2) {
                above.add(MerkleHash.node(row.get(i), row.get(i + 1)));
            }
            row = above;
        }
        return row.get(0);
    }

    private static byte[] join(List<byte[]> hashes) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(hashes.size() * 32);
        hashes.forEach(joined::writeBytes);
        return joined.toByteArray();
    }
}
