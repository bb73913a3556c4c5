package io.waymark.trace.reading;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.SecurityAttribute;
import io.quarkus.test.security.TestSecurity;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.receipt.ResendCommand;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.device.ReceiptKey;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.quarantine.Quarantine;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Holes, replays, two messages under one number, clocks that lie: each is visible, and nothing of it is lost. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@TestSecurity(
        user = "tester",
        roles = {"producer", "viewer", "service-ingest"},
        attributes = @SecurityAttribute(key = "waymark.tenant", value = "acme"))
class FindingsTest {
    @Inject
    @DataSource("ledger")
    AgroalDataSource database;

    @Inject
    Ledger ledger;

    @Inject
    Intake intake;

    @Inject
    Gaps gaps;

    @Inject
    ReceiptKey receiptKey;

    @Inject
    Quarantine quarantine;

    @Inject
    Anchors anchors;

    @Inject
    Streams streams;

    private final TestStream device = new TestStream();

    /** A little ahead of the database's clock, by which what is noted is due. */
    private final Instant now = Instant.now().plusSeconds(60);

    @BeforeEach
    void organisationAndDevice() throws SQLException {
        device.registerAtAcme(database);
    }

    private Outcome send(SignedMessage message) {
        return intake.readings(List.of(device.topic("acme")), List.of(message.wire()))
                .join()
                .outcomes()
                .get(0);
    }

    private SignedMessage[] chain(int length) {
        SignedMessage[] chain = new SignedMessage[length];
        for (int i = 0; i < length; i++) {
            chain[i] = device.reading(i == 0 ? null : chain[i - 1], 100 + i);
        }
        return chain;
    }

    private SignedMessage sign(int type, long epoch, SignedMessage before, long time, byte[] anchor, Group... groups) {
        return SignedMessage.sign(
                new Head(
                        type,
                        device.id,
                        epoch,
                        before == null ? 0 : before.head().seq() + 1,
                        before == null ? null : before.digest(),
                        time,
                        2,
                        100L,
                        anchor),
                groups.length == 0 ? List.of(Reading.measurements(List.of(new Measurement(1, 400)))) : List.of(groups),
                device.key);
    }

