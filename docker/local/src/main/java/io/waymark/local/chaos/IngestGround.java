package io.waymark.local.chaos;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.postgres.EmbeddedPostgres;
import io.waymark.local.start.Settings;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.Registration;
import io.waymark.simulator.organisation.Organisation;
import io.waymark.simulator.organisation.TraceClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything between a device's signature and its receipt, each a process that can be killed: devices, broker, ingest, trace-service,
 * PostgreSQL. Closing ends all; the folder stays.
 *
 * <pre>
 * home/      keys, passwords, PostgreSQL, the broker's store     devices/  one folder each: key, registration, outbox
 * *.log      what the processes said                             journal   what devices signed and receipts promised
 * </pre>
 */
final class IngestGround implements AutoCloseable {
    private static final int DEVICES = 3;
    private static final String SITE = "yard";

    /** Devices send again when they have reconnected, and a later receipt speaks for all before it: a timer would hide what broker or ingest lost. */
    static final Duration NEVER = Duration.ofHours(1);

    static final String OTHER_TENANT = "stranger";

    /** A device as the drill knows it. */
    record Known(Path folder, DeviceKeys keys, Registration registration) {
        String topic() {
            return registration.topicPrefix() + "/r";
        }

        VerificationKey key() {
            return keys.verificationKey();
        }
    }

    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    final Path folder;
    final History history;
    final CommitProxy proxy;
    final Overheard overheard;
    final Map<String, Known> devices;
    final Known attacker;
    final List<VerificationKey> receiptKeys = new ArrayList<>();
    private final Home home;
    private final Passwords passwords;
    private final int postgresPort = Ground.freePort();
    private final int mqttPort = Ground.freePort();
    private final int httpPort = Ground.freePort();
    private final Optional<IngestSabotage> sabotage;
    private final DeviceBooks books;
    private @Nullable SmallDisk tables;
    private @Nullable SmallDisk brokerStore;
    private final Organisation owner;
    private EmbeddedPostgres postgres;
    private NoteVerifier verifier;
    private TalkingProcess broker;
    private TalkingProcess ingest;
    private TalkingProcess services;
    private TalkingProcess running;

