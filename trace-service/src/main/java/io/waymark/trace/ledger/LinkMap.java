package io.waymark.trace.ledger;

import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.MapTop;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import javax.sql.DataSource;

/**
 * The sorted Merkle map over all link tags, and its heads in the log: what shows that an object has no later step (FORMAT.md §6.1).
 *
 * <p>The tags are in the database; in memory are the roots of 65,536 buckets, 4 MiB. They always stand for the newest head, so that every
 * proof leads to a root that is in the log. A head costs one range of tags per bucket that got a link. Built anew at every start: one scan of
 * the tags, about ten seconds for ten million, during which no proof is given.
 *
 * <p>Buckets kept with a head would be read in a fraction of a second and could be held against its root; but this scan is also what finds, before
 * anything is headed again, that a tag is gone or altered, which the audit's slow walk takes hours for. Revisit when starts take minutes.
 */
final class LinkMap {
    /** Buckets read with one question. */
    private static final int AT_ONCE = 2000;

    /** So few changed buckets may keep the writer waiting: some milliseconds. */
    private static final int FEW = 200;

    /** A map head in the log. */
    private record Head(long index, MapHead content) {}

    Drill drill = Drill.NONE;

    private final DataSource database;
    private MapTop top = new MapTop();
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    // Under the lock: the buckets hold the tags of links below it; −1 while they hold some of them only.
    private long covered = -1;

    // Under the lock; null while the buckets do not stand for a head of the log.
    private Head newest;

    LinkMap(DataSource database) {
        this.database = database;
    }

