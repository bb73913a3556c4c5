package io.waymark.local.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.local.home.Home;
import io.waymark.local.lan.LocalAuthority;
import io.waymark.sdk.Device;
import io.waymark.sdk.DeviceCertificate;
import io.waymark.sdk.DeviceConfig;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.MqttLink;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.trace.certificate.Authority;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that connect with certificates of the device authority, renewed while they run. */
class DeviceCertificatesTest {
    @TempDir
    Path folder;

    private final Authority root = Authority.root("test", Instant.now());
    private final Authority issuing = root.issuing("acme", Instant.now());
    private final AtomicInteger issued = new AtomicInteger();
    private final AtomicLong daysLater = new AtomicLong();
    private HttpServer trace;
    private URI url;
    private EmbeddedBroker broker;
    private int port;
    private int plainPort;
    private Path brokerCa;

    @BeforeEach
    void brokerAndAuthority() throws Exception {
        trace = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        // As trace-service's CertificateTest has it, without its checks.
        trace.createContext("/api/devices/", exchange -> {
            try {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Matcher csr = Pattern.compile("\"csr\":\"([^\"]+)\"").matcher(body);
                assertTrue(csr.find());
                String id = exchange.getRequestURI().getPath().split("/")[3];
                X509Certificate made = issuing.device(
                        HexFormat.of().parseHex(id),
                        new JcaPKCS10CertificationRequest(Base64.getDecoder().decode(csr.group(1))).getPublicKey(),
                        Instant.now());
                issued.incrementAndGet();
                byte[] answer = ("{\"certificate\":\""
                                + Authority.pem(made, issuing.certificate())
                                        .replace("\r", "")
                                        .replace("\n", "\\n") + "\"}")
                        .getBytes(StandardCharsets.US_ASCII);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            } catch (java.security.GeneralSecurityException e) {
                exchange.sendResponseHeaders(500, -1);
            } finally {
                exchange.close();
            }
        });
        trace.start();
        url = URI.create("http://127.0.0.1:" + trace.getAddress().getPort());

        Home home = Home.at(folder.resolve("home")).open();
        LocalAuthority authority = LocalAuthority.of(home, "pass word");
        brokerCa = authority.certificateFile();
        Path keyStore = home.keys("server.p12");
        authority.writeServerStore(InetAddress.getLoopbackAddress(), keyStore, "secret");
        Path trustStore = home.keys("trust.p12");
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("root", root.certificate());
        try (var out = Files.newOutputStream(trustStore)) {
            trust.store(out, "secret".toCharArray());
        }
        port = freePort();
        plainPort = freePort();
        broker = EmbeddedBroker.start(
                home,
                plainPort,
                "device secret",
                "ingest password",
                new EmbeddedBroker.Tls("127.0.0.1", port, keyStore, trustStore, "secret"));
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
        trace.stop(0);
    }

    @Test
    void aDeviceConnectsByItsCertificateAndGoesOnWithTheNextOne() throws Exception {
        Path mine = folder.resolve("device");
        DeviceKeys keys = DeviceKeys.openOrCreate(mine);
        Clock clock = new Clock() {
            @Override
            public Instant instant() {
                return Instant.now().plus(Duration.ofDays(daysLater.get()));
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
        DeviceCertificate certificate = DeviceCertificate.obtain(mine, keys, url, clock.instant());
        X509Certificate first = certificate.chain().get(0);
        MqttLink ingest = MqttLink.open(
                MqttLink.Settings.of("tcp://127.0.0.1:" + plainPort, "ingest-1", "ingest", "ingest password")
                        .withSubscriptions(false, List.of("$share/ingest/v1/+/+/+/r")),
                new MqttLink.Listener() {});
        // No password: the certificate is enough.
        DeviceConfig config = DeviceConfig.of(
                        "ssl://localhost:" + port, new Registration("v1/acme/boat/" + keys.idHex(), "", 7))
                .withCaFile(brokerCa)
                .withCertificate(certificate)
                .withClock(clock, 2, null);
        try (ingest;
                Device device = Device.open(mine, keys, config)) {
            await(ingest::connected);
            device.read(Quantity.TEMPERATURE, 4);
            assertEquals(
                    "v1/acme/boat/" + keys.idHex() + "/r",
                    ingest.poll(20, TimeUnit.SECONDS).topic());

            daysLater.set(61);
            await(() -> !certificate.chain().get(0).equals(first));
            daysLater.set(0);
            X509Certificate second = certificate.chain().get(0);
            int asked = issued.get();
            assertNotEquals(first.getPublicKey(), second.getPublicKey(), "with a new key");
            assertEquals(
                    second,
                    DeviceCertificate.obtain(mine, keys, url, Instant.now())
                            .chain()
                            .get(0),
                    "and kept");
            assertEquals(asked, issued.get());
            long published = device.status().published();
            await(() -> device.status().connected()
                    && device.status().published()
                            > published); // all without a receipt is sent again on the new connection

            broker.follow(
                    after -> new EmbeddedBroker.Standings.Changes(after < 1 ? Map.of(keys.idHex(), true) : Map.of(), 1),
                    Duration.ofMillis(50));
            await(() -> !device.status().connected());
        }
    }

    @Test
    void aCertificateIsGoodForItsOwnNameAndTopicsOnly() throws Exception {
        Path mine = folder.resolve("device");
        DeviceKeys keys = DeviceKeys.openOrCreate(mine);
        DeviceCertificate certificate = DeviceCertificate.obtain(mine, keys, url, Instant.now());
        String other = "ffeeddccbbaa99887766554433221100";
        for (MqttLink.Settings wrong : List.of(
                settings(other, null).withCertificate(certificate),
                settings(keys.idHex(), other).withCertificate(certificate),
                settings("ingest-2", "ingest").withCertificate(certificate),
                settings(keys.idHex(), keys.idHex()))) {
            try (MqttLink link = MqttLink.open(wrong, new MqttLink.Listener() {})) {
                await(() -> !link.problem().isEmpty());
                assertFalse(link.connected(), wrong.toString());
            }
        }
        try (MqttLink link =
                MqttLink.open(settings(keys.idHex(), null).withCertificate(certificate), new MqttLink.Listener() {})) {
            await(link::connected);
            // Paho calls this a success; the link reads the reason and says it in words.
            MqttLink.Outcome outcome =
                    link.publish("v1/acme/boat/" + other + "/r", new byte[] {1}).get(20, TimeUnit.SECONDS);
            assertTrue(outcome instanceof MqttLink.Outcome.Denied, outcome.toString());
            assertEquals("not authorised (0x87)", ((MqttLink.Outcome.Denied) outcome).words());
            assertEquals(1, link.denied());
        }
    }

    private MqttLink.Settings settings(String clientId, String user) {
        return MqttLink.Settings.of("ssl://localhost:" + port, clientId, user, user == null ? null : "guess")
                .withCaFile(brokerCa);
    }

    private static void await(BooleanSupplier what) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (!what.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not within 40 s");
            Thread.sleep(20);
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
