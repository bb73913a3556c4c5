package io.waymark.local;

import io.quarkus.runtime.annotations.QuarkusMain;
import io.waymark.local.home.Home;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Entry of the assembly's jar. Commands are parsed before Quarkus starts: only {@code run} starts it, and {@code --help} answers at once.
 *
 * <p>Exit codes of every command: 0 done, 1 could not (one line on stderr says why), 2 wrong usage; {@code run} ended by Ctrl-C: 130.
 */
@QuarkusMain
@Command(
        name = "waymark",
        description = "Run and look after a Waymark installation.",
        subcommands = {
            Run.class,
            Reset.class,
            Replay.class,
            Account.class,
            Keys.class,
            Recover.class,
            Bench.class,
            Chaos.class,
            CommandLine.HelpCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Waymark.Version.class,
        synopsisSubcommandLabel = "[COMMAND]",
        footer =
                "%nWithout a command: run. Exit codes: 0 done, 1 could not (the reason is one line on stderr), 2 wrong usage.")
public final class Waymark implements Callable<Integer> {
    @Option(
            names = "--home",
            paramLabel = "DIR",
            scope = CommandLine.ScopeType.INHERIT,
            description =
                    "The folder with the data, keys and logs. Also -Dwaymark.home or WAYMARK_HOME; default ~/.waymark")
    Path home;

    public static void main(String... arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Waymark())
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("waymark: " + oneLine(failure));
                    if (System.getenv("WAYMARK_DEBUG") != null) {
                        failure.printStackTrace(line.getErr());
                    }
                    return 1;
                })
                // One line as for every other failure; the usage text would push it off a small terminal.
                .setParameterExceptionHandler((wrong, arguments) -> {
                    CommandLine line = wrong.getCommandLine();
                    line.getErr()
                            .println("waymark: " + joined(wrong.getMessage()) + " (see "
                                    + line.getCommandSpec().qualifiedName() + " --help)");
                    return line.getCommandSpec().exitCodeOnInvalidInput();
                });
    }

    private static String oneLine(Exception failure) {
        String text = failure instanceof CannotProceed
                ? failure.getMessage()
                : "unexpected " + failure + " (WAYMARK_DEBUG=1 prints the stack trace)";
        return joined(text);
    }

    private static String joined(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    Home home() {
        return Home.at(home);
    }

    /** No command named: run with its defaults, on the home named here. */
    @Override
    public Integer call() {
        CommandLine line = commandLine();
        return home == null ? line.execute("run") : line.execute("--home", home.toString(), "run");
    }

    /** The commit this was built from, "unknown" outside a git checkout. Read when asked, so that it costs no build step. */
    static String commit() {
        try {
            Path jar = Path.of(Waymark.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Process git = new ProcessBuilder("git", "rev-parse", "--short=12", "HEAD")
                    .directory(jar.getParent().toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return git.waitFor() == 0 ? commit : "unknown";
        } catch (IOException | URISyntaxException e) {
            return "unknown"; // No git, or run from somewhere without a folder: the figure is still a figure.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Waymark.class.getPackage().getImplementationVersion();
            return new String[] {
                "waymark " + (version == null ? "development" : version) + ", Java " + Runtime.version()
            };
        }
    }
}
