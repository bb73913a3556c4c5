package io.waymark.evidence.mirror;

import io.waymark.evidence.http.BoundedServer;
import io.waymark.evidence.http.BoundedServer.Answer;
import io.waymark.evidence.http.BoundedServer.Request;
import io.waymark.evidence.http.Json;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.Tiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The copy as C2SP tlog-tiles, {@code /health}, and at {@code /} a page that checks proof files with scripts of this origin. */
public final class MirrorServer {
    private static final Pattern SCRIPT = Pattern.compile("/verify/([a-z0-9-]{1,40}\\.js)");
    private static final Map<String, String> PAGE = Map.of(
            "/", "page.html",
            "/page.js", "page.js",
            "/page.css", "page.css");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8");

    /** Nothing from elsewhere, nothing inline, no form, no frame. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Mirror mirror;
    private final Supplier<String> compared;

    private MirrorServer(Mirror mirror, Supplier<String> compared) {
        this.mirror = mirror;
        this.compared = compared;
    }

    /** Listens until closed; the mirror is the caller's to close afterwards. */
    public static BoundedServer start(Mirror mirror, InetSocketAddress address) throws IOException {
        return start(mirror, address, () -> "");
    }

    /** @param compared JSON objects for {@code /health}, joined by commas: how others who saw the log stand to this copy */
    public static BoundedServer start(Mirror mirror, InetSocketAddress address, Supplier<String> compared)
            throws IOException {
        return BoundedServer.start(address, 0, new MirrorServer(mirror, compared)::answer);
    }

    private Answer answer(Request request) throws IOException {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return Answer.problem(405, "Method not allowed", "a mirror is only read");
        }
        String path = request.path();
        String file = path.isEmpty() ? "" : path.substring(1);
        Matcher script = SCRIPT.matcher(path);
        if (Tiles.isPath(file)) {
            return file(file, "application/octet-stream", "public, max-age=31536000, immutable");
        }
        if (path.equals("/checkpoint")) {
            return file("checkpoint", "text/plain; charset=utf-8", "public, max-age=5");
        }
        if (path.equals("/" + HandOvers.FILE)) {
            return file(HandOvers.FILE, "application/octet-stream", "public, max-age=5");
        }
        if (path.equals("/health")) {
            return health();
        }
        if (script.matches()) {
            return resource("/META-INF/waymark/verify/" + script.group(1));
        }
        String page = PAGE.get(path);
        return page == null ? notFound() : resource("/META-INF/waymark/mirror/" + page);
    }

    private Answer file(String path, String type, String cache) throws IOException {
        Optional<byte[]> bytes = mirror.file(path);
        // Everybody may compare, whatever site the script that does it came from.
        return bytes.isEmpty()
                ? notFound()
                : new Answer(
                        200,
                        Map.of("Content-Type", type, "Cache-Control", cache, "Access-Control-Allow-Origin", "*"),
                        bytes.get());
    }

    private Answer health() throws IOException {
        Mirror.Status status = mirror.status();
        boolean fine = status.state() == Mirror.State.CURRENT || status.state() == Mirror.State.COPYING;
        Answer answer = Answer.text(
                fine ? 200 : 503,
                "application/json",
                "{\"status\":" + Json.quoted(status.state().name().toLowerCase(Locale.ROOT)) + ",\"origin\":"
                        + Json.quoted(mirror.origin()) + ",\"detail\":" + Json.quoted(status.detail())
                        + ",\"copied\":" + status.copied() + ",\"of\":" + status.of() + ",\"key\":"
                        + Json.quoted(mirror.key().vkey()) + ",\"fraud\":"
                        + mirror.fraud().size() + ",\"compared\":[" + compared.get() + "]}\n");
        Map<String, String> headers = new HashMap<>(answer.headers());
        headers.put("Cache-Control", "no-store");
        return new Answer(answer.status(), headers, answer.body());
    }

    private static Answer resource(String name) throws IOException {
        try (@Nullable InputStream in = MirrorServer.class.getResourceAsStream(name)) {
            if (in == null) {
                return notFound();
            }
            String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "application/octet-stream");
            return new Answer(
                    200,
                    Map.of(
                            "Content-Type", type,
                            "Cache-Control", "no-cache",
                            "Content-Security-Policy", POLICY,
                            "Referrer-Policy", "no-referrer",
                            "Cross-Origin-Opener-Policy", "same-origin"),
                    in.readAllBytes());
        }
    }

    private static Answer notFound() {
        return Answer.problem(404, "Not found", "this mirror has no such file");
    }
}
