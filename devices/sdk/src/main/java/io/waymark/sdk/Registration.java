package io.waymark.sdk;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.ReceiptKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device's place on the platform, from {@code POST /api/devices}: after it the device's key is bound in the public ledger.
 *
 * @param topicPrefix {@code v1/{tenant}/{site}/{id}}
 * @param mqttPassword the user name is the device's id in hex
 * @param index ledger index of the key binding
 */
public record Registration(String topicPrefix, String mqttPassword, long index) {

    private static final String FILE = "registration.properties";
    private static final Pattern PREFIX = Pattern.compile("v1/[a-z0-9-]{1,32}/[a-z0-9-]{1,32}/[0-9a-f]{32}");
    private static final byte[] CLAIM = "waymark claim\n".getBytes(StandardCharsets.US_ASCII);
    private static final Duration CLAIM_EVERY = Duration.ofSeconds(3);
    private static final int LARGEST_ANSWER = 64 * 1024;
    private static final int LARGEST_KEY = 1_024;
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    public Registration {
        if (!PREFIX.matcher(topicPrefix).matches())
            throw new IllegalArgumentException("topic prefix \"" + topicPrefix + "\" is not v1/tenant/site/id");
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return "Registration[" + topicPrefix + ", index " + index + "]";
    }

    /**
     * The saved registration for this device and site, or a new one over HTTP, saved in {@code folder/registration.properties} (0600).
     * Repeating it is harmless: the platform answers for the same key with the same place.
     *
     * @param bearerToken of somebody who may register devices: a producer's API key
     * @param keeper who holds the signing key: "device", or "gateway" when it signs for a sensor without one
     * @throws RegistrationException when the platform refuses
     */
    public static Registration obtain(
            Path folder,
            DeviceKeys keys,
            URI traceUrl,
            String bearerToken,
            String site,
            String name,
            String kind,
            String keeper)
            throws IOException, InterruptedException {
        Optional<Registration> saved = saved(folder)
                .filter(r -> r.topicPrefix().split("/")[2].equals(site)
                        && r.topicPrefix().endsWith("/" + keys.idHex()));
        if (saved.isPresent()) return saved.get();
        Base64.Encoder base64 = Base64.getEncoder();
        String body = "{\"id\":" + json(keys.idHex())
                + ",\"site\":" + json(site)
                + ",\"name\":" + json(name)
                + ",\"kind\":" + json(kind)
                + ",\"coseKey\":"
                + json(base64.encodeToString(keys.verificationKey().coseKey()))
                + ",\"keeper\":" + json(keeper)
                + ",\"streamSecret\":" + json(base64.encodeToString(keys.streamSecret()))
                + ",\"possession\":" + json(base64.encodeToString(keys.possession())) + "}";
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(at(traceUrl, "/api/devices"))
                        .timeout(Duration.ofSeconds(30))
                        .header("Authorization", "Bearer " + bearerToken)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return granted(folder, response);
    }

