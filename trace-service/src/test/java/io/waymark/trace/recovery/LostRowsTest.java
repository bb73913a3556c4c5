package io.waymark.trace.recovery;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TestStream;
import io.waymark.trace.TokensResource;
import io.waymark.trace.device.LoggedKeys;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.Ledger;
import io.waymark.trace.organisation.Database;
import io.waymark.trace.reading.Intake;
import io.waymark.trace.reading.Outcome;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** The log has its entries, the rows beside them are gone: what happens to whatever is sent again. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class LostRowsTest {
    @Inject
    Ledger ledger;

    @Inject
    Intake intake;

    @Inject
    Streams streams;

    @Inject
    Database database;

    @ConfigProperty(name = "waymark.trace.db.url")
    String url;

    @Test
    void aReadingThatIsSentAgainTakesItsOldPlaceAndHasItsRowsAndItsReceipt() throws Exception {
        Firm firm = Firm.founded("fisher", "NO");
        TestStream device = new TestStream();
        long bound = index(registered(firm, device).statusCode(200));
        SignedMessage first = device.reading(null, -1850);
        SignedMessage second = device.reading(first, -1840);
        long at = stored(send(firm, device, first));
        long next = stored(send(firm, device, second));
        long size = ledger.checkpoint().size();

        lose(device);
        long boundAgain = index(registered(firm, device).statusCode(200));
        Intake.Answer again = send(firm, device, second, first);

        assertEquals(bound, boundAgain);
        assertEquals(List.of(new Outcome.Stored(next), new Outcome.Stored(at)), again.outcomes());
        assertEquals(size, ledger.checkpoint().size(), "nothing new is in the log");
        assertEquals(2, count("SELECT count(*) FROM trace.message WHERE stream_id = " + id(device)));
        assertEquals(2, count("SELECT count(*) FROM trace.measurement WHERE stream_id = " + id(device)));
        Receipt receipt = Receipt.parse(again.receipts().get(0).receipt()).receipt();
        assertTrue(receipt.covers(0, 0) && receipt.covers(0, 1));
        assertEquals(
                new Outcome.Duplicate(at), send(firm, device, first).outcomes().get(0));
    }

    @Test
    void aSecondMessageUnderTheNumberOfALostOneIsEvidenceAndHoldsUpNobody() throws Exception {
        Firm firm = Firm.founded("fisher", "NO");
        TestStream device = new TestStream();
        registered(firm, device).statusCode(200);
        SignedMessage first = device.reading(null, 100);
        stored(send(firm, device, first));
        lose(device);
        registered(firm, device).statusCode(200);
        SignedMessage other = device.reading(null, 900);
        SignedMessage good = device.reading(other, 901);

        List<Outcome> outcomes = send(firm, device, other, good).outcomes();

        assertTrue(outcomes.get(0) instanceof Outcome.Equivocation, outcomes.toString());
        long evidence = ((Outcome.Equivocation) outcomes.get(0)).index();
        assertEquals(
                HexFormat.of().formatHex(Entries.equivocation(device.secret, 0, 0, other.digest())),
                HexFormat.of().formatHex(ledger.entry(evidence)));
        assertTrue(outcomes.get(1) instanceof Outcome.Stored, outcomes.toString());
        assertEquals(
                outcomes.get(0), send(firm, device, other).outcomes().get(0), "sent again it is the same evidence");
        assertTrue(
                send(firm, device, first).outcomes().get(0) instanceof Outcome.Stored, "the first one can come back");
    }

    @Test
    void aDeviceIsRegisteredAgainAsItWasAndNotOtherwise() throws Exception {
        Firm firm = Firm.founded("fisher", "NO");
        TestStream device = new TestStream();
        long bound = index(registered(firm, device).statusCode(200));
        lose(device);

        registered(firm, device, Map.of("streamSecret", Firm.b64(Firm.random(32))))
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/bound-otherwise"))
                .body("detail", containsString("at index " + bound + ", with another stream secret"));
        registered(firm, device, Map.of("kind", "freezer", "keeper", "gateway"))
                .statusCode(409)
                .body("detail", containsString("keeper device, kind or label \"logger\""));
        registered(Firm.founded("thief", "NO"), device)
                .statusCode(409)
                .body("detail", containsString("organisation fisher.example"));
        assertEquals(bound, index(registered(firm, device).statusCode(200)));
    }

    @Test
    void noTwoStreamsHaveOneSecret() throws Exception {
        Firm firm = Firm.founded("fisher", "NO");
        TestStream device = new TestStream();
        TestStream other = new TestStream();
        registered(firm, device).statusCode(200);
        registered(firm, other, Map.of("streamSecret", Firm.b64(device.secret)))
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/stream-secret-taken"));
    }

    @Test
    void whatTheLogSaysOfKeysIsPutBackWithIt() throws Exception {
        Firm firm = Firm.founded("fisher", "NO");
        TestStream device = new TestStream();
        long bound = index(registered(firm, device).statusCode(200));
        String kid = HexFormat.of().formatHex(device.key.verificationKey().kid());
        long revoked = firm.as()
                .body(Map.of("kid", kid, "reason", "lost"))
                .post("/api/devices/" + device.hex() + "/revocations")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getLong("index");
        sql("DELETE FROM trace.stream_key WHERE stream_id = " + id(device)); // the stream itself was in the backup

        restore(bound);
        restore(revoked);

        assertEquals(
                1,
                count("SELECT count(*) FROM trace.stream_key WHERE stream_id = " + id(device) + " AND binding_index = "
                        + bound + " AND revoked_index = " + revoked + " AND revoked_reason = 'lost' AND tenant_id = '"
                        + firm.slug + "'"));

        lose(device);
        restore(bound);
        restore(bound);
        registered(firm, device).statusCode(409).body("type", equalTo("https://waymark.io/problems/key-revoked"));
        TestStream successor = new TestStream();
        Map<String, Object> sameStream = new HashMap<>(Map.of(
                "id", device.hex(),
                "possession", Firm.b64(successor.key.sign(Firm.possession(device.id)))));
        registered(firm, successor, sameStream)
                .statusCode(409)
                .body("detail", containsString("at index " + bound + ", with another stream secret or role"));
        sameStream.put("streamSecret", Firm.b64(device.secret));
        registered(firm, successor, sameStream).statusCode(200);
    }

    @Test
    void aStepThatIsSentAgainTakesItsOldLinksAndAnotherOneIsTold() throws Exception {
        Firm maker = Firm.founded("smoker", "NO");
        String gtin = maker.makes("L-1");
        List<Firm.Thing> items = maker.reserves(gtin, "L-1", 3);
        SignedMessage born = maker.signs(maker.summary("commissioning", Instant.now(), null, null, null), items, true);
        List<Integer> before = links(maker.posts(born, items, true).then().statusCode(200));
        long size = ledger.checkpoint().size();
        sql("DELETE FROM trace.link WHERE step_digest = '\\x" + HexFormat.of().formatHex(born.digest()) + "'");
        sql("DELETE FROM trace.step WHERE stream_id = '\\x"
                + HexFormat.of().formatHex(born.head().id()) + "'");
        sql(
                "UPDATE trace.traced_object SET state = 'reserved', last_n = -1, last_link = NULL, holder = NULL WHERE gtin = '"
                        + gtin + "'");

        maker.forgets(born);
        SignedMessage other = maker.signs(maker.summary("commissioning", Instant.now(), null, null, null), items, true);
        maker.posts(other, items, true)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/link-conflict"))
                .body("detail", containsString("is in the log at index " + before.get(0)));

        assertEquals(before, links(maker.posts(born, items, true).then().statusCode(200)));
        assertTrue(ledger.checkpoint().size() <= size + 1, "a map head at most came since");
        assertEquals(before, links(maker.posts(born, items, true).then().statusCode(200)));
    }

    @Test
    void thePlatformNeverGivesANumberAgainThatWasUsedInWhatWasLost() throws Exception {
        Firm maker = Firm.founded("smoker", "NO");
        String gtin = maker.makes("L-2");
        commissions(maker, gtin, "L-2");
        long size = ledger.checkpoint().size();
        assertNotEquals(size, epoch(maker));
        sql("INSERT INTO trace.ledger_recovery (from_size, to_size, ended_at) VALUES (0, " + size + ", now())");

        commissions(maker, gtin, "L-2");
        commissions(maker, gtin, "L-2");

        assertEquals(size, epoch(maker));
        assertEquals(
                2,
                count("SELECT count(*) FROM trace.step WHERE tenant_id = '" + maker.slug + "' AND epoch = " + size
                        + " AND seq < 2"));
    }

    @Test
    void rowsThatAreGoneAreCounted() throws Exception {
        Firm maker = Firm.founded("smoker", "NO");
        long first = ledger.checkpoint().size();
        LostRows none = lostFrom(first);
        TestStream device = new TestStream();
        registered(maker, device).statusCode(200);
        stored(send(maker, device, device.reading(null, 1)));
        String gtin = maker.makes("L-3");
        List<Firm.Thing> items = maker.reservesAndCommissions(gtin, "L-3", 4);
        assertEquals(none, lostFrom(first));

        lose(device);
        sql("DELETE FROM trace.link WHERE uri = '" + items.get(0).uri() + "'");
        assertEquals(new LostRows(none.statements() + 1, none.links() + 1, none.bindings() + 1), lostFrom(first));
    }

    // ---- helpers ----

    private LostRows lostFrom(long first) {
        return database.ledger(c -> LostRows.from(c, first));
    }

    private void restore(long index) {
        database.ledger(c -> {
            LoggedKeys.restore(c, index, List.of(ledger.entry(index)));
            return null;
        });
        streams.forgetAll();
    }

    private static void commissions(Firm maker, String gtin, String lot) {
        maker.as()
                .body(Map.of("count", 1))
                .post("/api/batches/" + gtin + "/" + lot + "/commission")
                .then()
                .statusCode(200);
    }

    private long epoch(Firm maker) throws Exception {
        return count("SELECT max(epoch) FROM trace.step WHERE tenant_id = '" + maker.slug + "'");
    }

    private static ValidatableResponse registered(Firm firm, TestStream device) {
        return registered(firm, device, Map.of());
    }

    private static ValidatableResponse registered(Firm firm, TestStream device, Map<String, Object> otherwise) {
        Map<String, Object> body = new HashMap<>(device.device());
        body.putAll(otherwise);
        return firm.as().body(body).post("/api/devices").then();
    }

    private static long index(ValidatableResponse answer) {
        return answer.extract().jsonPath().getLong("index");
    }

    private static List<Integer> links(ValidatableResponse answer) {
        return answer.extract().path("links.index");
    }

    private Intake.Answer send(Firm firm, TestStream device, SignedMessage... messages) {
        List<byte[]> wires =
                java.util.stream.Stream.of(messages).map(SignedMessage::wire).toList();
        return intake.readings(wires.stream().map(w -> device.topic(firm.slug)).toList(), wires)
                .join();
    }

    private static long stored(Intake.Answer answer) {
        return ((Outcome.Stored) answer.outcomes().get(0)).index();
    }

    private static String id(TestStream device) {
        return "'\\x" + device.hex() + "'";
    }

    /** Everything the database knew of the device. */
    private void lose(TestStream device) throws Exception {
        for (String table : List.of(
                "measurement",
                "message_subject",
                "equivocation",
                "device_last",
                "stored_range",
                "message",
                "stream_key")) {
            sql("DELETE FROM trace." + table + " WHERE stream_id = " + id(device));
        }
        sql("DELETE FROM trace.stream WHERE id = " + id(device));
        streams.forgetAll();
    }

    /** As superuser, who alone may delete. */
    private void sql(String text) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "postgres", "postgres");
                Statement s = c.createStatement()) {
            s.execute(text);
        }
    }

    private long count(String query) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "postgres", "postgres");
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