    /**
     * Follows the newest head in the log: at a start, and in a process that does not write.
     *
     * @return what is wrong when the tags do not give its root
     */
    Optional<String> follow() throws SQLException {
        lock.writeLock().lock();
        try (Connection c = database.getConnection()) {
            Optional<Head> head = newestIn(c);
            if (head.isEmpty()
                    || (newest != null && newest.index() == head.get().index())) {
                return Optional.empty();
            }
            MapHead content = head.get().content();
            if (covered > content.size()) {
                return Optional.empty(); // brought up for a head that did not come to be: the next one is waited for
            }
            newest = null;
            advance(c, content.size());
            if (top.count() != content.count() || !Arrays.equals(top.root(), content.root())) {
                return Optional.of("the stored link tags do not give the map root at index "
                        + head.get().index());
            }
            newest = head.get();
            return Optional.empty();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private static Optional<Head> newestIn(Connection c) throws SQLException {
        try (Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT index, size, count, root, time_millis FROM ledger_map_head"
                        + " ORDER BY index DESC LIMIT 1")) {
            return row.next()
                    ? Optional.of(new Head(
                            row.getLong(1),
                            new MapHead(row.getLong(2), row.getLong(3), row.getBytes(4), row.getLong(5))))
                    : Optional.empty();
        }
    }

    private void fill(Connection c, long size) throws SQLException {
        // Buckets brought up in part, for a head that did not come to be, may hold tags beyond this size.
        top = new MapTop();
        boolean auto = c.getAutoCommit();
        c.setAutoCommit(false); // a fetch size means nothing otherwise: all tags would be in memory at once
        try (PreparedStatement all =
                c.prepareStatement("SELECT tag FROM ledger_link_tag WHERE index < ? ORDER BY tag")) {
            all.setFetchSize(10_000);
            all.setLong(1, size);
            try (ResultSet rows = all.executeQuery()) {
                take(rows);
            }
            covered = size;
        } finally {
            c.rollback();
            c.setAutoCommit(auto);
        }
    }

    /** Whether links were recorded after the newest head, or that head is older than {@code oldest} and there is something to head. */
    boolean due(long nowMillis, long oldestMillis) throws SQLException {
        Head head = current();
        try (Connection c = database.getConnection();
                PreparedStatement later =
                        c.prepareStatement("SELECT 1 FROM ledger_link_tag WHERE index >= ? LIMIT 1")) {
            later.setLong(1, head == null ? 0 : head.content().size());
            try (ResultSet row = later.executeQuery()) {
                return row.next() || (head != null && nowMillis - head.content().timeMillis() > oldestMillis);
            }
        }
    }

    /**
     * Puts a head into the log over everything before it. Until it is there, and when that fails, no proof is given: the buckets are ahead of
     * every head.
     *
     * @param committed size of a committed tree: most of the work is done for it before the writer is kept waiting for the rest
     * @return its index
     */
    long head(Ledger ledger, long committed, long nowMillis) throws SQLException {
        lock.writeLock().lock();
        try (Connection c = database.getConnection()) {
            newest = null;
            // Links keep coming while the buckets are brought up; each round leaves fewer for the writer to wait for.
            advance(c, committed);
            for (int i = 0; i < 4 && advance(c, ledger.checkpoint().size()) > FEW; i++) {}
            MapHead[] content = new MapHead[1];
            // The head stands first in its commit, at the index its map reaches to: no link can hide between the two.
            // The writer's thread works on the buckets while this one, which has the lock, waits for it.
            long index = ledger.appendFirst(
                    at -> {
                        try {
                            advance(c, at);
                        } catch (SQLException e) {
                            throw new BusyException("the link tags cannot be read", e);
                        }
                        content[0] = new MapHead(at, top.count(), top.root(), nowMillis);
                        drill.at(Drill.CrashPoint.MAP_HEAD_MADE);
                        return Submission.of(content[0].entry());
                    },
                    (rows, indexes) -> insert(rows, indexes[0], content[0]));
            drill.at(Drill.CrashPoint.MAP_HEAD_COMMITTED);
            newest = new Head(index, content[0]);
            return index;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** @return how many buckets changed */
    private int advance(Connection c, long size) throws SQLException {
        if (covered < 0) {
            fill(c, size);
            return top.buckets();
        }
        long from = covered;
        covered = -1;
        TreeSet<Integer> changed = new TreeSet<>();
        try (PreparedStatement added =
                c.prepareStatement("SELECT tag FROM ledger_link_tag WHERE index >= ? AND index < ?")) {
            added.setLong(1, from);
            added.setLong(2, size);
            try (ResultSet rows = added.executeQuery()) {
                while (rows.next()) {
                    changed.add(top.bucket(rows.getBytes(1)));
                }
            }
        }
        List<Integer> buckets = List.copyOf(changed);
        for (int i = 0; i < buckets.size(); i += AT_ONCE) {
            update(c, buckets.subList(i, Math.min(buckets.size(), i + AT_ONCE)), size);
        }
        covered = size;
        return buckets.size();
    }

    private void update(Connection c, List<Integer> buckets, long size) throws SQLException {
        try (PreparedStatement select = c.prepareStatement("SELECT * FROM trace.link_tags(?, ?, ?)")) {
            select.setArray(
                    1,
                    c.createArrayOf("bytea", buckets.stream().map(LinkMap::low).toArray(byte[][]::new)));
            select.setArray(
                    2,
                    c.createArrayOf("bytea", buckets.stream().map(LinkMap::high).toArray(byte[][]::new)));
            select.setLong(3, size);
            try (ResultSet rows = select.executeQuery()) {
                take(rows);
            }
        }
    }

    /** Ascending tags, of each bucket all or none. */
    private void take(ResultSet rows) throws SQLException {
        int bucket = -1;
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        while (rows.next()) {
            byte[] tag = rows.getBytes(1);
            if (top.bucket(tag) != bucket) {
                if (bucket >= 0) {
                    top.update(bucket, held.toByteArray());
                }
                bucket = top.bucket(tag);
                held.reset();
            }
            held.writeBytes(tag);
        }
        if (bucket >= 0) {
            top.update(bucket, held.toByteArray());
        }
    }

    static void insert(Connection rows, long index, MapHead content) throws SQLException {
        // ON CONFLICT: the same head sent again after an unknown outcome.
        try (PreparedStatement insert = rows.prepareStatement(
                "INSERT INTO ledger_map_head (index, size, count, root, time_millis) VALUES (?, ?, ?, ?, ?)"
                        + " ON CONFLICT DO NOTHING")) {
            insert.setLong(1, index);
            insert.setLong(2, content.size());
            insert.setLong(3, content.count());
            insert.setBytes(4, content.root());
            insert.setLong(5, content.timeMillis());
            insert.executeUpdate();
        }
    }

    /** What the newest head of the log says of this tag; empty while there is no head, or one is being made. */
    Optional<Ledger.MapAnswer> find(byte[] tag) throws SQLException {
        lock.readLock().lock();
        try {
            if (newest == null) {
                return Optional.empty();
            }
            MapHead head = newest.content();
            MapProof proof = top.proof(tag, bucket -> tags(bucket, head.size()));
            return Optional.of(new Ledger.MapAnswer(newest.index(), head.entry(), head.size(), head.root(), proof));
        } finally {
            lock.readLock().unlock();
        }
    }

    /** How many entries the newest head covers; 0 without one. */
    long size() {
        Head head = current();
        return head == null ? 0 : head.content().size();
    }

    private Head current() {
        lock.readLock().lock();
        try {
            return newest;
        } finally {
            lock.readLock().unlock();
        }
    }

    // Bounds by the first two bytes: a bucket is a range of the primary key.
    private static byte[] low(int bucket) {
        byte[] low = new byte[32];
        low[0] = (byte) (bucket >>> 8);
        low[1] = (byte) bucket;
        return low;
    }

    private static byte[] high(int bucket) {
        byte[] high = low(bucket);
        Arrays.fill(high, 2, high.length, (byte) 0xff);
        return high;
    }

    private byte[] tags(int bucket, long size) {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement(
                        "SELECT tag FROM ledger_link_tag WHERE tag >= ? AND tag <= ? AND index < ? ORDER BY tag")) {
            select.setBytes(1, low(bucket));
            select.setBytes(2, high(bucket));
            select.setLong(3, size);
            ByteArrayOutputStream tags = new ByteArrayOutputStream();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    tags.writeBytes(rows.getBytes(1));
                }
            }
            return tags.toByteArray();
        } catch (SQLException e) {
            throw new IllegalStateException("the link tags cannot be read", e);
        }
    }
}
