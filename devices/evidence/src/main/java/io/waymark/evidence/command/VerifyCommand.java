package io.waymark.evidence.command;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.TlogProof;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Freshness;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** {@code verify}: a proof file, or a .tlog-proof with its entry. */
public final class VerifyCommand {
    private final PrintStream out;

    public VerifyCommand(PrintStream out) {
        this.out = out;
    }

    /** @return the exit code */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments =
                new Arguments(
                        args, Set.of("--log-key", "--entry", "--max-age", "--policy", "--anchor"), Set.of("--json"));
        NoteVerifier log = arguments.logKey();
        byte[] bytes = Arguments.read(Path.of(arguments.operand()), ProofFile.MAX_BYTES);
        byte[] tlog = TlogProof.FIRST_LINE.getBytes(StandardCharsets.US_ASCII);
        boolean isTlog = bytes.length >= tlog.length && Arrays.equals(bytes, 0, tlog.length, tlog, 0, tlog.length);
        String entry = arguments.value("--entry");
        if (isTlog != (entry != null)) {
            throw new CannotTellException(
                    isTlog ? "a .tlog-proof needs --entry FILE" : "--entry goes with a .tlog-proof only");
        }
        String maxAge = arguments.value("--max-age");
        if (isTlog && (maxAge != null || arguments.value("--policy") != null)) {
            throw new CannotTellException("--max-age and --policy go with a proof file only");
        }
        List<VerifiedCheckpoint> anchors = new ArrayList<>();
        for (String anchor : arguments.values("--anchor")) {
            anchors.add(anchor(anchor, log));
        }
        Freshness freshness = maxAge == null
                ? null
                : new Freshness(System.currentTimeMillis(), Arguments.millis("--max-age", maxAge));
        boolean json = arguments.has("--json");
        if (entry != null) {
            byte[] entryBytes = Arguments.read(Path.of(entry), 65_535);
            return report(json, tlogProof(new String(bytes, StandardCharsets.UTF_8), entryBytes, log));
        }
        ProofFile file;
        try {
            file = ProofFile.parse(bytes);
        } catch (MalformedException e) {
            throw new CannotTellException(arguments.operand() + " is not a proof file: " + e.getMessage(), e);
        }
        List<Check> checks = ProofVerification.verify(file, log, freshness, arguments.policy(), anchors);
        if (!json) {
            story(file);
        }
        return report(json, checks);
    }

    private static VerifiedCheckpoint anchor(String file, NoteVerifier log) throws CannotTellException {
        try {
            return log.checkpoint(new String(Arguments.read(Path.of(file), 1 << 20), StandardCharsets.UTF_8));
        } catch (InvalidNoteException e) {
            throw new CannotTellException("--anchor " + file + ": " + e.getMessage(), e);
        }
    }

    private int report(boolean json, List<Check> checks) {
        Outcome outcome = Check.summary(checks);
        if (json) {
            out.println(Report.json(outcome, checks));
        } else {
            Report.text(out, checks);
            out.println();
            out.println(
                    switch (outcome) {
                        case PASS ->
                            "valid: everything above was signed by the keys named and stands in the log as of this checkpoint.\n"
                                    + "Not said: that a sensor told the truth, that nothing happened after the time named last, or that the log shows everybody the same.";
                        case FAIL -> "invalid: something here was altered or never recorded.";
                        case CANNOT_TELL -> "cannot-tell: what is needed to judge is not here.";
                    });
        }
        return Report.exitCode(outcome);
    }

    /** What the file says, before it is known whether it is true; the checks follow. */
    private void story(ProofFile file) {
        out.println("This file claims, for " + Report.printable(file.objectUri()) + ":");
        for (ProofFile.Step step : file.steps()) {
            String line;
            try {
                line = CustodyStep.summary(Disclosure.parse(step.disclosure()))
                        .map(s -> Instant.ofEpochMilli(s.timeMillis()) + "  " + s.bizStep() + ", " + s.actor() + ", "
                                + s.place())
                        .orElse("summary withheld");
            } catch (MalformedException e) {
                line = "unreadable";
            } catch (java.time.DateTimeException e) {
                line = "a time out of range";
            }
            out.println("  " + step.n() + "  " + Report.printable(line));
        }
        out.println("  and " + file.messages().size() + " of " + file.readingsInStory() + " readings");
        out.println();
    }

    private static List<Check> tlogProof(String text, byte[] entry, NoteVerifier log) throws CannotTellException {
        TlogProof proof;
        try {
            proof = TlogProof.parse(text);
        } catch (InvalidNoteException e) {
            throw new CannotTellException(e.getMessage(), e);
        }
        String expected = "a checkpoint signed by " + log.name();
        VerifiedCheckpoint checkpoint;
        try {
            checkpoint = log.checkpoint(proof.note());
        } catch (InvalidNoteException e) {
            Outcome outcome =
                    e.reason() == InvalidNoteException.Reason.UNKNOWN_KEY ? Outcome.CANNOT_TELL : Outcome.FAIL;
            return List.of(new Check(Check.CHECKPOINT_SIGNATURE, "checkpoint", outcome, expected, e.getMessage()));
        }
        byte[] leaf = MerkleHash.leaf(entry);
        boolean placed = proof.place().places(leaf, checkpoint);
        return List.of(
                new Check(
                        Check.CHECKPOINT_SIGNATURE,
                        "checkpoint",
                        Outcome.PASS,
                        expected,
                        checkpoint.size() + " entries"),
                new Check(
                        "entry inclusion",
                        "entry of " + entry.length + " bytes",
                        placed ? Outcome.PASS : Outcome.FAIL,
                        "leaf " + HexFormat.of().formatHex(leaf) + " at index "
                                + proof.place().leafIndex() + " of " + checkpoint.size(),
                        placed ? "there" : "not there"));
    }
}
