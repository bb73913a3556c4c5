package io.waymark.trace.reading;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.SecurityAttribute;
import io.quarkus.test.security.TestSecurity;
import io.waymark.evidence.audit.CheckpointList;
import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.device.Registration;
import io.waymark.trace.ledger.CommitWork;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.ledger.Submission;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@TestSecurity(
        user = "tester",
        roles = {"producer", "viewer", "service-ingest"},
        attributes = @SecurityAttribute(key = "waymark.tenant", value = "acme"))
class IntakeTest {
    @Inject
    @DataSource("ledger")
    AgroalDataSource database;

    @Inject
    Ledger ledger;

    @Inject
    Readings readings;

    @Inject
    Intake intake;

    @Inject
    Registration registration;

    private final TestStream device = new TestStream();

    private record Answered(int outcome, String reason, Long index) {}

    private record Batch(List<Answered> outcomes, List<Receipt.Signed> receipts, List<String> prefixes) {
        Answered only() {
            assertEquals(1, outcomes.size());
            return outcomes.get(0);
        }

        Receipt receipt() {
            assertEquals(1, receipts.size());
            return receipts.get(0).receipt();
        }
    }

    @BeforeEach
    void organisationAndDevice() throws SQLException {
        device.registerAtAcme(database);
    }

    private static void register(TestStream stream) {
        given().contentType("application/json")
                .body(stream.device())
                .post("/api/devices")
                .then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100_000})
    void whatIsNoBatchIsRefusedWhateverItsLength(int length) {
        given().contentType("application/cbor")
                .body(new byte[length])
                .post("/api/readings")
                .then()
                .statusCode(400)
                .contentType("application/problem+json");
    }

    private Batch send(Object... topicsAndWires) throws MalformedException {
        CborWriter out = new CborWriter().array(topicsAndWires.length / 2);
        for (int i = 0; i < topicsAndWires.length; i += 2) {
            out.array(2).text((String) topicsAndWires[i]).bytes((byte[]) topicsAndWires[i + 1]);
        }
        byte[] answer = given().contentType("application/cbor")
                .body(out.toBytes())
                .post("/api/readings")
                .then()
                .statusCode(200)
                .contentType("application/cbor")
                .extract()
                .asByteArray();
        CborReader in = new CborReader(answer);
        assertEquals(2, in.map());
        assertEquals(0, in.unsigned());
        List<Answered> outcomes = new ArrayList<>();
        for (int n = in.array(); n > 0; n--) {
            in.array(3);
            int outcome = (int) in.unsigned();
            String reason = null;
            if (in.isNull()) {
                in.nul();
            } else {
                reason = in.text();
            }
            Long index = null;
            if (in.isNull()) {
                in.nul();
            } else {
                index = in.unsigned();
            }
            outcomes.add(new Answered(outcome, reason, index));
        }
        assertEquals(1, in.unsigned());
        List<Receipt.Signed> receipts = new ArrayList<>();
        List<String> prefixes = new ArrayList<>();
        for (int n = in.array(); n > 0; n--) {
            in.array(3);
            in.bytes(16);
            prefixes.add(in.text());
            receipts.add(Receipt.parse(in.bytes()));
        }
        in.end();
        return new Batch(outcomes, receipts, prefixes);
    }

    private Batch send(TestStream from, SignedMessage... messages) throws MalformedException {
        Object[] parts = new Object[messages.length * 2];
        for (int i = 0; i < messages.length; i++) {
            parts[2 * i] = from.topic("acme");
            parts[2 * i + 1] = messages[i].wire();
        }
        return send(parts);
    }

    @Test
    void aReadingIsInTheLogAndReceiptedByAKeyOfTheLog() throws Exception {
        SignedMessage first = device.reading(null, -1850);

        Batch batch = send(device, first);

        Answered stored = batch.only();
        assertEquals(0, stored.outcome());
        assertArrayEquals(Entries.statement(device.secret, 0, 0, first.digest()), ledger.entry(stored.index()));
        Receipt receipt = batch.receipt();
        assertTrue(receipt.covers(0, 0));
        assertArrayEquals(first.digest(), receipt.ranges().get(0).digest());
        assertEquals(stored.index(), receipt.ranges().get(0).index());
        assertEquals(List.of("v1/acme/cold-store-1/" + device.hex()), batch.prefixes());
        assertTrue(receipt.treeSize() > stored.index());
        assertTrue(
                batch.receipts()
                        .get(0)
                        .verifies(receiptKey(batch.receipts().get(0).kid())),
                "signed by a bound receipt key");
        VerifiedCheckpoint now = ledger.checkpoint();
        assertTrue(ledger.inclusion(stored.index(), now.size())
                .places(MerkleHash.leaf(ledger.entry(stored.index())), now));
    }

    private VerificationKey receiptKey(byte[] kid) throws MalformedException {
        for (long i = 0; i < ledger.checkpoint().size(); i++) {
            byte[] entry = ledger.entry(i);
            if (KeyBinding.is(entry)) {
                KeyBinding binding = KeyBinding.parse(entry);
                if (binding.role().equals("receipt")
                        && Arrays.equals(binding.key().kid(), kid)) {
                    return binding.key();
                }
            }
        }
        throw new AssertionError("no receipt key in the log");
    }

    @Test
    void theSameMessageAgainHasTheSameIndexAndAReceiptAgain() throws Exception {
        SignedMessage first = device.reading(null, 100);
        Answered stored = send(device, first).only();

        Batch again = send(device, first, first);

        assertEquals(
                List.of(new Answered(1, null, stored.index()), new Answered(1, null, stored.index())),
                again.outcomes());
        assertTrue(again.receipt().covers(0, 0));
    }

    @Test
    void twiceInOneBatchIsStoredOnce() throws Exception {
        SignedMessage first = device.reading(null, 100);
        List<Answered> outcomes = send(device, first, first).outcomes();
        assertEquals(0, outcomes.get(0).outcome());
        assertEquals(new Answered(1, null, outcomes.get(0).index()), outcomes.get(1));
    }

    @Test
    void aSecondMessageForOnePlaceIsKeptAsProofAndTheFirstStays() throws Exception {
        SignedMessage first = device.reading(null, 100);
        SignedMessage second = device.reading(null, 900);
        Answered stored = send(device, first).only();

        Answered equivocation = send(device, second).only();

        assertEquals(2, equivocation.outcome());
        assertNotEquals(stored.index(), equivocation.index());
        assertArrayEquals(
                Entries.equivocation(device.secret, 0, 0, second.digest()), ledger.entry(equivocation.index()));
        assertEquals(equivocation, send(device, second).only());
        assertEquals(new Answered(1, null, stored.index()), send(device, first).only());
    }

    @Test
    void bothOfAnEquivocationMayArriveInOneBatch() throws Exception {
        List<Answered> outcomes = send(device, device.reading(null, 100), device.reading(null, 900))
                .outcomes();
        assertEquals(0, outcomes.get(0).outcome());
        assertEquals(2, outcomes.get(1).outcome());
    }

    @Test
    void whatIsNotTheDevicesOwnIsRefusedWithItsReason() throws Exception {
        TestStream stranger = new TestStream();
        TestStream other = new TestStream(Algorithm.P256);
        register(other);
        SignedMessage good = device.reading(null, 100);
        byte[] forged = good.wire().clone();
        SignedMessage foreignKey = SignedMessage.sign(good.head(), good.groups(), stranger.key);

        List<Answered> outcomes = send(
                        stranger.topic("acme"),
                        stranger.reading(null, 1).wire(),
                        other.topic("acme"),
                        good.wire(),
                        device.topic("other-tenant"),
                        good.wire(),
                        device.topic("acme").replace("cold-store-1", "elsewhere"),
                        good.wire(),
                        "v1/acme/x",
                        good.wire(),
                        device.topic("acme"),
                        foreignKey.wire(),
                        device.topic("acme"),
                        "junk".getBytes(StandardCharsets.UTF_8),
                        device.topic("acme"),
                        new byte[0],
                        device.topic("acme"),
                        new byte[70_000],
                        device.topic("acme"),
                        statement(device, null).wire(),
                        device.topic("acme"),
                        signatureBroken(forged),
                        other.topic("acme"),
                        other.reading(null, 5).wire())
                .outcomes();

        assertEquals(
                List.of("unknown-key", "topic-mismatch", "wrong-topic", "wrong-topic", "wrong-topic", "unknown-key"),
                outcomes.subList(0, 6).stream().map(Answered::reason).toList());
        assertTrue(outcomes.get(6).reason().startsWith("malformed-"));
        assertTrue(outcomes.get(7).reason().startsWith("malformed-"));
        assertEquals("too-large", outcomes.get(8).reason());
        assertEquals("wrong-type", outcomes.get(9).reason());
        assertEquals("bad-signature", outcomes.get(10).reason());
        assertEquals(0, outcomes.get(11).outcome(), "a good one beside them is stored");
    }

    @Test
    void whatNoRowCanHoldIsRefusedAndHoldsUpNobodyElse() throws Exception {
        TestStream other = new TestStream();
        register(other);
        SignedMessage first = device.reading(null, 100);
        SignedMessage last = SignedMessage.sign(
                new Head(
                        MessageType.READING,
                        device.id,
                        0,
                        Long.MAX_VALUE,
                        first.digest(),
                        first.head().timeMillis(),
                        2,
                        100L,
                        null),
                first.groups(),
                device.key);
        // 1000 times this offset wraps around to a time far in the future.
        SignedMessage wrapping = device.sign(
                null,
                MessageType.READING,
                List.of(Reading.series(List.of(new Series(1, 9_300_000_000_000_000L, 60, new long[] {1, 2}, -2, 0)))));

        List<Answered> outcomes = send(
                        device.topic("acme"),
                        last.wire(),
                        device.topic("acme"),
                        wrapping.wire(),
                        other.topic("acme"),
                        other.reading(null, 5).wire())
                .outcomes();

        assertEquals("sequence-out-of-range", outcomes.get(0).reason());
        assertEquals("time-out-of-range", outcomes.get(1).reason());
        assertEquals(0, outcomes.get(2).outcome());
    }

    /** Flips a bit in the signature: the last 64 bytes of the COSE_Sign1, which the secret and the groups follow. */
    private static byte[] signatureBroken(byte[] wire) throws MalformedException {
        byte[] cose = SignedMessage.parse(wire).cose();
        for (int at = 0; at + cose.length <= wire.length; at++) {
            if (Arrays.equals(cose, Arrays.copyOfRange(wire, at, at + cose.length))) {
                wire[at + cose.length - 1] ^= 1;
                return wire;
            }
        }
        throw new AssertionError("no COSE in the wire bytes");
    }

    /**
     * Requests of several tenants, good and bad, that are stored in one group: each is answered as if it had come alone, and every row is its
     * own tenant's. One has a place in its stream that the log gave to another message: it is kept as evidence.
     */
    @Test
    void requestsStoredTogetherAreAnsweredEachForItself() throws Exception {
        TestStream foreign = new TestStream();
        try (Connection c = database.getConnection();
                java.sql.Statement s = c.createStatement()) {
            s.execute("INSERT INTO organisation (slug, name, domain) VALUES ('globex', 'Globex', 'globex.example') "
                    + "ON CONFLICT DO NOTHING");
        }
        registration.bind(new Registration.Candidate(
                foreign.id,
                "globex",
                KeyBinding.DEVICE,
                "device",
                foreign.key.verificationKey(),
                foreign.secret,
                "temperature",
                foreign.site,
                "theirs",
                "logger",
                0));
        TestStream poisoned = new TestStream();
        register(poisoned);
        ledger.append(List.of(Submission.of(Entries.statement(poisoned.secret, 0, 0, new byte[32]))), CommitWork.NONE);
        List<TestStream> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(new TestStream());
            register(others.get(i));
        }
        SignedMessage mine = device.reading(null, 1);
        SignedMessage second = device.reading(null, 2);
        SignedMessage theirs = foreign.reading(null, 3);
        byte[] forged = signatureBroken(device.reading(null, 4).wire().clone());

        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService callers = Executors.newCachedThreadPool();
        try {
            // The writer is kept busy, so that the requests pile up behind it.
            Future<?> occupied = callers.submit(() -> ledger.append(List.of(), (c, indexes) -> {
                busy.countDown();
                await(go);
            }));
            await(busy);
            List<Future<Intake.Answer>> first = new ArrayList<>();
            for (TestStream other : others) {
                first.add(ask(callers, other, "acme", other.reading(null, 5).wire()));
            }
            Future<Intake.Answer> good = ask(callers, device, "acme", mine.wire());
            Future<Intake.Answer> fromElsewhere = ask(callers, foreign, "globex", theirs.wire());
            Future<Intake.Answer> again = ask(callers, foreign, "globex", theirs.wire());
            Future<Intake.Answer> bad = ask(callers, device, "acme", forged);
            Future<Intake.Answer> stuck =
                    ask(callers, poisoned, "acme", poisoned.reading(null, 6).wire());
            Thread.sleep(200); // the more of them wait together, the more this shows; nothing depends on it
            go.countDown();
            occupied.get(30, TimeUnit.SECONDS);

            for (Future<Intake.Answer> one : first) {
                Intake.Answer answer = one.get(30, TimeUnit.SECONDS);
                assertInstanceOf(Outcome.Stored.class, answer.outcomes().get(0));
                assertEquals(1, answer.receipts().size());
            }
            Intake.Answer stored = good.get(30, TimeUnit.SECONDS);
            long index = ((Outcome.Stored) stored.outcomes().get(0)).index();
            assertArrayEquals(Entries.statement(device.secret, 0, 0, mine.digest()), ledger.entry(index));
            assertArrayEquals(device.id, stored.receipts().get(0).deviceId());
            Outcome one = fromElsewhere.get(30, TimeUnit.SECONDS).outcomes().get(0);
            Outcome other = again.get(30, TimeUnit.SECONDS).outcomes().get(0);
            assertEquals(indexOf(one), indexOf(other));
            assertEquals(
                    "v1/globex/cold-store-1/" + foreign.hex(),
                    again.get().receipts().get(0).topicPrefix());
            Intake.Answer refused = bad.get(30, TimeUnit.SECONDS);
            assertEquals(List.of(new Outcome.Refused("bad-signature")), refused.outcomes());
            assertEquals(List.of(), refused.receipts());
            assertInstanceOf(
                    Outcome.Equivocation.class,
                    stuck.get(30, TimeUnit.SECONDS).outcomes().get(0),
                    "kept as evidence beside the entry that came first");
        } finally {
            go.countDown();
            callers.shutdownNow();
        }
        assertEquals("globex", tenantOf(foreign));
        assertEquals("acme", tenantOf(device));
        assertEquals(2, send(device, second).only().outcome(), "the first message is found by who comes later");
        given().get("/api/devices/" + foreign.hex() + "/readings").then().statusCode(404);
    }

    /** A key revoked while a request with its message waits: that message is refused, the group is stored. */
    @Test
    void aKeyRevokedMeanwhileTakesNobodyElsesMessageWithIt() throws Exception {
        TestStream other = new TestStream();
        register(other);
        SignedMessage before = device.reading(null, 1);
        send(device, before); // its key is remembered as good from now on
        try (Connection c = database.getConnection();
                java.sql.PreparedStatement revoke = c.prepareStatement(
                        "UPDATE stream_key SET revoked_index = binding_index + 1000000000 WHERE stream_id = ?")) {
            revoke.setBytes(1, device.id);
            assertEquals(1, revoke.executeUpdate());
        }

        List<Answered> outcomes = send(
                        other.topic("acme"),
                        other.reading(null, 2).wire(),
                        device.topic("acme"),
                        device.reading(before, 3).wire())
                .outcomes();

        assertEquals(0, outcomes.get(0).outcome());
        assertEquals(new Answered(3, "key-revoked", null), outcomes.get(1));
    }

    private Future<Intake.Answer> ask(ExecutorService callers, TestStream from, String tenant, byte[] wire) {
        return callers.submit(() ->
                intake.readings(List.of(from.topic(tenant)), List.of(wire)).get());
    }

    private static long indexOf(Outcome outcome) {
        return outcome instanceof Outcome.Stored stored ? stored.index() : ((Outcome.Duplicate) outcome).index();
    }

    private String tenantOf(TestStream stream) throws SQLException {
        try (Connection c = database.getConnection();
                java.sql.PreparedStatement select = c.prepareStatement(
                        "SELECT string_agg(DISTINCT t, ',') FROM (SELECT tenant_id FROM message WHERE stream_id = ?"
                                + " UNION ALL SELECT tenant_id FROM measurement WHERE stream_id = ?"
                                + " UNION ALL SELECT tenant_id FROM stored_range WHERE stream_id = ?) AS w (t)")) {
            for (int i = 1; i <= 3; i++) {
                select.setBytes(i, stream.id);
            }
            try (java.sql.ResultSet row = select.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFrameThatIsNotCborIsABadRequest() {
        given().contentType("application/cbor")
                .body("junk".getBytes(StandardCharsets.UTF_8))
                .post("/api/readings")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("type", equalTo("https://waymark.io/problems/malformed"));
    }

    @Test
    void nothingIsTakenFromAKeyAfterItsRevocation() throws Exception {
        SignedMessage first = device.reading(null, 100);
        Answered before = send(device, first).only();
        Map<String, String> body = Map.of(
                "kid", HexFormat.of().formatHex(device.key.verificationKey().kid()), "reason", "lost");
        int index = given().contentType("application/json")
                .body(body)
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200)
                .extract()
                .path("index");
        assertTrue(index > before.index());

        assertEquals(
                new Answered(3, "key-revoked", null),
                send(device, device.reading(first, 200)).only());
        given().contentType("application/json")
                .body(body)
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200)
                .body("index", equalTo(index));
        given().get("/api/devices/" + device.hex() + "/keys")
                .then()
                .statusCode(200)
                .body("tenant", equalTo("acme"))
                .body("keys.revoked", equalTo(List.of(true)));
    }

    @ParameterizedTest(name = "{0}, {1}, {2}: {3}")
    @CsvSource({
        "stolen,,, reason must be one of",
        ",,, reason must be one of",
        "compromised,,, compromised needs suspectFrom",
        "compromised, 0, 2026-01-01T00:00:00Z, compromised needs suspectFrom",
        "compromised, -1,, suspectFrom must not be negative",
        "compromised, 9000000000,, and the log has",
        "compromised,, yesterday, suspectSince must be a time",
        "compromised,, 2999-01-01T00:00:00Z, is to come",
        "lost, 0,, nothing is suspect of a key that is lost",
        "superseded,, 2026-01-01T00:00:00Z, nothing is suspect of a key that is superseded",
    })
    void aRevocationThatMakesNoSenseRevokesNothing(String reason, Long from, String since, String detail) {
        Map<String, Object> body = new HashMap<>();
        body.put("kid", HexFormat.of().formatHex(device.key.verificationKey().kid()));
        body.put("reason", reason);
        body.put("suspectFrom", from);
        body.put("suspectSince", since);

        given().contentType("application/json")
                .body(body)
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("detail", containsString(detail));

        given().get("/api/devices/" + device.hex() + "/keys").then().body("keys.revoked", equalTo(List.of(false)));
    }

    @Test
    void aKeyThatAnotherProcessRevokedIsRefusedAtOnceThoughItIsRemembered() throws Exception {
        SignedMessage first = device.reading(null, 100);
        long index = send(device, first).only().index();
        // As the other process's commit leaves it; this one was told nothing.
        try (Connection c = database.getConnection();
                PreparedStatement update =
                        c.prepareStatement("UPDATE stream_key SET revoked_index = ? WHERE stream_id = ?")) {
            update.setLong(1, 1_000_000_000_000L + index);
            update.setBytes(2, device.id);
            assertEquals(1, update.executeUpdate());
        }

        assertEquals(
                new Answered(3, "key-revoked", null),
                send(device, device.reading(first, 200)).only());
    }

    @Test
    void aTimeIsTheIndexOfTheFirstEntryThen() throws Exception {
        Instant earlier = databaseTime();
        long recorded = send(device, device.reading(null, 100)).only().index();
        Instant later = databaseTime();

        Revocation after = compromisedSince(later);
        assertEquals(Revocation.COMPROMISED, after.reason());
        assertTrue(after.suspectFrom() > recorded, after.toString());
        Revocation before = compromisedSince(earlier);
        assertTrue(before.suspectFrom() <= recorded, before.toString());
    }

    private Revocation compromisedSince(Instant since) throws Exception {
        int index = given().contentType("application/json")
                .body(Map.of(
                        "kid",
                        HexFormat.of().formatHex(device.key.verificationKey().kid()),
                        "reason",
                        "compromised",
                        "suspectSince",
                        since.toString()))
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200)
                .extract()
                .path("index");
        return Revocation.parse(ledger.entry(index));
    }

    private Instant databaseTime() throws SQLException {
        try (Connection c = database.getConnection();
                java.sql.Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT clock_timestamp()")) {
            row.next();
            return row.getTimestamp(1).toInstant();
        }
    }

    @Test
    void messagesOutOfOrderAreLinkedWhenTheirPredecessorArrives() throws Exception {
        SignedMessage m0 = device.reading(null, 0);
        SignedMessage m1 = device.reading(m0, 1);
        SignedMessage m2 = device.reading(m1, 2);
        SignedMessage m3 = device.reading(m2, 3);
        SignedMessage notM4 = device.reading(device.reading(m2, 999), 4);

        Batch gap = send(device, m3, m0);
        assertEquals(
                List.of("0-0", "3-3"),
                gap.receipt().ranges().stream()
                        .map(r -> r.from() + "-" + r.to())
                        .toList());
        assertEquals(List.of("linked", "pending-link"), linkStates());
        Batch filled = send(device, m2, m1, notM4);
        assertEquals(
                List.of("0-4"),
                filled.receipt().ranges().stream()
                        .map(r -> r.from() + "-" + r.to())
                        .toList());
        assertEquals(List.of("linked", "linked", "linked", "linked", "chain-break"), linkStates());
    }

    private List<String> linkStates() {
        List<Map<String, Object>> shown = given().get("/api/devices/" + device.hex() + "/readings?limit=10")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("$");
        return shown.stream()
                .sorted((a, b) -> Integer.compare((int) a.get("seq"), (int) b.get("seq")))
                .map(m -> (String) m.get("linkState"))
                .toList();
    }

    @Test
    void measurementsAndSeriesAreFoundByTheObjectTheyAreAbout() throws Exception {
        long sscc = 106_141_410_000_000_000L + Math.abs(new java.util.Random().nextInt());
        String path = String.format("/00/%018d", sscc);
        SignedMessage m = device.sign(
                null,
                MessageType.READING,
                List.of(
                        Reading.associations(List.of(Association.sscc(sscc))),
                        Reading.measurements(List.of(new Measurement(1, -1850), new Measurement(2, 4000))),
                        Reading.series(List.of(new Series(1, 120, 60, new long[] {-1900, -1880}, -2, 1)))));
        long index = send(device, m).only().index();
        given().get("/api/devices/" + device.hex() + "/readings?limit=1")
                .then()
                .statusCode(200)
                .body("[0].measurements.value", equalTo(List.of(-1850, 4000)))
                .body("[0].series[0].values", equalTo(List.of(-1900, -1880)))
                .body("[0].series[0].stepSeconds", equalTo(60))
                .body("[0].series[0].exponent", equalTo(-2));

        List<Readings.Point> points = readings.temperature(List.of(path));
        long time = m.head().timeMillis();
        assertEquals(
                List.of((time - 120_000) + " -19.0", (time - 60_000) + " -18.8", time + " -18.5"),
                points.stream()
                        .map(p -> p.timeMillis() + " " + Math.round(p.celsius() * 10) / 10.0)
                        .toList());
        List<StoredMessage> about = readings.about(List.of(path), 10);
        assertEquals(1, about.size());
        assertEquals(1, readings.countAbout(List.of(path)));
        assertArrayEquals(m.wire(), about.get(0).wire());
        assertEquals(index, about.get(0).index());
        given().get("/api/devices?size=500")
                .then()
                .statusCode(200)
                .body("find { it.id == '" + device.hex() + "' }.last.quantity", hasItem(2))
                .body("find { it.id == '" + device.hex() + "' }.lastSeen", startsWith("20"));
    }

    private static SignedMessage statement(TestStream by, SignedMessage before) {
        return by.sign(
                before,
                MessageType.STATEMENT,
                List.of(new Statement("photo", TestStream.random(32), "https://id.gs1.org/01/09506000134352/21/A")
                        .group()));
    }

    @Test
    void anOrganisationsStatementIsInTheLogOnce() {
        TestStream office = new TestStream(Algorithm.P256);
        int binding = given().contentType("application/json")
                .body(office.organisationKey())
                .post("/api/keys")
                .then()
                .statusCode(200)
                .extract()
                .path("index");
        given().contentType("application/json")
                .body(office.organisationKey())
                .post("/api/keys")
                .then()
                .statusCode(200)
                .body("index", equalTo(binding));
        SignedMessage said = statement(office, null);
        Map<String, String> body = Map.of("wire", TestStream.base64(said.wire()));

        int index = given().contentType("application/json")
                .body(body)
                .post("/api/statements")
                .then()
                .statusCode(200)
                .body("digest", equalTo(HexFormat.of().formatHex(said.digest())))
                .extract()
                .path("index");

        given().contentType("application/json")
                .body(body)
                .post("/api/statements")
                .then()
                .body("index", equalTo(index));
        given().contentType("application/json")
                .body(Map.of("wire", TestStream.base64(statement(office, null).wire())))
                .post("/api/statements")
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/equivocation"));
        given().contentType("application/json")
                .body(Map.of(
                        "wire",
                        TestStream.base64(statement(new TestStream(), null).wire())))
                .post("/api/statements")
                .then()
                .statusCode(422)
                .body("detail", equalTo("unknown-key"));
    }

    /** Otherwise the first devices of an installation take receipts of anybody: they find no key to check them with. */
    @Test
    void theKeyOfReceiptsIsInTheLogBeforeTheFirstDevice() throws Exception {
        List<String> roles = new ArrayList<>();
        for (long i = 0; i < ledger.checkpoint().size(); i++) {
            if (KeyBinding.is(ledger.entry(i))) {
                roles.add(KeyBinding.parse(ledger.entry(i)).role());
            }
        }
        int receipts = roles.indexOf(KeyBinding.RECEIPT);
        assertTrue(receipts >= 0 && receipts < roles.indexOf(KeyBinding.DEVICE), roles.toString());
    }

    @Test
    void aDeviceIsRegisteredOnceAndOnlyByWhoHoldsItsKey() {
        TestStream fresh = new TestStream();
        int index = given().contentType("application/json")
                .body(fresh.device())
                .post("/api/devices")
                .then()
                .statusCode(200)
                .body("topic", equalTo("v1/acme/cold-store-1/" + fresh.hex()))
                .body("mqttPassword.length()", equalTo(32))
                .extract()
                .path("index");
        given().contentType("application/json")
                .body(fresh.device())
                .post("/api/devices")
                .then()
                .statusCode(200)
                .body("index", equalTo(index));

        TestStream thief = new TestStream();
        Map<String, Object> stolen = new java.util.HashMap<>(fresh.device());
        stolen.put("id", thief.hex());
        given().contentType("application/json")
                .body(stolen)
                .post("/api/devices")
                .then()
                .statusCode(403)
                .body("type", equalTo("https://waymark.io/problems/possession-not-proved"));
        stolen.put("id", "zz");
        given().contentType("application/json")
                .body(stolen)
                .post("/api/devices")
                .then()
                .statusCode(400);
    }

    @Test
    void theRefusedAreKeptWithinAQuotaAndCountedForEver() {
        for (int round = 0; round < 3; round++) {
            CborWriter out = new CborWriter().array(10);
            for (int i = 0; i < 10; i++) {
                out.array(4)
                        .text(device.topic("somebody-else"))
                        .bytes(new byte[] {(byte) round, (byte) i})
                        .text("bad-signature")
                        .unsigned(1_790_000_000_000L);
            }
            given().contentType("application/cbor")
                    .body(out.toBytes())
                    .post("/api/quarantine")
                    .then()
                    .statusCode(204);
        }
        given().get("/api/quarantine?page=0&size=200")
                .then()
                .statusCode(200)
                .body("rows.findAll { it.topic.contains('" + device.hex() + "') }", hasSize(20))
                .body("rows[0].rawHex", equalTo("0209"))
                .body("rows[19].rawHex", equalTo("0100"))
                .body("counts.find { it.reason == 'bad-signature' }.n", equalTo(30));
    }

    @Test
    void tilesAndCheckpointAreServedAsOtherToolsExpectThem() throws Exception {
        send(device, device.reading(null, 1));
        String note = given().get("/ledger/checkpoint")
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("text/plain;charset=utf-8"))
                .extract()
                .asString();
        String vkey = given().get("/ledger/key")
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .strip();
        VerifiedCheckpoint head = NoteVerifier.ofVkey(vkey).checkpoint(note);
        if (head.size() % 256 == 0) {
            register(new TestStream());
        }
        long size = ledger.checkpoint().size();
        int width = (int) (size % 256);
        String edge = Tiles.path(0, size / 256, width);
        byte[] tile = given().get("/ledger/" + edge)
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("application/octet-stream"))
                .header("Cache-Control", equalTo("public, max-age=31536000, immutable"))
                .extract()
                .asByteArray();
        assertEquals(32 * width, tile.length);
        assertArrayEquals(
                MerkleHash.leaf(ledger.entry(0)),
                given().get("/ledger/tile/0/000.p/1")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asByteArray());
        byte[] bundle = given().get("/ledger/" + Tiles.entriesPath(size / 256, width))
                .then()
                .statusCode(200)
                .extract()
                .asByteArray();
        assertArrayEquals(ledger.entry(size - 1), Tiles.entries(bundle).get(width - 1));
        given().get("/ledger/" + Tiles.path(0, size / 256, 256)).then().statusCode(404);
        for (String missing : List.of(
                "0/000.p/0",
                "0/000.p/256",
                "0/x001/x000/000.p/1",
                "2/000.p/1",
                "0/x000/000.p/1",
                "9/000",
                "0/0",
                "0/900")) {
            given().get("/ledger/tile/" + missing).then().statusCode(404);
        }
        given().get("/ledger/consistency?from=1&to=" + size).then().statusCode(200);
        given().get("/ledger/consistency?from=1&to=999999").then().statusCode(404);
        String signed = "";
        for (int i = 0; i < 600 && signed.isEmpty(); i++) { // shown about a second after it was signed
            Thread.sleep(50);
            signed = given().get("/ledger/checkpoints?after=" + (size - 1))
                    .then()
                    .statusCode(200)
                    .header("Cache-Control", equalTo("no-store"))
                    .extract()
                    .asString();
        }
        assertTrue(NoteVerifier.ofVkey(vkey)
                        .checkpoint(CheckpointList.notes(signed).get(0))
                        .size()
                >= size);
        given().get("/ledger/checkpoints?after=" + (size + 1_000_000))
                .then()
                .statusCode(200)
                .body(equalTo(""));
        given().get("/ledger/checkpoints?after=x").then().statusCode(404);
    }
}
