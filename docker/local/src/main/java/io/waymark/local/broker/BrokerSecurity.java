package io.waymark.local.broker;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;
import org.apache.activemq.artemis.utils.CertificateUtil;

/**
 * Translates Artemis' questions into {@link Access}. Artemis speaks of addresses: an MQTT topic with dots for slashes, {@code *} for
 * {@code +}; a subscription is a queue on such an address. Names with dots cannot be smuggled in: a device's topic has no dots, and a dot
 * inside a level arrives escaped with a backslash, which {@link Access} does not allow in any level it checks.
 */
final class BrokerSecurity implements ActiveMQSecurityManager5 {
    private static final int DNS_NAME = 2; // RFC 5280 GeneralName

    private final Access access;

    // Artemis asks for every message's subject anew, for its own cache is off (EmbeddedBroker says why): an HMAC
    // each time was an eighth of the broker's work. Remembered for this very connection, while nothing of what it
    // proved has changed.
    private final Map<RemotingConnection, Proved> proved = Collections.synchronizedMap(new WeakHashMap<>());

    private record Proved(String user, String password, String clientId, Subject subject) {
        boolean by(String otherUser, String otherPassword, String otherClientId) {
            return user.equals(otherUser) && password.equals(otherPassword) && clientId.equals(otherClientId);
        }
    }

    BrokerSecurity(Access access) {
        this.access = access;
    }

    @Override
    public Subject authenticate(String user, String password, RemotingConnection connection, String domain) {
        X509Certificate[] presented = connection == null ? null : CertificateUtil.getCertsFromConnection(connection);
        if (presented != null && presented.length > 0) {
            // The handshake has verified the chain up to the device root; the name in it is the device.
            String device = nameIn(presented[0]);
            return access.mayConnectAs(device, user, connection.getClientID()) ? subject(device) : null;
        }
        String clientId = connection == null ? null : connection.getClientID();
        Proved before = connection == null ? null : proved.get(connection);
        if (before != null && before.by(user, password, clientId)) {
            return access.isRefused(user) ? null : before.subject;
        }
        if (!access.mayConnect(user, password, clientId)) {
            return null;
        }
        Subject subject = subject(user);
        if (connection != null) {
            proved.put(connection, new Proved(user, password, clientId, subject));
        }
        return subject;
    }

    /** The one alternative DNS name; null when there is not exactly one. */
    private static String nameIn(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null || names.size() != 1) {
                return null;
            }
            List<?> name = names.iterator().next();
            return Integer.valueOf(DNS_NAME).equals(name.get(0)) ? (String) name.get(1) : null;
        } catch (CertificateParsingException e) {
            return null;
        }
    }

    private static Subject subject(String user) {
        Subject subject = new Subject();
        // Without a UserPrincipal Artemis refuses the connection as if the password were wrong.
        subject.getPrincipals().add(new UserPrincipal(user));
        return subject;
    }

    @Override
    public boolean authorize(Subject subject, Set<Role> roles, CheckType check, String address) {
        if (subject == null) {
            return false;
        }
        String user = subject.getPrincipals(UserPrincipal.class).stream()
                .map(UserPrincipal::getName)
                .findFirst()
                .orElse("");
        // "address::queue" when a queue is meant.
        int queue = address.indexOf("::");
        List<String> levels = List.of((queue < 0 ? address : address.substring(0, queue)).split("\\.", -1)).stream()
                .map(level -> level.equals("*") ? "+" : level)
                .toList();
        switch (check.name()) {
            case "SEND":
                return access.mayPublish(user, levels);
            case "CREATE_ADDRESS":
                // The first message to a topic and the first subscription both create the address.
                return access.mayPublish(user, levels) || access.maySubscribe(user, levels);
            case "CONSUME":
            case "CREATE_DURABLE_QUEUE":
            case "CREATE_NON_DURABLE_QUEUE":
            case "DELETE_DURABLE_QUEUE":
            case "DELETE_NON_DURABLE_QUEUE":
                return access.maySubscribe(user, levels);
            default:
                return false; // MANAGE, BROWSE, VIEW, EDIT, DELETE_ADDRESS: nobody over MQTT.
        }
    }

    @Override
    public boolean validateUser(String user, String password) {
        return false; // The form without a connection, which could not check the client id; Artemis does not call it
        // for this interface.
    }

    @Override
    public boolean validateUserAndRole(String user, String password, Set<Role> roles, CheckType check) {
        return false;
    }
}