    private JsonPath findings() {
        return given().get("/api/devices/" + device.hex() + "/findings")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    /** Sweeps until this device's holes were looked at: other tests of this database have theirs. */
    private void sweep(Instant at) {
        while (gaps.sweep(at) >= 500) {}
    }

    private ResendCommand asked(Instant at) throws Exception {
        ResendCommand mine = null;
        for (Gaps.Asked asked : gaps.due(at)) {
            ResendCommand.Signed signed = ResendCommand.parse(asked.command());
            assertTrue(signed.verifies(receiptKey.bound().verificationKey()));
            if (Arrays.equals(signed.command().deviceId(), device.id)) {
                assertEquals("v1/acme/" + device.site + "/" + device.hex(), asked.topicPrefix());
                mine = signed.command();
            }
        }
        return mine;
    }

    @Test
    void aHoleIsAskedForThenEnteredInTheLogAndLateArrivalIsSeenAsLate() throws Exception {
        SignedMessage[] chain = chain(7);
        send(chain[0]);
        send(chain[3]);
        send(chain[6]);

        sweep(now);
        assertEquals(List.of("open", "open"), findings().getList("gaps.state"));
        assertEquals(null, asked(now.plusSeconds(60)), "asked before it could fill by itself");

        ResendCommand command = asked(now.plus(Duration.ofMinutes(2)));
        assertEquals(List.of(new ResendCommand.Range(0, 1, 2), new ResendCommand.Range(0, 4, 5)), command.ranges());
        assertEquals(null, asked(now.plus(Duration.ofMinutes(30))), "asked twice within the hour");
        assertEquals(command.ranges(), asked(now.plus(Duration.ofMinutes(63))).ranges());
        assertEquals(List.of("asked", "asked"), findings().getList("gaps.state"));

        send(chain[1]);
        send(chain[2]);
        send(chain[5]);
        sweep(now.plus(Duration.ofHours(25)));
        JsonPath missing = findings();
        assertEquals(List.of("missing"), missing.getList("gaps.state"));
        assertEquals(List.of(4), missing.getList("gaps.from"));
        long index = missing.getLong("gaps[0].index");
        long noticed = Instant.parse(missing.getString("gaps[0].noticedAt")).toEpochMilli();
        assertArrayEquals(Entries.gap(device.secret, device.id, 0, 4, 4, noticed), ledger.entry(index));
        assertEquals(0, missing.getList("chainBreaks").size());

        Outcome.Stored late = assertInstanceOf(Outcome.Stored.class, send(chain[4]));
        assertTrue(late.index() > index, "the log shows that it was missing before it came");
        sweep(now.plus(Duration.ofHours(26)));
        assertEquals(List.of("late"), findings().getList("gaps.state"));
        given().get("/api/devices/" + device.hex() + "/readings").then().body("linkState.unique()", contains("linked"));
    }

    @Test
    void whatTheDeviceDeclaresIsVisibleAndNotAskedFor() throws Exception {
        SignedMessage[] chain = chain(4);
        send(chain[0]);
        send(chain[3]);
        SignedMessage boot = sign(
                MessageType.BOOT,
                1,
                null,
                1_790_000_600_000L,
                null,
                Group.of(30, v -> v.unsigned(2)),
                Group.of(31, v -> v.bytes(new byte[32])),
                Group.of(33, v -> v.array(2).unsigned(0).unsigned(9)));
        send(boot);
        sweep(now);
        assertEquals(List.of(4, 1), findings().getList("gaps.from"), "behind the last that came, too");

        SignedMessage declaration = sign(
                MessageType.GAP_DECLARATION,
                1,
                boot,
                1_790_000_700_000L,
                null,
                new GapDeclaration(
                                List.of(new GapDeclaration.Range(0, 1, 1), new GapDeclaration.Range(0, 4, 9)),
                                GapDeclaration.STORE_LOST)
                        .groups(1)
                        .toArray(Group[]::new));
        Outcome.Stored stored = assertInstanceOf(Outcome.Stored.class, send(declaration));
        sweep(now.plusSeconds(60));

        JsonPath findings = findings();
        assertEquals(List.of("declared", "open", "declared"), findings.getList("gaps.state"));
        assertEquals(List.of(4, 2, 1), findings.getList("gaps.from"));
        assertEquals((int) stored.index(), findings.getInt("gaps[0].index"));
        assertEquals(1, findings.getInt("gaps[0].reason"));
        assertEquals(
                List.of(new ResendCommand.Range(0, 2, 2)),
                asked(now.plus(Duration.ofHours(2))).ranges());
    }

    @Test
    void afterTwoMessagesUnderOneNumberNothingNewOfThatKeyIsTaken() throws Exception {
        SignedMessage[] chain = chain(5);
        send(chain[0]);
        send(chain[1]);
        send(chain[2]);
        SignedMessage other = device.reading(chain[0], 900);

        Outcome.Equivocation second = assertInstanceOf(Outcome.Equivocation.class, send(other));

        assertEquals(new Outcome.Refused("after-equivocation"), send(chain[3]));
        assertEquals(
                new Outcome.Refused("after-equivocation"),
                send(sign(1, 1, null, 1_790_000_000_000L, null)),
                "a new epoch is no way out");
        assertInstanceOf(Outcome.Duplicate.class, send(chain[2]), "what is in the log has its receipt");
        assertEquals(second, send(other));
        JsonPath findings = findings();
        assertEquals(List.of(1), findings.getList("equivocations.seq"));
        assertEquals(List.of((int) second.index()), findings.getList("equivocations.index"));
        assertEquals(List.of(1), findings.getList("held.seq"));
    }

    @Test
    void anEpochThatWasLeftIsNotGoneOnWithButItsHolesMayFill() throws Exception {
        SignedMessage[] chain = chain(6);
        send(chain[0]);
        send(chain[2]);
        send(sign(1, 1, null, 1_790_000_900_000L, null));

        assertInstanceOf(Outcome.Stored.class, send(chain[3]), "a straggler of the first minutes");
        try (Connection c = database.getConnection();
                var s = c.prepareStatement(
                        "UPDATE stored_range SET begun_at = now() - interval '1 hour' WHERE stream_id = ?")) {
            s.setBytes(1, device.id);
            s.executeUpdate();
        }
        // Known for a minute; a message of a new epoch makes it be read again.
        send(sign(1, 2, null, 1_790_000_900_000L, null));
        try (Connection c = database.getConnection();
                var s = c.prepareStatement(
                        "UPDATE stored_range SET begun_at = now() - interval '1 hour' WHERE stream_id = ?")) {
            s.setBytes(1, device.id);
            s.executeUpdate();
        }

        assertEquals(new Outcome.Refused("old-epoch"), send(chain[4]));
        assertInstanceOf(Outcome.Stored.class, send(chain[1]));
        assertInstanceOf(Outcome.Duplicate.class, send(chain[3]));
    }

    @Test
    void aClockThatDoesNotFitIsMarkedNeverCorrected() throws Exception {
        long day = 86_400_000;
        long real = System.currentTimeMillis();
        Intake.Answer first = intake.readings(
                        List.of(device.topic("acme")),
                        List.of(sign(1, 0, null, real, null).wire()))
                .join();
        byte[] receipt = first.receipts().get(0).receipt();
        SignedMessage one = sign(1, 0, null, real, null);
        SignedMessage two = sign(1, 5, null, real, Sha256.of(receipt));
        SignedMessage three = sign(1, 5, two, real - day, Sha256.of(receipt));
        SignedMessage four = sign(1, 5, three, real + day, Sha256.of("no receipt".getBytes()));
        SignedMessage five = sign(1, 5, four, real, null);
        assertNotNull(one);
        send(two);
        send(three);
        send(five);
        send(four);

        JsonPath findings = findings();
        assertEquals(
                List.of(3, 2, 1).stream().sorted().toList(),
                findings.<Integer>getList("clocks.seq").stream().sorted().toList());
        assertEquals(
                List.of("before-predecessor", "before-anchor"), findings.getList("clocks.find { it.seq == 1 }.marks"));
        assertEquals(List.of("ahead-of-arrival"), findings.getList("clocks.find { it.seq == 2 }.marks"));
        assertEquals(
                List.of("before-predecessor"),
                findings.getList("clocks.find { it.seq == 3 }.marks"),
                "its predecessor came after it");
        assertNotNull(findings.getString("clocks.find { it.seq == 1 }.notBefore"));
        assertEquals(null, findings.getString("clocks.find { it.seq == 2 }.notBefore"));
        given().get("/api/devices/" + device.hex() + "/readings")
                .then()
                .body(
                        "find { it.seq == 1 && it.epoch == 5 }.time",
                        equalTo(Instant.ofEpochMilli(real - day).toString()));
    }

    /** Captured packets played again, in any order, on anybody's topic: the ledger ends as if each had come once. */
    @Test
    void packetsInAnyOrderAnyNumberOfTimesOnAnyTopicCountOnce() throws Exception {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        Random random = new Random(seed);
        TestStream other = new TestStream();
        given().contentType("application/json")
                .body(other.device())
                .post("/api/devices")
                .then()
                .statusCode(200);
        List<SignedMessage> packets = new ArrayList<>(List.of(chain(20)));
        SignedMessage last = null;
        for (int i = 0; i < 20; i++) {
            last = other.reading(last, i);
            packets.add(last);
        }
        Map<SignedMessage, Long> indexes = new HashMap<>();
        while (indexes.size() < 40 || random.nextInt(20) > 0) {
            List<String> topics = new ArrayList<>();
            List<byte[]> wires = new ArrayList<>();
            List<SignedMessage> sent = new ArrayList<>();
            for (int i = random.nextInt(8); i >= 0; i--) {
                SignedMessage packet = packets.get(random.nextInt(packets.size()));
                boolean mine = Arrays.equals(packet.head().id(), device.id);
                TestStream of = random.nextInt(4) == 0 == mine ? other : device;
                topics.add(of.topic(random.nextInt(4) == 0 ? "other" : "acme"));
                wires.add(packet.wire());
                sent.add(packet);
            }
            List<Outcome> outcomes = intake.readings(topics, wires).join().outcomes();
            for (int i = 0; i < sent.size(); i++) {
                TestStream of = Arrays.equals(sent.get(i).head().id(), device.id) ? device : other;
                String what = "packet " + i + " of " + topics + ", seed " + seed;
                if (!topics.get(i).equals(of.topic("acme"))) {
                    assertInstanceOf(Outcome.Refused.class, outcomes.get(i), what);
                } else if (outcomes.get(i) instanceof Outcome.Stored stored) {
                    assertEquals(null, indexes.put(sent.get(i), stored.index()), what);
                } else {
                    assertEquals(
                            indexes.get(sent.get(i)),
                            assertInstanceOf(Outcome.Duplicate.class, outcomes.get(i), what)
                                    .index(),
                            what);
                }
            }
        }
        assertEquals(40, Set.copyOf(indexes.values()).size(), "seed " + seed);
        for (Map.Entry<SignedMessage, Long> entry : indexes.entrySet()) {
            SignedMessage packet = entry.getKey();
            byte[] secret = Arrays.equals(packet.head().id(), device.id) ? device.secret : other.secret;
            assertArrayEquals(
                    Entries.statement(secret, 0, packet.head().seq(), packet.digest()), ledger.entry(entry.getValue()));
        }
        sweep(now);
        for (TestStream each : List.of(device, other)) {
            given().get("/api/devices/" + each.hex() + "/readings")
                    .then()
                    .body("linkState", hasSize(20))
                    .body("linkState.unique()", contains("linked"));
            given().get("/api/devices/" + each.hex() + "/findings")
                    .then()
                    .body("gaps", empty())
                    .body("chainBreaks", empty())
                    .body("equivocations", empty())
                    .body("clocks", empty());
        }
    }

    private void quarantine(SignedMessage message, String reason) {
        given().contentType("application/cbor")
                .body(new CborWriter()
                        .array(1)
                        .array(4)
                        .text(device.topic("acme"))
                        .bytes(message.wire())
                        .text(reason)
                        .unsigned(System.currentTimeMillis())
                        .toBytes())
                .post("/api/quarantine")
                .then()
                .statusCode(204);
    }

    private long newestInQuarantine() {
        return given().get("/api/quarantine?size=1").jsonPath().getLong("rows[0].id");
    }

    private ValidatableResponse admit(long id, String reason) {
        return given().contentType("application/json")
                .body(Map.of("reason", reason))
                .post("/api/quarantine/" + id + "/admission")
                .then();
    }

    @Test
    void anOperatorTakesWhatARevokedKeySignedBeforeAndTheLogKnowsWhy() throws Exception {
        SignedMessage[] chain = chain(3);
        send(chain[0]);
        given().contentType("application/json")
                .body(Map.of(
                        "kid",
                        HexFormat.of().formatHex(device.key.verificationKey().kid()),
                        "reason",
                        "superseded"))
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200);
        assertEquals(new Outcome.Refused("key-revoked"), send(chain[1]));
        quarantine(chain[1], "key-revoked");

        long index = admit(newestInQuarantine(), "buffered at sea before the exchange")
                .statusCode(200)
                .extract()
                .jsonPath()
                .getLong("index");

        assertArrayEquals(Entries.statement(device.secret, 0, 1, chain[1].digest()), ledger.entry(index));
        JsonPath findings = findings();
        assertEquals("key-revoked", findings.getString("admissions[0].refusedAs"));
        assertEquals("tester", findings.getString("admissions[0].by"));
        assertArrayEquals(
                Entries.admission(
                        device.secret,
                        chain[1].digest(),
                        "buffered at sea before the exchange".getBytes(StandardCharsets.UTF_8)),
                ledger.entry(findings.getLong("admissions[0].index")));
        given().get("/api/quarantine?size=1")
                .then()
                .body("rows[0].admissible", equalTo(false))
                .body("rows[0].index", equalTo((int) index));
        admit(newestInQuarantine(), "again").statusCode(200).body("index", equalTo((int) index));
        assertInstanceOf(Outcome.Refused.class, send(chain[2]), "the next one needs a word of its own");
    }

