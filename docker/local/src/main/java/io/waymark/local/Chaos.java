package io.waymark.local;

import picocli.CommandLine.Command;

/** {@code waymark chaos}: drills, on installations of their own that are thrown away. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        description =
                "Break things on purpose and see that nothing is lost. docker/local/README.md says what is broken how.",
        subcommands = {ChaosIngest.class, ChaosLedger.class},
        synopsisSubcommandLabel = "COMMAND")
final class Chaos {}
