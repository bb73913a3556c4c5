package io.waymark.local.chaos;

import io.agroal.api.AgroalDataSource;
import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.audit.AuditReport;
import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.postgres.EmbeddedPostgres;
import io.waymark.local.start.Settings;
import io.waymark.trace.ledger.Drill;
import io.waymark.trace.ledger.Recovery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.Flyway;

/**
 * Everything a drill needs, in one folder: a PostgreSQL that can be killed, a proxy before it, witnesses and a mirror in processes of their
 * own, and two small file systems that can be made full. Closing ends every process and unmounts; the folder stays.
 *
 * <pre>
 * home/     PostgreSQL's installation and data     space/   a small file system: the ledger's tables
 * files/    a small file system: lock, public/     w0 w1 w2 mirror   folders of the witnesses and the mirror
 * log.key   policy   *.log                         journal  what clients sent and were told
 * </pre>
 */
final class Ground implements AutoCloseable {
    static final String ORIGIN = "chaos.waymark.localhost/ledger";
    static final int WITNESSES = 3;
    private static final String TABLES =
            "ledger_head,ledger_checkpoint,ledger_bundle,ledger_tile,ledger_identity,ledger_link_tag,ledger_map_head";

    final Path folder;
    final History history;
    final CommitProxy proxy;
    final List<WitnessFront> fronts = new ArrayList<>();
    private final Home home;
    private final Passwords passwords;
    private final int port;
    private final Map<String, SmallDisk> disks = new HashMap<>();
    private final Optional<Drill.Sabotage> sabotage;
    private final Process[] witnesses = new Process[WITNESSES];
    private final List<LogProcess> logs = new ArrayList<>();
    private Process mirror;
    private EmbeddedPostgres postgres;
    private NoteVerifier verifier;