    @Test
    void whatIsNotTheDevicesOwnCannotBeTaken() throws Exception {
        SignedMessage message = chain(1)[0];
        quarantine(message, "wrong-topic");
        admit(newestInQuarantine(), "please").statusCode(422).body("detail", containsString("wrong-topic"));
        SignedMessage forged =
                SignedMessage.sign(message.head(), message.groups(), SigningKey.generate(Algorithm.ED25519));
        quarantine(forged, "key-revoked");
        admit(newestInQuarantine(), "please").statusCode(422).body("detail", containsString("unknown-key"));
        admit(newestInQuarantine(), "").statusCode(400);
        admit(Long.MAX_VALUE, "please").statusCode(404);
        assertInstanceOf(Outcome.Stored.class, send(message));
    }

    @Test
    void oneDeviceDoesNotPushTheOthersOutAndNothingStaysForEver() throws Exception {
        SignedMessage message = chain(1)[0];
        for (int i = 0; i < 25; i++) {
            quarantine(message, "malformed-truncated");
        }
        given().get("/api/quarantine?size=200")
                .then()
                .body("rows.findAll { it.topic.contains('" + device.hex() + "') }.size()", equalTo(20));
        assertTrue(quarantine.forget(Instant.now().plusSeconds(5)) >= 20);
        given().get("/api/quarantine?size=200").then().body("rows", empty());
    }

