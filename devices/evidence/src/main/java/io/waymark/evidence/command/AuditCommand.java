package io.waymark.evidence.command;

import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.audit.AuditReport;
import io.waymark.evidence.audit.AuditState;
import io.waymark.evidence.audit.CheckpointList;
import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code audit}: reads a whole log, computes everything anew, and names the first bad index. */
public final class AuditCommand {
    private static final long SAVE_EVERY = 1_000_000;
    private static final int MAX_CHECKPOINTS = 1 << 28;

    private final PrintStream out;
    private final PrintStream err;

    public AuditCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** @return the exit code */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(
                args,
                Set.of("--log-key", "--originals", "--checkpoints", "--from-state", "--save-every"),
                Set.of("--json"));
        NoteVerifier known = arguments.logKey();
        long saveEvery = saveEvery(arguments.value("--save-every"));
        LogFiles files = LogPlace.of(arguments.operand());
        List<Check> checks = new ArrayList<>();
        long begun = System.nanoTime();
        long worked = cpuNanos();
        try {
            byte[] note = files.get("checkpoint")
                    .orElseThrow(() -> new CannotTellException("there is no file named checkpoint"));
            // After the checkpoint: a log publishes its hand-overs before the first checkpoint that needs them.
            FollowedKey key = followed(files, known, checks);
            VerifiedCheckpoint checkpoint = checkpoint(note, key.log(), checks);
            List<VerifiedCheckpoint> earlier = earlier(arguments.value("--checkpoints"), key.log(), checks);
            AuditReport report =
                    checkpoint == null ? null : audit(arguments, files, key, checkpoint, earlier, saveEvery);
            if (report != null) {
                checks.addAll(report.checks());
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            return report(arguments.has("--json"), checks, report, seconds, (cpuNanos() - worked) / 1e9);
        } catch (IOException e) {
            throw new CannotTellException(String.valueOf(e.getMessage()), e);
        }
    }

    private static long saveEvery(@Nullable String entries) throws CannotTellException {
        if (entries != null && !entries.matches("[1-9][0-9]{0,17}")) {
            throw new CannotTellException("--save-every is a number of entries, not " + entries);
        }
        return entries == null ? SAVE_EVERY : Long.parseLong(entries);
    }

