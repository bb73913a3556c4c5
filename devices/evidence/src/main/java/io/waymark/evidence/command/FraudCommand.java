package io.waymark.evidence.command;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.NoteVerifier;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** {@code fraud}: whether a file proves that a log signed two histories. */
public final class FraudCommand {
    private final PrintStream out;

    public FraudCommand(PrintStream out) {
        this.out = out;
    }

    /** @return 0 it does, 1 it does not; what cannot be told is thrown */
    public int run(List<String> args) throws CannotTellException {
        Arguments arguments = new Arguments(args, Set.of("--log-key"), Set.of());
        byte[] file = Arguments.read(Path.of(arguments.operand()), FraudProof.MAX_BYTES);
        // A log that changed its key between the two checkpoints needs both.
        arguments.required("--log-key");
        List<NoteVerifier> keys = new ArrayList<>();
        for (String key : arguments.values("--log-key")) {
            keys.add(Arguments.key("--log-key", key));
        }
        FraudProof.Verdict verdict;
        try {
            verdict = FraudProof.parse(file).judge(keys);
        } catch (MalformedException e) {
            throw new CannotTellException("not a fraud proof: " + e.getMessage(), e);
        }
        if (verdict instanceof FraudProof.Verdict.Proven proven) {
            out.println("fraud: " + Report.printable(proven.earlier().origin()) + " signed two histories");
            out.println("  " + line(proven.earlier()));
            out.println("  " + line(proven.later()));
            out.println(
                    proven.earlier().size() == proven.later().size()
                            ? "One size, two roots."
                            : "The later tree does not begin with the earlier one; the file has the hashes that show it.");
            return 0;
        }
        if (verdict instanceof FraudProof.Verdict.NotProven not) {
            out.println("no fraud shown: " + Report.printable(not.why()));
            return 1;
        }
        throw new CannotTellException(
                verdict instanceof FraudProof.Verdict.CannotTell open ? Report.printable(open.why()) : "no verdict");
    }

    private static String line(Checkpoint checkpoint) {
        return checkpoint.size() + " entries, root " + HexFormat.of().formatHex(checkpoint.root());
    }
}
