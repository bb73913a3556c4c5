package io.waymark.evidence.command;

import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.folder.OwnedFolder;
import io.waymark.evidence.gossip.View;
import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.MirrorServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** {@code mirror}: keeps a copy of a log and serves it until the process is told to stop. */
public final class MirrorCommand {
    private static final int SECONDS_BETWEEN_REPORTS = 5;

    private final PrintStream out;

    public MirrorCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code; a mirror that runs never returns */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(
                args, Set.of("--log-key", "--folder", "--listen", "--every", "--compare", "--compare-every"), Set.of());
        NoteVerifier key = arguments.logKey();
        Path folder = Path.of(arguments.required("--folder"));
        InetSocketAddress address = arguments.listen();
        long everyMillis = arguments.everyMillis("--every", "10s");
        LogFiles files = LogPlace.of(arguments.operand());
        try {
            Mirror mirror = Mirror.open(folder, key, files::get);
            Comparing comparing = Comparing.of(arguments, new Copy(mirror), out);
            BoundedServer server = MirrorServer.start(mirror, address, comparing::json);
            ScheduledExecutorService loop = Executors.newScheduledThreadPool(2, work -> {
                Thread thread = new Thread(work, "mirror");
                thread.setDaemon(true);
                return thread;
            });
            Reporter reporter = new Reporter(mirror, key);
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
            comparing.start();
            Running.untilStopped(out, server, mirror);
            return 0;
        } catch (IOException e) {
            throw new CannotTellException("the mirror does not start: " + e.getMessage(), e);
        }
    }

    /** The copy, as others compare with it. */
    private record Copy(Mirror mirror) implements View {
        @Override
        public Map<String, List<NoteVerifier>> logs() {
            return Map.of(mirror.origin(), List.of(mirror.key()));
        }

        @Override
        public Optional<VerifiedCheckpoint> latest(String origin) {
            return mirror.latest();
        }

        @Override
        public Optional<Mirror.Source> files(String origin) {
            return Optional.of(mirror::file);
        }

        @Override
        public void contradiction(FraudProof proof, VerifiedCheckpoint seen) throws IOException {
            mirror.contradiction(proof, seen);
        }

        @Override
        public OwnedFolder folder() {
            return mirror.folder();
        }
    }

    /** Says how far a long copy is, and otherwise only what changed. */
    private final class Reporter {
        private final Mirror mirror;
        private String said = "";
        private String key;

        Reporter(Mirror mirror, NoteVerifier known) {
            this.mirror = mirror;
            this.key = known.vkey();
        }

        synchronized void say(boolean underway) {
            Mirror.Status status = mirror.status();
            if (!mirror.key().vkey().equals(key)) {
                key = mirror.key().vkey();
                out.println("the log's key is now " + Report.printable(key) + ", as the one before promised");
            }
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