    private AuditReport audit(
            Arguments arguments,
            LogFiles files,
            FollowedKey key,
            VerifiedCheckpoint checkpoint,
            List<VerifiedCheckpoint> earlier,
            long saveEvery)
            throws IOException, CannotTellException {
        String stateFile = arguments.value("--from-state");
        Path state = stateFile == null ? null : Path.of(stateFile);
        Audit audit;
        if (state != null && Files.exists(state)) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(state), 1 << 16)) {
                audit = Audit.goingOn(files, key.log(), checkpoint, in);
            } catch (IOException e) {
                throw new CannotTellException("cannot go on from " + state + ": " + e.getMessage(), e);
            }
            err.println("going on after " + audit.begun() + " entries read before");
        } else {
            audit = Audit.fromTheStart(files, key.log(), checkpoint);
        }
        audit.with(key);
        String originals = arguments.value("--originals");
        if (originals != null) {
            Path folder = Path.of(originals);
            if (!Files.isDirectory(folder)) {
                throw new CannotTellException("--originals: " + folder + " is not a folder");
            }
            audit.with(digest -> original(folder.resolve(HexFormat.of().formatHex(digest) + ".wire")));
        }
        boolean terminal = System.console() != null && !arguments.has("--json");
        ProgressLine progress = new ProgressLine(err, terminal, System::nanoTime);
        try {
            return audit.run(earlier, progress, saveEvery, done -> {
                if (state != null) {
                    save(done, state);
                }
            });
        } finally {
            progress.close();
        }
    }

    private static Optional<byte[]> original(Path wire) throws IOException {
        if (!Files.exists(wire)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(wire)) {
            return Optional.of(in.readNBytes(SignedMessage.MAX_STEP + 1));
        }
    }

    // Whole or not at all: an audit that is killed while it writes goes on from the state before.
    private static void save(AuditState done, Path state) throws IOException {
        Path whole = state.toAbsolutePath();
        Path fresh = whole.resolveSibling(whole.getFileName() + ".new");
        try (FileOutputStream file = new FileOutputStream(fresh.toFile());
                OutputStream buffered = new BufferedOutputStream(file, 1 << 16)) {
            Audit.write(done, buffered);
            buffered.flush();
            file.getFD().sync();
        }
        Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The log's key as far as its files tell that it handed over; the known one when they are not believed, and a check says so. */
    private static FollowedKey followed(LogFiles files, NoteVerifier known, List<Check> checks) throws IOException {
        try {
            return FollowedKey.of(known, files.get(HandOvers.FILE));
        } catch (InvalidNoteException e) {
            checks.add(new Check(
                    Check.KEY_HAND_OVER,
                    HandOvers.FILE,
                    e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY ? Outcome.CANNOT_TELL : Outcome.FAIL,
                    "keys of " + known.name() + " that handed over to each other as promised",
                    e.getMessage()));
            return FollowedKey.alone(known);
        }
    }

    private static @Nullable VerifiedCheckpoint checkpoint(byte[] note, NoteVerifier key, List<Check> checks) {
        VerifiedCheckpoint checkpoint =
                verified(new String(note, StandardCharsets.UTF_8), key, Check.CHECKPOINT_SIGNATURE, checks);
        if (checkpoint != null) {
            checks.add(new Check(
                    Check.CHECKPOINT_SIGNATURE,
                    "checkpoint",
                    Outcome.PASS,
                    "a checkpoint signed by " + key.name(),
                    checkpoint.size() + " entries"));
        }
        return checkpoint;
    }

    private static List<VerifiedCheckpoint> earlier(@Nullable String file, NoteVerifier key, List<Check> checks)
            throws CannotTellException {
        List<VerifiedCheckpoint> earlier = new ArrayList<>();
        if (file != null) {
            String text = new String(Arguments.read(Path.of(file), MAX_CHECKPOINTS), StandardCharsets.UTF_8);
            for (String note : CheckpointList.notes(text)) {
                VerifiedCheckpoint checkpoint = verified(note, key, Audit.EARLIER, checks);
                if (checkpoint != null) {
                    earlier.add(checkpoint);
                }
            }
            if (earlier.isEmpty() && checks.stream().noneMatch(c -> c.name().equals(Audit.EARLIER))) {
                throw new CannotTellException("--checkpoints: no note in " + file);
            }
        }
        return earlier;
    }

    /** The checkpoint, or null when it is not believed; a check says so then. */
    private static @Nullable VerifiedCheckpoint verified(
            String note, NoteVerifier key, String check, List<Check> checks) {
        try {
            return key.checkpoint(note);
        } catch (InvalidNoteException e) {
            Outcome outcome =
                    e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY ? Outcome.CANNOT_TELL : Outcome.FAIL;
            String first = note.lines().limit(2).reduce("", (a, b) -> a.isEmpty() ? b : a + ", " + b);
            checks.add(new Check(
                    check,
                    check.equals(Audit.EARLIER) ? "checkpoint of " + first : "checkpoint",
                    outcome,
                    "a checkpoint signed by " + key.name(),
                    e.getMessage()));
            return null;
        }
    }

    private int report(
            boolean json, List<Check> checks, @Nullable AuditReport report, double seconds, double cpuSeconds) {
        Outcome outcome = Check.summary(checks);
        long entries = report == null ? 0 : report.entries();
        double rate = seconds > 0 ? entries / seconds : 0;
        AuditReport.FirstBad first = report == null ? null : report.first();
        if (json) {
            String bad = first == null
                    ? "null"
                    : "{\"index\":" + (first.index() < 0 ? "null" : first.index()) + ",\"check\":"
                            + Report.quoted(first.check()) + "}";
            out.println(Report.json(
                    outcome,
                    checks,
                    String.format(
                            Locale.ROOT,
                            ",\"firstBad\":%s,\"entries\":%d,\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"entries_per_second\":%.0f,\"machine\":%s",
                            bad,
                            entries,
                            seconds,
                            cpuSeconds,
                            rate,
                            Report.quoted(machine()))));
            return Report.exitCode(outcome);
        }
        Report.text(out, checks);
        out.println();
        out.printf(Locale.ROOT, "%d entries in %.1f s, %.0f a second (%s)%n", entries, seconds, rate, machine());
        out.println(
                switch (outcome) {
                    case PASS ->
                        "valid: the entries give the root that was signed, and say nothing that contradicts it.\n"
                                + "Not said: that the log shows everybody the same, or that its clock is right.";
                    case FAIL ->
                        first == null || first.index() < 0
                                ? "invalid: see above."
                                : "invalid: the first bad index is " + first.index() + ", by the check of "
                                        + first.check() + ".";
                    case CANNOT_TELL -> "cannot-tell: what is needed to judge is not here.";
                });
        return Report.exitCode(outcome);
    }

    // The reading thread's own: what one core needs, however busy the machine is.
    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isCurrentThreadCpuTimeSupported() ? threads.getCurrentThreadCpuTime() : System.nanoTime();
    }

    private static String machine() {
        Runtime runtime = Runtime.getRuntime();
        return System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + runtime.availableProcessors() + " processors, Java " + System.getProperty("java.version") + ", heap "
                + (runtime.maxMemory() >> 20) + " MiB";
    }
}
