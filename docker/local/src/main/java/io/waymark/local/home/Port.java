package io.waymark.local.home;

import io.waymark.local.CannotProceed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** A port Waymark listens on, and the property that moves it. */
public enum Port {
    HTTP("waymark.http.port", 8080),
    HTTPS("waymark.https.port", 8443),
    MQTT("waymark.mqtt.port", 1883),
    /** TLS with client certificates: only where somebody asked for it. */
    MQTTS("waymark.mqtts.port", 8883),
    POSTGRES("waymark.postgres.port", 54329);

    private final String property;
    private final int usual;

    Port(String property, int usual) {
        this.property = property;
        this.usual = usual;
    }

    public String property() {
        return property;
    }

    /**
     * The number to use: the system property, else the environment variable (dots and case as usual: {@code WAYMARK_HTTP_PORT}), else what
     * this home used last, else the usual one. Changes nothing.
     */
    public int of(Home home) throws CannotProceed {
        String environment = property.toUpperCase(java.util.Locale.ROOT).replace('.', '_');
        String named = System.getProperty(property, System.getenv(environment));
        return number(
                named != null && !named.isBlank()
                        ? named
                        : remembered(home).getProperty(property, Integer.toString(usual)));
    }

    /** Whether somebody named this port, now or at an earlier start: for listeners that are off otherwise. 0 as the number switches it off again. */
    public boolean asked(Home home) throws CannotProceed {
        String environment = property.toUpperCase(java.util.Locale.ROOT).replace('.', '_');
        String named = System.getProperty(property, System.getenv(environment));
        if (named != null && !named.isBlank()) {
            return !named.strip().equals("0");
        }
        return remembered(home).containsKey(property);
    }

    /** Forgets the number: the next start has this listener off. */
    public void forget(Home home) throws CannotProceed {
        Properties remembered = remembered(home);
        if (remembered.remove(property) != null) {
            write(home, remembered);
        }
    }

    /**
     * Keeps the number for the next start that names none, so that printed links keep working. To be called when the port was found free:
     * a start that failed on an occupied port must not make the next one fail too.
     */
    public void remember(Home home, int port) throws CannotProceed {
        Properties remembered = remembered(home);
        if (Integer.toString(port).equals(remembered.setProperty(property, Integer.toString(port)))) {
            return;
        }
        write(home, remembered);
    }

    private static void write(Home home, Properties remembered) throws CannotProceed {
        StringBuilder text = new StringBuilder();
        remembered.stringPropertyNames().stream().sorted().forEach(name -> text.append(name)
                .append('=')
                .append(remembered.getProperty(name))
                .append('\n'));
        try {
            Home.writePrivate(home.file("ports"), text.toString());
        } catch (IOException e) {
            throw new CannotProceed("cannot write " + home.file("ports") + ": " + e, e);
        }
    }

    /** Fails with one line naming port and property when somebody else listens there. */
    public void requireFree(int port, InetAddress address) throws CannotProceed {
        // OPEN: between this check and the listener's own bind another process may take the port; the start then fails
        // with the
        // listener's own, longer message. Handing over an open socket would need four different libraries to accept
        // one.
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(!System.getProperty("os.name").startsWith("Windows"));
            probe.bind(new InetSocketAddress(address, port));
        } catch (IOException e) {
            throw new CannotProceed("port " + port + " (" + property
                    + ") is in use: stop the other process, or choose another port with -D" + property + "=PORT");
        }
    }

    private int number(String text) throws CannotProceed {
        try {
            int port = Integer.parseInt(text.strip());
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Reported below together with numbers out of range: both are one mistake of the operator.
        }
        throw new CannotProceed(property + "=" + text + " is not a port (1 to 65535)");
    }

    private static Properties remembered(Home home) throws CannotProceed {
        Properties properties = new Properties();
        Path file = home.file("ports");
        if (Files.exists(file)) {
            try (var in = Files.newInputStream(file)) {
                properties.load(in);
            } catch (IOException e) {
                throw new CannotProceed("cannot read " + file + ": " + e, e);
            }
        }
        return properties;
    }
}