    /**
     * A stopped installation with an empty ledger, to be copied: making one takes some seconds.
     *
     * @param folder does not exist yet
     */
    static void template(Path folder) throws CannotProceed, IOException {
        EmbeddedPostgres.requireRunnable();
        Home home = Home.at(folder).open();
        Passwords passwords = new Passwords(home);
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, freePort(), passwords.secret("postgres.superuser"))) {
            try (InputStream script = Ground.class.getResourceAsStream("/db/roles.sql")) {
                postgres.run(
                        new String(script.readAllBytes(), StandardCharsets.UTF_8), Settings.rolePasswords(passwords));
            }
            Flyway.configure()
                    .dataSource(postgres.jdbcUrl(), "trace_owner", passwords.secret("postgres.trace_owner"))
                    .locations("db/trace")
                    .defaultSchema("trace")
                    .createSchemas(false)
                    .load()
                    .migrate();
        }
    }

    /** @param mounts whether the small file systems are made; needs the right to mount */
    Ground(Path folder, Path template, boolean mounts, Optional<Drill.Sabotage> sabotage) throws Exception {
        this.folder = folder;
        this.sabotage = sabotage;
        Files.createDirectories(folder);
        for (String name : List.of("data", "keys", "passwords", "waymark-home", "log")) {
            Files.createDirectories(folder.resolve("home"));
            if (Files.exists(template.resolve(name))) {
                copy(template.resolve(name), folder.resolve("home").resolve(name));
            }
        }
        Files.createSymbolicLink(folder.resolve("home/postgresql"), template.resolve("postgresql"));
        home = Home.at(folder.resolve("home")).open();
        passwords = new Passwords(home);
        port = freePort();
        for (String small : List.of("space", "files")) {
            Files.createDirectories(folder.resolve(small));
            if (mounts) {
                disks.put(small, new SmallDisk(folder.resolve(small)));
            }
        }
        Home.privateFolder(space());
        Files.createDirectories(folder.resolve("files/public"));
        history = new History(folder.resolve("journal"));
        startPostgres();
        sql("CREATE TABLESPACE small LOCATION '" + space().toString().replace("'", "''") + "'");
        for (String table : TABLES.split(",")) {
            sql("ALTER TABLE trace." + table + " SET TABLESPACE small");
        }
        proxy = new CommitProxy(port);
        Files.writeString(policy(), "quorum none\n");
        LogProcess first = startLog();
        verifier = NoteVerifier.ofVkey(first.vkey());
        first.kill();
        StringBuilder policy = new StringBuilder("log " + verifier.vkey() + "\n");
        for (int i = 0; i < WITNESSES; i++) {
            WitnessFront front = new WitnessFront();
            fronts.add(front);
            String vkey = startWitness(i);
            policy.append("witness ")
                    .append(witness(i))
                    .append(' ')
                    .append(vkey)
                    .append(" http://127.0.0.1:")
                    .append(front.port())
                    .append("/\n");
        }
        policy.append("group most 2");
        for (int i = 0; i < WITNESSES; i++) {
            policy.append(' ').append(witness(i));
        }
        Files.writeString(policy(), policy + "\nquorum most\nwaymark-survives 0\n");
        startMirror();
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private static String witness(int i) {
        return "w" + i + ".example";
    }

    static void copy(Path from, Path to) throws IOException {
        try {
            JavaProcesses.run("cp", "-a", from.toString(), to.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Path space() {
        return folder.resolve("space/tables");
    }

    Path publicFiles() {
        return folder.resolve("files/public");
    }

    Path lockFile() {
        return folder.resolve("files/lock");
    }

    private Path policy() {
        return folder.resolve("policy");
    }

    NoteVerifier verifier() {
        return verifier;
    }

    Path keyFile() {
        return folder.resolve("log.key");
    }

    // ---- PostgreSQL ----

    void startPostgres() throws CannotProceed {
        postgres = EmbeddedPostgres.start(home, port, passwords.secret("postgres.superuser"));
    }

    void stopPostgres() throws CannotProceed {
        postgres.close();
    }

    void killPostgres() throws Exception {
        PostgresUnderTest.kill(home);
    }

    /** As the superuser, past the ledger. */
    Connection connect() throws SQLException, CannotProceed {
        return DriverManager.getConnection(
                postgres.jdbcUrl() + "?sslmode=disable",
                EmbeddedPostgres.SUPERUSER,
                passwords.secret("postgres.superuser"));
    }

    void sql(String statement) throws SQLException, CannotProceed {
        try (Connection c = connect();
                Statement s = c.createStatement()) {
            s.execute(statement);
        }
    }

    StoredLog stored() throws SQLException, CannotProceed, MalformedException {
        try (Connection c = connect()) {
            return StoredLog.read(c);
        }
    }

    // ---- the log ----

    LogProcess startLog() throws IOException, CannotProceed {
        return startLog(Optional.empty(), 0, false);
    }

    LogProcess startLog(Optional<Drill.CrashPoint> stopAt, int passes, boolean audited)
            throws IOException, CannotProceed {
        Map<String, String> settings = new HashMap<>(Map.of(
                "url",
                "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + EmbeddedPostgres.DATABASE
                        + "?sslmode=disable&connectTimeout=5",
                "origin",
                ORIGIN,
                "key",
                keyFile().toString(),
                "lock",
                lockFile().toString(),
                "public",
                publicFiles().toString(),
                "policy",
                policy().toString()));
        sabotage.ifPresent(s -> settings.put("sabotage", s.name()));
        if (audited) {
            settings.put("audit", "1000000");
        }
        LogProcess log = new LogProcess(
                settings,
                passwords.secret("postgres.trace_ledger"),
                stopAt,
                passes,
                folder.resolve("ledger.log").toFile(),
                (where, note) -> {
                    if (verifier != null) {
                        history.seen(where, note, verifier);
                    }
                });
        logs.add(log);
        return log;
    }

    void killLogs() {
        logs.forEach(LogProcess::kill);
        logs.clear();
    }

    // ---- witnesses and mirror ----

    /** @return its verifier key */
    String startWitness(int i) throws IOException {
        int listens = freePort();
        witnesses[i] = JavaProcesses.builder(
                        "64m",
                        "io.waymark.evidence.Main",
                        List.of(
                                "witness",
                                "--name",
                                witness(i),
                                "--folder",
                                folder.resolve("w" + i).toString(),
                                "--listen",
                                "127.0.0.1:" + listens,
                                "--log",
                                verifier.vkey()))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("w" + i + ".log").toFile()))
                .start();
        fronts.get(i).passTo(listens);
        BufferedReader said = witnesses[i].inputReader(StandardCharsets.UTF_8);
        String vkey = null;
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("vkey ")) {
                vkey = line.substring("vkey ".length());
            }
            if (line.startsWith("listening ")) {
                return vkey;
            }
        }
        throw new IOException("witness " + i + " did not start, see " + folder.resolve("w" + i + ".log"));
    }

    /** SIGKILL. */
    void killWitness(int i) {
        JavaProcesses.kill(witnesses[i]);
    }

    /** What it cosigned last, from its own folder. */
    Optional<String> witnessed(int i) throws IOException {
        Path file = folder.resolve("w" + i)
                .resolve("logs")
                .resolve(HexFormat.of().formatHex(Sha256.of(ORIGIN.getBytes(StandardCharsets.UTF_8))));
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The witness forgets what it cosigned, as one that was restored from an old backup does. */
    void makeForget(int i) throws IOException {
        killWitness(i);
        Files.deleteIfExists(folder.resolve("w" + i)
                .resolve("logs")
                .resolve(HexFormat.of().formatHex(Sha256.of(ORIGIN.getBytes(StandardCharsets.UTF_8)))));
        startWitness(i);
    }

    Path mirrorFolder() {
        return folder.resolve("mirror");
    }

    void startMirror() throws IOException {
        mirror = JavaProcesses.builder(
                        "64m",
                        "io.waymark.evidence.Main",
                        List.of(
                                "mirror",
                                publicFiles().toString(),
                                "--log-key",
                                verifier.vkey(),
                                "--folder",
                                mirrorFolder().toString(),
                                "--listen",
                                "127.0.0.1:0",
                                "--every",
                                "500ms"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("mirror.log").toFile()))
                .start();
    }

    /** What {@code waymark recover --from-mirror} does, of the ledger's own tables: nothing stands beside a drill's entries. */
    void recoverFromMirror() throws Exception {
        try (AgroalDataSource database = LogUnderTest.database(
                postgres.jdbcUrl() + "?sslmode=disable", passwords.secret("postgres.trace_ledger"))) {
            new Recovery(
                            database,
                            ORIGIN,
                            keyFile(),
                            lockFile(),
                            Optional.of(publicFiles()),
                            Optional.of(policy()),
                            List.of())
                    .from("of the drill", LogPlace.of(mirrorFolder().toString()), (c, first, entries) -> {}, NOBODY);
        }
    }

    private static final Recovery.Progress NOBODY = new Recovery.Progress() {
        @Override
        public void verified(long entries, long of) {}

        @Override
        public void stored(long entries, long of) {}
    };

    void killMirror() {
        JavaProcesses.kill(mirror);
    }

    // ---- what is shown ----

    /** The checkpoint of a folder in tlog-tiles layout; empty when there is none yet. */
    Optional<VerifiedCheckpoint> checkpointIn(Path published) throws IOException, InvalidNoteException {
        Path file = published.resolve("checkpoint");
        return Files.exists(file) ? Optional.of(verifier.checkpoint(Files.readString(file))) : Optional.empty();
    }

    static LogFiles folderFiles(Path published) {
        return path -> {
            try {
                return Optional.of(Files.readAllBytes(published.resolve(path)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        };
    }

    /** A full audit: every entry, tag, map head, tile and the root. */
    Audited audit(LogFiles files, VerifiedCheckpoint checkpoint) {
        try {
            AuditReport report = Audit.fromTheStart(files, verifier, checkpoint)
                    .run(List.of(), (read, at, of) -> {}, Long.MAX_VALUE, state -> {});
            List<String> wrong = report.checks().stream()
                    .filter(check -> check.outcome() != Outcome.PASS)
                    .map(Ground::words)
                    .toList();
            return new Audited(
                    wrong, report.first() == null ? -1 : report.first().index());
        } catch (NoSuchFileException e) {
            return new Audited(List.of("missing: " + e.getMessage()), -1);
        } catch (IOException e) {
            return new Audited(List.of(String.valueOf(e.getMessage())), -1);
        }
    }

    private static String words(Check check) {
        return check.name() + ": " + check.lookedAt() + ", expected " + check.expected() + ", seen " + check.seen();
    }

    /**
     * @param wrong    empty when all is well
     * @param firstBad index, or −1
     */
    record Audited(List<String> wrong, long firstBad) {}

    // ---- disks ----

    /** Leaves a file system (space or files) no room for one more page. */
    void fill(String small) throws Exception {
        disks.get(small).fill();
    }

    void makeRoom(String small) throws Exception {
        disks.get(small).makeRoom();
    }

    // ---- backups ----

    /** The stopped database, the lock file and the published files, as they are now. */
    void copyTo(Path backup) throws IOException {
        if (Files.exists(backup)) {
            Home.deleteTree(backup);
        }
        Files.createDirectories(backup);
        copy(home.data("postgres"), backup.resolve("postgres"));
        copy(space(), backup.resolve("tables"));
        copy(publicFiles(), backup.resolve("public"));
        copy(lockFile(), backup.resolve("lock"));
    }

    /** Puts back what {@link #copyTo} kept. @param what of postgres, public and lock */
    void putBack(Path backup, List<String> what) throws IOException {
        if (what.contains("postgres")) {
            Home.deleteTree(home.data("postgres"));
            copy(backup.resolve("postgres"), home.data("postgres"));
            Home.deleteTree(space());
            copy(backup.resolve("tables"), space());
        }
        if (what.contains("public")) {
            Home.deleteTree(publicFiles());
            copy(backup.resolve("public"), publicFiles());
        }
        if (what.contains("lock")) {
            Files.deleteIfExists(lockFile());
            copy(backup.resolve("lock"), lockFile());
        }
    }

    @Override
    public void close() throws Exception {
        killLogs();
        if (mirror != null) {
            killMirror();
        }
        for (Process witness : witnesses) {
            if (witness != null) {
                JavaProcesses.kill(witness);
            }
        }
        fronts.forEach(WitnessFront::close);
        if (proxy != null) {
            proxy.close();
        }
        if (postgres != null) {
            postgres.close();
        }
        history.close();
        for (SmallDisk disk : disks.values()) {
            disk.close();
        }
    }
}
