package io.waymark.trace.device;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.trace.ledger.BusyException;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices, of every tenant, have no good key any more, for those who let devices in: a broker. Asked for by ledger index, so that a
 * broker that asks every few seconds is told only what has changed, and one that was away misses nothing.
 */
@ApplicationScoped
class Standings {
    static final int PAGE = 1000;

    private final AgroalDataSource database;

    Standings(@DataSource("ledger") AgroalDataSource database) {
        this.database = database;
    }

    /** @param refused whether all its keys are revoked: it may not connect */
    record Standing(String id, boolean refused) {}

    /** @param after what to ask for next; equal to what was asked for when there was nothing */
    record Changes(List<Standing> devices, long after) {}

    /** The devices one of whose keys was ever revoked, and of which something changed after this ledger index; oldest change first. */
    Changes after(long index) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT encode(k.stream_id, 'hex'), bool_and(k.revoked_index IS NOT NULL), max(greatest(k.binding_index, k.revoked_index)) AS changed
                        FROM stream_key k JOIN stream s ON s.id = k.stream_id AND s.role = 'device'
                        WHERE k.stream_id IN (SELECT stream_id FROM stream_key WHERE revoked_index > ? OR binding_index > ?)
                        GROUP BY k.stream_id HAVING bool_or(k.revoked_index IS NOT NULL)
                        ORDER BY changed LIMIT ?""")) {
            select.setLong(1, index);
            select.setLong(2, index);
            select.setInt(3, PAGE);
            List<Standing> devices = new ArrayList<>();
            long after = index;
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    devices.add(new Standing(row.getString(1), row.getBoolean(2)));
                    after = row.getLong(3);
                }
            }
            return new Changes(devices, after);
        } catch (SQLException e) {
            throw new BusyException("cannot read the devices' standing", e);
        }
    }
}
