package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.waymark.evidence.command.CannotTellException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.home.Port;
import io.waymark.local.postgres.EmbeddedPostgres;
import io.waymark.local.start.Settings;
import io.waymark.local.start.Terminal;
import io.waymark.trace.ledger.Recovery;
import io.waymark.trace.recovery.RecoverFromMirror;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code waymark recover}: gives the stopped installation's ledger the entries back that its database lost. */
@Command(
        name = "recover",
        mixinStandardHelpOptions = true,
        description = {
            "Give the ledger the entries back that its database lost, from a mirror. For a start that refuses to sign because",
            "the lock file, a witness, a mirror or the published files saw more. The installation must be stopped.",
            "The whole mirror is read and compared with what this ledger's key signed before anything is written; a mirror that was",
            "altered, is of another ledger, or has less than somebody saw is refused. May be interrupted and run again.",
            "What stood beside the entries (readings, steps, registrations) is in no mirror: it comes back when it is sent again."
        })
final class Recover implements Callable<Integer> {
    private static final String DEFAULT_ORIGIN = "waymark.localhost/ledger";

    @ParentCommand
    Waymark waymark;

    @Option(
            names = "--from-mirror",
            required = true,
            paramLabel = "URL|DIR",
            description = "Base address or folder of a mirror (evidence.jar mirror), or of the published log.")
    String mirror;

    @Option(names = "--yes", description = "Do not ask.")
    boolean yes;

    @Option(names = "--json", description = "Print one JSON line on stdout when done; progress goes to stderr.")
    boolean json;

    @Override
    public Integer call() throws Exception {
        Home home = waymark.home();
        if (!home.exists()) {
            throw new CannotProceed(home.root() + " is not a Waymark home: name the installation with --home DIR");
        }
        try (Home.Lock held = home.lock()) {
            if (!yes && !confirmed(home)) {
                System.out.println("Nothing was changed.");
                return 1;
            }
            EmbeddedPostgres.requireRunnable();
            EmbeddedPostgres.endOrphan(home);
            Port.POSTGRES.requireFree(Port.POSTGRES.of(home), InetAddress.getLoopbackAddress());
            RecoverFromMirror.Report report = recovered(home);
            if (json) {
                System.out.println(line(report));
            } else {
                Terminal.out().println(report.text());
            }
        }
        return 0;
    }

    private boolean confirmed(Home home) throws CannotProceed {
        Console console = System.console();
        if (console == null) {
            throw new CannotProceed("recover asks before it writes, and there is no terminal to ask on: add --yes");
        }
        return "yes"
                .equals(console.readLine(
                        "Bring the ledger in %s up to what %s has, for good? Type yes: ", home.root(), mirror));
    }

