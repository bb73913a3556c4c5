package io.waymark.local.broker;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.waymark.local.CannotProceed;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.activemq.artemis.api.core.ActiveMQDisconnectedException;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/**
 * Artemis with its journal in the home, MQTT only, on 127.0.0.1 only, every message of QoS 1 synced to disk before its PUBACK.
 * Sessions and what they have not received survive restarts. What a device may rely on is still only the signed receipt.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final Logger LOG = System.getLogger(EmbeddedBroker.class.getName());

    /** An image chunk (128 KiB) with topic and properties; a longer packet ends the connection. */
    private static final int MAX_PACKET = 192 * 1024;

    private static final String OPTIONS = "?protocols=MQTT;receiveMaximum=1000;topicAliasMaximum=0;maximumPacketSize="
            + MAX_PACKET + ";defaultMqttSessionExpiryInterval=604800;tcpNoDelay=true";

    private final EmbeddedActiveMQ broker;
    private final Access access;
    private Thread standings;
    private volatile boolean stopped;

    private EmbeddedBroker(EmbeddedActiveMQ broker, Access access) {
        this.broker = broker;
        this.access = access;
    }

    /**
     * Starts and listens.
     *
     * @param deviceSecret   from which every device's password derives, {@link DevicePassword}
     * @param ingestPassword of the user {@code ingest}
     */
    public static EmbeddedBroker start(Home home, int port, String deviceSecret, String ingestPassword)
            throws CannotProceed {
        return start(home, port, deviceSecret, ingestPassword, null);
    }

    /** With a second listener for devices with certificates; null for none. */
    public static EmbeddedBroker start(Home home, int port, String deviceSecret, String ingestPassword, Tls tls)
            throws CannotProceed {
        Path folder = home.data("broker");
        try {
            EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
            Configuration configuration = configuration(folder, port);
            if (tls != null) {
                configuration.addAcceptorConfiguration("mqtts", tls.acceptor());
            }
            broker.setConfiguration(configuration);
            Access access = new Access(deviceSecret, ingestPassword);
            broker.setSecurityManager(new BrokerSecurity(access));
            broker.start();
            if (!broker.getActiveMQServer().waitForActivation(30, java.util.concurrent.TimeUnit.SECONDS)) {
                broker.stop();
                throw new CannotProceed(
                        "the MQTT broker did not become active on " + folder + ": see " + home.log("waymark.log"));
            }
            return new EmbeddedBroker(broker, access);
        } catch (CannotProceed e) {
            throw e;
        } catch (Exception e) { // Artemis declares Exception
            throw new CannotProceed(
                    "the MQTT broker did not start on port " + port + " with its journal in " + folder + ": " + e, e);
        }
    }

    /** Who may connect and who no longer, as trace-service knows it. */
    @FunctionalInterface
    public interface Standings {
        /**
         * @param after ledger index up to which changes are known; −1 at first
         * @throws IOException when it cannot be told now
         */
        Changes after(long after) throws IOException;

        /** @param devices by id, whether it is refused; @param after what to ask for next */
        record Changes(Map<String, Boolean> devices, long after) {}
    }

    /**
     * Begins to follow the devices' standing: within {@code every} of a revocation, and the time of an answer, its device is refused and its open
     * connections are closed. While nobody answers, what was told last counts; nothing can be revoked then either.
     */
    public synchronized void follow(Standings told, Duration every) {
        if (standings != null || stopped) {
            return;
        }
        standings = new Thread(() -> follow(told, every.toMillis()), "broker-standings");
        standings.setDaemon(true);
        standings.start();
    }

    /** Has {@code registry} show how the broker does, as {@code waymark.broker.*}; docker/local/README.md lists them. */
    public void show(MeterRegistry registry) {
        ActiveMQServer server = broker.getActiveMQServer();
        Gauge.builder("waymark.broker.connections", server, ActiveMQServer::getConnectionCount)
                .description("clients connected")
                .register(registry);
        Gauge.builder("waymark.broker.messages", server, ActiveMQServer::getTotalMessageCount)
                .description("messages in queues: not delivered, or not acknowledged")
                .register(registry);
        Gauge.builder("waymark.broker.memory", server, s -> s.getPagingManager().getGlobalSize())
                .description("memory of the messages in queues; beyond 96 MiB they are paged to disk")
                .baseUnit("bytes")
                .register(registry);
    }

    private void follow(Standings told, long everyMillis) {
        long after = -1;
        boolean silent = false;
        while (!stopped) {
            try {
                Standings.Changes changes = told.after(after);
                changes.devices().forEach(this::stand);
                silent = false;
                if (changes.after() > after) {
                    after = changes.after(); // there may be more
                    continue;
                }
            } catch (IOException | RuntimeException e) {
                if (!silent) {
                    LOG.log(Level.WARNING, "the broker is not told which devices are revoked: {0}", e.getMessage());
                }
                silent = true;
            }
            try {
                Thread.sleep(everyMillis);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void stand(String deviceHex, boolean refused) {
        if (!refused) {
            access.admit(deviceHex);
            return;
        }
        boolean before = access.refuse(deviceHex);
        int closed = 0;
        for (RemotingConnection connection :
                broker.getActiveMQServer().getRemotingService().getConnections()) {
            if (deviceHex.equals(connection.getClientID())) {
                connection.fail(new ActiveMQDisconnectedException("the device's keys are revoked"));
                closed++;
            }
        }
        if (before) {
            LOG.log(Level.INFO, "device {0} is revoked: {1} connections closed", deviceHex, closed);
        }
    }

    /**
     * A second listener, TLS 1.3 with client certificates.
     *
     * @param host       address to listen on
     * @param keyStore   PKCS#12 with the broker's key and certificate
     * @param trustStore PKCS#12 with the device root
     * @param password   of both
     */
    public record Tls(String host, int port, Path keyStore, Path trustStore, String password) {
        private String acceptor() {
            return "tcp://" + host + ":" + port + OPTIONS
                    + ";sslEnabled=true;enabledProtocols=TLSv1.3;needClientAuth=true;keyStoreType=PKCS12;trustStoreType=PKCS12;keyStorePassword="
                    + password + ";trustStorePassword=" + password + ";keyStorePath=" + keyStore + ";trustStorePath="
                    + trustStore;
        }

        /** Never shows the password. */
        @Override
        public String toString() {
            return "Tls[" + host + ":" + port + "]";
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
        configuration.addAcceptorConfiguration("mqtt", "tcp://127.0.0.1:" + port + OPTIONS);
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
        if (standings != null) {
            standings.interrupt();
        }
        try {
            broker.stop();
        } catch (Exception e) { // Artemis declares Exception
            throw new CannotProceed("the MQTT broker did not stop cleanly: " + e, e);
        }
    }
}
