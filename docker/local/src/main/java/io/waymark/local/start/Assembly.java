package io.waymark.local.start;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Metrics;
import io.quarkus.runtime.Application;
import io.quarkus.runtime.Quarkus;
import io.waymark.local.CannotProceed;
import io.waymark.local.broker.EmbeddedBroker;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.home.Port;
import io.waymark.local.lan.LocalAuthority;
import io.waymark.local.lan.TlsFront;
import io.waymark.local.postgres.EmbeddedPostgres;
import io.waymark.trace.certificate.DeviceRoot;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The whole in one JVM. Up: orphan, ports, PostgreSQL, broker, services, fleet; down in the opposite order, whether by Ctrl-C, SIGTERM or a
 * failed start. The services reach one another over loopback HTTP and MQTT exactly as four processes would.
 */
public final class Assembly {
    private static final Logger LOG = Logger.getLogger(Assembly.class.getName());
    private static volatile Assembly current;

    private final Home home;
    private final Options options;
    private final Progress progress;
    private final long startedAt = System.nanoTime();
    private long servicesSince;
    private volatile boolean postgresBegun;
    private volatile EmbeddedPostgres postgres;
    private EmbeddedBroker broker;
    private Passwords passwords;
    private Settings settings;
    private Continuity continuity;
    private TlsFront front;
    private volatile Fleet fleet;
    private volatile boolean stopping;
    private boolean stopped;
    private volatile Throwable failure;

    /**
     * What the operator chose.
     *
     * @param demo  whether the fleet runs
     * @param speed of its story; 0 = what is past at once, then real time
     * @param json  one line on stdout when ready
     * @param lan   the private address under which phones may connect over TLS, null when they may not
     */
    public record Options(boolean demo, double speed, boolean json, InetAddress lan) {}

    /** @param home open and locked by the caller */
    public Assembly(Home home, Options options, Progress progress) {
        this.home = home;
        this.options = options;
        this.progress = progress;
    }

    /** The assembly of this process; Quarkus makes {@link Services} itself, so it cannot be handed over. */
    static Assembly current() {
        return current;
    }

    /**
     * Refuses with one line what this machine cannot start: no PostgreSQL as this user, a port in use. For a home that does not exist yet,
     * before it is made: a start that could not succeed leaves nothing behind.
     */
    public static void requireStartable(Home home, Options options) throws CannotProceed {
        EmbeddedPostgres.requireRunnable();
        requirePortsFree(home, options);
    }

    private static void requirePortsFree(Home home, Options options) throws CannotProceed {
        if (options.lan() != null) {
            Port.HTTPS.requireFree(Port.HTTPS.of(home), new InetSocketAddress(0).getAddress());
        }
        for (Port port : List.of(Port.HTTP, Port.MQTT, Port.POSTGRES)) {
            port.requireFree(port.of(home), InetAddress.getLoopbackAddress());
        }
        if (Port.MQTTS.asked(home)) {
            Port.MQTTS.requireFree(
                    Port.MQTTS.of(home),
                    options.lan() == null ? InetAddress.getLoopbackAddress() : new InetSocketAddress(0).getAddress());
        }
    }

