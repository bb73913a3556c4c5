package io.waymark.trace.recovery;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Tiles;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * Entries whose own rows are gone: the log shows that something was recorded, and when, but not what. Each comes back when whoever signed it
 * sends it again.
 *
 * @param statements readings and statements without their message
 * @param links      steps of objects without the signed step
 * @param bindings   keys of streams that nobody here knows
 */
public record LostRows(long statements, long links, long bindings) {
    /** Of the entries from this index on. */
    static LostRows from(Connection c, long first) throws SQLException {
        boolean auto = c.getAutoCommit();
        c.setAutoCommit(false); // a fetch size means nothing otherwise
        long statements = 0;
        long links = 0;
        long bindings = 0;
        try (PreparedStatement select =
                c.prepareStatement("SELECT number, entries FROM ledger_bundle WHERE number >= ? ORDER BY number")) {
            select.setFetchSize(64);
            select.setLong(1, first / Tiles.WIDTH);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    List<byte[]> entries = Tiles.entries(row.getBytes(2));
                    for (int i = (int) Math.max(0, first - row.getLong(1) * Tiles.WIDTH); i < entries.size(); i++) {
                        byte[] entry = entries.get(i);
                        boolean tagged = entry.length == Entries.PRIVATE_LENGTH;
                        statements += tagged && entry[0] == Entries.STATEMENT ? 1 : 0;
                        links += tagged && entry[0] == Entries.LINK ? 1 : 0;
                        bindings += KeyBinding.is(entry) ? 1 : 0;
                    }
                }
            }
            return new LostRows(
                    statements
                            - rows(c, "message", "ledger_index", first)
                            - rows(c, "equivocation", "ledger_index", first)
                            - rows(c, "gap_entry", "ledger_index", first)
                            - rows(c, "message_admission", "ledger_index", first),
                    links - rows(c, "link", "ledger_index", first),
                    bindings - rows(c, "stream_key", "binding_index", first));
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored entry bundle is damaged", e);
        } finally {
            c.rollback();
            c.setAutoCommit(auto);
        }
    }

    private static long rows(Connection c, String table, String index, long first) throws SQLException {
        try (PreparedStatement select =
                c.prepareStatement("SELECT count(*) FROM " + table + " WHERE " + index + " >= ?")) {
            select.setLong(1, first);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
