package io.waymark.ingest;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands in for trace-service and vision at their HTTP contract, over real HTTP. */
final class Platform implements AutoCloseable {
    static final String TOKEN = "service-token-of-ingest";

    record Outgoing(String topic, byte[] bytes, long rank) {}

    /** What trace-service has for devices. */
    final Queue<Outgoing> outgoing = new ConcurrentLinkedQueue<>();

    record Quarantined(String topic, byte[] raw, String reason) {}

    private record Registered(String tenant, String site, VerificationKey key) {}

    final SigningKey receiptKey = SigningKey.generate(Algorithm.ED25519);
    /** "device/epoch/seq" → messages stored under it; a second one would be a second effect. */
    final Map<String, List<SignedMessage>> stored = Collections.synchronizedMap(new LinkedHashMap<>());

    final List<Quarantined> quarantined = Collections.synchronizedList(new ArrayList<>());
    final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    final Map<String, Map<Integer, byte[]>> chunks = new ConcurrentHashMap<>();
    final AtomicInteger requests = new AtomicInteger();
    /** Of the requests with readings: their {@code traceparent} and {@code Waymark-Traces}, null where there is none. */
    final List<List<String>> traces = Collections.synchronizedList(new ArrayList<>());

    final AtomicInteger batches = new AtomicInteger();
    final AtomicInteger duplicates = new AtomicInteger();
    final AtomicInteger keyLookups = new AtomicInteger();
    /** Answer for every request to trace-service instead of doing it; 0 = do it. */
    volatile int traceStatus;

    volatile int visionStatus;
    /** Wires for which a whole batch is answered 400. */
    final List<byte[]> unacceptable = Collections.synchronizedList(new ArrayList<>());
    /** Sequence numbers refused as a judgement. */
    volatile long refusedSeq = -1;

    private final Map<String, Registered> devices = new ConcurrentHashMap<>();
    private final Map<String, TreeMap<Long, byte[]>> sequences = new ConcurrentHashMap<>();
    private final HttpServer server;