    /**
     * @param template of {@link Ground#template}
     * @param mounts   whether the two small file systems are made; needs the right to mount
     * @param history  closed with this
     * @param books    told of every device and of each message that one says it signed
     */
    IngestGround(
            Path folder,
            Path template,
            boolean mounts,
            Optional<IngestSabotage> sabotage,
            History history,
            DeviceBooks books)
            throws Exception {
        this.folder = folder;
        this.sabotage = sabotage;
        this.history = history;
        this.books = books;
        Path root = folder.resolve("home");
        Files.createDirectories(root);
        for (String name : List.of("data", "keys", "passwords", "waymark-home", "log")) {
            if (Files.exists(template.resolve(name))) {
                Ground.copy(template.resolve(name), root.resolve(name));
            }
        }
        Files.createSymbolicLink(root.resolve("postgresql"), template.resolve("postgresql"));
        home = Home.at(root).open();
        passwords = new Passwords(home);
        // Made here, before several processes want them.
        new Settings(home, passwords, "", httpPort, mqttPort, "");
        passwords.secret("mqtt.device-secret");
        proxy = new CommitProxy(postgresPort);
        try {
            if (mounts) {
                tables = new SmallDisk(folder.resolve("space"));
                brokerStore = new SmallDisk(home.data("broker"));
            }
            startPostgres();
            if (mounts) {
                Home.privateFolder(folder.resolve("space/tables"));
                sql("CREATE TABLESPACE small LOCATION '"
                        + folder.resolve("space/tables").toString().replace("'", "''") + "'");
                for (String table : List.of("message", "measurement", "ledger_bundle", "ledger_identity")) {
                    sql("ALTER TABLE trace." + table + " SET TABLESPACE small");
                }
            }
            startBroker();
            startServices();
            TraceClient operator = new TraceClient(url(), url(), Settings.operatorToken(passwords));
            owner = Organisation.open(
                    folder.resolve("owner"), "chaos", "Chaos", "chaos.example", "ZZ", "producer", operator);
            Organisation stranger = Organisation.open(
                    folder.resolve("stranger"),
                    OTHER_TENANT,
                    "Stranger",
                    "stranger.example",
                    "ZZ",
                    "producer",
                    operator);
            List<Known> all = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                all.add(register(owner, folder.resolve("devices").resolve("d" + i)));
            }
            devices = all.stream().collect(Collectors.toMap(d -> d.keys().idHex(), d -> d));
            attacker = register(stranger, folder.resolve("attacker"));
            all.forEach(books::know);
            books.know(attacker);
            // What the world is shown is about a second behind.
            for (int i = 0; receiptKeys.isEmpty() && i < 300; i++) {
                for (byte[] key : Registration.receiptKeys(url())) {
                    receiptKeys.add(VerificationKey.ofCose(key));
                }
                Thread.sleep(100);
            }
            if (receiptKeys.isEmpty()) {
                throw new IOException("the log does not say which key signs receipts");
            }
            overheard = new Overheard(mqttUrl(), passwords.secret("mqtt.ingest"));
            startIngest();
            startDevices(0, NEVER);
        } catch (Exception e) {
            end();
            throw e;
        }
    }

    private Known register(Organisation of, Path own) throws IOException, InterruptedException {
        Files.createDirectories(own);
        DeviceKeys keys = DeviceKeys.openOrCreate(own);
        return new Known(
                own,
                keys,
                Registration.obtain(
                        own,
                        keys,
                        url(),
                        of.client().bearer(),
                        SITE,
                        own.getFileName().toString(),
                        "logger",
                        "device"));
    }

    /** A device that no process runs: the drill signs for it. */
    Known newDevice(String name) throws IOException, InterruptedException {
        return register(owner, folder.resolve("alone").resolve(name));
    }

    /** A connection as this device: its user, its password, its client id. */
    MqttLink linkAs(Known device) throws IOException {
        String id = device.keys().idHex();
        return MqttLink.open(
                MqttLink.Settings.of(mqttUrl(), id, id, device.registration().mqttPassword()),
                new MqttLink.Listener() {});
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + httpPort);
    }

    private String mqttUrl() {
        return "tcp://127.0.0.1:" + mqttPort;
    }

    private java.io.File log(String name) {
        return folder.resolve(name + ".log").toFile();
    }

    // ---- PostgreSQL ----

    void startPostgres() throws CannotProceed {
        postgres = EmbeddedPostgres.start(home, postgresPort, passwords.secret("postgres.superuser"));
    }

    void killPostgres() throws Exception {
        PostgresUnderTest.kill(home);
    }

    /** As the superuser, past every service. */
    Connection connect() throws SQLException, CannotProceed {
        return DriverManager.getConnection(
                postgres.jdbcUrl() + "?sslmode=disable",
                EmbeddedPostgres.SUPERUSER,
                passwords.secret("postgres.superuser"));
    }

    private void sql(String statement) throws SQLException, CannotProceed {
        try (Connection c = connect();
                Statement s = c.createStatement()) {
            s.execute(statement);
        }
    }

    /** The disk with the database's tables; there when the ground was made with small file systems. */
    SmallDisk tables() {
        return Objects.requireNonNull(tables);
    }

    /** The disk with the broker's store; as {@link #tables}. */
    SmallDisk brokerStore() {
        return Objects.requireNonNull(brokerStore);
    }

    /** Readings in the database. */
    long messages() throws SQLException, CannotProceed {
        try (Connection c = connect();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT count(*) FROM trace.message")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** The log, but for the map's heads, which the log writes by itself. */
    List<ByteBuffer> entries() throws SQLException, CannotProceed, MalformedException {
        try (Connection c = connect()) {
            return StoredLog.read(c).entries().stream()
                    .filter(entry -> !MapHead.is(entry))
                    .map(ByteBuffer::wrap)
                    .toList();
        }
    }

    /** Messages that went into quarantine so far, dropped ones too. */
    long refused() throws SQLException, CannotProceed {
        try (Connection c = connect();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT coalesce(sum(n), 0) FROM trace.quarantine_count")) {
            row.next();
            return row.getLong(1);
        }
    }

    // ---- broker ----

    void startBroker() throws IOException, InterruptedException {
        broker = new TalkingProcess(
                "192m",
                BrokerUnderTest.class,
                List.of(home.root().toString(), Integer.toString(mqttPort)),
                log("broker"),
                line -> false);
        broker.await("up");
    }

    /** Whether somebody listens: a broker that could not write stops, and its process goes on without it. */
    boolean brokerListens() {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), mqttPort)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    void killBroker() {
        broker.kill();
    }

    /** Sessions, subscriptions and all that waits in it are gone. It must be down. */
    void brokerForgets() throws IOException {
        try (Stream<Path> parts = Files.list(home.data("broker"))) {
            for (Path part : parts.toList()) {
                Home.deleteTree(part);
            }
        }
    }

    // ---- ingest ----

    void startIngest() throws IOException, InterruptedException {
        ingest = new TalkingProcess(
                "192m",
                IngestUnderTest.class,
                List.of(
                        home.root().toString(),
                        mqttUrl(),
                        url().toString(),
                        sabotage.filter(s -> s == IngestSabotage.ACK_BEFORE_ANSWER)
                                .map(IngestSabotage::word)
                                .orElse("-")),
                log("ingest"),
                line -> false);
        ingest.await("up");
    }

    void killIngest() {
        ingest.kill();
    }

    // ---- trace-service ----

    void startServices() throws Exception {
        services = new TalkingProcess(
                "384m",
                ServicesUnderTest.class,
                List.of(
                        home.root().toString(),
                        "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + EmbeddedPostgres.DATABASE
                                + "?sslmode=disable&connectTimeout=5",
                        Integer.toString(httpPort),
                        Integer.toString(Ground.freePort()),
                        sabotage.flatMap(IngestSabotage::inLedger)
                                .map(Enum::name)
                                .orElse("-")),
                log("services"),
                line -> false);
        services.await("up");
        if (verifier == null) {
            verifier = NoteVerifier.ofVkey(get("/ledger/key").strip());
        }
        seeCheckpoint();
    }

    void killServices() {
        services.kill();
    }

    /** Stands still, or goes on. */
    void pauseServices(boolean still) throws IOException, InterruptedException {
        JavaProcesses.signal(still ? "STOP" : "CONT", services.pid());
    }

    /** What the world is shown now goes into the history. */
    void seeCheckpoint() throws IOException, InterruptedException {
        history.seen("checkpoint", get("/ledger/checkpoint"), verifier);
    }

    private String get(String path) throws IOException, InterruptedException {
        IOException last = null;
        for (int i = 0; i < 100; i++) {
            try {
                HttpResponse<String> answer = HTTP.send(
                        HttpRequest.newBuilder(url().resolve(path))
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return answer.body();
                }
                last = new IOException(path + " was answered " + answer.statusCode());
            } catch (IOException e) {
                last = e;
            }
            Thread.sleep(200);
        }
        throw last;
    }

    // ---- devices ----

    /** @param resendAfter when they send again what has no receipt, though nothing was disconnected */
    void startDevices(long seed, Duration resendAfter) throws IOException, InterruptedException {
        boolean believesAll =
                sabotage.filter(s -> s == IngestSabotage.RECEIPT_KEYS_OFF).isPresent();
        running = new TalkingProcess(
                "128m",
                DevicesUnderTest.class,
                List.of(
                        folder.resolve("devices").toString(),
                        mqttUrl(),
                        Long.toString(seed),
                        resendAfter.toString(),
                        believesAll
                                ? "-"
                                : receiptKeys.stream()
                                        .map(key -> HexFormat.of().formatHex(key.coseKey()))
                                        .collect(Collectors.joining(","))),
                log("devices"),
                line -> {
                    if (!line.startsWith("signed ")) {
                        return false;
                    }
                    String[] words = line.split(" ", 3);
                    books.signed(words[1], words[2]);
                    return true;
                });
        running.await("up");
    }

    void killDevices() {
        running.kill();
    }

    /** Back when the devices have done it. */
    void tellDevices(String command) throws IOException, InterruptedException {
        running.ask(command, "done " + command.split(" ")[0]);
    }

    /** Messages without a receipt, of all devices. */
    long pending() throws IOException, InterruptedException {
        return Long.parseLong(running.ask("status", "pending "));
    }

    private void end() throws CannotProceed, IOException, InterruptedException {
        for (TalkingProcess process : new TalkingProcess[] {running, ingest, services, broker}) {
            if (process != null) {
                process.kill();
            }
        }
        proxy.close();
        if (postgres != null) {
            postgres.close();
        }
        if (tables != null) {
            tables.close();
        }
        if (brokerStore != null) {
            brokerStore.close();
        }
    }

    @Override
    public void close() throws Exception {
        overheard.close();
        end();
        history.close();
    }
}
