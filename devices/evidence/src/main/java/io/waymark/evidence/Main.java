package io.waymark.evidence;

import io.waymark.evidence.command.AuditCommand;
import io.waymark.evidence.command.CannotTellException;
import io.waymark.evidence.command.FraudCommand;
import io.waymark.evidence.command.MirrorCommand;
import io.waymark.evidence.command.VerifyCommand;
import io.waymark.evidence.command.WitnessCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code java -jar evidence.jar …}: exit 0 valid, 1 invalid, 2 cannot tell (also: unreadable input, unknown format, wrong usage). */
public final class Main {
    private static final String USAGE = """
            Checks what Waymark claims, without trusting whoever runs the server.

              verify FILE --log-key KEY [--policy FILE] [--max-age 24h] [--anchor FILE ...] [--json]
                    a proof file (.waymark): every check, what it looked at, expected, saw. With --policy (C2SP tlog-policy: the witnesses
                    you trust) enough of them must have cosigned, and their clocks count where they can. With --max-age (s, m, h, d) the
                    word that no later step was recorded may be at most that old. --anchor: a checkpoint of the log; of a suspect
                    key's message that names it, it tells since when it can have been signed
              verify FILE --log-key KEY --entry FILE [--json]
                    a C2SP .tlog-proof and the entry it is about
              audit URL-or-FOLDER --log-key KEY [--originals FOLDER] [--checkpoints FILE] [--from-state FILE] [--save-every ENTRIES] [--json]
                    a whole log: every entry, tag, key, map head and tile, and the root; names the first bad index. --originals holds
                    signed messages as DIGEST.wire, --checkpoints notes signed earlier. With --from-state it goes on where the audit
                    before ended, and keeps there how far it came
              fraud FILE --log-key KEY                           whether the log signed two histories: 0 it did, 1 not shown, 2 cannot tell

              witness --name NAME --folder DIR --listen HOST:PORT --log KEY[=ORIGIN] [--log ...] [--ml-dsa]
                      [--compare URL ...] [--tiles URL ...] [--compare-every 60s]
                  cosigns checkpoints of these logs (C2SP tlog-witness); makes its key in DIR at the first start, and prints it.
                  --compare: other witnesses and mirrors; what the log signed for them is held against what it signed here. To compare
                  trees of two sizes it takes tiles: of a mirror that it compares with, or of the log or mirrors named by --tiles. There it
                  also looks when a log signs with a key that is not known: a hand-over that the known key promised is followed
              witness export-fraud --folder DIR --to DIR         copies what proves that a log signed two histories; 1 when there is nothing
              mirror URL --log-key KEY --folder DIR --listen HOST:PORT [--every 10s] [--compare URL ...] [--compare-every 60s]
                  keeps a verified copy of a whole log, and serves it

            KEY is the log's verifier key (name+id+base64), or @FILE that holds it. Get it from somewhere else than the file you check. It may be
            one that the log has handed over since.
            Exit code: 0 valid, 1 invalid, 2 cannot tell.
            """;

    private Main() {}

    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.exit(run(List.of(args), out, System.err));
    }

    /** The exit code. */
    static int run(List<String> args, PrintStream out, PrintStream err) {
        if (args.isEmpty() || args.contains("--help") || args.contains("-h")) {
            (args.isEmpty() ? err : out).print(USAGE);
            return args.isEmpty() ? 2 : 0;
        }
        List<String> rest = args.subList(1, args.size());
        try {
            return switch (args.get(0)) {
                case "verify" -> new VerifyCommand(out).run(rest);
                case "audit" -> new AuditCommand(out, err).run(rest);
                case "witness" -> new WitnessCommand(out).run(rest);
                case "mirror" -> new MirrorCommand(out).run(rest);
                case "fraud" -> new FraudCommand(out).run(rest);
                default -> throw new CannotTellException("unknown command " + args.get(0) + "; see --help");
            };
        } catch (CannotTellException e) {
            err.println("cannot tell: " + e.getMessage());
            return 2;
        }
    }
}
