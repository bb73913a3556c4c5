package io.waymark.trace.device;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.Revocation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;

/**
 * What the log alone says about keys, put beside entries that came back from a mirror. A revoked key stays revoked; a key of a stream that is
 * still known is its key again; a stream whose row is gone cannot be made from the log, which has neither owner nor secret, but nobody else
 * gets it.
 */
public final class LoggedKeys {
    private LoggedKeys() {}

    /**
     * May be asked again for the same entries.
     *
     * @param first index of the first of them
     */
    public static void restore(Connection c, long first, List<byte[]> entries) throws SQLException {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i)[0] == Entries.PUBLIC) {
                try {
                    PublicEntry entry = PublicEntry.parse(entries.get(i));
                    if (entry instanceof KeyBinding binding) {
                        bound(c, first + i, binding);
                    } else if (entry instanceof Revocation revocation) {
                        revoked(c, first + i, revocation);
                    }
                } catch (MalformedException e) {
                    throw new IllegalStateException(
                            "entry " + (first + i) + " is a public entry that cannot be read", e);
                }
            }
        }
    }

    private static void bound(Connection c, long index, KeyBinding binding) throws SQLException {
        String tenant = tenantOf(c, binding);
        if (tenant == null) {
            try (PreparedStatement insert = c.prepareStatement(
                    "INSERT INTO lost_binding (binding_index, stream_id, commitment, role) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
                insert.setLong(1, index);
                insert.setBytes(2, binding.streamId());
                insert.setBytes(3, binding.streamCommitment());
                insert.setString(4, binding.role());
                insert.executeUpdate();
            }
            return;
        }
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO stream_key (stream_id, kid, tenant_id, cose_key, keeper, first_epoch, binding_index) "
                        + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setBytes(1, binding.streamId());
            insert.setBytes(2, binding.key().kid());
            insert.setString(3, tenant);
            insert.setBytes(4, binding.key().coseKey());
            insert.setString(5, binding.keeper());
            insert.setLong(6, binding.firstEpoch());
            insert.setLong(7, index);
            insert.executeUpdate();
        }
    }

    /** The owner of the stream as it is known here; null when it is not, or under another role or secret. */
    private static String tenantOf(Connection c, KeyBinding binding) throws SQLException {
        try (PreparedStatement select =
                c.prepareStatement("SELECT tenant_id, secret FROM stream WHERE id = ? AND role = ?")) {
            select.setBytes(1, binding.streamId());
            select.setString(2, binding.role());
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                                && Arrays.equals(
                                        binding.streamCommitment(),
                                        Entries.streamCommitment(binding.streamId(), row.getBytes(2)))
                        ? row.getString(1)
                        : null;
            }
        }
    }

    /** What a revocation at this place of the log says of its key. The first stays what it is: after it nothing counts, whatever is found out later. */
    static void revoked(Connection c, long index, Revocation revocation) throws SQLException {
        try (PreparedStatement update = c.prepareStatement("""
                UPDATE stream_key SET revoked_index = coalesce(revoked_index, ?), revoked_reason = coalesce(revoked_reason, ?),
                  later_revocations = CASE WHEN revoked_index < ? AND ? <> ALL (later_revocations) THEN later_revocations || ?::bigint ELSE later_revocations END,
                  suspect_from = least(suspect_from, ?)
                WHERE stream_id = ? AND kid = ?""")) {
            update.setLong(1, index);
            update.setString(2, revocation.reason());
            update.setLong(3, index);
            update.setLong(4, index);
            update.setLong(5, index);
            update.setObject(6, revocation.suspectFrom(), Types.BIGINT);
            update.setBytes(7, revocation.streamId());
            update.setBytes(8, revocation.kid());
            update.executeUpdate();
        }
        // A receipt key's stream has no other key.
        try (PreparedStatement lost = c.prepareStatement(
                "UPDATE lost_binding SET revoked = revoked || ?::bigint WHERE stream_id = ? AND role = ? AND ? <> ALL (revoked)")) {
            lost.setLong(1, index);
            lost.setBytes(2, revocation.streamId());
            lost.setString(3, KeyBinding.RECEIPT);
            lost.setLong(4, index);
            lost.executeUpdate();
        }
    }
}