    private RecoverFromMirror.Report recovered(Home home) throws Exception {
        Passwords passwords = new Passwords(home);
        if (!Files.exists(home.data("postgres"))) {
            // The folder was lost and its mark left behind; without the mark a new cluster is made.
            Files.deleteIfExists(home.data("postgres-complete"));
        }
        EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, Port.POSTGRES.of(home), passwords.secret("postgres.superuser"));
        Thread hook = new Thread(() -> close(postgres), "waymark-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            migrate(postgres, passwords);
            try (AgroalDataSource database = connect(postgres, passwords)) {
                Recovery recovery = new Recovery(
                        database,
                        origin(home),
                        home.keys("log.p12"),
                        home.data("ledger.lock"),
                        setting("waymark.trace.publish-dir").map(Path::of),
                        setting("waymark.trace.witness-policy-file").map(Path::of),
                        setting("waymark.trace.mirrors")
                                .map(list -> Arrays.stream(list.split(","))
                                        .map(String::strip)
                                        .toList())
                                .orElse(List.of()));
                try (Shown progress = new Shown(Terminal.err())) {
                    return new RecoverFromMirror(database, recovery).from(mirror, progress);
                }
            }
        } catch (Recovery.RefusedException | CannotTellException e) {
            throw new CannotProceed(e.getMessage(), e);
        } catch (IOException e) {
            throw new CannotProceed("the recovery did not come to its end, run it again: " + e.getMessage(), e);
        } finally {
            close(postgres);
        }
    }

    private static void close(EmbeddedPostgres postgres) {
        try {
            postgres.close();
        } catch (CannotProceed e) {
            Terminal.err().println("waymark: " + e.getMessage()); // the next start ends what is left of it
        }
    }

    private static void migrate(EmbeddedPostgres postgres, Passwords passwords) throws CannotProceed, IOException {
        try (InputStream script = Recover.class.getResourceAsStream("/db/roles.sql")) {
            postgres.run(new String(script.readAllBytes(), StandardCharsets.UTF_8), Settings.rolePasswords(passwords));
        }
        try {
            Flyway.configure()
                    .dataSource(postgres.jdbcUrl(), "trace_owner", passwords.secret("postgres.trace_owner"))
                    .locations("db/trace")
                    .defaultSchema("trace")
                    .createSchemas(false)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new CannotProceed("the database cannot be brought to this version: " + e.getMessage(), e);
        }
    }

    private static AgroalDataSource connect(EmbeddedPostgres postgres, Passwords passwords)
            throws CannotProceed, SQLException {
        String password = passwords.secret("postgres.trace_ledger");
        return AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(12)
                        .connectionFactoryConfiguration(f -> f.jdbcUrl(postgres.jdbcUrl())
                                .principal(new NamePrincipal("trace_ledger"))
                                .credential(new SimplePassword(password)))));
    }

    /** The ledger's name, as the first start kept it with the key; a setting as the services would read it. */
    private static String origin(Home home) throws CannotProceed {
        Path vkey = home.keys("log.vkey");
        try {
            return Files.exists(vkey)
                    ? NoteVerifier.ofVkey(Files.readString(vkey).strip()).name()
                    : setting("waymark.trace.origin").orElse(DEFAULT_ORIGIN);
        } catch (IOException | IllegalArgumentException e) {
            throw new CannotProceed("cannot read the ledger's key in " + vkey + ": " + e.getMessage(), e);
        }
    }

    private static Optional<String> setting(String name) {
        String value = System.getProperty(
                name, System.getenv(name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_")));
        return Optional.ofNullable(value).filter(v -> !v.isBlank());
    }

    private String line(RecoverFromMirror.Report report) {
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("mirror", mirror);
        line.put("from", report.log().lost());
        line.put("to", report.log().size());
        line.put("recovered", report.log().size() - report.log().lost());
        line.put("writable", report.log().lockFile());
        ObjectNode rows = line.putObject("withoutRows");
        rows.put("statements", report.rows().statements());
        rows.put("links", report.rows().links());
        rows.put("bindings", report.rows().bindings());
        return line.toString();
    }

    /** One line that is written over on a terminal; a line every 10 % elsewhere. */
    private static final class Shown implements Recovery.Progress, AutoCloseable {
        private final PrintStream out;
        private final boolean terminal = System.console() != null;
        private String said = "";
        private long tenth = -1;

        Shown(PrintStream out) {
            this.out = out;
        }

        @Override
        public void verified(long entries, long of) {
            say("verified", entries, of);
        }

        @Override
        public void stored(long entries, long of) {
            say("stored", entries, of);
        }

        private void say(String what, long entries, long of) {
            long now = of == 0 ? 10 : 10 * entries / of;
            if (what.equals(said) && now == tenth && !(terminal && entries % 65_536 == 0)) {
                return;
            }
            if (terminal && !said.isEmpty()) {
                out.print(what.equals(said) ? "\r" : "\n");
            }
            said = what;
            tenth = now;
            out.print(what + " " + entries + " of " + of + " entries" + (terminal ? "" : "\n"));
            out.flush();
        }

        @Override
        public void close() {
            if (terminal && !said.isEmpty()) {
                out.println();
            }
        }
    }
}
