package io.waymark.trace;

import static io.restassured.RestAssured.given;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** A device or a signing key of an organisation, as the outside world has it. */
public final class TestStream {
    private static final SecureRandom RANDOM = new SecureRandom();

    public final byte[] id = random(16);
    public final byte[] secret = random(32);
    public final SigningKey key;
    public final String site = "cold-store-1";

    public TestStream(Algorithm algorithm) {
        this.key = SigningKey.generate(algorithm);
    }

    public TestStream() {
        this(Algorithm.ED25519);
    }

    public String hex() {
        return HexFormat.of().formatHex(id);
    }

    public String topic(String tenant) {
        return "v1/" + tenant + "/" + site + "/" + hex() + "/r";
    }

    public String possession() {
        byte[] prefix = "waymark key possession\n".getBytes(StandardCharsets.US_ASCII);
        byte[] message = Arrays.copyOf(prefix, prefix.length + 16);
        System.arraycopy(id, 0, message, prefix.length, 16);
        return base64(key.sign(message));
    }

    /** Body of POST /api/devices. */
    public Map<String, Object> device() {
        return Map.of(
                "id",
                hex(),
                "site",
                site,
                "name",
                "logger in the corner",
                "kind",
                "logger",
                "coseKey",
                base64(key.verificationKey().coseKey()),
                "keeper",
                "device",
                "streamSecret",
                base64(secret),
                "possession",
                possession());
    }

    /** Registered with "acme", as whom the tests of {@code reading} call; the organisation is made where there is none. */
    public void registerAtAcme(DataSource ledger) throws SQLException {
        try (Connection c = ledger.getConnection();
                Statement s = c.createStatement()) {
            s.execute("INSERT INTO organisation (slug, name, domain) VALUES ('acme', 'Acme Fisheries', 'acme.example') "
                    + "ON CONFLICT DO NOTHING");
        }
        given().contentType("application/json")
                .body(device())
                .post("/api/devices")
                .then()
                .statusCode(200);
    }

    /** Body of POST /api/keys. */
    public Map<String, Object> organisationKey() {
        return Map.of(
                "streamId", hex(),
                "role", "organisation",
                "coseKey", base64(key.verificationKey().coseKey()),
                "keeper", "browser",
                "streamSecret", base64(secret),
                "label", "quality office",
                "possession", possession());
    }

    /** A reading with one temperature, after {@code before} (null: the first). */
    public SignedMessage reading(SignedMessage before, long centiCelsius) {
        return sign(
                before, MessageType.READING, List.of(Reading.measurements(List.of(new Measurement(1, centiCelsius)))));
    }

    public SignedMessage sign(SignedMessage before, int type, List<Group> groups) {
        return SignedMessage.sign(
                new Head(
                        type,
                        id,
                        0,
                        before == null ? 0 : before.head().seq() + 1,
                        before == null ? null : before.digest(),
                        1_790_000_000_000L
                                + (before == null ? 0 : (before.head().seq() + 1) * 60_000),
                        2,
                        100L,
                        null),
                groups,
                key);
    }

    public static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    public static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
