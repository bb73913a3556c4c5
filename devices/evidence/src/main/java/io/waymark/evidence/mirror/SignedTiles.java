package io.waymark.evidence.mirror;

import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The tiles of the tree that one checkpoint signs: every tile it gives hangs below the signed root, wherever the bytes came from. The
 * partial tiles on the right edge are checked all together against the root, a full tile against its hash in the tile above. Keeps one
 * tile per level, so read in ascending order. For one thread; what cannot be fetched or is not signed is an {@link UncheckedIOException}.
 */
public final class SignedTiles implements Tiles.TileSource {
    private record Kept(long index, byte[] hashes) {}

    private final Mirror.Source source;
    private final long size;
    private final Map<Integer, byte[]> edge = new HashMap<>();
    private final Map<Integer, Kept> full = new HashMap<>();

    /** @throws Mirror.RefusedException when the right edge does not give the signed root */
    public SignedTiles(Mirror.Source source, VerifiedCheckpoint checkpoint) throws IOException, Mirror.RefusedException {
        this.source = source;
        this.size = checkpoint.size();
        byte[] root;
        try {
            root = Tiles.root(size, (level, index, width) -> {
                if (width == Tiles.WIDTH) {
                    throw new IllegalStateException("a full tile is not on the edge");
                }
                return edge.computeIfAbsent(level, l -> fetch(level, index, width));
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (!Arrays.equals(root, checkpoint.root())) {
            throw new Mirror.RefusedException(
                    "the log's tiles do not give the root it signed for " + size + " entries");
        }
    }

    @Override
    public byte[] tile(int level, long index, int width) {
        if (width < Tiles.WIDTH) {
            byte[] known = edge.get(level);
            if (known == null) {
                throw new IllegalStateException("no partial tile at level " + level);
            }
            return known;
        }
        Kept kept = full.get(level);
        if (kept != null && kept.index() == index) {
            return kept.hashes();
        }
        byte[] hashes = fetch(level, index, Tiles.WIDTH);
        CompactTree tree = new CompactTree();
        for (int i = 0; i < Tiles.WIDTH; i++) {
            tree.append(Arrays.copyOfRange(hashes, 32 * i, 32 * i + 32));
        }
        long above = index / Tiles.WIDTH;
        byte[] parent = tile(level + 1, above, Tiles.width(level + 1, above, size));
        int at = 32 * (int) (index % Tiles.WIDTH);
        if (!Arrays.equals(tree.root(), 0, 32, parent, at, at + 32)) {
            throw new UncheckedIOException(new Mirror.RefusedException(
                    Tiles.path(level, index, Tiles.WIDTH) + " is not of the tree that was signed"));
        }
        full.put(level, new Kept(index, hashes));
        return hashes;
    }

    private byte[] fetch(int level, long index, int width) {
        try {
            byte[] hashes = fetch(source, Tiles.path(level, index, width), Tiles.path(level, index, Tiles.WIDTH));
            if (hashes.length < 32 * width) {
                throw new Mirror.RefusedException(Tiles.path(level, index, width) + " has " + hashes.length + " bytes");
            }
            return Arrays.copyOf(hashes, 32 * width);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A partial file may be gone once the full one is there. */
    static byte[] fetch(Mirror.Source source, String path, String full) throws IOException {
        Optional<byte[]> bytes = source.get(path);
        if (bytes.isEmpty() && !path.equals(full)) {
            bytes = source.get(full);
        }
        return bytes.orElseThrow(() -> new IOException("there is no " + path));
    }
}
