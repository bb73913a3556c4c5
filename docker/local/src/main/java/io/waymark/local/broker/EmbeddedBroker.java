package io.waymark.local.broker;

import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/**
 * Artemis with its journal in the home, MQTT only, on 127.0.0.1 only, every message of QoS 1 synced to disk before its PUBACK.
 * Sessions and what they have not received survive restarts. What a device may rely on is still only the signed receipt.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /** An image chunk (128 KiB) with topic and properties; a longer packet ends the connection. */
    private static final int MAX_PACKET = 192 * 1024;

    private final EmbeddedActiveMQ broker;
    private boolean stopped;

    private EmbeddedBroker(EmbeddedActiveMQ broker) {
        this.broker = broker;
    }

    /**
     * Starts and listens.
     *
     * @param deviceSecret   from which every device's password derives, {@link DevicePassword}
     * @param ingestPassword of the user {@code ingest}
     */
    public static EmbeddedBroker start(Home home, int port, String deviceSecret, String ingestPassword)
            throws CannotProceed {
        Path folder = home.data("broker");
        try {
            EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
            broker.setConfiguration(configuration(folder, port));
            broker.setSecurityManager(new BrokerSecurity(new Access(deviceSecret, ingestPassword)));
            broker.start();
            if (!broker.getActiveMQServer().waitForActivation(30, java.util.concurrent.TimeUnit.SECONDS)) {
                broker.stop();
                throw new CannotProceed(
                        "the MQTT broker did not become active on " + folder + ": see " + home.log("waymark.log"));
            }
            return new EmbeddedBroker(broker);
        } catch (CannotProceed e) {
            throw e;
        } catch (Exception e) { // Artemis declares Exception
            throw new CannotProceed(
                    "the MQTT broker did not start on port " + port + " with its journal in " + folder + ": " + e, e);
        }
    }

    static Configuration configuration(Path folder, int port) throws Exception {
        Configuration configuration = new ConfigurationImpl();
        configuration
                .setName("waymark")
                .setPersistenceEnabled(true)
                // NIO: the asynchronous journal wants libaio, which a fresh machine does not have.
                .setJournalType(JournalType.NIO)
                .setJournalSyncNonTransactional(true)
                .setJournalSyncTransactional(true)
                .setJournalFileSize(10 << 20)
                .setJournalMinFiles(2)
                .setJournalPoolFiles(4)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large").toString())
                .setNodeManagerLockDirectory(folder.resolve("journal").toString())
                .setSecurityEnabled(true)
                // The cache's key is user and password without the client id: with it, a device that has just connected
                // could connect
                // again under another device's client id (EmbeddedBrokerTest shows it).
                .setAuthenticationCacheSize(0)
                .setJMXManagementEnabled(false)
                .setMessageCounterEnabled(false)
                .setThreadPoolMaxSize(16)
                .setScheduledThreadPoolMaxSize(2)
                // A third of the messages a small heap can hold; beyond it queues page to disk instead of refusing
                // devices.
                .setGlobalMaxSize(96L << 20)
                .setMaxDiskUsage(97);
        // receiveMaximum: how many messages a device may have unacknowledged. Must stay below 32,768, above which
        // Eclipse Paho 1.2.5 reads
        // it as negative; its own window is 65,535, so this is also the back-pressure. Topic aliases are off for the
        // same library.
        configuration.addAcceptorConfiguration(
                "mqtt",
                "tcp://127.0.0.1:" + port + "?protocols=MQTT;receiveMaximum=1000;topicAliasMaximum=0;maximumPacketSize="
                        + MAX_PACKET + ";defaultMqttSessionExpiryInterval=604800;tcpNoDelay=true");
        configuration.addAddressSetting(
                "#",
                new AddressSettings()
                        .setAutoCreateAddresses(true)
                        .setAutoCreateQueues(true)
                        .setAutoDeleteAddresses(true)
                        .setAutoDeleteQueues(true)
                        .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                        .setMaxSizeBytes(32L << 20)
                        .setPageSizeBytes(4 << 20)
                        // Redelivered until taken: the one consumer acknowledges or dies, it never gives a message
                        // back.
                        .setMaxDeliveryAttempts(-1));
        return configuration;
    }

    /** Stops listening, closes the journal. A second call does nothing. */
    @Override
    public synchronized void close() throws CannotProceed {
        if (stopped) {
            return;
        }
        stopped = true;
        try {
            broker.stop();
        } catch (Exception e) { // Artemis declares Exception
            throw new CannotProceed("the MQTT broker did not stop cleanly: " + e, e);
        }
    }
}
