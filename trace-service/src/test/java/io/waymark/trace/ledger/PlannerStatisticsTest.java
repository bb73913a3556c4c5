package io.waymark.trace.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PlannerStatisticsTest {
    @Test
    void aTableIsCountedWhenItHasDoubled() throws SQLException {
        try (AgroalDataSource database = LogDatabase.connect(LogDatabase.fresh());
                Connection c = database.getConnection();
                Statement s = c.createStatement()) {
            PlannerStatistics statistics = new PlannerStatistics(database, Duration.ZERO);
            assertEquals(0, statistics.countGrownTables());
            assertEquals(-1, counted(s), "never");

            fill(s, 0, 1500);
            assertEquals(1, statistics.countGrownTables());
            assertEquals(1500, counted(s));
            assertEquals(0, statistics.countGrownTables(), "nothing has changed since");

            fill(s, 1500, 1400);
            assertEquals(0, statistics.countGrownTables(), "not twice as large yet");
            fill(s, 2900, 1000);
            assertEquals(1, statistics.countGrownTables());
            assertEquals(3900, counted(s));
        }
    }

    private static void fill(Statement s, int from, int count) throws SQLException {
        s.execute("INSERT INTO trace.ledger_identity (identity, index) "
                + "SELECT substr(sha256(i::text::bytea), 1, 16), i FROM generate_series(" + from + ", "
                + (from + count - 1)
                + ") AS i");
        s.execute("SELECT pg_stat_force_next_flush()");
        s.execute("SELECT 1"); // the flush comes when this session is next idle: before this answer, after that of the
        // call
    }

    private static int counted(Statement s) throws SQLException {
        try (ResultSet row =
                s.executeQuery("SELECT reltuples::int FROM pg_class WHERE oid = 'trace.ledger_identity'::regclass")) {
            row.next();
            return row.getInt(1);
        }
    }
}
