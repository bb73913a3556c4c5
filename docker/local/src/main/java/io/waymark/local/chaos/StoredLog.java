package io.waymark.local.chaos;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Tiles;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the database holds of a log, read in one snapshot past the ledger's own code.
 *
 * @param note        the head's
 * @param entries     all of them, in order, up to the head's size; fewer when a bundle is missing
 * @param identities  16 bytes to index
 * @param checkpoints every note ever stored
 * @param files       pages by their C2SP names
 */
record StoredLog(
        String note,
        List<byte[]> entries,
        Map<ByteBuffer, Long> identities,
        List<String> checkpoints,
        Map<String, byte[]> files) {
    static StoredLog read(Connection c) throws SQLException, MalformedException {
        c.setAutoCommit(false);
        c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement s = c.createStatement()) {
            String note;
            long size;
            try (ResultSet head = s.executeQuery("SELECT note, size FROM trace.ledger_head")) {
                head.next();
                note = head.getString(1);
                size = head.getLong(2);
            }
            Map<String, byte[]> files = new HashMap<>();
            List<byte[]> entries = new ArrayList<>();
            try (ResultSet rows =
                    s.executeQuery("SELECT number, width, entries FROM trace.ledger_bundle ORDER BY number")) {
                while (rows.next()) {
                    files.put(Tiles.entriesPath(rows.getLong(1), rows.getInt(2)), rows.getBytes(3));
                    entries.addAll(Tiles.entries(rows.getBytes(3)));
                }
            }
            try (ResultSet rows = s.executeQuery("SELECT level, number, width, hashes FROM trace.ledger_tile")) {
                while (rows.next()) {
                    files.put(Tiles.path(rows.getInt(1), rows.getLong(2), rows.getInt(3)), rows.getBytes(4));
                }
            }
            Map<ByteBuffer, Long> identities = new HashMap<>();
            try (ResultSet rows = s.executeQuery("SELECT identity, index FROM trace.ledger_identity")) {
                while (rows.next()) {
                    identities.put(ByteBuffer.wrap(rows.getBytes(1)), rows.getLong(2));
                }
            }
            List<String> checkpoints = new ArrayList<>();
            try (ResultSet rows = s.executeQuery("SELECT note FROM trace.ledger_checkpoint")) {
                while (rows.next()) {
                    checkpoints.add(rows.getString(1));
                }
            }
            return new StoredLog(
                    note,
                    entries.size() > size ? entries.subList(0, (int) size) : entries,
                    identities,
                    checkpoints,
                    files);
        } finally {
            c.rollback();
        }
    }

    LogFiles asFiles() {
        return path -> Optional.ofNullable(files.get(path));
    }
}
