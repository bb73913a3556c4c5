package io.waymark.vision.storage;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Transactions on the datasource "vision". The tenant is set for the transaction only: a pooled connection cannot carry it
 * into somebody else's request.
 */
@ApplicationScoped
public class Database {
    private final AgroalDataSource source;

    Database(@DataSource("vision") AgroalDataSource source) {
        this.source = source;
    }

    /** Work inside one transaction. */
    public interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Runs the work seeing and writing rows of this tenant only; commits, or rolls back on any exception. */
    public <T> T as(String tenant, Work<T> work) {
        return transaction(connection -> {
            try (PreparedStatement bind = connection.prepareStatement("SELECT set_config('waymark.tenant', ?, true)")) {
                bind.setString(1, tenant);
                bind.execute();
            }
            return work.with(connection);
        });
    }

    /** Runs the work without a tenant: only the functions made for it (V001__vision.sql) return anything. */
    public <T> T acrossTenants(Work<T> work) {
        return transaction(work);
    }

    private <T> T transaction(Work<T> work) {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try {
                T result = work.with(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the vision database failed", e);
        }
    }
}
