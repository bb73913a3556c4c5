package io.waymark.evidence.command;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.MirrorServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code mirror}: keeps a copy of a log and serves it until the process is told to stop. */
public final class MirrorCommand {
    private static final Pattern EVERY = Pattern.compile("([1-9][0-9]{0,5})(ms|s|m|h)");
    private static final int SECONDS_BETWEEN_REPORTS = 5;

    private final PrintStream out;

    public MirrorCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code; a mirror that runs never returns */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(args, Set.of("--log-key", "--folder", "--listen", "--every"), Set.of());
        NoteVerifier key = arguments.logKey();
        Path folder = Path.of(arguments.required("--folder"));
        InetSocketAddress address = arguments.listen();
        long everyMillis = everyMillis(arguments.value("--every"));
        LogFiles files = LogPlace.of(arguments.operand());
        try {
            Mirror mirror = Mirror.open(folder, key, files::get);
            BoundedServer server = MirrorServer.start(mirror, address);
            ScheduledExecutorService loop = Executors.newScheduledThreadPool(2, work -> {
                Thread thread = new Thread(work, "mirror");
                thread.setDaemon(true);
                return thread;
            });
            Reporter reporter = new Reporter(mirror);
            loop.scheduleWithFixedDelay(
                    () -> {
                        mirror.update();
                        reporter.say(false);
                    },
                    0,
                    everyMillis,
                    TimeUnit.MILLISECONDS);
            loop.scheduleWithFixedDelay(
                    () -> reporter.say(true), SECONDS_BETWEEN_REPORTS, SECONDS_BETWEEN_REPORTS, TimeUnit.SECONDS);
            Running.untilStopped(out, server, mirror);
            return 0;
        } catch (IOException e) {
            throw new CannotTellException("the mirror does not start: " + e.getMessage(), e);
        }
    }

    private static long everyMillis(@Nullable String every) throws CannotTellException {
        Matcher matcher = EVERY.matcher(every == null ? "10s" : every);
        if (!matcher.matches()) {
            throw new CannotTellException("--every: a number and ms, s, m or h, such as 10s");
        }
        long unit =
                switch (matcher.group(2)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    default -> 3_600_000;
                };
        return Long.parseLong(matcher.group(1)) * unit;
    }

    /** Says how far a long copy is, and otherwise only what changed. */
    private final class Reporter {
        private final Mirror mirror;
        private String said = "";

        Reporter(Mirror mirror) {
            this.mirror = mirror;
        }

        synchronized void say(boolean underway) {
            Mirror.Status status = mirror.status();
            boolean copying = status.copied() < status.of();
            if (underway && !copying) {
                return;
            }
            String line = copying
                    ? "copied " + status.copied() + " of " + status.of() + " entries"
                    : status.state() + ", " + status.copied() + " entries";
            line += status.detail().isEmpty() ? "" : ": " + Report.printable(status.detail());
            if (!line.equals(said)) {
                out.println(line);
                said = line;
            }
        }
    }
}
