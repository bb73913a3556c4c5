package io.waymark.trace;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.CustodyStep;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.product.Gtin;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** An organisation in a test: registered over HTTP, with a key of its own that it keeps itself. */
public final class Firm {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static int count;

    public final String slug;
    public final String name;
    public final String apiKey;
    public final SigningKey key;
    public final byte[] streamId = random(16);
    public final byte[] streamSecret = random(32);
    private long seq;
    private byte[] prev;

    private Firm(String slug, String name, String apiKey, SigningKey key) {
        this.slug = slug;
        this.name = name;
        this.apiKey = apiKey;
        this.key = key;
    }

    public record Thing(String uri, byte[] secret) {}

    public static Firm founded(String word, String country) {
        String slug = word + "-" + ++count + "-" + HexFormat.of().formatHex(random(3));
        String name = "Firm " + word;
        String apiKey = given().auth()
                .oauth2(TokensResource.OPERATOR)
                .contentType(ContentType.JSON)
                .body(Map.of("name", name, "slug", slug, "domain", word + ".example", "country", country, "kind", word))
                .post("/api/organisations")
                .then()
                .statusCode(200)
                .extract()
                .path("apiKey");
        Firm firm =
                new Firm(slug, name, apiKey, SigningKey.generate(count % 2 == 0 ? Algorithm.P256 : Algorithm.ED25519));
        firm.as()
                .body(Map.of(
                        "streamId", HexFormat.of().formatHex(firm.streamId),
                        "coseKey", b64(firm.key.verificationKey().coseKey()),
                        "role", "organisation",
                        "keeper", "file",
                        "streamSecret", b64(firm.streamSecret),
                        "label", "dispatch desk",
                        "possession", b64(firm.key.sign(possession(firm.streamId)))))
                .post("/api/keys")
                .then()
                .statusCode(200);
        return firm;
    }

    public RequestSpecification as() {
        return given().auth().oauth2(apiKey).contentType(ContentType.JSON);
    }

    /** A trade item limited to −1 … 5 °C with one batch; the GTIN. */
    public String makes(String lot) {
        String twelve = String.format("0%012d", Math.abs(RANDOM.nextLong() % 1_000_000_000_000L));
        String gtin = twelve + Gtin.checkDigit(twelve);
        as().body(
                        "{\"gtin\":\"" + gtin
                                + "\",\"name\":\"Smoked trout\",\"minCentiCelsius\":-100,\"maxCentiCelsius\":500,\"maxMinutesOutside\":30}")
                .post("/api/trade-items")
                .then()
                .statusCode(200);
        as().body(Map.of("gtin", gtin, "lot", lot, "expiry", "2099-01-31", "quantity", 10, "origin", "Lake"))
                .post("/api/batches")
                .then()
                .statusCode(200);
        return gtin;
    }

    public List<Thing> reserves(String gtin, String lot, int count) {
        List<Map<String, String>> objects = as().body(Map.of("count", count))
                .post("/api/batches/" + gtin + "/" + lot + "/serials")
                .then()
                .statusCode(200)
                .extract()
                .path("objects");
        return objects.stream()
                .map(o -> new Thing(o.get("uri"), Base64.getDecoder().decode(o.get("secret"))))
                .toList();
    }

    /** Signs the next step of this firm's stream. Secrets of the things are signed in only when {@code commissions}. */
    public SignedMessage signs(PublicSummary summary, List<Thing> things, boolean commissions) {
        byte[] secret = random(16);
        ObjectTree tree = new ObjectTree(
                secret,
                things.stream()
                        .map(t -> new ObjectTree.Entry(t.uri(), commissions ? t.secret() : null))
                        .toList());
        SignedMessage message = SignedMessage.sign(
                new Head(MessageType.CUSTODY_STEP, streamId, 0, seq, prev, System.currentTimeMillis(), 2, null, null),
                List.of(
                        CustodyStep.event("{\"type\":\"ObjectEvent\"}".getBytes(StandardCharsets.UTF_8)),
                        CustodyStep.objects(tree),
                        CustodyStep.summary(summary)),
                secret,
                key);
        seq++;
        prev = message.digest();
        return message;
    }

    public Response posts(SignedMessage step, List<Thing> things, boolean commissions) {
        List<Map<String, String>> objects = new ArrayList<>();
        for (Thing t : things) {
            objects.add(commissions ? Map.of("uri", t.uri(), "secret", b64(t.secret())) : Map.of("uri", t.uri()));
        }
        return as().body(Map.of("wire", b64(step.wire()), "objects", objects)).post("/api/steps");
    }

    /** A step that must be accepted. */
    public SignedMessage does(String bizStep, Instant time, Double lat, Double lon, String parent, List<Thing> things) {
        boolean commissions = bizStep.equals("commissioning");
        SignedMessage step = signs(summary(bizStep, time, lat, lon, parent), things, commissions);
        posts(step, things, commissions).then().statusCode(200);
        return step;
    }

    public PublicSummary summary(String bizStep, Instant time, Double lat, Double lon, String parent) {
        return new PublicSummary(
                bizStep,
                time.toEpochMilli(),
                name,
                "somewhere",
                lat == null ? null : Math.round(lat * 1e7),
                lon == null ? null : Math.round(lon * 1e7),
                null,
                null,
                null,
                parent);
    }

    /** Signs the next message of this firm's stream: a statement. */
    public SignedMessage states(Statement statement) {
        SignedMessage message = SignedMessage.sign(
                new Head(MessageType.STATEMENT, streamId, 0, seq, prev, System.currentTimeMillis(), 2, null, null),
                List.of(statement.group()),
                key);
        seq++;
        prev = message.digest();
        return message;
    }

    /** New items of this firm's batch, alive. */
    public List<Thing> reservesAndCommissions(String gtin, String lot, int count) {
        List<Thing> items = reserves(gtin, lot, count);
        does("commissioning", Instant.now(), null, null, null, items);
        return items;
    }

    /** Undoes the counting of a step that was refused. */
    public void forgets(SignedMessage step) {
        seq = step.head().seq();
        prev = step.head().prev();
    }

    public static byte[] possession(byte[] streamId) {
        byte[] text = "waymark key possession\n".getBytes(StandardCharsets.US_ASCII);
        byte[] all = java.util.Arrays.copyOf(text, text.length + 16);
        System.arraycopy(streamId, 0, all, text.length, 16);
        return all;
    }

    public static String b64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    public static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
