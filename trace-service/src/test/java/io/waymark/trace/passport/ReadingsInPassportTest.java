package io.waymark.trace.passport;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.trace.Firm;
import io.waymark.trace.Firm.Thing;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import io.waymark.trace.ledger.Ledger;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class ReadingsInPassportTest {
    @Inject
    Ledger ledger;

    private static final Instant START = Instant.now().minus(Duration.ofDays(3)).truncatedTo(ChronoUnit.SECONDS);
    private static final long SSCC = 106141412345678908L;

    /** A logger of a firm, its stream kept here. */
    private static final class Logger {
        final byte[] id = Firm.random(16);
        final SigningKey key = SigningKey.generate(Algorithm.ED25519);
        String topic;
        long seq;
        byte[] prev;
        final List<SignedMessage> waiting = new ArrayList<>();

        static Logger of(Firm firm) {
            Logger logger = new Logger();
            logger.topic = firm.as()
                    .body(Map.of(
                            "id",
                            HexFormat.of().formatHex(logger.id),
                            "site",
                            "hall",
                            "name",
                            "Logger 7",
                            "kind",
                            "logger",
                            "coseKey",
                            Firm.b64(logger.key.verificationKey().coseKey()),
                            "keeper",
                            "device",
                            "streamSecret",
                            Firm.b64(Firm.random(32)),
                            "possession",
                            Firm.b64(logger.key.sign(Firm.possession(logger.id)))))
                    .post("/api/devices")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("topic");
            return logger;
        }

        void measures(Instant at, double celsius, Association about) {
            SignedMessage m = SignedMessage.sign(
                    new Head(MessageType.READING, id, 0, seq++, prev, at.toEpochMilli(), 2, null, null),
                    List.of(
                            Reading.position(new Position(600_000_000L, 50_000_000L, null, null, null)),
                            Reading.associations(List.of(about)),
                            Reading.measurements(
                                    List.of(new Measurement(Measurement.TEMPERATURE, Math.round(celsius * 100))))),
                    key);
            prev = m.digest();
            waiting.add(m);
        }

        void delivers() {
            for (int from = 0; from < waiting.size(); from += 500) {
                List<SignedMessage> some = waiting.subList(from, Math.min(waiting.size(), from + 500));
                CborWriter out = new CborWriter().array(some.size());
                some.forEach(m -> out.array(2)
                        .text(topic.endsWith("/r") ? topic : topic + "/r")
                        .bytes(m.wire()));
                given().auth()
                        .oauth2(TokensResource.INGEST)
                        .contentType("application/cbor")
                        .body(out.toBytes())
                        .post("/api/readings")
                        .then()
                        .statusCode(200);
            }
            waiting.clear();
        }
    }

    private record Told(Firm farm, Firm shop, List<Thing> items, String gtin, Logger logger) {}

    private static Told told(String lot) {
        Firm farm = Firm.founded("farm", "NO");
        Firm shop = Firm.founded("shop", "NO");
        String gtin = farm.makes(lot);
        List<Thing> items = farm.reserves(gtin, lot, 2);
        farm.does("commissioning", START, 60.0, 5.0, null, items);
        farm.does("packing", START.plusSeconds(3600), 60.0, 5.0, "https://id.gs1.org/00/" + SSCC, items);
        farm.does("shipping", START.plusSeconds(7200), 60.0, 5.0, null, items);
        shop.does("receiving", START.plusSeconds(40_000), 60.0, 5.1, null, items);
        return new Told(farm, shop, items, gtin, Logger.of(farm));
    }

    private static NoteVerifier logKey() {
        return NoteVerifier.ofVkey(given().get("/ledger/key").asString().strip());
    }

    /** Of what is committed; what is shown may be a second behind. */
    private long logSize() {
        return ledger.checkpoint().size();
    }

    private static Association batch(String gtin, String lot) {
        return Association.batch("/01/" + gtin + "/10/" + lot);
    }

    @Test
    void readingsOfBatchAndUnitAreProvedAndPositionsStayHidden() throws Exception {
        Told told = told("B-1");
        for (int i = 0; i < 6; i++) {
            told.logger().measures(START.plusSeconds(600L * i), 2 + 0.1 * i, batch(told.gtin(), "B-1"));
        }
        for (int i = 6; i < 12; i++) {
            told.logger().measures(START.plusSeconds(600L * i), 3, Association.sscc(SSCC));
        }
        // The same unit, after the item has left it: not this item's any more.
        told.logger().measures(START.plusSeconds(50_000), 30, Association.sscc(SSCC));
        told.logger().delivers();
        String uri = told.items().get(0).uri();
        JourneyTest.passport(uri)
                .statusCode(200)
                .body("condition.readings", equalTo(12))
                .body("condition.points", hasSize(12))
                .body("condition.excursions", hasSize(0))
                .body("condition.maxCelsius", equalTo(5.0f))
                .body("condition.devices[0].keeper", equalTo("device"))
                .body(
                        "answer.lines.find { it.line == 'condition' }.reason",
                        equalTo("Temperature kept within -1 °C to 5 °C in 12 signed readings."));
        ProofFile proof = JourneyTest.proof(uri);
        assertEquals(12, proof.messages().size());
        assertEquals(Set.of(), JourneyTest.failures(proof));
        for (ProofFile.Message m : proof.messages()) {
            var disclosed = io.waymark.evidence.message.Disclosure.parse(m.disclosure());
            assertTrue(disclosed.group(Reading.POSITION).isEmpty());
            assertTrue(disclosed.group(Reading.MEASUREMENTS).isPresent());
            assertTrue(disclosed.group(Reading.ASSOCIATIONS).isPresent());
        }
    }

    @Test
    void whatAStolenKeySignedIsShownAsSuspectAndWhatItSignedBeforeIsNot() throws Exception {
        Told told = told("B-7");
        told.logger().measures(START.plusSeconds(60), 2, batch(told.gtin(), "B-7"));
        told.logger().delivers();
        long suspectFrom = logSize();
        told.logger().measures(START.plusSeconds(120), 3, batch(told.gtin(), "B-7"));
        told.logger().delivers();
        String uri = told.items().get(0).uri();
        JourneyTest.passport(uri)
                .body("condition.suspectReadings", equalTo(0))
                .body("answer.lines.find { it.line == 'condition' }.state", equalTo("good"));

        told.farm()
                .as()
                .body(Map.of(
                        "kid",
                        HexFormat.of()
                                .formatHex(told.logger().key.verificationKey().kid()),
                        "reason",
                        "compromised",
                        "suspectFrom",
                        suspectFrom))
                .post("/api/devices/" + HexFormat.of().formatHex(told.logger().id) + "/revocations")
                .then()
                .statusCode(200)
                .body("suspectFrom", equalTo((int) suspectFrom));

        JourneyTest.passport(uri)
                .body("condition.readings", equalTo(2))
                .body("condition.suspectReadings", equalTo(1))
                .body("answer.band", equalTo("look-closer"))
                .body("answer.lines.find { it.line == 'condition' }.state", equalTo("caution"))
                .body(
                        "answer.lines.find { it.line == 'condition' }.reason",
                        startsWith(
                                "Within limits, but 1 of 2 readings were signed with a key that was reported stolen"));
        ProofFile proof = JourneyTest.proof(uri);
        List<Check> open = ProofVerification.verify(proof, logKey()).stream()
                .filter(check -> check.outcome() != Outcome.PASS)
                .toList();
        assertEquals(
                List.of("reading signature, message 1, CANNOT_TELL"),
                open.stream()
                        .map(c -> c.name() + ", " + c.lookedAt() + ", " + c.outcome())
                        .toList());
    }

    @Test
    void aStolenSigningKeyMakesItsStepsSuspectAndASecondRevocationReachesFurtherBack() throws Exception {
        Told told = told("B-8");
        String uri = told.items().get(0).uri();
        Firm shop = told.shop();
        String kid = HexFormat.of().formatHex(shop.key.verificationKey().kid());
        String revocations = "/api/devices/" + HexFormat.of().formatHex(shop.streamId) + "/revocations";
        int superseded = shop.as()
                .body(Map.of("kid", kid, "reason", "superseded"))
                .post(revocations)
                .then()
                .statusCode(200)
                .body("suspectFrom", nullValue())
                .extract()
                .path("index");
        JourneyTest.passport(uri).body("answer.lines.find { it.line == 'story' }.state", equalTo("good"));
        // After its revocation nothing by the key counts: there is nothing left to be suspect.
        shop.as()
                .body(Map.of("kid", kid, "reason", "compromised", "suspectFrom", superseded + 1))
                .post(revocations)
                .then()
                .statusCode(200)
                .body("index", equalTo(superseded))
                .body("reason", equalTo("superseded"));

        int compromised = shop.as()
                .body(Map.of("kid", kid, "reason", "compromised", "suspectSince", START.toString()))
                .post(revocations)
                .then()
                .statusCode(200)
                .extract()
                .path("index");

        assertTrue(compromised > superseded);
        JourneyTest.passport(uri)
                .body("steps.suspect", equalTo(List.of(false, false, false, true)))
                .body("answer.lines.find { it.line == 'story' }.state", equalTo("caution"))
                .body(
                        "answer.lines.find { it.line == 'story' }.reason",
                        equalTo(
                                "Step 4: signed with a key that Firm shop reported stolen. Who signed, nobody can say."))
                .body("answer.lines.find { it.line == 'label' }.state", equalTo("good"));
        assertTrue(JourneyTest.proof(uri).keys().stream()
                .map(key -> key.place().leafIndex())
                .toList()
                .containsAll(List.of((long) superseded, (long) compromised)));
        // Again, and later than known: nothing new.
        for (Map<String, ?> body : List.of(
                Map.of("kid", kid, "reason", "lost"),
                Map.of("kid", kid, "reason", "compromised", "suspectFrom", superseded))) {
            shop.as().body(body).post(revocations).then().statusCode(200).body("index", equalTo(superseded));
        }
    }

    @Test
    void aStrangersDeviceCannotSpeakAboutSomebodysBatch() {
        Told told = told("B-6");
        Logger stranger = Logger.of(Firm.founded("stranger", "NO"));
        stranger.measures(START.plusSeconds(60), 40, batch(told.gtin(), "B-6"));
        stranger.measures(START.plusSeconds(8000), 40, Association.sscc(SSCC));
        stranger.delivers();
        JourneyTest.passport(told.items().get(0).uri()).statusCode(200).body("condition.readings", equalTo(0));
        JourneyTest.passport("https://id.gs1.org/01/" + told.gtin() + "/10/B-6")
                .statusCode(200)
                .body("condition.readings", equalTo(0));
    }

    @Test
    void anExcursionIsToldInWordsAndOneTooLongIsBad() {
        Told told = told("B-2");
        double[] hours = {2, 3, 9.3, 11.2, 9, 3, 2};
        for (int i = 0; i < hours.length; i++) {
            told.logger().measures(START.plusSeconds(3600L * i), hours[i], batch(told.gtin(), "B-2"));
        }
        told.logger().delivers();
        JourneyTest.passport(told.items().get(0).uri())
                .body("answer.band", equalTo("do-not-use"))
                .body("condition.excursions", hasSize(1))
                .body("condition.excursions[0].peakCelsius", equalTo(11.2f))
                .body("condition.excursions[0].minutes", equalTo(180))
                .body(
                        "answer.lines.find { it.line == 'condition' }.reason",
                        startsWith("Warmer than 5 °C for 3 h on "));
    }

    @Test
    void aByteChangedInAStoredReadingFailsByName() throws Exception {
        Told told = told("B-3");
        told.logger().measures(START.plusSeconds(60), 2, batch(told.gtin(), "B-3"));
        told.logger().measures(START.plusSeconds(120), 2, batch(told.gtin(), "B-3"));
        told.logger().delivers();
        String uri = told.items().get(0).uri();
        assertEquals(Set.of(), JourneyTest.failures(JourneyTest.proof(uri)));
        assertEquals(
                1,
                JourneyTest.asSuperuser(
                        "UPDATE trace.message SET wire = set_byte(wire, length(wire) - 1, get_byte(wire, length(wire) - 1) # 1) WHERE stream_id = ? AND seq = 1",
                        (Object) told.logger().id));
        assertTrue(JourneyTest.failures(JourneyTest.proof(uri)).contains("reading content"));
        JourneyTest.asSuperuser(
                "UPDATE trace.message SET wire = '\\xff' WHERE stream_id = ? AND seq = 1", (Object) told.logger().id);
        assertTrue(JourneyTest.failures(JourneyTest.proof(uri)).contains("reading signature"));
        JourneyTest.asSuperuser(
                "UPDATE trace.message SET ledger_index = 5000000 + ledger_index WHERE stream_id = ? AND seq = 0",
                (Object) told.logger().id);
        assertTrue(JourneyTest.failures(JourneyTest.proof(uri)).contains("reading inclusion"));
        JourneyTest.passport(uri).statusCode(200);
    }

    @Test
    void aStatementAboutAPhotoIsInTheProof() throws Exception {
        Told told = told("B-4");
        String uri = told.items().get(0).uri();
        Firm farm = told.farm();
        SignedMessage statement = farm.states(new Statement("photo", Firm.random(32), uri));
        farm.as()
                .contentType(ContentType.JSON)
                .body(Map.of("wire", Firm.b64(statement.wire())))
                .post("/api/statements")
                .then()
                .statusCode(200);
        ProofFile proof = JourneyTest.proof(uri);
        assertEquals(1, proof.messages().size());
        assertEquals(Set.of(), JourneyTest.failures(proof));
        // Steps and statements share the stream's numbering.
        farm.does("inspecting", Instant.now(), null, null, null, farm.reservesAndCommissions(told.gtin(), "B-4", 1));
    }

    @Test
    void aProofFetchedWhileReadingsArriveHolds() throws Exception {
        Told told = told("B-6");
        String uri = told.items().get(0).uri();
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> sensor = CompletableFuture.runAsync(() -> {
            for (int i = 0; !enough.get(); i++) {
                told.logger().measures(START.plusSeconds(i), 2, batch(told.gtin(), "B-6"));
                told.logger().delivers();
            }
        });
        try {
            for (int i = 0; i < 60; i++) {
                assertEquals(Set.of(), JourneyTest.failures(JourneyTest.proof(uri)), "proof " + i);
            }
        } finally {
            enough.set(true);
            sensor.join();
        }
    }

    @Test
    void aPassportWithSixHundredReadingsIsQuick() throws Exception {
        Told told = told("B-5");
        for (int i = 0; i < 600; i++) {
            told.logger().measures(START.plusSeconds(60L * i), 2, batch(told.gtin(), "B-5"));
        }
        told.logger().delivers();
        String uri = told.items().get(0).uri();
        JourneyTest.passport(uri).body("condition.readings", greaterThan(590));
        JourneyTest.proof(uri);
        long json = Long.MAX_VALUE;
        long proof = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long a = System.nanoTime();
            JourneyTest.passport(uri).statusCode(200);
            long b = System.nanoTime();
            ProofFile file = JourneyTest.proof(uri);
            json = Math.min(json, b - a);
            proof = Math.min(proof, System.nanoTime() - b);
            assertEquals(600, file.messages().size());
        }
        System.getLogger("test")
                .log(
                        System.Logger.Level.INFO,
                        "600 readings: passport {0} ms, proof {1} ms",
                        json / 1_000_000,
                        proof / 1_000_000);
        assertTrue(
                json < 500_000_000L && proof < 1_500_000_000L,
                "passport " + json / 1_000_000 + " ms, proof " + proof / 1_000_000 + " ms");
    }
}
