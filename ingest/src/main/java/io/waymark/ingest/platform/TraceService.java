package io.waymark.ingest.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The ledger's side: keys, batches of readings, quarantine. */
public final class TraceService {
    private static final String NAME = "trace-service";
    private static final String CBOR = "application/cbor";

    private final Peer peer;
    private final ObjectMapper json = new ObjectMapper();

    public TraceService(URI base, Optional<String> token) {
        this.peer = new Peer(NAME, base, token);
    }

    /** A signed message and where it came from. */
    public record Submission(String topic, byte[] wire) {}

    /** What the ledger did with one message. @param reason null unless refused */
    public record Stored(Kind kind, @Nullable String reason) {
        /** As numbered on the wire. */
        public enum Kind {
            STORED,
            DUPLICATE,
            EQUIVOCATION,
            REFUSED
        }
    }

    /** @param topicPrefix {@code v1/{tenant}/{site}/{device}} */
    public record IssuedReceipt(String topicPrefix, byte[] cose) {}

    /** In the order of the submissions, and receipts for the devices among them. */
    public record BatchAnswer(List<Stored> outcomes, List<IssuedReceipt> receipts) {}

    /** Bytes that nobody will store. @param raw as received, cut to what quarantine keeps */
    public record Refused(String topic, byte[] raw, String reason, long receivedMillis) {}

    /** A registered device's place and keys, revoked ones included. */
    public record DeviceRecord(String tenant, String site, List<DeviceKey> keys) {}

    /** One of them. A revocation is for ever. */
    public record DeviceKey(VerificationKey key, boolean revoked) {}

    /**
     * Stores a batch; returns after its COMMIT.
     *
     * @param headers to send along: which traces it belongs to
     * @throws Rejected when the request as a whole is not accepted (its size, its form)
     */
    public BatchAnswer store(List<Submission> batch, Map<String, String> headers)
            throws Unreachable, Rejected, InterruptedException {
        CborWriter out = new CborWriter().array(batch.size());
        for (Submission one : batch) out.array(2).text(one.topic()).bytes(one.wire());
        byte[] answer = post("/api/readings", out.toBytes(), headers);
        try {
            return decode(answer, batch.size());
        } catch (MalformedException e) {
            throw new Unreachable(NAME, "answer not understood: " + e.getMessage(), Duration.ZERO);
        }
    }

    // {0: [* [outcome 0..3, reason tstr / null, index uint / null]], 1: [* [device id bstr16, topic prefix tstr,
    // receipt bstr]]}
    private static BatchAnswer decode(byte[] answer, int expected) throws MalformedException, Unreachable {
        CborReader in = new CborReader(answer);
        if (in.map() != 2 || in.unsigned() != 0 || in.array() != expected)
            throw new Unreachable(NAME, "answer of another size than the batch", Duration.ZERO);
        List<Stored> outcomes = new ArrayList<>(expected);
        for (int i = 0; i < expected; i++) {
            in.array(3);
            long kind = in.unsigned();
            if (kind >= Stored.Kind.values().length)
                throw new Unreachable(NAME, "outcome " + kind + " is unknown", Duration.ZERO);
            @Nullable String reason = null;
            if (in.isNull()) in.nul();
            else reason = in.text();
            if (in.isNull()) in.nul();
            else in.unsigned();
            outcomes.add(new Stored(Stored.Kind.values()[(int) kind], reason));
        }
        if (in.unsigned() != 1) throw new Unreachable(NAME, "answer without receipts", Duration.ZERO);
        int count = in.array();
        List<IssuedReceipt> receipts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            in.array(3);
            in.bytes(16);
            receipts.add(new IssuedReceipt(in.text(), in.bytes()));
        }
        in.end();
        return new BatchAnswer(outcomes, receipts);
    }

    /** Keeps refused messages; returns when they are stored. */
    public void quarantine(List<Refused> refused) throws Unreachable, Rejected, InterruptedException {
        CborWriter out = new CborWriter().array(refused.size());
        for (Refused one : refused)
            out.array(4).text(one.topic()).bytes(one.raw()).text(one.reason()).unsigned(one.receivedMillis());
        post("/api/quarantine", out.toBytes(), Map.of());
    }

    /** Something for a device. @param rank of two for one topic the higher overtakes the other */
    public record Outgoing(String topic, byte[] bytes, long rank) {}

    /** What devices are to be told; trace-service does not say it again soon. */
    public List<Outgoing> outgoing() throws Unreachable, InterruptedException {
        try {
            CborReader in = new CborReader(post("/api/outgoing", new byte[0], Map.of()));
            List<Outgoing> outgoing = new ArrayList<>();
            for (int left = in.array(); left > 0; left--) {
                in.array(3);
                outgoing.add(new Outgoing(in.text(), in.bytes(), in.unsigned()));
            }
            in.end();
            return outgoing;
        } catch (Rejected | MalformedException e) {
            throw new Unreachable(NAME, "nothing for devices: " + e.getMessage(), Duration.ofSeconds(5));
        }
    }

    private byte[] post(String path, byte[] cbor, Map<String, String> headers)
            throws Unreachable, Rejected, InterruptedException {
        try {
            HttpRequest.Builder request = peer.request(path);
            headers.forEach(request::header);
            return peer.send(request.header("Content-Type", CBOR)
                    .header("Accept", CBOR)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(cbor))
                    .build());
        } catch (Rejected e) {
            // Only these speak of the content. Any other refusal (404: not deployed, 415: another release) is ours to
            // repair, and must
            // not send good readings to quarantine.
            if (e.status() == 400 || e.status() == 413 || e.status() == 422) throw e;
            throw new Unreachable(NAME, e.getMessage(), Duration.ofSeconds(1));
        }
    }

    /** @param deviceHex 32 hex digits @return empty for a device nobody registered */
    public Optional<DeviceRecord> device(String deviceHex) throws Unreachable, InterruptedException {
        byte[] answer;
        try {
            answer = peer.send(peer.request("/api/devices/" + deviceHex + "/keys")
                    .header("Accept", "application/json")
                    .GET()
                    .build());
        } catch (Rejected e) {
            if (e.status() == 404) return Optional.empty();
            throw new Unreachable(NAME, "asked for keys: " + e.getMessage(), Duration.ZERO);
        }
        try {
            JsonNode device = json.readTree(answer);
            List<DeviceKey> keys = new ArrayList<>();
            for (JsonNode key : device.path("keys"))
                keys.add(new DeviceKey(
                        VerificationKey.ofCose(
                                Base64.getDecoder().decode(key.path("coseKey").asText())),
                        key.path("revoked").asBoolean()));
            return Optional.of(new DeviceRecord(
                    device.path("tenant").asText(), device.path("site").asText(), List.copyOf(keys)));
        } catch (IOException | MalformedException | IllegalArgumentException e) {
            throw new Unreachable(NAME, "keys not understood: " + e.getMessage(), Duration.ZERO);
        }
    }
}
