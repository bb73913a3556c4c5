package io.waymark.evidence.log;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tiles of 256 hashes and bundles of 256 entries, the files a log is published as.
 *
 * @see <a href="https://c2sp.org/tlog-tiles@v0.1.0">C2SP tlog-tiles</a>
 */
public final class Tiles {
    public static final int WIDTH = 256;
    private static final int TILE_HEIGHT = 8;

    /** An entry's length is a u16 in the bundle. */
    public static final int MAX_ENTRY = 65_535;

    // Levels 0 to 63; groups of three digits of an int64, the first of several not 000; widths 1 to 255.
    private static final Pattern PATH = Pattern.compile("tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/"
            + "(?:x(?!000)[0-9]{3}/(?:x[0-9]{3}/){0,4})?[0-9]{3}"
            + "(?:\\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?");

    private Tiles() {}

    /** Where tiles come from: files, a database, HTTP. */
    public interface TileSource {
        /**
         * @param width number of hashes the caller needs, 1 to 256; returning more (a fuller tile) is fine
         * @return at least {@code 32 * width} bytes
         */
        byte[] tile(int level, long index, int width);
    }

    /** {@code tile/<level>/<index>[.p/<width>]}, the index in groups of three digits. */
    public static String path(int level, long index, int width) {
        return "tile/" + level + "/" + name(index, width);
    }

    /** {@code tile/entries/<index>[.p/<width>]}. */
    public static String entriesPath(long index, int width) {
        return "tile/entries/" + name(index, width);
    }

    /** Whether {@link #path} or {@link #entriesPath} give this path for some tile: there is no second path to one. */
    public static boolean isPath(String path) {
        return PATH.matcher(path).matches();
    }

    private static String name(long index, int width) {
        if (index < 0 || width < 1 || width > WIDTH) {
            throw new IllegalArgumentException("no tile " + index + " of width " + width);
        }
        // 1234067 → x001/x234/067
        StringBuilder name = new StringBuilder(String.format("%03d", index % 1000));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            name.insert(0, String.format("x%03d/", rest % 1000));
        }
        return width == WIDTH ? name.toString() : name + ".p/" + width;
    }

    /** Hashes a tile at {@code level} has in a tree of {@code size}: 0 to 256. */
    public static int width(int level, long index, long size) {
        int shift = TILE_HEIGHT * level;
        long hashes = shift >= 63 ? 0 : size >>> shift;
        return (int) Math.max(0, Math.min(WIDTH, hashes - index * WIDTH));
    }

    public static InclusionProof inclusion(long index, long size, TileSource tiles) {
        return InclusionProof.of(index, size, hashes(size, tiles));
    }

    public static ConsistencyProof consistency(long oldSize, long size, TileSource tiles) {
        return ConsistencyProof.of(oldSize, size, hashes(size, tiles));
    }

    public static byte[] root(long size, TileSource tiles) {
        return TreeWalk.root(size, hashes(size, tiles));
    }

    /** Nodes of the tree of this size, computed from its tiles. */
    public static HashSource hashes(long size, TileSource tiles) {
        return (level, index) -> {
            int tileLevel = level / TILE_HEIGHT;
            int height = level % TILE_HEIGHT;
            long first = index << height;
            long tile = first / WIDTH;
            int width = width(tileLevel, tile, size);
            int from = (int) (first % WIDTH);
            int count = 1 << height;
            if (from + count > width) {
                throw new IllegalArgumentException(
                        "node " + level + "/" + index + " is not complete in a tree of " + size);
            }
            byte[] hashes = tiles.tile(tileLevel, tile, width);
            if (hashes.length < 32 * width || hashes.length % 32 != 0 || hashes.length > 32 * WIDTH) {
                throw new IllegalStateException(path(tileLevel, tile, width) + " has " + hashes.length + " bytes");
            }
            return subtree(hashes, from, count);
        };
    }

    private static byte[] subtree(byte[] hashes, int from, int count) {
        if (count == 1) {
            return Arrays.copyOfRange(hashes, 32 * from, 32 * from + 32);
        }
        int half = count / 2;
        return MerkleHash.node(subtree(hashes, from, half), subtree(hashes, from + half, half));
    }

    /** 1 to 256 entries, each with its length as u16 before it. */
    public static byte[] bundle(List<byte[]> entries) {
        if (entries.isEmpty() || entries.size() > WIDTH) {
            throw new IllegalArgumentException("a bundle of " + entries.size() + " entries");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            if (entry.length > MAX_ENTRY) {
                throw new IllegalArgumentException("an entry of " + entry.length + " bytes");
            }
            out.write(entry.length >>> 8);
            out.write(entry.length);
            out.writeBytes(entry);
        }
        return out.toByteArray();
    }

    /** The entries of a bundle, 1 to 256. */
    public static List<byte[]> entries(byte[] bundle) throws MalformedException {
        List<byte[]> entries = new ArrayList<>();
        int at = 0;
        while (at < bundle.length) {
            if (entries.size() == WIDTH) {
                throw new MalformedException(Reason.TOO_LARGE, at, "more than " + WIDTH + " entries");
            }
            if (bundle.length - at < 2) {
                throw new MalformedException(Reason.TRUNCATED, at);
            }
            int length = (bundle[at] & 0xff) << 8 | (bundle[at + 1] & 0xff);
            if (bundle.length - at - 2 < length) {
                throw new MalformedException(Reason.TRUNCATED, at, "entry of " + length + " bytes");
            }
            entries.add(Arrays.copyOfRange(bundle, at + 2, at + 2 + length));
            at += 2 + length;
        }
        if (entries.isEmpty()) {
            throw new MalformedException(Reason.TRUNCATED, 0, "a bundle without entries");
        }
        return entries;
    }
}
