package io.waymark.simulator.certify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What an examination found, for people or as one line of JSON. */
final class Report {
    private Report() {}

    static void text(PrintWriter out, List<Check> checks) {
        for (Check check : checks) {
            out.println(switch (check.outcome()) {
                        case PASSED -> "passed    ";
                        case FAILED -> "FAILED    ";
                        case NOT_SEEN -> check.required() ? "NOT SEEN  " : "not seen  ";
                    }
                    + printable(check.name()) + ": " + printable(check.seen()));
            if (check.outcome() != Check.Outcome.PASSED)
                out.println("          expected: " + printable(check.expected()));
        }
        long passed = count(checks, Check.Outcome.PASSED);
        long failed = count(checks, Check.Outcome.FAILED);
        out.println(passed + " passed, " + failed + " failed, " + count(checks, Check.Outcome.NOT_SEEN) + " not seen: "
                + verdict(checks));
    }

    static String json(List<Check> checks) {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode().put("outcome", verdict(checks));
        ArrayNode list = root.putArray("checks");
        for (Check check : checks)
            list.addObject()
                    .put("name", check.name())
                    .put(
                            "outcome",
                            check.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .put("required", check.required())
                    .put("expected", check.expected())
                    .put("seen", check.seen());
        return root.toString();
    }

    private static String verdict(List<Check> checks) {
        return switch (Certification.exitCode(checks)) {
            case 0 -> "certified";
            case 1 -> "not certified";
            default -> "cannot tell";
        };
    }

    private static long count(List<Check> checks, Check.Outcome outcome) {
        return checks.stream().filter(c -> c.outcome() == outcome).count();
    }

    /** Text out of a device under suspicion must not steer the terminal it is shown on. */
    private static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .forEach(c -> out.appendCodePoint(
                        Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '\ufffd' : c));
        return out.toString();
    }
}
