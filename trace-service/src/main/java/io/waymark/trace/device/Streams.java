package io.waymark.trace.device;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.trace.ledger.BusyException;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The registered streams and their keys, of every tenant: who asks must check the tenant. Known streams are remembered for
 * {@link #REMEMBERED_MILLIS}; a commit that depends on a key not being revoked asks the database again inside its transaction.
 */
@ApplicationScoped
public class Streams {
    static final long REMEMBERED_MILLIS = 10_000;
    private static final int REMEMBERED = 100_000;

    private final AgroalDataSource database;
    private final Map<ByteBuffer, Remembered> memory = new ConcurrentHashMap<>();

    private record Remembered(List<Stream> keys, long until) {}

    Streams(@DataSource("ledger") AgroalDataSource database) {
        this.database = database;
    }

    /** The stream with its newest key that is not revoked, else its newest key; empty when the id is unknown. */
    public Optional<Stream> find(byte[] id) {
        List<Stream> keys = keysOf(id);
        return keys.stream()
                .filter(s -> !s.revoked())
                .reduce((older, newer) -> newer)
                .or(() -> keys.stream().reduce((older, newer) -> newer));
    }

    /** The stream once per key, oldest binding first; empty when the id is unknown. */
    public List<Stream> keysOf(byte[] id) {
        return keysOf(List.of(id)).getOrDefault(ByteBuffer.wrap(id), List.of());
    }

    /** {@link #keysOf(byte[])} for many ids at once, by id; unknown ids are absent. */
    public Map<ByteBuffer, List<Stream>> keysOf(Collection<byte[]> ids) {
        long now = System.currentTimeMillis();
        Map<ByteBuffer, List<Stream>> found = new HashMap<>();
        List<byte[]> asked = new ArrayList<>();
        for (byte[] id : ids) {
            Remembered remembered = memory.get(ByteBuffer.wrap(id));
            if (remembered != null && remembered.until > now) {
                found.put(ByteBuffer.wrap(id), remembered.keys);
            } else {
                asked.add(id);
            }
        }
        if (!asked.isEmpty()) {
            Map<ByteBuffer, List<Stream>> read = read(asked);
            if (memory.size() > REMEMBERED) {
                memory.clear();
            }
            read.forEach((id, keys) -> memory.put(id, new Remembered(keys, now + REMEMBERED_MILLIS)));
            found.putAll(read);
        }
        return found;
    }

    /** To be called after every change of a stream or its keys. */
    public void forget(byte[] id) {
        memory.remove(ByteBuffer.wrap(id));
    }

    /** To be called when a commit found a key revoked that was remembered as good. */
    public void forgetAll() {
        memory.clear();
    }

    /** Validating a key costs as much as checking a signature: one that was remembered until now is not validated again. */
    private VerificationKey key(byte[] id, byte[] coseKey) throws MalformedException {
        Remembered before = memory.get(ByteBuffer.wrap(id));
        if (before != null) {
            for (Stream stream : before.keys) {
                if (Arrays.equals(stream.key().coseKey(), coseKey)) {
                    return stream.key();
                }
            }
        }
        return VerificationKey.ofCose(coseKey);
    }

    private Map<ByteBuffer, List<Stream>> read(List<byte[]> ids) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("""
                        SELECT s.id, s.tenant_id, s.role, k.keeper, k.cose_key, k.binding_index, k.revoked_index, k.revoked_reason, k.suspect_from, s.secret, s.label,
                               s.site, s.name, s.kind, k.first_epoch, k.held_epoch, k.held_seq
                        FROM stream s JOIN stream_key k ON k.stream_id = s.id
                        WHERE s.id = ANY (?) ORDER BY k.binding_index""")) {
            select.setArray(1, c.createArrayOf("bytea", ids.toArray(byte[][]::new)));
            Map<ByteBuffer, List<Stream>> read = new HashMap<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    read.computeIfAbsent(ByteBuffer.wrap(row.getBytes(1)), id -> new ArrayList<>())
                            .add(new Stream(
                                    row.getBytes(1),
                                    row.getString(2),
                                    row.getString(3),
                                    row.getString(4),
                                    key(row.getBytes(1), row.getBytes(5)),
                                    row.getLong(6),
                                    row.getObject(7, Long.class),
                                    row.getString(8),
                                    row.getObject(9, Long.class),
                                    row.getBytes(10),
                                    row.getString(11),
                                    row.getString(12),
                                    row.getString(13),
                                    row.getString(14),
                                    row.getLong(15),
                                    row.getObject(16) == null
                                            ? null
                                            : new Stream.Place(row.getLong(16), row.getLong(17))));
                }
            }
            return read;
        } catch (SQLException e) {
            throw new BusyException("cannot read the streams", e);
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored key is damaged", e);
        }
    }
}