    /**
     * The saved registration of this device, or one that a one-time code gives, saved as by {@link #obtain}. Shows the code with the key made here
     * and waits until a person has approved that key, comparing {@link DeviceKeys#verificationKey()}'s kid. May be called again after any failure
     * and after a restart, with the same code.
     *
     * @param code as scanned or typed: case, blanks and hyphens do not matter
     * @param patience how long to wait for the person
     * @throws RegistrationException when the code is refused (404, whatever is wrong with it), or with 202 when nobody decided in time
     */
    public static Registration claim(
            Path folder, DeviceKeys keys, URI traceUrl, String code, String keeper, Duration patience)
            throws IOException, InterruptedException {
        Optional<Registration> saved = saved(folder).filter(r -> r.topicPrefix().endsWith("/" + keys.idHex()));
        if (saved.isPresent()) return saved.get();
        String plain = code.toUpperCase(Locale.ROOT)
                .replaceAll("[\\s-]", "")
                .replace('I', '1')
                .replace('L', '1')
                .replace('O', '0');
        byte[] hash = DeviceChain.sha256(("waymark claim code\n" + plain).getBytes(StandardCharsets.UTF_8));
        byte[] over = ByteBuffer.allocate(CLAIM.length + 16 + hash.length)
                .put(CLAIM)
                .put(keys.id())
                .put(hash)
                .array();
        Base64.Encoder base64 = Base64.getEncoder();
        String body = "{\"code\":" + json(plain)
                + ",\"id\":" + json(keys.idHex())
                + ",\"coseKey\":"
                + json(base64.encodeToString(keys.verificationKey().coseKey()))
                + ",\"keeper\":" + json(keeper)
                + ",\"streamSecret\":" + json(base64.encodeToString(keys.streamSecret()))
                + ",\"possession\":"
                + json(base64.encodeToString(keys.signingKey().sign(over))) + "}";
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            HttpResponse<String> response = post(traceUrl, "/api/admissions/claims", body);
            if (response.statusCode() != 202) return granted(folder, response);
            if (System.nanoTime() - end > 0)
                throw new RegistrationException(
                        202, "nobody has approved this device yet: try again with the same code");
            Thread.sleep(CLAIM_EVERY.toMillis());
        }
    }

    static HttpResponse<String> post(URI traceUrl, String path, String body) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(at(traceUrl, path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static Registration granted(Path folder, HttpResponse<String> response) throws IOException {
        String answer = response.body();
        if (response.statusCode() / 100 != 2 || answer.length() > LARGEST_ANSWER)
            throw new RegistrationException(response.statusCode(), answer);
        String topic = field(answer, "\"topic\"\\s*:\\s*\"([^\"\\\\]*)\"", response.statusCode());
        if (topic.endsWith("/r")) topic = topic.substring(0, topic.length() - 2);
        Registration registration = new Registration(
                topic,
                field(answer, "\"mqttPassword\"\\s*:\\s*\"([^\"\\\\]*)\"", response.statusCode()),
                Long.parseLong(field(answer, "\"index\"\\s*:\\s*([0-9]{1,18})", response.statusCode())));
        registration.save(folder);
        return registration;
    }

    /** What {@link #obtain} kept in this folder. */
    public static Optional<Registration> saved(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) return Optional.empty();
        Properties p = new Properties();
        p.load(new StringReader(Files.readString(file)));
        try {
            return Optional.of(new Registration(
                    p.getProperty("topic-prefix", ""),
                    p.getProperty("mqtt-password", ""),
                    Long.parseLong(p.getProperty("index", "-1"))));
        } catch (IllegalArgumentException e) {
            throw new IOException(FILE + ": " + e.getMessage(), e);
        }
    }

    /**
     * The keys that sign receipts now, as COSE_Keys: those the log has bound and not revoked, verified; none before the first receipt. The log's key itself is taken from the
     * same server: trust on first use. A device that is to learn later ones too is configured with {@link DeviceConfig#withLog(URI)}.
     */
    public static List<byte[]> receiptKeys(URI traceUrl) throws IOException, InterruptedException {
        NoteVerifier log = logKey(traceUrl);
        try {
            return ReceiptKeys.parse(loggedReceiptKeys(traceUrl)).follow(log).inForce().stream()
                    .map(VerificationKey::coseKey)
                    .toList();
        } catch (RegistrationException e) {
            if (e.status() == 404) return List.of();
            throw e;
        } catch (MalformedException | InvalidNoteException e) {
            throw new IOException("the receipt keys of " + traceUrl + " do not verify: " + e.getMessage(), e);
        }
    }

    /** The key of the log there, by that server's word alone. */
    static NoteVerifier logKey(URI traceUrl) throws IOException, InterruptedException {
        try {
            return NoteVerifier.ofVkey(
                    new String(get(traceUrl, "/ledger/key", LARGEST_KEY), StandardCharsets.UTF_8).strip());
        } catch (IllegalArgumentException e) {
            throw new IOException("the log's key at " + traceUrl + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The file of that name, not verified. */
    static byte[] loggedReceiptKeys(URI traceUrl) throws IOException, InterruptedException {
        return get(traceUrl, "/ledger/" + ReceiptKeys.FILE, ReceiptKeys.MAX_BYTES);
    }

    private void save(Path folder) throws IOException {
        // Hex, digits and topic letters only: nothing that a properties file would have to escape.
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(("topic-prefix=" + topicPrefix + "\nmqtt-password=" + mqttPassword + "\nindex=" + index + "\n")
                .getBytes(StandardCharsets.UTF_8));
        DeviceKeys.writeDurably(folder.resolve(FILE), out.toByteArray());
    }

    private static byte[] get(URI base, String path, int most) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = HTTP.send(
                HttpRequest.newBuilder(at(base, path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            byte[] bytes = body.readNBytes(most + 1);
            if (response.statusCode() != 200)
                throw new RegistrationException(
                        response.statusCode(), path + ": " + new String(bytes, StandardCharsets.UTF_8));
            if (bytes.length > most) throw new IOException(path + " has more than " + most + " bytes");
            return bytes;
        }
    }

    private static URI at(URI base, String path) {
        String text = base.toString();
        return URI.create((text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + path);
    }

    // Three fields of known alphabets: a JSON library would be the SDK's largest dependency.
    static String field(String json, String pattern, int status) throws RegistrationException {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        if (!matcher.find()) throw new RegistrationException(status, "answer without " + pattern + ": " + json);
        return matcher.group(1);
    }

    private static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
