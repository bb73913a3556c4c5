package io.waymark.web.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.web.passport.Passport;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** trace-service as the pages use it. Public pages ask with the service token; the console asks with the session of the person who is logged in. */
@Singleton
public class Trace {
    private static final int PASSPORT = 4 << 20;
    private static final int PROOF = 16 << 20;
    private static final int LIST = 4 << 20;
    /** 500 messages of a device, each with the samples of its series in figures. */
    private static final int READ = 32 << 20;

    private static final int SMALL = 64 << 10;

    private final Upstream trace;
    private final String token;

    Trace(WebConfig config) {
        this.trace = new Upstream("trace-service", config.traceUrl(), config.timeout());
        this.token = config.serviceToken();
    }

    /** The passport of an object, or nothing: an unknown and a forged code are the same nothing. */
    public Optional<Passport> passport(String uri) {
        return found(trace.get("/api/passports?uri=" + Upstream.encoded(uri), token, PASSPORT))
                .map(answer -> answer.as(Passport.class));
    }

    /** The proof file's bytes, or nothing as for {@link #passport}. */
    public Optional<byte[]> proof(String uri) {
        return found(trace.get("/api/passports/proof?uri=" + Upstream.encoded(uri), token, PROOF))
                .map(Answer::body);
    }

    /** Tells trace-service that a code was looked at. Does not wait; the future fails when the scan was not recorded. */
    public CompletableFuture<Void> scanned(String uri, String device) {
        return trace.postLater("/api/scans", token, Map.of("uri", uri, "device", device), SMALL)
                .thenAccept(answer -> {
                    if (!answer.ok()) {
                        throw new UpstreamUnavailable("trace-service answered a scan with " + answer.status());
                    }
                });
    }

    /** Files a report of a suspected fake. {@code uri} and {@code contact} may be null. */
    public Answer report(String uri, String text, String where, String contact) {
        Map<String, Object> report = new HashMap<>();
        report.put("text", text);
        report.put("where", where);
        if (uri != null) {
            report.put("uri", uri);
        }
        if (contact != null) {
            report.put("contact", contact);
        }
        return trace.post("/api/reports", token, report, SMALL);
    }

    /** Recent items of the demonstration; empty when trace-service has none or refuses. */
    public List<DemoItem> demoItems(int limit) {
        List<DemoItem> items = new ArrayList<>();
        Answer answer = trace.get("/api/demo/items?limit=" + limit, token, LIST);
        if (answer.ok()) {
            for (JsonNode item : Page.rows(answer.json())) {
                items.add(new DemoItem(
                        item.path("uri").asText(""),
                        item.path("lot").asText(""),
                        item.path("name").asText(""),
                        item.path("state").asText("")));
            }
        }
        return items;
    }

    /** One line of the demonstration list; the lot, where there is one, belongs to the printed form of the code. */
    public record DemoItem(String uri, String lot, String name, String state) {}

    /** Asks for the account, roles and organisation behind a session token; 401 when it is not (or no longer) valid. */
    public Answer session(String session) {
        return trace.get("/api/session", session, SMALL);
    }

    /** {@code {token, expires}} on success. */
    public Answer login(String account, String password) {
        return trace.post("/api/login", null, Map.of("account", account, "password", password), SMALL);
    }

    public Answer logout(String session) {
        return trace.delete("/api/session", session);
    }

    /** First use of an installation; 409 once it is done. */
    public Answer setup(String setupToken, String organisation, String account, String password) {
        return trace.post(
                "/api/setup",
                null,
                Map.of("token", setupToken, "organisation", organisation, "account", account, "password", password),
                SMALL);
    }

    /** A console read. {@code path} is below {@code /api}, already encoded. */
    public Answer read(String session, String path) {
        return trace.get("/api" + path, session, READ);
    }

    /** A console write. */
    public Answer write(String session, String path, Object json) {
        return trace.post("/api" + path, session, json, LIST);
    }

    /** Ends or revokes something of the console. */
    public Answer remove(String session, String path) {
        return trace.delete("/api" + path, session);
    }

    /** A path segment or query value, encoded. */
    public static String encoded(String value) {
        return Upstream.encoded(value);
    }

    private static Optional<Answer> found(Answer answer) {
        if (answer.status() == 404 || answer.status() == 400) {
            return Optional.empty();
        }
        if (!answer.ok()) {
            throw new UpstreamUnavailable("trace-service refused the web's own question with " + answer.status());
        }
        return Optional.of(answer);
    }
}
