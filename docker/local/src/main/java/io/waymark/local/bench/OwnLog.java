package io.waymark.local.bench;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.postgres.EmbeddedPostgres;
import io.waymark.local.start.Settings;
import io.waymark.trace.ledger.Ledger;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.flywaydb.core.Flyway;

/** A ledger on a PostgreSQL of its own, set like the installation's ({@code fsync} on), in a temporary folder that is deleted at the end. */
final class OwnLog implements AutoCloseable {
    final Ledger ledger;
    final Path folder;
    private final EmbeddedPostgres postgres;
    private final AgroalDataSource database;

    OwnLog() throws CannotProceed, IOException, SQLException {
        folder = Files.createTempDirectory("waymark-bench-ledger-");
        Home home = Home.at(folder.resolve("home")).open();
        Passwords passwords = new Passwords(home);
        EmbeddedPostgres.requireRunnable();
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        postgres = EmbeddedPostgres.start(home, port, passwords.secret("postgres.superuser"));
        try (InputStream script = OwnLog.class.getResourceAsStream("/db/roles.sql")) {
            postgres.run(new String(script.readAllBytes(), StandardCharsets.UTF_8), Settings.rolePasswords(passwords));
        }
        Flyway.configure()
                .dataSource(postgres.jdbcUrl(), "trace_owner", passwords.secret("postgres.trace_owner"))
                .locations("db/trace")
                .defaultSchema("trace")
                .createSchemas(false)
                .load()
                .migrate();
        String password = passwords.secret("postgres.trace_ledger");
        database = AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(12)
                        .connectionFactoryConfiguration(f -> f.jdbcUrl(postgres.jdbcUrl())
                                .principal(new NamePrincipal("trace_ledger"))
                                .credential(new SimplePassword(password)))));
        ledger = new Ledger(
                database,
                "bench.waymark.localhost/ledger",
                home.keys("log.key"),
                home.data("ledger.lock"),
                Optional.empty(),
                Optional.empty());
        ledger.start();
        ledger.awaitWritable();
    }

    /** Bytes of the ledger's tables with their indexes. */
    long storedBytes() throws SQLException {
        try (Connection c = database.getConnection();
                Statement statement = c.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
                        + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE n.nspname = 'trace' AND c.relname LIKE 'ledger\\_%' AND c.relkind = 'r'")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() throws CannotProceed, IOException {
        ledger.stop();
        database.close();
        postgres.close();
        Home.deleteTree(folder);
    }
}
