package io.waymark.trace.organisation;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The three ways into the database, each with its own PostgreSQL role: as the caller's tenant, as the sequencer, as the passport.
 * Every piece of work is one transaction. Plain JDBC where a query spans tenants or several tables; entities (Panache) where one table is one thing.
 */
@ApplicationScoped
public class Database {
    private final AgroalDataSource app;
    private final AgroalDataSource ledger;
    private final AgroalDataSource passport;

    Database(
            AgroalDataSource app,
            @DataSource("ledger") AgroalDataSource ledger,
            @DataSource("passport") AgroalDataSource passport) {
        this.app = app;
        this.ledger = ledger;
        this.passport = passport;
    }

    /** Work inside one transaction. */
    public interface Work<T> {
        T in(Connection c) throws SQLException;
    }

    /** Reads one row; the cursor stands on it. */
    public interface Row<T> {
        T of(ResultSet r) throws SQLException;
    }

    /** As {@code trace_app}, bound to the tenant of the request's identity. */
    public <T> T app(Work<T> work) {
        return transaction(app, null, work);
    }

    /** As {@code trace_app}, bound to the tenant given: for callers that act for no tenant of their own (set-up, scans). */
    public <T> T asTenant(String slug, Work<T> work) {
        return transaction(app, slug, work);
    }

    /** As {@code trace_ledger}, which sees custody rows of every tenant. */
    public <T> T ledger(Work<T> work) {
        return transaction(ledger, null, work);
    }

    /** As {@code trace_passport}, which may only read, and only what passports show. */
    public <T> T passport(Work<T> work) {
        return transaction(passport, null, work);
    }

    private static <T> T transaction(AgroalDataSource source, String tenant, Work<T> work) {
        try (Connection c = source.getConnection()) {
            c.setAutoCommit(false);
            try {
                if (tenant != null) {
                    // true = for this transaction only: nothing of it is left on the connection when it goes back to
                    // the pool.
                    first(c, "SELECT set_config('waymark.tenant', ?, true)", r -> r.getString(1), tenant);
                }
                T result = work.in(c);
                c.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                c.rollback();
                throw e;
            } finally {
                c.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
    }

    /** All rows, in the statement's order. */
    public static <T> List<T> list(Connection c, String sql, Row<T> row, Object... arguments) throws SQLException {
        try (PreparedStatement s = prepared(c, sql, arguments);
                ResultSet r = s.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (r.next()) {
                rows.add(row.of(r));
            }
            return rows;
        }
    }

    /** The first row, if there is one. */
    public static <T> Optional<T> first(Connection c, String sql, Row<T> row, Object... arguments) throws SQLException {
        try (PreparedStatement s = prepared(c, sql, arguments);
                ResultSet r = s.executeQuery()) {
            return r.next() ? Optional.ofNullable(row.of(r)) : Optional.empty();
        }
    }

    /** @return the number of rows changed */
    public static int run(Connection c, String sql, Object... arguments) throws SQLException {
        try (PreparedStatement s = prepared(c, sql, arguments)) {
            return s.executeUpdate();
        }
    }

    /** The column as an instant; null stays null. */
    public static Instant instant(ResultSet r, String column) throws SQLException {
        OffsetDateTime t = r.getObject(column, OffsetDateTime.class);
        return t == null ? null : t.toInstant();
    }

    private static PreparedStatement prepared(Connection c, String sql, Object... arguments) throws SQLException {
        PreparedStatement s = c.prepareStatement(sql);
        try {
            for (int i = 0; i < arguments.length; i++) {
                Object a = arguments[i];
                if (a == null) {
                    s.setNull(i + 1, Types.NULL);
                } else if (a instanceof byte[] bytes) {
                    s.setBytes(i + 1, bytes);
                } else if (a instanceof Instant t) {
                    s.setObject(i + 1, t.atOffset(ZoneOffset.UTC));
                } else if (a instanceof String[] texts) {
                    s.setArray(i + 1, c.createArrayOf("text", texts));
                } else if (a instanceof Long[] numbers) {
                    s.setArray(i + 1, c.createArrayOf("int8", numbers));
                } else if (a instanceof Integer[] numbers) {
                    s.setArray(i + 1, c.createArrayOf("int4", numbers));
                } else if (a instanceof byte[][] blobs) {
                    s.setArray(i + 1, c.createArrayOf("bytea", blobs));
                } else {
                    s.setObject(i + 1, a);
                }
            }
            return s;
        } catch (SQLException | RuntimeException e) {
            s.close();
            throw e;
        }
    }

    /** The database refused or could not be reached. {@link #conflict()} tells a duplicate from trouble. */
    public static final class DatabaseException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String state;

        DatabaseException(SQLException cause) {
            super(cause);
            this.state = cause.getSQLState();
        }

        /** A unique rule, or a row of another tenant in the way (which row-level security reports as 42501). */
        public boolean conflict() {
            return "23505".equals(state) || "42501".equals(state);
        }

        /** What the row names by a foreign key does not exist, or not any more. */
        public boolean gone() {
            return "23503".equals(state);
        }
    }
}
