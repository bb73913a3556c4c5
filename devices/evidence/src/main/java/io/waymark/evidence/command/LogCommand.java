package io.waymark.evidence.command;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code log}: reads every entry of a log, computes every tile and the root anew, and names the first difference. */
public final class LogCommand {
    private static final String ENTRIES = "log entries";
    private static final String TILES = "log tiles";
    private static final String ROOT = "log root";

    private final PrintStream out;

    public LogCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(args, Set.of("--log-key"), Set.of("--json"));
        NoteVerifier key = arguments.logKey();
        LogFiles files = LogFiles.of(arguments.operand());
        List<Check> checks = new ArrayList<>();
        check(files, key, checks);
        Outcome outcome = Check.summary(checks);
        if (arguments.has("--json")) {
            out.println(Report.json(outcome, checks));
        } else {
            Report.text(out, checks);
            out.println();
            out.println(
                    switch (outcome) {
                        case PASS ->
                            "valid: the entries give the root that was signed.\nNot said: that the log shows everybody the same.";
                        case FAIL -> "invalid: the first difference is above.";
                        case CANNOT_TELL -> "cannot-tell: what is needed to judge is not here.";
                    });
        }
        return Report.exitCode(outcome);
    }

    private static void check(LogFiles files, NoteVerifier key, List<Check> checks) throws CannotTellException {
        byte[] note =
                files.get("checkpoint").orElseThrow(() -> new CannotTellException("there is no file named checkpoint"));
        String expected = "a checkpoint signed by " + key.name();
        VerifiedCheckpoint checkpoint;
        try {
            checkpoint = key.checkpoint(new String(note, StandardCharsets.UTF_8));
        } catch (InvalidNoteException e) {
            Outcome outcome =
                    e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY ? Outcome.CANNOT_TELL : Outcome.FAIL;
            checks.add(new Check(Check.CHECKPOINT_SIGNATURE, "checkpoint", outcome, expected, e.getMessage()));
            return;
        }
        checks.add(new Check(
                Check.CHECKPOINT_SIGNATURE, "checkpoint", Outcome.PASS, expected, checkpoint.size() + " entries"));
        new Reader(files, checkpoint, checks).run();
    }

    /** One pass over the log; memory is one tile per level, whatever the log's size. */
    private static final class Reader {
        private final LogFiles files;
        private final VerifiedCheckpoint checkpoint;
        private final List<Check> checks;
        private final CompactTree tree = new CompactTree();
        private final List<List<byte[]>> openTiles = new ArrayList<>();
        private final List<Long> tileIndexes = new ArrayList<>();
        private final long[] kinds = new long[4];
        private long tiles;

        Reader(LogFiles files, VerifiedCheckpoint checkpoint, List<Check> checks) {
            this.files = files;
            this.checkpoint = checkpoint;
            this.checks = checks;
        }

        void run() throws CannotTellException {
            long size = checkpoint.size();
            for (long bundle = 0; bundle * Tiles.WIDTH < size; bundle++) {
                int width = Tiles.width(0, bundle, size);
                if (!entries(bundle, width)) {
                    return;
                }
            }
            for (int level = 0; level < openTiles.size(); level++) {
                if (!openTiles.get(level).isEmpty() && !tile(level)) {
                    return;
                }
            }
            checks.add(new Check(
                    ENTRIES,
                    size + " entries",
                    Outcome.PASS,
                    "entries for every index",
                    kinds[Entries.STATEMENT] + " statements, " + kinds[Entries.LINK] + " links, "
                            + kinds[Entries.PUBLIC] + " public, " + kinds[0] + " of other kinds"));
            checks.add(new Check(TILES, tiles + " tiles", Outcome.PASS, "the hashes of the entries", "the same"));
            boolean same = Arrays.equals(tree.root(), checkpoint.root());
            checks.add(new Check(
                    ROOT,
                    "tree of " + size,
                    same ? Outcome.PASS : Outcome.FAIL,
                    hex(checkpoint.root()) + ", as signed",
                    hex(tree.root()) + ", from the entries"));
        }

        private boolean entries(long bundle, int width) throws CannotTellException {
            String path = Tiles.entriesPath(bundle, width);
            List<byte[]> entries;
            try {
                entries = Tiles.entries(file(path, Tiles.entriesPath(bundle, Tiles.WIDTH)));
            } catch (MalformedException e) {
                return differs(ENTRIES, path, width + " entries", e.getMessage());
            }
            if (entries.size() < width) {
                return differs(ENTRIES, path, width + " entries", entries.size() + " entries");
            }
            for (byte[] entry : entries.subList(0, width)) {
                int kind = entry.length == 0 || entry[0] < 1 || entry[0] > 3 ? 0 : entry[0];
                kinds[kind]++;
                byte[] leaf = MerkleHash.leaf(entry);
                tree.append(leaf);
                if (!append(0, leaf)) {
                    return false;
                }
            }
            return true;
        }

        private boolean append(int level, byte[] hash) throws CannotTellException {
            if (openTiles.size() == level) {
                openTiles.add(new ArrayList<>());
                tileIndexes.add(0L);
            }
            List<byte[]> open = openTiles.get(level);
            open.add(hash);
            if (open.size() < Tiles.WIDTH) {
                return true;
            }
            if (!tile(level)) {
                return false;
            }
            CompactTree above = new CompactTree();
            open.forEach(above::append);
            open.clear();
            tileIndexes.set(level, tileIndexes.get(level) + 1);
            return append(level + 1, above.root());
        }

        private boolean tile(int level) throws CannotTellException {
            List<byte[]> computed = openTiles.get(level);
            long index = tileIndexes.get(level);
            String path = Tiles.path(level, index, computed.size());
            byte[] stored = file(path, Tiles.path(level, index, Tiles.WIDTH));
            if (stored.length < 32 * computed.size()) {
                return differs(TILES, path, computed.size() + " hashes", stored.length + " bytes");
            }
            for (int i = 0; i < computed.size(); i++) {
                if (!Arrays.equals(computed.get(i), 0, 32, stored, 32 * i, 32 * i + 32)) {
                    String which = level == 0 ? "leaf of entry " + (index * Tiles.WIDTH + i) : "hash " + i;
                    return differs(
                            TILES,
                            path,
                            which + " " + hex(computed.get(i)),
                            hex(Arrays.copyOfRange(stored, 32 * i, 32 * i + 32)));
                }
            }
            tiles++;
            return true;
        }

        /** A partial file may be gone once the full one is there. */
        private byte[] file(String path, String full) throws CannotTellException {
            Optional<byte[]> bytes = files.get(path);
            if (bytes.isEmpty() && !path.equals(full)) {
                bytes = files.get(full);
            }
            return bytes.orElseThrow(() -> new CannotTellException("there is no " + path));
        }

        private boolean differs(String name, String lookedAt, String expected, String seen) {
            checks.add(new Check(name, lookedAt, Outcome.FAIL, expected, seen));
            return false;
        }

        private static String hex(byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
    }
}