    @Test
    void aWitnessedReceiptCoversWhatTheCosignedTreeHolds() throws Exception {
        AtomicReference<VerifiedCheckpoint> cosigned = new AtomicReference<>();
        WitnessedReceipts receipts = new WitnessedReceipts(
                () -> true, () -> Optional.ofNullable(cosigned.get()), receiptKey, anchors, database);
        SignedMessage[] chain = chain(4);
        Stream stream = streams.find(device.id).orElseThrow();
        receipts.stored(
                stream, assertInstanceOf(Outcome.Stored.class, send(chain[0])).index());
        receipts.stored(
                stream, assertInstanceOf(Outcome.Stored.class, send(chain[2])).index());
        assertEquals(0, receipts.due().size(), "no witness has said anything");
        VerifiedCheckpoint before = ledger.checkpoint();
        receipts.stored(
                stream, assertInstanceOf(Outcome.Stored.class, send(chain[1])).index());
        receipts.stored(
                stream, assertInstanceOf(Outcome.Stored.class, send(chain[3])).index());

        cosigned.set(before);
        Receipt first = only(receipts.due());
        assertEquals(Receipt.WITNESSED, first.receiptClass());
        assertEquals(before.size(), first.treeSize());
        assertArrayEquals(before.root(), first.root());
        assertEquals(
                List.of(true, false, true, false),
                LongStream.range(0, 4).mapToObj(seq -> first.covers(0, seq)).toList());
        assertEquals(0, receipts.due().size(), "said twice");

        cosigned.set(ledger.checkpoint());
        List<WitnessedReceipts.Due> due = receipts.due();
        for (int i = 0; i < 500 && due.isEmpty(); i++) { // at most one a second
            Thread.sleep(20);
            due = receipts.due();
        }
        Receipt all = only(due);
        assertEquals(1, all.ranges().size());
        assertTrue(all.covers(0, 0) && all.covers(0, 3));
        assertEquals(0, receipts.due().size());
    }

