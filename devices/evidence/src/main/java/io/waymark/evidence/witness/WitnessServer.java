package io.waymark.evidence.witness;

import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.http.BoundedServer.Answer;
import io.waymark.evidence.http.BoundedServer.Request;
import io.waymark.evidence.http.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A witness over HTTP: {@code POST /add-checkpoint}, {@code GET /<hex SHA-256(origin)>/checkpoint}, {@code GET /health}.
 *
 * @see <a href="https://c2sp.org/tlog-witness">C2SP tlog-witness</a>
 */
public final class WitnessServer {
    private static final Pattern CHECKPOINT = Pattern.compile("/([0-9a-f]{64})/checkpoint");
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final Witness witness;
    private final Supplier<String> compared;

    private WitnessServer(Witness witness, Supplier<String> compared) {
        this.witness = witness;
        this.compared = compared;
    }

    /** Listens until closed; the witness is the caller's to close afterwards. */
    public static BoundedServer start(Witness witness, InetSocketAddress address) throws IOException {
        return start(witness, address, () -> "");
    }

    /** @param compared JSON objects for {@code /health}, joined by commas: how others who saw the same logs stand to this witness */
    public static BoundedServer start(Witness witness, InetSocketAddress address, Supplier<String> compared)
            throws IOException {
        return BoundedServer.start(address, Submission.MAX_BYTES, new WitnessServer(witness, compared)::answer);
    }

    private Answer answer(Request request) throws IOException {
        boolean get = request.method().equals("GET") || request.method().equals("HEAD");
        Matcher checkpoint = CHECKPOINT.matcher(request.path());
        if (request.path().equals("/add-checkpoint")) {
            return request.method().equals("POST") ? add(request) : wrongMethod("POST");
        }
        if (checkpoint.matches()) {
            return get ? checkpoint(checkpoint.group(1)) : wrongMethod("GET");
        }
        if (request.path().equals("/health")) {
            return get ? health() : wrongMethod("GET");
        }
        return Answer.problem(
                404, "Not found", "a witness has /add-checkpoint, /<hash of an origin>/checkpoint and /health");
    }

    private Answer add(Request request) throws IOException {
        if (request.tooLong()) {
            return Answer.problem(400, "Bad request", "more than " + Submission.MAX_BYTES + " bytes");
        }
        Witness.Answer answer = witness.add(request.body());
        if (answer instanceof Witness.Answer.Cosigned cosigned) {
            return Answer.text(200, PLAIN, cosigned.lines());
        }
        if (answer instanceof Witness.Answer.OtherSize other) {
            return Answer.text(409, "text/x.tlog.size", other.size() + "\n");
        }
        if (answer instanceof Witness.Answer.NotUnderstood refused) {
            return Answer.problem(400, "Bad request", refused.why());
        }
        if (answer instanceof Witness.Answer.NotSigned refused) {
            return Answer.problem(403, "Not signed by the log", refused.why());
        }
        if (answer instanceof Witness.Answer.UnknownLog refused) {
            return Answer.problem(404, "Unknown log", refused.why());
        }
        if (answer instanceof Witness.Answer.NotConsistent refused) {
            return Answer.problem(422, "Not consistent", refused.why());
        }
        throw new IllegalStateException("an answer without a status: " + answer);
    }

    private Answer checkpoint(String hash) {
        Optional<String> note = witness.checkpoint(hash);
        return note.isEmpty()
                ? Answer.problem(404, "Not found", "nothing was cosigned of a log with that origin")
                : new Answer(
                        200,
                        Map.of("Content-Type", PLAIN, "Cache-Control", "no-cache"),
                        note.get().getBytes(StandardCharsets.UTF_8));
    }

    private Answer health() throws IOException {
        String logs = witness.sizes().entrySet().stream()
                .map(log -> "{\"origin\":" + Json.quoted(log.getKey()) + ",\"size\":" + log.getValue() + "}")
                .collect(Collectors.joining(","));
        return Answer.text(
                200,
                "application/json",
                "{\"status\":\"ok\",\"logs\":[" + logs + "],\"fraud\":"
                        + witness.fraud().size() + ",\"compared\":[" + compared.get() + "]}\n");
    }

    private static Answer wrongMethod(String right) {
        Answer answer = Answer.problem(405, "Method not allowed", "only " + right);
        return new Answer(405, Map.of("Content-Type", "application/problem+json", "Allow", right), answer.body());
    }
}