    /** Starts everything and returns when it has ended. */
    public int run() throws CannotProceed {
        current = this;
        // Native libraries of OpenCV unpack here instead of a cache in the user's home that nobody empties.
        System.setProperty("org.bytedeco.javacpp.cachedir", home.file("native").toString());
        passwords = new Passwords(home);
        int httpPort = Port.HTTP.of(home);
        int mqttPort = Port.MQTT.of(home);
        int postgresPort = Port.POSTGRES.of(home);
        int httpsPort = Port.HTTPS.of(home);

        EmbeddedPostgres.requireRunnable();
        String found = EmbeddedPostgres.endOrphan(home);
        if (!found.isEmpty()) {
            progress.line("PostgreSQL: " + found);
        }
        requirePortsFree(home, options);
        boolean mqtts = Port.MQTTS.asked(home);
        for (Port port : Port.values()) {
            if (port != Port.MQTTS || mqtts) {
                port.remember(home, port.of(home));
            } else {
                port.forget(home);
            }
        }

        Thread hook = new Thread(this::stop, "waymark-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            postgresBegun = true;
            String superuser = passwords.secret("postgres.superuser");
            postgres = progress.step("PostgreSQL 18", () -> EmbeddedPostgres.start(home, postgresPort, superuser));
            Map<String, String> roles = Settings.rolePasswords(passwords);
            postgres.run(resource("/db/roles.sql"), roles);

            String deviceSecret = passwords.secret("mqtt.device-secret");
            String ingestPassword = passwords.secret("mqtt.ingest");
            InetAddress address = options.lan();
            EmbeddedBroker.Tls tls = mqtts ? tls(address) : null;
            broker = progress.step(
                    "MQTT broker", () -> EmbeddedBroker.start(home, mqttPort, deviceSecret, ingestPassword, tls));
            if (tls != null) {
                progress.line("MQTT over TLS 1.3 for devices with certificates on ssl://"
                        + (address == null ? "localhost" : address.getHostAddress()) + ":" + tls.port()
                        + ", to be trusted by "
                        + LocalAuthority.of(home, passwords.secret("lan-authority"))
                                .certificateFile());
            }

            String publicUrl = address == null
                    ? "http://localhost:" + httpPort
                    : "https://" + address.getHostAddress() + ":" + httpsPort;
            settings = new Settings(home, passwords, postgres.jdbcUrl(), httpPort, mqttPort, publicUrl);
            if (address != null) {
                LocalAuthority authority = LocalAuthority.of(home, passwords.secret("lan-authority"));
                front = TlsFront.start(authority.serverContext(address), httpsPort, httpPort);
                progress.line(
                        "TLS on " + publicUrl + ". So that a phone believes it, install " + authority.certificateFile()
                                + " on the phone as a CA certificate; its SHA-256 fingerprint must be\n  "
                                + authority.fingerprint());
            }
            settings.values().forEach(System::setProperty);
            continuity = Continuity.remembered(home);
            servicesSince = System.nanoTime();
            progress.begin("Services");
            Quarkus.run(Services.class, (code, thrown) -> failure = thrown);
        } finally {
            stop();
        }
        if (failure != null) {
            throw new CannotProceed(
                    "the services did not start: " + root(failure) + " (log: " + home.log("waymark.log") + ")",
                    failure);
        }
        return 0;
    }

    /** What the TLS listener needs: the broker's certificate of the local authority, made anew at each start, and the device root to trust. */
    private EmbeddedBroker.Tls tls(InetAddress lan) throws CannotProceed {
        String password = passwords.secret("mqtts.stores");
        Path keyStore = home.keys("mqtts-server.p12");
        Path trustStore = home.keys("mqtts-trust.p12");
        LocalAuthority.of(home, passwords.secret("lan-authority"))
                .writeServerStore(lan == null ? InetAddress.getLoopbackAddress() : lan, keyStore, password);
        DeviceRoot root = DeviceRoot.at(home.keys("device-root.p12"));
        try {
            root.ensure("waymark");
            KeyStore trust = KeyStore.getInstance("PKCS12");
            trust.load(null, null);
            trust.setCertificateEntry("device-root", root.certificate().orElseThrow());
            Home.writePrivate(trustStore, "");
            try (var out = Files.newOutputStream(trustStore)) {
                trust.store(out, password.toCharArray());
            }
        } catch (IOException | GeneralSecurityException | IllegalStateException e) {
            throw new CannotProceed("cannot make the MQTT listener's trust store: " + e.getMessage(), e);
        }
        return new EmbeddedBroker.Tls(
                lan == null ? "127.0.0.1" : "0.0.0.0", Port.MQTTS.of(home), keyStore, trustStore, password);
    }

