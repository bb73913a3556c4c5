package io.waymark.ingest.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** vision's content-addressed store of image bytes. Everything here may be repeated. */
public final class VisionStore {
    private static final String NAME = "vision";
    private static final String TENANT = "X-Waymark-Tenant";

    private final Peer peer;
    private final ObjectMapper json = new ObjectMapper();

    public VisionStore(URI base, Optional<String> token) {
        this.peer = new Peer(NAME, base, token);
    }

    /** What of an image is there. @param missing null when vision does not know the manifest yet */
    public record Progress(boolean complete, @Nullable BitSet missing) {}

    /** @param manifest CBOR as vision defines it */
    public Progress manifest(String tenant, String sha256Hex, byte[] manifest)
            throws Unreachable, Rejected, InterruptedException {
        return progress(peer.send(peer.request("/vision/images/" + sha256Hex + "/manifest")
                .header("Content-Type", "application/cbor")
                .header(TENANT, tenant)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(manifest))
                .build()));
    }

    public Progress chunk(String tenant, String sha256Hex, int number, byte[] bytes)
            throws Unreachable, Rejected, InterruptedException {
        return progress(peer.send(peer.request("/vision/images/" + sha256Hex + "/chunks/" + number)
                .header("Content-Type", "application/octet-stream")
                .header(TENANT, tenant)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes))
                .build()));
    }

    // {complete, missing: [n …] | null, …}
    private Progress progress(byte[] answer) throws Unreachable {
        try {
            JsonNode node = json.readTree(answer);
            boolean complete = node.path("complete").asBoolean(false);
            @Nullable BitSet missing = null;
            if (node.path("missing").isArray()) {
                missing = new BitSet();
                for (JsonNode n : node.path("missing")) if (n.asInt(-1) >= 0 && n.asInt() < 512) missing.set(n.asInt());
            }
            return new Progress(complete, complete ? new BitSet() : missing);
        } catch (IOException e) {
            throw new Unreachable(NAME, "answer not understood: " + e.getMessage(), Duration.ZERO);
        }
    }
}
