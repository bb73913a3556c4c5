package io.waymark.evidence.command;

import io.waymark.evidence.http.Json;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import java.io.PrintStream;
import java.util.List;

/** Prints checks, for people or as JSON, and turns an outcome into an exit code. */
final class Report {
    private Report() {}

    static int exitCode(Outcome outcome) {
        return switch (outcome) {
            case PASS -> 0;
            case FAIL -> 1;
            case CANNOT_TELL -> 2;
        };
    }

    /** The word for the whole. */
    static String word(Outcome outcome) {
        return switch (outcome) {
            case PASS -> "valid";
            case FAIL -> "invalid";
            case CANNOT_TELL -> "cannot-tell";
        };
    }

    /** Every check in order; those that did not pass once more at the end, where a reader of thousands of lines looks. */
    static void text(PrintStream out, List<Check> checks) {
        checks.forEach(check -> text(out, check));
        List<Check> open =
                checks.stream().filter(c -> c.outcome() != Outcome.PASS).toList();
        if (!open.isEmpty()) {
            out.println();
            out.println(open.size() + " of " + checks.size() + " checks did not pass:");
            open.forEach(check -> text(out, check));
        }
    }

    private static void text(PrintStream out, Check check) {
        out.println(mark(check.outcome()) + "  " + check.name() + ": " + printable(check.lookedAt()));
        out.println("        expected  " + printable(check.expected()));
        out.println("        seen      " + printable(check.seen()));
    }

    private static String mark(Outcome outcome) {
        return switch (outcome) {
            case PASS -> "pass";
            case FAIL -> "FAIL";
            case CANNOT_TELL -> "  ? ";
        };
    }

    static String json(Outcome outcome, List<Check> checks) {
        return json(outcome, checks, "");
    }

    /** @param more further members, each with a comma before it */
    static String json(Outcome outcome, List<Check> checks, String more) {
        StringBuilder json =
                new StringBuilder("{\"outcome\":").append(quoted(word(outcome))).append(",\"checks\":[");
        for (int i = 0; i < checks.size(); i++) {
            Check check = checks.get(i);
            json.append(i == 0 ? "" : ",")
                    .append("{\"name\":")
                    .append(quoted(check.name()))
                    .append(",\"lookedAt\":")
                    .append(quoted(check.lookedAt()))
                    .append(",\"outcome\":")
                    .append(quoted(check.outcome().word()))
                    .append(",\"expected\":")
                    .append(quoted(check.expected()))
                    .append(",\"seen\":")
                    .append(quoted(check.seen()))
                    .append('}');
        }
        return json.append(']').append(more).append('}').toString();
    }

    /** Text out of a file under suspicion must not steer the terminal it is shown on. */
    static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.appendCodePoint(steers(c) ? '\ufffd' : c));
        return out.toString();
    }

    private static boolean steers(int c) {
        int type = Character.getType(c);
        return Character.isISOControl(c)
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }

    static String quoted(String text) {
        return Json.quoted(text);
    }
}
