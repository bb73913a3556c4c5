package io.waymark.local.chaos;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.waymark.local.home.Home;
import io.waymark.local.home.Passwords;
import io.waymark.local.start.Settings;
import io.waymark.local.start.Terminal;
import io.waymark.trace.ledger.Drill;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import java.nio.file.Path;

/**
 * trace-service, with the others of the assembly beside it, in a process of its own, to be killed. Its own ingest finds no broker: the
 * drill's ingest is another process. Arguments: home, JDBC url, HTTP port, a port where nobody listens, sabotage or "-". Says {@code up}.
 */
public final class ServicesUnderTest {
    /** Set before the services start, by {@link #main} and nobody else. */
    private static Drill drill = Drill.NONE;

    private ServicesUnderTest() {}

    public static void main(String... arguments) throws Exception {
        Home home = Home.at(Path.of(arguments[0]));
        new Settings(
                        home,
                        new Passwords(home),
                        arguments[1],
                        Integer.parseInt(arguments[2]),
                        Integer.parseInt(arguments[3]),
                        "http://localhost:" + arguments[2])
                .values()
                .forEach(System::setProperty);
        System.setProperty("org.bytedeco.javacpp.cachedir", home.file("native").toString());
        if (!arguments[4].equals("-")) {
            drill = sabotaging(Drill.Sabotage.valueOf(arguments[4]));
        }
        Quarkus.run(Main.class, (code, thrown) -> {
            if (thrown != null) {
                thrown.printStackTrace(Terminal.err());
            }
            Runtime.getRuntime().halt(1);
        });
    }

    private static Drill sabotaging(Drill.Sabotage chosen) {
        return new Drill() {
            @Override
            public void at(CrashPoint point) {
                // Killed from outside, wherever it stands.
            }

            @Override
            public boolean does(Sabotage asked) {
                return asked == chosen;
            }
        };
    }

    /** What the ledger asks. In every other process of this build it is {@link Drill#NONE}. */
    @Dependent
    public static class OfTheLedger {
        @Produces
        @Dependent
        Drill drill() {
            return drill;
        }
    }

    /** Waits to be killed. */
    public static final class Main implements QuarkusApplication {
        @Override
        public int run(String... arguments) {
            Terminal.out().println("up");
            Quarkus.waitForExit();
            return 0;
        }
    }
}
