package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.TagMap;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class LinkMapTest {
    private static final int HEADED = 100;
    private static final int ADDED = 50;

    /** Rows of the added tags that are read before the connection is lost. */
    private static final int READ = 20;

    private int left = Integer.MAX_VALUE;

    @Test
    void tagsOfAHeadThatNeverCameToBeDoNotStayInTheBuckets() throws Exception {
        try (AgroalDataSource database = LogDatabase.connect(LogDatabase.fresh())) {
            byte[] first = add(database, 0, HEADED);
            MapHead head = new MapHead(HEADED, HEADED, TagMap.root(first, 0), 1_790_000_000_000L);
            try (Connection c = database.getConnection()) {
                LinkMap.insert(c, HEADED, head);
            }
            LinkMap map = new LinkMap(breaking(database));
            assertEquals(Optional.empty(), map.follow());
            add(database, HEADED + 1, ADDED);

            left = READ;
            assertThrows(SQLException.class, () -> map.head(null, HEADED + 1 + ADDED, 1_790_000_001_000L));
            assertEquals(Optional.empty(), map.find(tag(0)), "between two heads no proof is given");
            left = Integer.MAX_VALUE;

            assertEquals(Optional.empty(), map.follow(), "the stored tags give the head's root");
            for (int i : new int[] {0, HEADED - 1, HEADED + 1, HEADED + ADDED}) {
                Ledger.MapAnswer answer = map.find(tag(i)).orElseThrow();
                assertEquals(HEADED, answer.index());
                assertArrayEquals(head.root(), answer.root());
                assertEquals(
                        i < HEADED ? MapProof.Finding.PRESENT : MapProof.Finding.ABSENT,
                        answer.proof().find(tag(i), answer.root()),
                        "tag " + i);
            }
            assertTrue(map.due(1_790_000_001_000L, Long.MAX_VALUE), "the added links still wait for a head");
        }
    }

    /** Guessed by the planner, the tags of two thousand buckets were found by reading all tags two thousand times. */
    @Test
    void tagsOfChangedBucketsAreReadByTheIndex() throws Exception {
        try (AgroalDataSource database = LogDatabase.connect(LogDatabase.fresh())) {
            byte[] first = add(database, 0, HEADED);
            try (Connection c = database.getConnection()) {
                LinkMap.insert(c, HEADED, new MapHead(HEADED, HEADED, TagMap.root(first, 0), 1_790_000_000_000L));
            }
            LinkMap map = new LinkMap(breaking(database));
            assertEquals(Optional.empty(), map.follow());
            add(database, HEADED + 1, ADDED);
            long[] before = scans(database);

            left = READ; // far enough to see how it reads; the head itself needs a log
            assertThrows(SQLException.class, () -> map.head(null, HEADED + 1 + ADDED, 1_790_000_001_000L));
            long[] after = scans(database);
            assertEquals(0, after[0] - before[0], "scans of the whole table");
            assertTrue(after[1] - before[1] >= ADDED, "one look into the index for a bucket");
        }
    }

    /** @return scans of the table of tags so far: whole, by an index */
    private static long[] scans(DataSource database) throws SQLException {
        try (Connection c = database.getConnection()) {
            for (String flush : new String[] {"SELECT pg_stat_force_next_flush()", "SELECT 1"}) {
                c.createStatement().execute(flush);
            }
        }
        try (Connection c = database.getConnection();
                ResultSet row = c.createStatement()
                        .executeQuery(
                                "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'ledger_link_tag'")) {
            row.next();
            return new long[] {row.getLong(1), row.getLong(2)};
        }
    }

    private static byte[] tag(int i) {
        return MerkleHash.sha256(("tag " + i).getBytes(StandardCharsets.UTF_8));
    }

    /** @return the tags, ascending, one after another */
    private static byte[] add(DataSource database, int from, int count) throws SQLException {
        ByteArrayOutputStream tags = new ByteArrayOutputStream();
        try (Connection c = database.getConnection();
                PreparedStatement insert =
                        c.prepareStatement("INSERT INTO ledger_link_tag (tag, index) VALUES (?, ?)")) {
            for (int i = from; i < from + count; i++) {
                insert.setBytes(1, tag(i));
                insert.setLong(2, i);
                insert.executeUpdate();
            }
        }
        IntStream.range(from, from + count)
                .mapToObj(LinkMapTest::tag)
                .sorted(Arrays::compareUnsigned)
                .forEach(tags::writeBytes);
        return tags.toByteArray();
    }

    /** Whose connection is lost when {@link #left} rows of changed buckets were read. */
    private DataSource breaking(DataSource inner) {
        return wrapped(DataSource.class, inner, "");
    }

    private <T> T wrapped(Class<T> type, T inner, String sql) {
        return type.cast(Proxy.newProxyInstance(
                LinkMapTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (type == ResultSet.class
                            && method.getName().equals("next")
                            && sql.contains("link_tags")
                            && left-- <= 0) {
                        throw new SQLException("connection lost");
                    }
                    Object result;
                    try {
                        result = method.invoke(inner, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (result instanceof Connection connection) {
                        return wrapped(Connection.class, connection, sql);
                    }
                    if (result instanceof PreparedStatement statement) {
                        return wrapped(PreparedStatement.class, statement, String.valueOf(arguments[0]));
                    }
                    return result instanceof ResultSet rows ? wrapped(ResultSet.class, rows, sql) : result;
                }));
    }
}
