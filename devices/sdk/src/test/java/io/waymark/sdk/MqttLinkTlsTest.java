package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS with the CA file of a private installation. */
class MqttLinkTlsTest {
    @TempDir
    static Path folder;

    static int port;
    static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        keytool("-genkeypair", "-alias", "broker", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "SAN=dns:localhost");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "broker",
                "-file",
                folder.resolve("ca.pem").toString());
        port = MqttLinkTest.freePort();
        broker = Broker.start(
                port,
                folder.resolve("data"),
                ";sslEnabled=true;keyStoreType=PKCS12;keyStorePassword=changeit;keyStorePath="
                        + folder.resolve("broker.p12"));
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @Test
    void connectsWhenTheFileVouchesForTheBroker() throws Exception {
        try (MqttLink link = MqttLink.open(settings("localhost").withCaFile(folder.resolve("ca.pem")), quiet())) {
            MqttLinkTest.await(link::connected);
            assertInstanceOf(
                    MqttLink.Outcome.Taken.class,
                    link.publish("a/b", new byte[] {1}).get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void refusesABrokerThatNobodyVouchesFor() throws Exception {
        try (MqttLink link = MqttLink.open(settings("localhost"), quiet())) {
            MqttLinkTest.await(() -> link.problem().contains("SSLHandshakeException"));
            assertFalse(link.connected());
        }
    }

    @Test
    void refusesACertificateOfAnotherHost() throws Exception {
        try (MqttLink link = MqttLink.open(settings("127.0.0.1").withCaFile(folder.resolve("ca.pem")), quiet())) {
            MqttLinkTest.await(() -> link.problem().contains("SSLHandshakeException"));
            assertFalse(link.connected());
        }
    }

    private static MqttLink.Settings settings(String host) {
        return MqttLink.Settings.of("ssl://" + host + ":" + port, "tls", "u", "p");
    }

    private static MqttLink.Listener quiet() {
        return new MqttLink.Listener() {};
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        java.util.List<String> command = new java.util.ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(java.util.List.of(arguments));
        command.addAll(java.util.List.of(
                "-keystore",
                folder.resolve("broker.p12").toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit"));
        assertEquals(0, new ProcessBuilder(command).start().waitFor());
    }
}
