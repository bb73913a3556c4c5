package io.waymark.local.chaos;

import io.waymark.local.broker.EmbeddedBroker;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.start.Terminal;
import java.nio.file.Path;

/** The embedded broker in a process of its own, to be killed. Arguments: home, port. Says {@code up}; ends with its input. */
public final class BrokerUnderTest {
    private BrokerUnderTest() {}

    public static void main(String... arguments) throws Exception {
        Home home = Home.at(Path.of(arguments[0]));
        Passwords passwords = new Passwords(home);
        EmbeddedBroker.start(
                home,
                Integer.parseInt(arguments[1]),
                passwords.secret("mqtt.device-secret"),
                passwords.secret("mqtt.ingest"));
        Terminal.out().println("up");
        while (System.in.read() >= 0) {
            // Nothing is asked of it but to be there.
        }
        Runtime.getRuntime().halt(0);
    }
}
