package io.waymark.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.local.home.Home;
import io.waymark.local.start.Running;
import io.waymark.local.start.Terminal;
import io.waymark.simulator.replay.LoggerFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code waymark replay}: a recorded logger file becomes signed, ledgered readings. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Publish a recorded logger file to the running installation: each line a signed reading of one device, with its recorded time.",
            "The file is a CSV with a time column. A second replay of the same file goes on where the first ended and repeats nothing."
        })
final class Replay implements Callable<Integer> {
    @ParentCommand
    Waymark waymark;

    @Parameters(paramLabel = "FILE", description = "The logger's file.")
    Path file;

    @Option(
            names = "--organisation",
            paramLabel = "NAME",
            description =
                    "Who owns the device (short or full name of an organisation that exists); default recorded-loggers.")
    String organisation;

    @Option(names = "--json", description = "Print the figures as one JSON line on stdout; progress goes to stderr.")
    boolean json;

    @Override
    public Integer call() throws Exception {
        Home home = waymark.home();
        Running running = Running.on(home);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new CannotProceed("cannot read " + file + ": no such file, a folder, or not yours to read");
        }
        var progress = json ? Terminal.err() : Terminal.out();
        String owner = organisation == null ? null : Account.slug(running, organisation);
        long start = System.nanoTime();
        io.waymark.simulator.replay.Replay.Result result;
        try {
            result = io.waymark.simulator.replay.Replay.run(file, running.storyConfig(), owner, progress::println);
        } catch (LoggerFile.NotALoggerFile e) {
            throw new CannotProceed(e.getMessage(), e);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        String slug = owner == null ? io.waymark.simulator.replay.Replay.OWNER : owner;
        String console = running.consoleUrl() + "/devices/" + result.device();
        if (json) {
            Terminal.out()
                    .println(new ObjectMapper()
                            .createObjectNode()
                            .put("file", file.toString())
                            .put("device", result.device())
                            .put("organisation", slug)
                            .put("console", console)
                            .put("samples", result.samples())
                            .put("published", result.published())
                            .put("receipted", result.receipted())
                            .put("seconds", seconds));
        } else {
            progress.printf(
                    "%d of %d readings published by device %s in %.1f s; %s%n",
                    result.published(),
                    result.samples(),
                    result.device(),
                    seconds,
                    result.receipted()
                            ? "every one has its receipt"
                            : "some still wait for their receipt: run again to go on");
            progress.printf(
                    "Look at it:  %s%n  as a login of organisation %s (make one:  docker/waymark account add NAME --organisation %s --role viewer)%n",
                    console, slug, slug);
        }
        return result.receipted() ? 0 : 1;
    }
}
