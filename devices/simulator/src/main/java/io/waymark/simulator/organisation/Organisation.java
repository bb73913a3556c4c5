package io.waymark.simulator.organisation;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.sdk.DeviceKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A firm that signs its own steps. Its key, its API key and every message it signed lie in its folder, so that it can be stopped at any
 * moment: a message is stored before it is sent and sent again until it is accepted, and the stream has no second message for one number.
 * Not thread-safe: one firm signs one thing after the other, as its stream demands.
 */
public final class Organisation {
    private static final String KEEPER = "file";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final String name;
    private final String slug;
    private final DeviceKeys keys;
    private final TraceClient client;
    private long nextSequence;
    private byte[] previousDigest;

    private Organisation(Path folder, String name, String slug, DeviceKeys keys, TraceClient client) {
        this.folder = folder;
        this.name = name;
        this.slug = slug;
        this.keys = keys;
        this.client = client;
    }

    /**
     * The firm, registered, with its key bound in the ledger.
     *
     * @param operator may create organisations; used only when this folder holds no API key yet
     */
    public static Organisation open(
            Path folder, String slug, String name, String domain, String country, String kind, TraceClient operator)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path apiKeyFile = folder.resolve("api-key");
        DeviceKeys keys = DeviceKeys.openOrCreate(folder, Algorithm.P256, null);
        if (!Files.exists(apiKeyFile)) {
            // The server shows an API key once. If we died between its answer and our file, a new one is asked for.
            JsonNode created = operator.post(
                    "/api/organisations?reissue=true",
                    Map.of("slug", slug, "name", name, "domain", domain, "country", country, "kind", kind));
            writeSecret(apiKeyFile, created.path("apiKey").asText().getBytes(StandardCharsets.US_ASCII));
        }
        TraceClient client = operator.as(Files.readString(apiKeyFile).trim());
        Organisation organisation = new Organisation(folder, name, slug, keys, client);
        organisation.bindKey();
        organisation.resumeStream();
        return organisation;
    }

    public String name() {
        return name;
    }

    public String slug() {
        return slug;
    }

    /** Waymark as this firm sees it. */
    public TraceClient client() {
        return client;
    }

    private void bindKey() throws IOException, InterruptedException {
        client.post(
                "/api/keys",
                Map.of(
                        "streamId", keys.idHex(),
                        "coseKey", base64(keys.verificationKey().coseKey()),
                        "role", "organisation",
                        "keeper", KEEPER,
                        "streamSecret", base64(keys.streamSecret()),
                        "label", name,
                        "possession", base64(keys.possession())));
    }

    /** Reserves serials once: the answer is kept, so a restart goes on with the same items. */
    public List<Item> reserveSerials(String gtin, String lot, int count) throws IOException, InterruptedException {
        Path file = folder.resolve("serials-" + gtin + "-" + lot + ".json");
        if (!Files.exists(file)) {
            JsonNode answer = client.post("/api/batches/" + gtin + "/" + lot + "/serials", Map.of("count", count));
            writeSecret(file, TraceClient.JSON.writeValueAsBytes(answer));
        }
        List<Item> items = new ArrayList<>();
        for (JsonNode object : TraceClient.JSON.readTree(file.toFile()).path("objects")) {
            items.add(new Item(
                    object.path("uri").asText(),
                    object.path("serial").asText(),
                    Base64.getDecoder().decode(object.path("secret").asText())));
        }
        return items;
    }

    /**
     * Signs a custody step over the items and has it accepted. Calling it again with the same {@code key} sends the same bytes again.
     *
     * @param key names this step within the firm, [a-z0-9-]+
     * @param commissions whether the items begin their life here
     * @param documents SHA-256 digests of documents the step refers to; may be empty
     */
    public void step(
            String key,
            boolean commissions,
            List<Item> items,
            CustodyStep.PublicSummary summary,
            byte[] epcis,
            List<byte[]> documents)
            throws IOException, InterruptedException {
        Path file = folder.resolve("step-" + key + ".wire");
        if (!Files.exists(file)) {
            byte[] secret = new byte[16];
            RANDOM.nextBytes(secret);
            List<ObjectTree.Entry> entries = new ArrayList<>(items.size());
            for (Item item : items) {
                entries.add(new ObjectTree.Entry(item.uri(), commissions ? item.secret() : null));
            }
            ObjectTree objects = new ObjectTree(secret, entries);
            List<Group> groups = new ArrayList<>();
            if (!documents.isEmpty()) {
                groups.add(CustodyStep.documents(documents));
            }
            groups.add(CustodyStep.event(epcis));
            groups.add(CustodyStep.objects(objects.count(), objects.root()));
            groups.add(CustodyStep.summary(summary));
            store(
                    file,
                    SignedMessage.sign(
                            head(MessageType.CUSTODY_STEP, summary.timeMillis()), groups, secret, keys.signingKey()));
        }
        List<Map<String, String>> objects = new ArrayList<>(items.size());
        for (Item item : items) {
            Map<String, String> object = new LinkedHashMap<>();
            object.put("uri", item.uri());
            if (commissions) object.put("secret", base64(item.secret()));
            objects.add(object);
        }
        client.post("/api/steps", Map.of("wire", base64(Files.readAllBytes(file)), "objects", objects));
    }

    /** Signs a statement about a digest (subjects of FORMAT.md: photo, rule, …) and has it accepted; idempotent by {@code key}. */
    public void statement(String key, String subject, byte[] digest, String uri, long timeMillis)
            throws IOException, InterruptedException {
        Path file = folder.resolve("statement-" + key + ".wire");
        if (!Files.exists(file)) {
            Group about = new Statement(subject, digest, uri).group();
            byte[] secret = new byte[16];
            RANDOM.nextBytes(secret);
            store(
                    file,
                    SignedMessage.sign(
                            head(MessageType.STATEMENT, timeMillis), List.of(about), secret, keys.signingKey()));
        }
        client.post("/api/statements", Map.of("wire", base64(Files.readAllBytes(file))));
    }

    private Head head(int type, long timeMillis) {
        return new Head(type, keys.id(), 0, nextSequence, previousDigest, timeMillis, 2, 500L, null);
    }

    // Stored before it is sent: dying in between costs nothing, because the same key finds the same bytes.
    private void store(Path file, SignedMessage message) throws IOException {
        writeSecret(file, message.wire());
        nextSequence++;
        previousDigest = message.digest();
    }

    private void resumeStream() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".wire")).toList()) {
                SignedMessage message = parse(file);
                if (message.head().seq() >= nextSequence) {
                    nextSequence = message.head().seq() + 1;
                    previousDigest = message.digest();
                }
            }
        }
    }

    private static SignedMessage parse(Path file) throws IOException {
        try {
            return SignedMessage.parse(Files.readAllBytes(file));
        } catch (MalformedException e) {
            throw new IOException(file + " is not a message this firm signed: " + e.getMessage(), e);
        }
    }

    private static void writeSecret(Path file, byte[] bytes) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.deleteIfExists(draft);
        if (Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.write(draft, bytes, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * One serialised item.
     *
     * @param uri canonical Digital Link, {@code https://id.gs1.org/01/…/21/…}
     * @param secret 32 bytes; whoever has them can find this item's links in the log
     */
    public record Item(String uri, String serial, byte[] secret) {
        @Override
        public String toString() {
            return uri + " #" + HexFormat.of().formatHex(secret, 0, 2) + "…";
        }
    }
}
