package io.waymark.trace.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Every checkpoint this log ever signed: one a commit. */
final class StoredCheckpoints {
    private StoredCheckpoints() {}

    /**
     * Notes of sizes {@code from} &lt; size ≤ {@code to}, ascending by size, the first {@code most} of them.
     *
     * @throws IllegalStateException when the database cannot tell
     */
    static List<String> between(Connection c, long from, long to, int most) {
        try (PreparedStatement select = c.prepareStatement(
                "SELECT note FROM ledger_checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT ?")) {
            select.setLong(1, from);
            select.setLong(2, to);
            select.setInt(3, most);
            List<String> notes = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    notes.add(rows.getString(1));
                }
            }
            return notes;
        } catch (SQLException e) {
            throw new IllegalStateException("the checkpoints cannot be read", e);
        }
    }
}
