package io.waymark.trace.ledger;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.waymark.trace.PostgresResource;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;

/** Databases for tests of the log without the rest of the service. */
final class LogDatabase {
    private LogDatabase() {}

    /** A new, migrated, empty one; its JDBC URL without a user. */
    static String fresh() {
        String url = PostgresResource.freshDatabase();
        Flyway.configure()
                .dataSource(url, "trace_owner", PostgresResource.PASSWORD)
                .locations("db/trace")
                .defaultSchema("trace")
                .createSchemas(false)
                .load()
                .migrate();
        return url;
    }

    /** In the log's own role. */
    static AgroalDataSource connect(String url) throws SQLException {
        return connect(url, 20);
    }

    /** @param connections at most, as the service's own pool is bounded */
    static AgroalDataSource connect(String url, int connections) throws SQLException {
        return AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(pool -> pool.maxSize(connections)
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionFactoryConfiguration(f -> f.jdbcUrl(url)
                                .principal(new NamePrincipal("trace_ledger"))
                                .credential(new SimplePassword(PostgresResource.PASSWORD)))));
    }
}
