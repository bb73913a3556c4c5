package io.waymark.local.broker;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.junit.jupiter.api.Test;

/** What a connection has proved is remembered, and is worth nothing for anything else. */
class BrokerSecurityTest {
    private static final String ME = "00112233445566778899aabbccddeeff";
    private static final String OTHER = "ffeeddccbbaa99887766554433221100";

    private final Access access = new Access("device secret", "ingest password");
    private final BrokerSecurity security = new BrokerSecurity(access);
    private final String password = new DevicePassword("device secret").of(ME);
    private final AtomicReference<String> clientId = new AtomicReference<>(ME);
    private final RemotingConnection connection = connection(clientId);

    @Test
    void isProvedOnceForAConnection() {
        var first = security.authenticate(ME, password, connection, null);

        assertNotNull(first);
        assertSame(first, security.authenticate(ME, password, connection, null));
    }

    @Test
    void anotherNameOrPasswordOrClientIdIsProvedAnew() {
        assertNotNull(security.authenticate(ME, password, connection, null));

        assertNull(security.authenticate(OTHER, password, connection, null));
        assertNull(security.authenticate(ME, "guess", connection, null));
        assertNull(security.authenticate(ME, null, connection, null));
        clientId.set(OTHER);
        assertNull(security.authenticate(ME, password, connection, null));
    }

    @Test
    void countsForNoOtherConnection() {
        assertNotNull(security.authenticate(ME, password, connection, null));

        assertNull(security.authenticate(ME, "guess", connection(clientId), null));
        assertNull(security.authenticate(ME, password, connection(new AtomicReference<>(OTHER)), null));
    }

    @Test
    void endsWithTheRevocationOfTheDevice() {
        assertNotNull(security.authenticate(ME, password, connection, null));

        access.refuse(ME);

        assertNull(security.authenticate(ME, password, connection, null));
        access.admit(ME);
        assertNotNull(security.authenticate(ME, password, connection, null));
    }

    /** Only its client id is ever asked for. */
    private static RemotingConnection connection(AtomicReference<String> clientId) {
        return (RemotingConnection) Proxy.newProxyInstance(
                BrokerSecurityTest.class.getClassLoader(),
                new Class<?>[] {RemotingConnection.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "getClientID" -> clientId.get();
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> self == arguments[0];
                    default -> null;
                });
    }
}
