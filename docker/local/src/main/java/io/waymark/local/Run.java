package io.waymark.local;

import io.waymark.local.home.Home;
import io.waymark.local.lan.TlsFront;
import io.waymark.local.start.Assembly;
import io.waymark.local.start.Progress;
import io.waymark.local.start.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code waymark run}: everything in this process, until Ctrl-C. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Start everything in this process: PostgreSQL, MQTT broker, the four services and the demo fleet.",
            "Ends with Ctrl-C or SIGTERM; the next start continues the same ledger.",
            "Ports: -Dwaymark.http.port (8080), -Dwaymark.mqtt.port (1883), -Dwaymark.postgres.port (54329), remembered in the home."
        })
final class Run implements Callable<Integer> {
    @ParentCommand
    Waymark waymark;

    @Option(names = "--no-demo", description = "Start without the demo fleet and its story.")
    boolean noDemo;

    @Option(
            names = "--speed",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "How many times faster than real time the demo story runs; 0 (default) tells it as fast as it can be stored.")
    double speed;

    @Option(
            names = "--lan",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "ADDRESS",
            description = {
                "Let phones in the same network in: TLS on all interfaces (port waymark.https.port, 8443) with a certificate authority of",
                "this installation, for this machine's private address or the one given. Everything else stays on 127.0.0.1."
            })
    String lan;

    @Option(names = "--json", description = "Print one JSON line on stdout when ready; progress goes to stderr.")
    boolean json;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!(speed == 0 || speed >= 1)) {
            throw new ParameterException(spec.commandLine(), "--speed must be 0 or at least 1, not " + speed);
        }
        Assembly.Options options = new Assembly.Options(!noDemo, speed, json, TlsFront.address(lan));
        Home home = waymark.home();
        if (!home.exists()) {
            Assembly.requireStartable(home, options);
        }
        home.open();
        try (Home.Lock held = home.lock()) {
            return new Assembly(home, options, new Progress(json ? Terminal.err() : Terminal.out())).run();
        }
    }
}
