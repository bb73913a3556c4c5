package io.waymark.ingest;

import java.nio.file.Path;
import java.security.Principal;
import java.util.Set;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;

/** An Artemis in this JVM. Everybody may connect; nobody may touch topics below {@code forbidden/}. */
final class Broker implements AutoCloseable {
    private final EmbeddedActiveMQ server = new EmbeddedActiveMQ();

    static Broker start(int port, Path folder) throws Exception {
        return new Broker(port, folder);
    }

    private Broker(int port, Path folder) throws Exception {
        ConfigurationImpl configuration = new ConfigurationImpl();
        configuration.setPersistenceEnabled(true).setSecurityEnabled(true);
        configuration.setJournalDirectory(folder.resolve("journal").toString());
        configuration.setBindingsDirectory(folder.resolve("bindings").toString());
        configuration.setLargeMessagesDirectory(folder.resolve("large").toString());
        configuration.setPagingDirectory(folder.resolve("paging").toString());
        configuration.setJournalType(org.apache.activemq.artemis.core.server.JournalType.NIO);
        configuration.setJournalFileSize(1 << 20).setJournalMinFiles(2);
        configuration.setMaxDiskUsage(-1);
        configuration.addAddressSetting("#", new AddressSettings().setMaxSizeMessages(-1));
        configuration.addAcceptorConfiguration(
                "mqtt", "tcp://127.0.0.1:" + port + "?protocols=MQTT;receiveMaximum=1000");
        server.setConfiguration(configuration);
        server.setSecurityManager(new OpenExceptForbidden());
        server.start();
    }

    @Override
    public void close() throws Exception {
        server.stop();
    }

    private static final class OpenExceptForbidden implements ActiveMQSecurityManager5 {
        @Override
        public Subject authenticate(String user, String password, RemotingConnection connection, String domain) {
            return new Subject(
                    true, Set.<Principal>of(new UserPrincipal(user == null ? "nobody" : user)), Set.of(), Set.of());
        }

        @Override
        public boolean authorize(Subject subject, Set<Role> roles, CheckType check, String address) {
            return !address.startsWith("forbidden");
        }

        @Override
        public boolean validateUser(String user, String password) {
            return true;
        }

        @Override
        public boolean validateUserAndRole(String user, String password, Set<Role> roles, CheckType check) {
            return true;
        }
    }
}