    private Receipt only(List<WitnessedReceipts.Due> due) throws Exception {
        assertEquals(1, due.size());
        assertEquals("v1/acme/" + device.site + "/" + device.hex(), due.get(0).topicPrefix());
        Receipt.Signed signed = Receipt.parse(due.get(0).receipt());
        assertTrue(signed.verifies(receiptKey.bound().verificationKey()));
        return signed.receipt();
    }

    @Test
    void onlyIngestFetchesWhatIsForDevices() {
        given().post("/api/outgoing").then().statusCode(200).contentType("application/cbor");
    }

    @Test
    @TestSecurity(
            user = "tester",
            roles = {"producer", "viewer", "administrator"},
            attributes = @SecurityAttribute(key = "waymark.tenant", value = "acme"))
    void anOwnerDoesNotFetchWhatIsForDevices() {
        given().post("/api/outgoing").then().statusCode(403);
    }

    @Test
    void aDeviceWithoutAnythingWrongHasNoFindings() {
        send(chain(1)[0]);
        sweep(now);
        given().get("/api/devices/" + device.hex() + "/findings")
                .then()
                .statusCode(200)
                .body("gaps", empty())
                .body("chainBreaks", hasSize(0))
                .body("equivocations", hasSize(0))
                .body("held", hasSize(0))
                .body("clocks", hasSize(0))
                .body("admissions", hasSize(0));
        given().get("/api/devices/" + HexFormat.of().formatHex(TestStream.random(16)) + "/findings")
                .then()
                .statusCode(404);
    }
}