    Platform() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(4, task -> {
            Thread thread = new Thread(task, "platform");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/api/", exchange -> guarded(exchange, true));
        server.createContext("/vision/", exchange -> guarded(exchange, false));
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    void register(byte[] id, String tenant, String site, VerificationKey key) {
        devices.put(HexFormat.of().formatHex(id), new Registered(tenant, site, key));
    }

    long count() {
        return stored.size();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void guarded(HttpExchange exchange, boolean trace) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int forced = trace ? traceStatus : visionStatus;
            if (exchange.getRequestURI().getPath().equals("/api/readings")) {
                requests.incrementAndGet();
                traces.add(Arrays.asList(
                        exchange.getRequestHeaders().getFirst("traceparent"),
                        exchange.getRequestHeaders().getFirst("Waymark-Traces")));
            }
            if (forced != 0) answer(exchange, forced, "text/plain", "as told".getBytes());
            else if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization")))
                answer(exchange, 401, "text/plain", "no token".getBytes());
            else if (trace) trace(exchange, body);
            else vision(exchange, body);
        } catch (Exception e) {
            answer(exchange, 400, "text/plain", String.valueOf(e).getBytes(StandardCharsets.UTF_8));
        }
    }

    private void trace(HttpExchange exchange, byte[] body) throws Exception {
        String path = exchange.getRequestURI().getPath();
        if (path.matches("/api/devices/[0-9a-f]{32}/keys")) keys(exchange, path.split("/")[3]);
        else if (path.equals("/api/readings")) readings(exchange, body);
        else if (path.equals("/api/quarantine")) quarantine(exchange, body);
        else if (path.equals("/api/outgoing")) outgoing(exchange);
        else answer(exchange, 404, "text/plain", path.getBytes());
    }

    private void outgoing(HttpExchange exchange) throws IOException {
        List<Outgoing> taken = new ArrayList<>();
        for (Outgoing one = outgoing.poll(); one != null; one = outgoing.poll()) taken.add(one);
        CborWriter out = new CborWriter().array(taken.size());
        for (Outgoing one : taken)
            out.array(3).text(one.topic()).bytes(one.bytes()).unsigned(one.rank());
        answer(exchange, 200, "application/cbor", out.toBytes());
    }

    private void keys(HttpExchange exchange, String device) throws IOException {
        keyLookups.incrementAndGet();
        Registered known = devices.get(device);
        if (known == null) {
            answer(exchange, 404, "application/problem+json", "{}".getBytes());
            return;
        }
        answer(
                exchange,
                200,
                "application/json",
                ("{\"tenant\":\"" + known.tenant() + "\",\"site\":\"" + known.site() + "\",\"keys\":[{\"kid\":\""
                                + HexFormat.of().formatHex(known.key().kid()) + "\",\"coseKey\":\""
                                + Base64.getEncoder().encodeToString(known.key().coseKey())
                                + "\",\"revoked\":false}]}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private synchronized void readings(HttpExchange exchange, byte[] body) throws Exception {
        CborReader in = new CborReader(body);
        int n = in.array();
        List<SignedMessage> messages = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            in.array(2);
            in.text();
            byte[] wire = in.bytes();
            if (unacceptable.stream().anyMatch(u -> Arrays.equals(u, wire))) {
                answer(exchange, 400, "application/problem+json", "{}".getBytes());
                return;
            }
            messages.add(SignedMessage.parse(wire));
        }
        in.end();
        batches.incrementAndGet();
        CborWriter out = new CborWriter().map(2).unsigned(0).array(n);
        Map<String, SignedMessage> seen = new LinkedHashMap<>();
        for (SignedMessage message : messages) {
            String device = HexFormat.of().formatHex(message.head().id());
            if (message.head().seq() == refusedSeq) {
                out.array(3).unsigned(3).text("key-revoked").nul();
                continue;
            }
            String identity =
                    device + "/" + message.head().epoch() + "/" + message.head().seq();
            boolean again = stored.containsKey(identity);
            if (again) duplicates.incrementAndGet();
            else stored.computeIfAbsent(identity, k -> new ArrayList<>()).add(message);
            sequences
                    .computeIfAbsent(device, d -> new TreeMap<>())
                    .put(message.head().seq(), message.digest());
            out.array(3).unsigned(again ? 1 : 0).nul().unsigned(stored.size());
            seen.put(device, message);
        }
        out.unsigned(1).array(seen.size());
        for (Map.Entry<String, SignedMessage> one : seen.entrySet()) {
            byte[] id = one.getValue().head().id();
            Registered device = devices.get(one.getKey());
            out.array(3)
                    .bytes(id)
                    .text("v1/" + device.tenant() + "/" + device.site() + "/" + one.getKey())
                    .bytes(receipt(id, one.getValue().head().epoch(), sequences.get(one.getKey())));
        }
        answer(exchange, 200, "application/cbor", out.toBytes());
    }

    private byte[] receipt(byte[] id, long epoch, TreeMap<Long, byte[]> sequence) {
        List<Receipt.Range> ranges = new ArrayList<>();
        long from = sequence.firstKey();
        long to = from;
        for (long seq : sequence.keySet()) {
            if (seq > to + 1) {
                ranges.add(new Receipt.Range(epoch, from, to, sequence.get(to), to));
                from = seq;
            }
            to = seq;
        }
        ranges.add(new Receipt.Range(epoch, from, to, sequence.get(to), to));
        return new Receipt(id, ranges, stored.size(), new byte[32], Receipt.STORED, System.currentTimeMillis())
                .sign(receiptKey);
    }

    private void quarantine(HttpExchange exchange, byte[] body) throws Exception {
        CborReader in = new CborReader(body);
        int n = in.array();
        List<Quarantined> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            in.array(4);
            all.add(new Quarantined(in.text(), in.bytes(), in.text()));
            in.unsigned();
        }
        in.end();
        quarantined.addAll(all);
        answer(exchange, 204, null, new byte[0]);
    }

    private void vision(HttpExchange exchange, byte[] body) throws Exception {
        String[] path = exchange.getRequestURI().getPath().split("/");
        String sha = path[3];
        if (path[4].equals("manifest")) manifests.put(sha, body);
        else chunks.computeIfAbsent(sha, s -> new ConcurrentHashMap<>()).put(Integer.parseInt(path[5]), body);
        byte[] manifest = manifests.get(sha);
        String missing = "null";
        boolean complete = false;
        if (manifest != null) {
            CborReader in = new CborReader(manifest);
            in.map();
            in.unsigned();
            in.text();
            in.unsigned();
            in.bytes(16);
            in.unsigned();
            in.unsigned();
            in.unsigned();
            in.text();
            in.unsigned();
            in.unsigned();
            in.unsigned();
            int count = in.bytes().length / 32;
            List<Integer> absent = new ArrayList<>();
            for (int i = 0; i < count; i++)
                if (!chunks.getOrDefault(sha, Map.of()).containsKey(i)) absent.add(i);
            complete = absent.isEmpty();
            missing = absent.toString();
        }
        answer(
                exchange,
                200,
                "application/json",
                ("{\"complete\":" + complete + ",\"missing\":" + missing + ",\"photo\":null}").getBytes());
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        if (type != null) exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) exchange.getResponseBody().write(body);
    }
}
