package io.waymark.local.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.local.home.Home;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.activemq.artemis.core.config.Configuration;
import org.eclipse.paho.mqttv5.client.IMqttMessageListener;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of {@link Access} as the real broker applies them to a real client. */
class EmbeddedBrokerTest {
    private static final String ME = "00112233445566778899aabbccddeeff";
    private static final String OTHER = "ffeeddccbbaa99887766554433221100";

    @TempDir
    Path folder;

    @Test
    void deviceReachesIngestAndNobodyElse() throws Exception {
        int port = freePort();
        try (EmbeddedBroker broker = EmbeddedBroker.start(
                Home.at(folder.resolve("home")).open(), port, "device secret", "ingest password")) {
            LinkedBlockingQueue<String> atIngest = new LinkedBlockingQueue<>();
            LinkedBlockingQueue<String> atMe = new LinkedBlockingQueue<>();
            MqttClient ingest = connected(port, "ingest", "ingest-1", "ingest password");
            subscribe(ingest, "$share/ingest/v1/+/+/+/r", atIngest);
            MqttClient me = connected(port, ME, ME, new DevicePassword("device secret").of(ME));
            subscribe(me, "v1/+/+/" + ME + "/d/#", atMe);

            me.publish("v1/nordsea/boat/" + ME + "/r", "reading".getBytes(StandardCharsets.UTF_8), 1, false);
            assertEquals("v1/nordsea/boat/" + ME + "/r reading", atIngest.poll(10, TimeUnit.SECONDS));
            ingest.publish("v1/nordsea/boat/" + ME + "/d/ack", "receipt".getBytes(StandardCharsets.UTF_8), 1, false);
            assertEquals("v1/nordsea/boat/" + ME + "/d/ack receipt", atMe.poll(10, TimeUnit.SECONDS));

            // Another device's topic: refused by the broker; that Paho does not throw is a property of Paho, so we look
            // at what arrives.
            publishQuietly(me, "v1/nordsea/boat/" + OTHER + "/r");
            publishQuietly(me, "v1/nordsea/boat/" + ME + "/d/ack");
            assertNull(atIngest.poll(1, TimeUnit.SECONDS));
            assertNull(atMe.poll(200, TimeUnit.MILLISECONDS));

            MqttException refused = assertThrows(MqttException.class, () -> connected(port, ME, ME, "not the password")
                    .disconnect());
            assertEquals(134, refused.getReasonCode());
            assertThrows(
                    MqttException.class, () -> connected(port, ME, OTHER, new DevicePassword("device secret").of(ME))
                            .disconnect());
            me.disconnect();
            me.close();
            ingest.disconnect();
            ingest.close();
        }
    }

    @Test
    void aRevokedDeviceIsThrownOutAndStaysOutUntilItHasANewKey() throws Exception {
        int port = freePort();
        Map<String, Boolean> standing = new ConcurrentHashMap<>();
        AtomicLong index = new AtomicLong();
        try (EmbeddedBroker broker = EmbeddedBroker.start(
                Home.at(folder.resolve("home")).open(), port, "device secret", "ingest password")) {
            broker.follow(
                    after -> {
                        if (index.get() == 7) throw new IOException("down for a while");
                        return new EmbeddedBroker.Standings.Changes(
                                after < index.get() ? Map.copyOf(standing) : Map.of(), index.get());
                    },
                    Duration.ofMillis(50));
            String password = new DevicePassword("device secret").of(ME);
            MqttClient me = connected(port, ME, ME, password);
            MqttClient other = connected(port, OTHER, OTHER, new DevicePassword("device secret").of(OTHER));

            standing.put(ME, true);
            index.set(7);
            Thread.sleep(200); // nobody answers: everybody stays
            assertTrue(me.isConnected());
            index.set(8);

            awaitTrue(() -> !me.isConnected());
            assertTrue(other.isConnected(), "only that one");
            MqttException refused = assertThrows(
                    MqttException.class, () -> connected(port, ME, ME, password).disconnect());
            assertEquals(134, refused.getReasonCode());

            standing.put(ME, false);
            index.set(9);
            MqttClient[] again = new MqttClient[1];
            awaitTrue(() -> {
                try {
                    again[0] = connected(port, ME, ME, password);
                    return true;
                } catch (MqttException e) {
                    return false;
                }
            });
            again[0].disconnect();
            other.disconnect();
            me.close(true);
            other.close();
        }
    }

    private static void awaitTrue(BooleanSupplier what) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!what.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "not within 30 s");
            Thread.sleep(50);
        }
    }

    @Test
    void everyMessageIsSyncedToDiskBeforeItIsAcknowledged() throws Exception {
        Configuration configuration = EmbeddedBroker.configuration(folder, 1883);
        assertTrue(configuration.isPersistenceEnabled());
        assertTrue(configuration.isJournalSyncNonTransactional());
        assertTrue(configuration.isJournalSyncTransactional());
        assertTrue(configuration.isJournalDatasync());
    }

    @Test
    void undeliveredMessagesSurviveARestart() throws Exception {
        int port = freePort();
        Home home = Home.at(folder.resolve("home")).open();
        try (EmbeddedBroker broker = EmbeddedBroker.start(home, port, "device secret", "ingest password")) {
            MqttClient ingest = connected(port, "ingest", "ingest-1", "ingest password");
            subscribe(ingest, "$share/ingest/v1/+/+/+/r", new LinkedBlockingQueue<>());
            ingest.disconnect();
            ingest.close();
            MqttClient me = connected(port, ME, ME, new DevicePassword("device secret").of(ME));
            me.publish("v1/nordsea/boat/" + ME + "/r", "kept".getBytes(StandardCharsets.UTF_8), 1, false);
            me.disconnect();
            me.close();
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(home, port, "device secret", "ingest password")) {
            LinkedBlockingQueue<String> atIngest = new LinkedBlockingQueue<>();
            MqttClient ingest = connected(port, "ingest", "ingest-1", "ingest password");
            subscribe(ingest, "$share/ingest/v1/+/+/+/r", atIngest);
            assertEquals("v1/nordsea/boat/" + ME + "/r kept", atIngest.poll(10, TimeUnit.SECONDS));
            ingest.disconnect();
            ingest.close();
        }
    }

    private static MqttClient connected(int port, String user, String clientId, String password) throws MqttException {
        MqttClient client = new MqttClient("tcp://127.0.0.1:" + port, clientId, new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName(user);
        options.setPassword(password.getBytes(StandardCharsets.UTF_8));
        options.setCleanStart(false);
        options.setSessionExpiryInterval(3600L);
        options.setConnectionTimeout(10);
        client.setTimeToWait(10_000);
        client.connect(options);
        return client;
    }

    private static void subscribe(MqttClient client, String filter, LinkedBlockingQueue<String> arrived)
            throws MqttException {
        // One listener for all: Paho matches a shared subscription's filter against the topic literally and would find
        // none.
        client.setCallback(new Arrivals(arrived));
        client.subscribe(new MqttSubscription[] {new MqttSubscription(filter, 1)}, (IMqttMessageListener[]) null);
    }

    private static void publishQuietly(MqttClient client, String topic) {
        try {
            client.publish(topic, new byte[] {1}, 1, false);
        } catch (MqttException refused) {
            // Either is right: an exception, or a reason code that this call does not show.
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
