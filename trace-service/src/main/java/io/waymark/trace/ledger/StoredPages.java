package io.waymark.trace.ledger;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Tiles;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tiles and entry bundles as stored. What is stored of a tile never changes, it only gets wider: tiles are kept in memory, those at the right
 * edge too, for whoever asks for no more of them.
 */
final class StoredPages implements Tiles.TileSource {
    /** About 16 MB of tiles. */
    private static final int CACHED = 2048;

    /** Where a connection comes from; closing it is {@code owned}'s question. */
    interface Connections {
        Connection get() throws SQLException;
    }

    /** The database did not answer: nothing is said of what it holds. */
    static final class UnreadableException extends IllegalStateException {
        UnreadableException(String message, SQLException cause) {
            super(message, cause);
        }
    }

    private record Place(int level, long number) {}

    private final Connections connections;
    private final boolean owned;
    private final Map<Place, Stored> tiles = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, Stored> eldest) {
            return size() > CACHED;
        }
    };

    /** @param owned whether a connection is closed after each read */
    StoredPages(Connections connections, boolean owned) {
        this.connections = connections;
        this.owned = owned;
    }

    @Override
    public byte[] tile(int level, long index, int width) {
        return page(level, index, width);
    }

    /**
     * A tile, or for level −1 an entry bundle, cut to {@code width}.
     *
     * @throws UnreadableException   when the database does not answer
     * @throws IllegalStateException when less is stored: the caller asked beyond a published checkpoint, or the store is damaged
     */
    byte[] page(int level, long number, int width) {
        Place place = new Place(level, number);
        synchronized (tiles) {
            Stored kept = tiles.get(place);
            if (kept != null && kept.width >= width) {
                return cut(level, kept.bytes, kept.width, width);
            }
        }
        Stored stored = stored(level, number);
        if (stored.width < width) {
            throw new IllegalStateException("page " + level + "/" + number + " is not stored to width " + width);
        }
        // Bundles may be large (a public entry is up to 64 KiB): only tiles are kept.
        if (level >= 0) {
            synchronized (tiles) {
                tiles.merge(place, stored, (a, b) -> a.width >= b.width ? a : b);
            }
        }
        return cut(level, stored.bytes, stored.width, width);
    }

    /** The hashes of a tile, as many as are stored. */
    byte[] tile(int level, long number) {
        return stored(level, number).bytes;
    }

    private record Stored(int width, byte[] bytes) {}

    /** Width 0 when nothing is stored there. */
    private Stored stored(int level, long number) {
        try {
            Connection c = connections.get();
            try (PreparedStatement select = c.prepareStatement(
                    level < 0
                            ? "SELECT width, entries FROM ledger_bundle WHERE number = ?"
                            : "SELECT width, hashes FROM ledger_tile WHERE number = ? AND level = ?")) {
                select.setLong(1, number);
                if (level >= 0) {
                    select.setInt(2, level);
                }
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? new Stored(row.getInt(1), row.getBytes(2)) : new Stored(0, new byte[0]);
                }
            } finally {
                if (owned) {
                    c.close();
                }
            }
        } catch (SQLException e) {
            throw new UnreadableException("cannot read page " + level + "/" + number, e);
        }
    }

    /** The first {@code width} hashes or entries of a page of unknown width; all of it when it is damaged or has less. */
    static byte[] first(int level, byte[] page, int width) {
        if (level >= 0) {
            return page.length <= width * 32 ? page : Arrays.copyOf(page, width * 32);
        }
        int end = 0;
        for (int i = 0; i < width; i++) {
            if (end + 2 > page.length) {
                return page;
            }
            end += 2 + ((page[end] & 0xff) << 8 | page[end + 1] & 0xff);
        }
        return end >= page.length ? page : Arrays.copyOf(page, end);
    }

    private static byte[] cut(int level, byte[] bytes, int stored, int width) {
        if (stored == width) {
            return bytes;
        }
        if (level >= 0) {
            return Arrays.copyOf(bytes, width * 32);
        }
        int end = 0;
        for (int i = 0; i < width; i++) {
            end += 2 + ((bytes[end] & 0xff) << 8 | bytes[end + 1] & 0xff);
        }
        return Arrays.copyOf(bytes, end);
    }

    /** The entries of a bundle we stored. */
    static List<byte[]> entries(byte[] bundle) {
        try {
            return Tiles.entries(bundle);
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored entry bundle is damaged", e);
        }
    }
}
