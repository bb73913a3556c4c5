package io.waymark.local.postgres;

import com.sun.management.OperatingSystemMXBean;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PostgreSQL server with its data in one folder: data checksums, {@code fsync} and {@code synchronous_commit} on, reachable on
 * 127.0.0.1 only, a SCRAM password for every role including the superuser, no Unix socket.
 *
 * <p>We run {@code initdb} and {@code pg_ctl} ourselves instead of using the zonky library, whose binaries these are. It is made for
 * tests: it starts with {@code -F} (no fsync) and {@code -A trust}, and stops the server in a JVM shutdown hook of its own, so that on
 * Ctrl-C the database went away under the services that were still finishing their work. Cost: these lines. Revisit if the library
 * learns all three.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    /** The superuser; used while starting and by the operator's own hands, never by a service. */
    public static final String SUPERUSER = "postgres";

    /** The one database; every service has its own schema and roles in it. */
    public static final String DATABASE = "waymark";

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([a-z_]+)}");

    private final Programs programs;
    private final Path data;
    private final int port;
    private final String superuserPassword;
    private boolean stopped;

    private EmbeddedPostgres(Programs programs, Path data, int port, String superuserPassword) {
        this.programs = programs;
        this.data = data;
        this.port = port;
        this.superuserPassword = superuserPassword;
    }

    /** Fails with one line naming cause and cure when PostgreSQL cannot run on this machine as this user. Changes nothing. */
    public static void requireRunnable() throws CannotProceed {
        Programs.in(Path.of("."));
    }

    /**
     * Unpacks the programs if needed and ends a server that an earlier, killed run left on this home. To be called before ports are
     * checked: an orphan sits on our own port.
     *
     * @return what was found, in words for the operator; empty when there was nothing
     */
    public static String endOrphan(Home home) throws CannotProceed {
        Path data = home.data("postgres");
        try {
            Orphan orphan = Orphan.in(data);
            if (orphan instanceof Orphan.None) {
                return "";
            }
            if (orphan instanceof Orphan.Stale stale) {
                Files.deleteIfExists(data.resolve("postmaster.pid"));
                return "removed the mark of process " + stale.pid() + ", which no longer runs";
            }
            if (orphan instanceof Orphan.Running running) {
                Programs programs = Programs.in(Binaries.unpackedBelow(home.file("postgresql")));
                stop(programs, data);
                return "stopped process " + running.pid() + " left by an earlier run";
            }
            throw new CannotProceed("a PostgreSQL process " + ((Orphan.Unclear) orphan).pid() + " may be using " + data
                    + ": end it, or delete " + data.resolve("postmaster.pid") + " if it serves another folder");
        } catch (IOException e) {
            throw new CannotProceed("cannot end the PostgreSQL left on " + data + ": " + e.getMessage(), e);
        }
    }

    /** Makes the cluster and the database if they are not there, and starts the server. The port must be free. */
    public static EmbeddedPostgres start(Home home, int port, String superuserPassword) throws CannotProceed {
        Path data = home.data("postgres");
        try {
            Programs programs = Programs.in(Binaries.unpackedBelow(home.file("postgresql")));
            // PG_VERSION alone is not proof: initdb writes it early. The marker is written after it ended well.
            Path complete = home.data("postgres-complete");
            if (!Files.exists(complete)) {
                initialise(programs, data, superuserPassword);
                Files.writeString(complete, "");
            } else if (!Files.exists(data)) {
                throw new CannotProceed("the database " + data + " is gone: restore it, or get the ledger back with "
                        + "docker/waymark recover --from-mirror URL|DIR, which makes a new one");
            }
            Files.writeString(data.resolve("waymark.conf"), settings(home, port), StandardCharsets.UTF_8);
            Programs.Result started = programs.run(
                    120,
                    "pg_ctl",
                    "start",
                    "-w",
                    "-t",
                    "110",
                    "-D",
                    data.toString(),
                    "-l",
                    home.log("postgresql-start.log").toString());
            if (!started.succeeded()) {
                throw new CannotProceed("PostgreSQL did not start (" + started.lastLine() + "): see the end of "
                        + home.log("postgresql-start.log"));
            }
            EmbeddedPostgres postgres = new EmbeddedPostgres(programs, data, port, superuserPassword);
            try {
                postgres.createDatabase();
            } catch (SQLException e) {
                postgres.close();
                throw new CannotProceed(
                        "PostgreSQL on port " + port + " refuses the password in " + home.file("passwords")
                                + " or the database: " + e.getMessage(),
                        e);
            }
            return postgres;
        } catch (IOException e) {
            throw new CannotProceed("cannot start PostgreSQL on " + data + ": " + e.getMessage(), e);
        }
    }

    private static void initialise(Programs programs, Path data, String superuserPassword)
            throws IOException, CannotProceed {
        if (Files.exists(data)) {
            Home.deleteTree(data); // An initdb that was interrupted; nothing was ever stored in it.
        }
        Path passwordFile = data.resolveSibling("superuser-password");
        Home.writePrivate(passwordFile, superuserPassword + "\n");
        try {
            // The built-in C.UTF-8 locale sorts the same on every machine, so a copied home needs no reindexing.
            Programs.Result made = programs.run(
                    120,
                    "initdb",
                    "-D",
                    data.toString(),
                    "-U",
                    SUPERUSER,
                    "--pwfile=" + passwordFile,
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8");
            if (!made.succeeded()) {
                throw new CannotProceed("initdb failed for " + data + ": " + made.lastLine());
            }
            Files.writeString(
                    data.resolve("postgresql.conf"),
                    Files.readString(data.resolve("postgresql.conf")) + "\ninclude = 'waymark.conf'\n");
        } finally {
            Files.deleteIfExists(passwordFile);
        }
    }

    private static String settings(Home home, int port) {
        return """
                # Written at every start; change postgresql.auto.conf (ALTER SYSTEM) instead.
                listen_addresses = '127.0.0.1'
                port = %d
                unix_socket_directories = ''
                cluster_name = 'waymark'
                fsync = on
                synchronous_commit = on
                full_page_writes = on
                # The ledger's index of identities is written at random places. After each checkpoint every page of it that is touched goes
                # into the log whole, 60,000 of them at ten million entries: half of what the default of 1 GB allows between two
                # checkpoints. Price: up to 3 GB of log under load, which is read again after a kill.
                # The index itself is 520 MB then: where memory allows, it stays in the server's own, and a page is written when it is old, not when
                # another one needs its place.
                shared_buffers = %dMB
                max_wal_size = 3GB
                min_wal_size = 256MB
                checkpoint_timeout = 15min
                password_encryption = 'scram-sha-256'
                max_connections = 80
                timezone = 'UTC'
                log_timezone = 'UTC'
                logging_collector = on
                log_directory = '%s'
                log_filename = 'postgresql-%%a.log'
                log_truncate_on_rotation = on
                log_rotation_age = 1d
                log_file_mode = 0600
                """.formatted(
                port, sharedBuffers(), home.root().resolve("log").toString().replace("'", "''"));
    }

    /** MB: an eighth of the machine's memory, for the services and the system's own cache need the rest; 128 at least, 1,024 at most. */
    private static long sharedBuffers() {
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize() >> 20;
        return Math.max(128, Math.min(1024, memory / 8));
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement()) {
            boolean there;
            try (var rows = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                there = rows.next();
            }
            if (!there) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        }
    }

    /**
     * Runs a script with {@code ${name}} placeholders as superuser in the database, as one transaction.
     *
     * @param script must be repeatable: it runs at every start
     * @throws CannotProceed when a placeholder has no value or PostgreSQL refuses
     */
    public void run(String script, Map<String, String> values) throws CannotProceed {
        String sql = filled(script, values);
        try (Connection connection = superuser(DATABASE);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            connection.commit();
        } catch (SQLException e) {
            throw new CannotProceed("the roles could not be made in PostgreSQL: " + e.getMessage(), e);
        }
    }

    static String filled(String script, Map<String, String> values) throws CannotProceed {
        Matcher matcher = PLACEHOLDER.matcher(script);
        StringBuilder sql = new StringBuilder();
        while (matcher.find()) {
            String value = values.get(matcher.group(1));
            if (value == null) {
                throw new CannotProceed(
                        "the roles script asks for ${" + matcher.group(1) + "}, which the launcher does not know");
            }
            if (!value.matches("[0-9A-Za-z_-]+")) {
                throw new CannotProceed(
                        "the value for ${" + matcher.group(1) + "} has characters that do not belong in SQL");
            }
            matcher.appendReplacement(sql, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(sql).toString();
    }

    private Connection superuser(String database) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", SUPERUSER);
        login.setProperty("password", superuserPassword);
        login.setProperty("connectTimeout", "10");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, login);
    }

    /** Where services connect; each with its own role. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE;
    }

    /** The server's version, as in "18.6". */
    public String version() throws CannotProceed {
        try (Connection connection = superuser(DATABASE)) {
            return connection.getMetaData().getDatabaseProductVersion().split(" ")[0];
        } catch (SQLException e) {
            throw new CannotProceed("PostgreSQL does not answer: " + e.getMessage(), e);
        }
    }

    /** Stops the server: open transactions are rolled back, everything committed is on disk. A second call does nothing. */
    @Override
    public synchronized void close() throws CannotProceed {
        if (stopped) {
            return;
        }
        stopped = true;
        try {
            stop(programs, data);
        } catch (IOException e) {
            throw new CannotProceed("PostgreSQL on " + data + " could not be stopped: " + e.getMessage(), e);
        }
    }

    private static void stop(Programs programs, Path data) throws IOException {
        Programs.Result fast =
                programs.run(15, "pg_ctl", "stop", "-D", data.toString(), "-m", "fast", "-w", "-t", "10");
        if (fast.succeeded() || !Files.exists(data.resolve("postmaster.pid"))) {
            return;
        }
        // Like a power cut: safe for what was committed, recovery at the next start.
        Programs.Result immediate =
                programs.run(15, "pg_ctl", "stop", "-D", data.toString(), "-m", "immediate", "-w", "-t", "10");
        if (!immediate.succeeded()) {
            throw new IOException(immediate.lastLine());
        }
    }
}
