package io.waymark.simulator;

import io.waymark.simulator.certify.CertifyCommand;
import io.waymark.simulator.logger.Import;
import io.waymark.simulator.story.Story;
import io.waymark.simulator.story.StoryConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The fleet as a process of its own: {@code java -jar simulator.jar story|import|certify}. Exit 0 done, 1 failed with one line why, 2 usage. */
@Command(
        name = "simulator",
        description = "A fleet of vessels, farms, plants, trucks and shops that uses Waymark from outside.",
        mixinStandardHelpOptions = true,
        subcommands = {Main.StoryCommand.class, Main.ReplayCommand.class, CertifyCommand.class, DeviceCommand.class})
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main())
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println(failure.getMessage() == null ? failure.toString() : failure.getMessage());
                    return 1;
                })
                .execute(args));
    }

    static final class Connection {
        @Option(names = "--folder", required = true, description = "keys, outboxes and progress of the fleet")
        Path folder;

        @Option(
                names = "--trace",
                defaultValue = "http://localhost:8081",
                description = "trace-service (default ${DEFAULT-VALUE})")
        URI trace;

        @Option(
                names = "--vision",
                defaultValue = "http://localhost:8083",
                description = "vision (default ${DEFAULT-VALUE})")
        URI vision;

        @Option(
                names = "--mqtt",
                defaultValue = "tcp://localhost:1883",
                description = "broker (default ${DEFAULT-VALUE})")
        String mqtt;

        @Option(names = "--mqtt-ca", description = "PEM file of the broker's certificate authority")
        Path mqttCa;

        // From the environment, not from an argument: arguments can be read by every user of the machine.
        @Option(
                names = "--operator-token",
                defaultValue = "${env:WAYMARK_OPERATOR_TOKEN}",
                description = "or WAYMARK_OPERATOR_TOKEN")
        String operatorToken;

        StoryConfig config(int items, double speed, boolean live) {
            if (operatorToken == null || operatorToken.isBlank()) {
                throw new IllegalArgumentException("set WAYMARK_OPERATOR_TOKEN to the operator's service token");
            }
            return new StoryConfig(folder, trace, vision, mqtt, mqttCa, operatorToken, items, speed, live);
        }
    }

    @Command(name = "story", description = "Tells the demo story.", mixinStandardHelpOptions = true)
    static final class StoryCommand implements Callable<Integer> {
        @Mixin
        Connection connection = new Connection();

        @Option(
                names = "--items",
                defaultValue = "50",
                description = "items in each of four lots (default ${DEFAULT-VALUE})")
        int items;

        @Option(
                names = "--speed",
                defaultValue = "0",
                description = "0: the past at once, then real time; N: six days N times faster")
        double speed;

        @Option(names = "--until-caught-up", description = "end when everything already past is told and receipted")
        boolean untilCaughtUp;

        @Override
        public Integer call() throws Exception {
            StoryConfig config = connection.config(items, speed, false);
            if (!untilCaughtUp) {
                Story.run(config, System.out::println);
                return 0;
            }
            try (Story story = Story.start(config, System.out::println)) {
                while (!story.caughtUp() && story.failure().isEmpty()) {
                    Thread.sleep(200);
                }
                if (story.failure().isPresent()) throw story.failure().get();
                boolean receipted = story.awaitReceipts();
                story.showcase().ifPresent(path -> System.out.println("showcase " + path));
                return receipted ? 0 : 1;
            }
        }
    }

    @Command(
            name = "import",
            aliases = "replay",
            description = "Publishes a logger's file: Fridge-tag 2 report, BioVoice, CSV or XLSX with a time column.",
            mixinStandardHelpOptions = true)
    static final class ReplayCommand implements Callable<Integer> {
        @Mixin
        Connection connection = new Connection();

        @Parameters(paramLabel = "FILE")
        Path file;

        @Override
        public Integer call() throws Exception {
            Import.Answer result =
                    Import.run(Import.Request.of(file), connection.config(1, 0, false), null, System.out::println);
            System.out.println("device " + result.device() + ": " + result.published() + " of " + result.samples()
                    + " samples published, "
                    + (result.receipted() ? "all with receipt" : "not all with receipt yet; run again"));
            return result.receipted() ? 0 : 1;
        }
    }
}