    /** Called in Quarkus' main thread when its HTTP server listens. */
    void started() throws CannotProceed {
        Http http = new Http(settings.baseUrl());
        awaitReady(http);
        progress.end(Duration.ofNanos(System.nanoTime() - servicesSince));
        progress.line("Ledger: " + continuity.check(http));
        broker.show(Metrics.globalRegistry);
        broker.follow(new DeviceStandings(http, settings.ingestToken()), DeviceStandings.EVERY);
        synchronized (this) {
            if (options.demo() && !stopping) {
                fleet = new Fleet(home, settings, options.speed(), progress);
            }
        }
        String passport = fleet == null ? null : fleet.awaitShowcase(Duration.ofSeconds(40));
        if (!stopping) {
            DemoLogin login = fleet == null ? null : DemoLogin.ensure(http, settings.operatorToken(), passwords);
            Banner banner = new Banner(home, settings, http, passport, login);
            Duration took = Duration.ofNanos(System.nanoTime() - startedAt);
            if (options.json()) {
                System.out.println(banner.json(took));
                System.out.flush();
            } else {
                progress.line(banner.text(took));
            }
        }
    }

    private void awaitReady(Http http) throws CannotProceed {
        long begun = System.nanoTime();
        String last = "no answer";
        boolean explained = false;
        // A part that says why it is down (a ledger that refuses to sign) will not change its mind: no need to wait the
        // full minute.
        while (System.nanoTime() - begun
                < Duration.ofSeconds(explained ? 10 : 60).toNanos()) {
            try {
                HttpResponse<String> answer = http.get("/q/health/ready");
                if (answer.statusCode() == 200) {
                    return;
                }
                explained = false;
                StringBuilder down = new StringBuilder();
                for (JsonNode check : new ObjectMapper().readTree(answer.body()).path("checks")) {
                    if (!check.path("status").asText().equals("UP")) {
                        String reason = check.path("data").path("reason").asText("");
                        explained |= !reason.isEmpty();
                        down.append(down.isEmpty() ? "" : "; ")
                                .append(check.path("name").asText());
                        down.append(reason.isEmpty() ? "" : ": " + reason);
                    }
                }
                last = down.toString();
                Thread.sleep(200);
            } catch (IOException e) {
                last = e.toString(); // Still starting: the deadline decides, and the last reason is shown.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CannotProceed("interrupted while the services start", e);
            }
        }
        throw new CannotProceed("not ready: " + last);
    }

    /** From two sides: our own hook, and Quarkus' hook before it stops the services. The later caller finds nothing to do. */
    void stopFleet() {
        stopping = true;
        Fleet running = fleet;
        if (running != null) {
            running.close();
        }
    }

    /** Fleet, services, broker, database. Safe to call from several threads and more than once; the later callers wait. */
    private synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        long start = System.nanoTime();
        boolean wasRunning = postgres != null;
        stopFleet();
        Application services = Application.currentApplication();
        if (services != null && services.isStarted()) {
            services.stop();
        }
        close(front, "TLS port");
        close(broker, "MQTT broker");
        if (postgres != null) {
            close(postgres, "PostgreSQL");
        } else if (postgresBegun) {
            // Interrupted while it was starting: nobody holds it, but it may be there.
            close(() -> EmbeddedPostgres.endOrphan(home), "PostgreSQL");
        }
        if (wasRunning) {
            progress.line("Stopped in " + Progress.seconds(Duration.ofNanos(System.nanoTime() - start))
                    + ". Everything is kept in " + home.root());
        }
    }

    private void close(AutoCloseable part, String name) {
        if (part == null) {
            return;
        }
        try {
            part.close();
        } catch (Exception e) { // AutoCloseable declares it
            // The parts after this one must still be stopped: said here, once, and the process ends anyway.
            LOG.log(Level.SEVERE, name + " did not stop cleanly", e);
            progress.line(name + " did not stop cleanly: " + e.getMessage());
        }
    }

    private static String resource(String name) throws CannotProceed {
        try (InputStream in = Assembly.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new CannotProceed(name + " is missing from the class path: build trace-service");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CannotProceed("cannot read " + name, e);
        }
    }

    private static String root(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
