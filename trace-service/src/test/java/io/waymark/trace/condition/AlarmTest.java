package io.waymark.trace.condition;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.message.Association;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Position;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.message.Statement;
import io.waymark.trace.Firm;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Rules over HTTP, readings as devices send them, and the alarms that come of both. */
@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class AlarmTest {
    private static final Instant T = Instant.parse("2026-06-01T00:00:00Z");
    private static final String WARM =
            "{\"kind\":\"limit\",\"id\":\"warm\",\"about\":\"device\",\"quantity\":1,\"highMilli\":8000,\"minutes\":20}";

    @Inject
    ConditionWatch watch;

    @ConfigProperty(name = "waymark.trace.db.url")
    String url;

    @Inject
    @DataSource("ledger")
    AgroalDataSource ledger;

    private static final class Logger {
        final byte[] id = Firm.random(16);
        final String hex = HexFormat.of().formatHex(id);
        final SigningKey key = SigningKey.generate(Algorithm.ED25519);
        final String topic;
        long seq;
        byte[] prev;

        Logger(Firm firm) {
            topic = firm.as()
                    .body(Map.of(
                            "id",
                            hex,
                            "site",
                            "hall",
                            "name",
                            "Logger",
                            "kind",
                            "logger",
                            "coseKey",
                            Firm.b64(key.verificationKey().coseKey()),
                            "keeper",
                            "device",
                            "streamSecret",
                            Firm.b64(Firm.random(32)),
                            "possession",
                            Firm.b64(key.sign(Firm.possession(id)))))
                    .post("/api/devices")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("topic");
        }

        SignedMessage signs(long minute, double celsius, Group... more) {
            List<Group> groups = new ArrayList<>(List.of(more));
            groups.add(Reading.measurements(List.of(new Measurement(1, Math.round(celsius * 100)))));
            groups.sort(java.util.Comparator.comparingInt(Group::key));
            SignedMessage m = SignedMessage.sign(
                    new Head(
                            MessageType.READING,
                            id,
                            0,
                            seq++,
                            prev,
                            T.plus(Duration.ofMinutes(minute)).toEpochMilli(),
                            2,
                            null,
                            null),
                    groups,
                    key);
            prev = m.digest();
            return m;
        }

        void sends(SignedMessage... messages) {
            CborWriter out = new CborWriter().array(messages.length);
            for (SignedMessage m : messages) {
                out.array(2).text(topic + "/r").bytes(m.wire());
            }
            given().auth()
                    .oauth2(TokensResource.INGEST)
                    .contentType("application/cbor")
                    .body(out.toBytes())
                    .post("/api/readings")
                    .then()
                    .statusCode(200);
        }

        void measures(long fromMinute, int step, double... values) {
            List<SignedMessage> all = new ArrayList<>();
            for (double v : values) {
                all.add(signs(fromMinute, v));
                fromMinute += step;
            }
            sends(all.toArray(SignedMessage[]::new));
        }
    }

    private static String rules(String... rules) {
        return "{\"name\":\"cold\",\"from\":\"2026-01-01T00:00:00Z\",\"rules\":[" + String.join(",", rules) + "]}";
    }

    private static JsonPath put(Firm firm, String... rules) {
        return firm.as()
                .body(rules(rules))
                .post("/api/rule-sets")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    /** Waits until everything stored is looked at and nothing is due. */
    private void watched() throws Exception {
        long end;
        try (Connection c = ledger.getConnection();
                ResultSet row =
                        c.createStatement().executeQuery("SELECT coalesce(max(ledger_index), -1) FROM message")) {
            row.next();
            end = row.getLong(1);
        }
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (System.nanoTime() < until) {
            try (Connection c = ledger.getConnection();
                    ResultSet row = c.createStatement()
                            .executeQuery("SELECT reading_index >= " + end
                                    + " AND NOT EXISTS (SELECT FROM condition_due) AND link_index >= (SELECT coalesce(max(ledger_index), -1) FROM link) "
                                    + "FROM condition_position")) {
                row.next();
                if (row.getBoolean(1)) {
                    return;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("the watch did not come to index " + end);
    }

    private static JsonPath alarms(Firm firm, String query) {
        return firm.as()
                .get("/api/alarms?" + query)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private List<Map<String, Object>> open(Firm firm) throws Exception {
        watched();
        return alarms(firm, "state=open").getList("alarms");
    }

    @Test
    void aRuleSetIsInForceWhenItsDigestStandsInTheLedger() throws Exception {
        Firm firm = Firm.founded("rules", "NO");
        JsonPath first = put(firm, WARM);
        assertEquals(1, first.getInt("version"));
        byte[] bytes = Base64.getDecoder().decode(first.getString("bytes"));
        assertEquals(HexFormat.of().formatHex(MerkleHash.sha256(bytes)), first.getString("digest"));
        assertEquals("cold", RuleSet.parse(bytes).name());
        try (Connection c = ledger.getConnection();
                ResultSet row = c.createStatement()
                        .executeQuery(
                                "SELECT wire FROM message WHERE ledger_index = " + first.getLong("ledgerIndex"))) {
            assertTrue(row.next());
            Statement said = SignedMessage.parse(row.getBytes(1))
                    .group(Statement.KEY)
                    .map(Statement::of)
                    .orElseThrow();
            assertEquals("rule", said.subject());
            assertArrayEquals(MerkleHash.sha256(bytes), said.digest());
        }
        JsonPath again = put(firm, WARM);
        assertEquals(1, again.getInt("version"), "the same rules are the same version");
        assertEquals(first.getLong("ledgerIndex"), again.getLong("ledgerIndex"));
        JsonPath second = put(firm, WARM.replace("8000", "9000"));
        assertEquals(2, second.getInt("version"));
        assertTrue(second.getLong("ledgerIndex") > first.getLong("ledgerIndex"));
        assertEquals(3, put(firm, WARM).getInt("version"), "back to the old limits is a version of its own");
        firm.as().get("/api/rule-sets/cold/2").then().statusCode(200).body("rules[0].highMilli", equalTo(9000));
        firm.as().get("/api/rule-sets/cold/9").then().statusCode(404);
        firm.as().get("/api/rule-sets").then().body("", hasSize(3));
    }

    @Test
    void whatIsNoRuleIsRefusedWithASentence() {
        Firm firm = Firm.founded("wrong", "NO");
        Map.of(
                        rules(),
                        "rules must be 1 to 100",
                        rules(WARM, WARM),
                        "two rules have the id warm",
                        rules(WARM.replace("highMilli", "lwoMilli\":2000,\"highMilli")),
                        "lwoMilli",
                        rules(WARM.replace(",\"highMilli\":8000", "")),
                        "needs lowMilli, highMilli or both",
                        rules(WARM.replace("limit", "spell")),
                        "spell",
                        rules(WARM).replace("2026-01-01", "soon"),
                        "from must be a time",
                        rules(WARM).replace("cold", "Cold!"),
                        "name must be",
                        "[]",
                        "",
                        "null",
                        "")
                .forEach((body, says) -> firm.as()
                        .body(body)
                        .post("/api/rule-sets")
                        .then()
                        .statusCode(400)
                        .contentType("application/problem+json")
                        .body("detail", containsString(says)));
    }

    @Test
    void anExcursionRaisesOneAlarmWhoeverAsksAgain() throws Exception {
        Firm firm = Firm.founded("cold", "NO");
        put(firm, WARM);
        Logger logger = new Logger(firm);
        logger.measures(0, 10, 4, 9, 9.5, 11);
        List<Map<String, Object>> open = open(firm);
        assertEquals(1, open.size());
        Map<String, Object> alarm = open.get(0);
        assertEquals("warm", alarm.get("rule"));
        assertEquals(logger.hex, alarm.get("subject"));
        assertEquals("2026-06-01T00:10:00Z", alarm.get("from"));
        assertEquals("2026-06-01T00:30:00Z", alarm.get("raisedAt"));
        assertEquals(11f, ((Number) alarm.get("measure")).floatValue());
        assertEquals(null, alarm.get("to"));
        logger.measures(40, 10, 10, 4);
        alarm = open(firm).get(0);
        assertEquals("2026-06-01T00:50:00Z", alarm.get("to"));
        assertEquals("over", alarm.get("ended"));
        firm.as()
                .get("/api/alarms/" + alarm.get("id"))
                .then()
                .statusCode(200)
                .body("highMilli", equalTo(8000))
                .body("lowMilli", nullValue())
                .body("points", hasSize(6))
                .body("points[3].value", equalTo(11f))
                .body("points[3].index", notNullValue())
                .body("points[3].calibration", equalTo("unknown"))
                .body("digest", equalTo(put(firm, WARM).getString("digest")))
                .body("history.what", equalTo(List.of("raised", "over")));
        // The same rules in other words, evaluated anew: the same alarm.
        put(firm, WARM.replace("\"minutes\":20", "\"minutes\":25"));
        List<Map<String, Object>> anew = open(firm);
        assertEquals(1, anew.size());
        assertEquals(alarm.get("id"), anew.get(0).get("id"));
        assertEquals(2, anew.get(0).get("version"));
        firm.as()
                .get("/api/condition/devices/" + logger.hex)
                .then()
                .statusCode(200)
                .body("[0].ruleSet", equalTo("cold"))
                .body("[0].version", equalTo(2))
                .body("[0].assessment.episodes", hasSize(1));
        Firm other = Firm.founded("other", "NO");
        other.as().get("/api/alarms/" + alarm.get("id")).then().statusCode(404);
        other.as().get("/api/condition/devices/" + logger.hex).then().statusCode(404);
        other.as()
                .body("{}")
                .post("/api/alarms/" + alarm.get("id") + "/clear")
                .then()
                .statusCode(404);
        assertEquals(0, alarms(other, "state=all").getList("alarms").size());
    }

    @Test
    void readingsThatComeLateCorrectWhatWasSaid() throws Exception {
        Firm firm = Firm.founded("late", "NO");
        put(firm, WARM);
        Logger logger = new Logger(firm);
        SignedMessage[] m = new SignedMessage[8];
        double[] values = {4, 9, 4, 9, 9, 9, 9, 4};
        for (int i = 0; i < 8; i++) {
            m[i] = logger.signs(10L * i, values[i]);
        }
        logger.sends(m[0], m[1], m[4], m[5]);
        assertEquals("2026-06-01T00:10:00Z", open(firm).get(0).get("from"), "as far as is known, warm since minute 10");
        logger.sends(m[2], m[7]);
        Object id = open(firm).get(0).get("id");
        assertEquals("2026-06-01T00:40:00Z", open(firm).get(0).get("from"));
        logger.sends(m[6], m[3]);
        List<Map<String, Object>> open = open(firm);
        assertEquals(1, open.size());
        assertEquals(id, open.get(0).get("id"));
        assertEquals("2026-06-01T00:30:00Z", open.get(0).get("from"));
        assertTrue(firm.as()
                .get("/api/alarms/" + id)
                .jsonPath()
                .getList("history.what")
                .contains("corrected"));

        Logger second = new Logger(firm);
        SignedMessage early = second.signs(0, 9);
        SignedMessage between = second.signs(10, 4);
        SignedMessage after = second.signs(25, 9);
        second.sends(early, after);
        watched();
        Predicate<Map<String, Object>> its = a -> second.hex.equals(a.get("subject"));
        assertEquals(1, open(firm).stream().filter(its).count());
        second.sends(between);
        assertEquals(0, open(firm).stream().filter(its).count());
        assertEquals(1, alarms(firm, "state=withdrawn").getList("alarms").size(), "kept, and said so");
    }

    @Test
    void oddMessagesNeitherStopTheWatchNorRaiseTwice() throws Exception {
        Firm firm = Firm.founded("odd", "NO");
        put(
                firm,
                WARM.replace("20", "0"),
                "{\"kind\":\"kinetic\",\"id\":\"mkt\",\"about\":\"device\",\"highMilli\":8000,\"windowMinutes\":60,\"measuredMinutes\":1}");
        Logger logger = new Logger(firm);
        Group series = Reading.series(List.of(new Series(1, 3_000_000_000L, 1, new long[] {900, 900}, -2, 0)));
        SignedMessage contradicts = SignedMessage.sign(
                new Head(MessageType.READING, logger.id, 0, logger.seq++, null, T.toEpochMilli(), 2, null, null),
                List.of(Reading.measurements(List.of(
                        new Measurement(1, 900),
                        new Measurement(1, 400),
                        new Measurement(1, 900),
                        new Measurement(1, 400)))),
                logger.key);
        logger.prev = contradicts.digest();
        SignedMessage ancient = logger.signs(5, 4, series);
        SignedMessage future = SignedMessage.sign(
                new Head(
                        MessageType.READING,
                        logger.id,
                        0,
                        logger.seq++,
                        logger.prev,
                        Instant.parse("9999-01-01T00:00:00Z").toEpochMilli(),
                        2,
                        null,
                        null),
                List.of(Reading.measurements(List.of(new Measurement(1, 9_000)))),
                logger.key);
        logger.prev = future.digest();
        logger.sends(contradicts, ancient, future);
        assertEquals(1, open(firm).size());
        put(firm, WARM.replace("20", "1"));
        put(firm, WARM.replace("20", "0"));
        logger.measures(10, 10, 9, 4);
        assertEquals(2, open(firm).size(), () -> alarms(firm, "state=all").prettify());
    }

    @Test
    void peopleAcknowledgeAssignAndClear() throws Exception {
        Firm firm = Firm.founded("desk", "NO");
        put(firm, WARM.replace("20", "0"));
        Logger logger = new Logger(firm);
        logger.measures(0, 10, 9, 4, 9, 4, 9, 4, 9, 4, 9, 4);
        open(firm);
        JsonPath page = alarms(firm, "size=2");
        assertEquals(5, page.getInt("open"));
        List<Integer> seen = new ArrayList<>(page.getList("alarms.id"));
        while (page.get("next") != null) {
            page = alarms(firm, "size=2&before=" + page.getLong("next"));
            seen.addAll(page.getList("alarms.id"));
        }
        assertEquals(5, seen.stream().distinct().count());
        int id = seen.get(0);
        String path = "/api/alarms/" + id;
        firm.as()
                .body("{\"note\":\"looking\"}")
                .post(path + "/acknowledge")
                .then()
                .statusCode(200)
                .body("acknowledgedBy", notNullValue());
        firm.as().body("{}").post(path + "/acknowledge").then().statusCode(200);
        firm.as().body("{\"to\":\"Kari\"}").post(path + "/assign").then().body("assignedTo", equalTo("Kari"));
        firm.as().body("{\"to\":\"Kari\"}").post(path + "/assign").then().statusCode(200);
        firm.as().body("{\"to\":\"\"}").post(path + "/assign").then().statusCode(400);
        firm.as()
                .body("{\"note\":\"door was open\"}")
                .post(path + "/clear")
                .then()
                .body("clearedAt", notNullValue());
        firm.as().body("{}").post(path + "/clear").then().statusCode(200);
        firm.as()
                .get(path)
                .then()
                .body("history.what", equalTo(List.of("raised", "over", "acknowledged", "assigned", "cleared")))
                .body("history[2].note", equalTo("looking"));
        assertEquals(4, alarms(firm, "size=50").getInt("open"));
        assertEquals(List.of(id), alarms(firm, "state=cleared").getList("alarms.id"));
        firm.as().get("/api/alarms?state=odd").then().statusCode(400);
        firm.as().get("/api/alarms/999999999").then().statusCode(404);
        // Evaluated anew, a cleared alarm stays cleared.
        put(
                firm,
                WARM.replace("20", "0"),
                WARM.replace("20", "0").replace("\"warm\"", "\"warmer\"").replace("8000", "9500"));
        open(firm);
        assertEquals(4, alarms(firm, "size=50").getInt("open"));
        for (String way : List.of("acknowledge", "assign", "clear")) {
            given().contentType("application/json")
                    .body("{}")
                    .post(path + "/" + way)
                    .then()
                    .statusCode(401);
            given().auth()
                    .oauth2(TokensResource.INGEST)
                    .contentType("application/json")
                    .body("{}")
                    .post(path + "/" + way)
                    .then()
                    .statusCode(403);
        }
    }

    @Test
    void theBudgetOfALotIsSummedOverItsLegs() throws Exception {
        Firm maker = Firm.founded("maker", "NO");
        Firm shop = Firm.founded("retail", "NO");
        String gtin = maker.makes("L1");
        put(maker, "{\"kind\":\"budget\",\"id\":\"tor\",\"highMilli\":8000,\"minutes\":45}");
        List<Firm.Thing> items = maker.reserves(gtin, "L1", 2);
        maker.does("commissioning", T, 60.0, 5.0, null, items);
        Logger atMaker = new Logger(maker);
        Group lot = Reading.associations(List.of(Association.batch("/01/" + gtin + "/10/L1")));
        atMaker.sends(atMaker.signs(10, 9, lot), atMaker.signs(40, 9, lot), atMaker.signs(50, 4, lot));
        watched();
        String path = "/api/condition/lots/" + gtin + "/L1";
        maker.as()
                .get(path)
                .then()
                .statusCode(200)
                .body("[0].assessment.budgets[0].spentMillis", equalTo(40 * 60_000))
                .body("[0].assessment.budgets[0].remainingMillis", equalTo(5 * 60_000));
        Logger stranger = new Logger(Firm.founded("stranger", "NO"));
        stranger.sends(stranger.signs(0, 30, lot), stranger.signs(100, 30, lot));
        Logger atShop = new Logger(shop);
        atShop.sends(atShop.signs(70, 9, lot), atShop.signs(80, 4, lot));
        assertEquals(0, open(maker).size(), "only those who signed for the lot are asked");
        shop.does("receiving", T.plusSeconds(60 * 60), 60.0, 5.1, null, items);
        List<Map<String, Object>> open = open(maker);
        assertEquals(1, open.size(), open::toString);
        assertEquals("/01/" + gtin + "/10/L1", open.get(0).get("subject"));
        assertEquals(50f, ((Number) open.get(0).get("measure")).floatValue());
        maker.as()
                .get(path)
                .then()
                .body("[0].assessment.budgets[0].legs.spentMillis", equalTo(List.of(40 * 60_000, 10 * 60_000)))
                .body("[0].assessment.budgets[0].legs.holder", equalTo(List.of(maker.slug, shop.slug)))
                .body("[0].assessment.budgets[0].remainingMillis", equalTo(-5 * 60_000));
        maker.as()
                .get("/api/alarms/" + open.get(0).get("id"))
                .then()
                .statusCode(200)
                .body("points", hasSize(5));
        shop.as().get(path).then().statusCode(404);
    }

    @Test
    void aUnitsReadingsAreTheLotsWhileItIsPackedInIt() throws Exception {
        Firm maker = Firm.founded("packer", "NO");
        String gtin = maker.makes("L2");
        put(
                maker,
                "{\"kind\":\"limit\",\"id\":\"warm\",\"about\":\"lot\",\"quantity\":1,\"highMilli\":8000,\"minutes\":0}",
                "{\"kind\":\"place\",\"id\":\"there\",\"metres\":2000}");
        List<Firm.Thing> items = maker.reserves(gtin, "L2", 1);
        long sscc = 106141412345678908L;
        maker.does("commissioning", T, 60.0, 5.0, null, items);
        maker.does("packing", T.plusSeconds(1800), 60.0, 5.0, "https://id.gs1.org/00/" + sscc, items);
        Logger logger = new Logger(maker);
        Group unit = Reading.associations(List.of(Association.sscc(sscc)));
        Group elsewhere = Reading.position(new Position(610_000_000L, 50_000_000L, 20, null, null));
        logger.sends(logger.signs(10, 12, unit), logger.signs(40, 9, unit), logger.signs(50, 4, unit, elsewhere));
        List<Map<String, Object>> open = open(maker);
        assertEquals(2, open.size(), open::toString);
        for (Map<String, Object> a : open) {
            assertEquals("/01/" + gtin + "/10/L2", a.get("subject"));
            if (a.get("rule").equals("warm")) {
                assertEquals("2026-06-01T00:40:00Z", a.get("from"), "not when it was not packed yet");
            } else {
                assertEquals(111_000, ((Number) a.get("measure")).doubleValue(), 500);
            }
        }
    }

    @Test
    void calibrationDecidesWhatAReadingCountsFor() throws Exception {
        Firm firm = Firm.founded("calibrated", "NO");
        put(firm, "{\"kind\":\"calibrated\",\"id\":\"cal\"}");
        Logger logger = new Logger(firm);
        byte[] certificate = MerkleHash.sha256(new byte[] {1});
        logger.sends(logger.signs(0, 4, Reading.calibration(certificate)));
        assertEquals(1, open(firm).size(), "no certificate is known");
        String path = "/api/devices/" + logger.hex + "/calibrations";
        Map<String, String> valid = Map.of(
                "digest",
                HexFormat.of().formatHex(certificate),
                "validFrom",
                "2026-01-01T00:00:00Z",
                "validUntil",
                "2026-06-01T01:00:00Z");
        firm.as().body(valid).post(path).then().statusCode(200);
        firm.as().body(valid).post(path).then().statusCode(200);
        firm.as().get(path).then().body("", hasSize(1)).body("[0].validUntil", equalTo("2026-06-01T01:00:00Z"));
        assertEquals(0, open(firm).size());
        logger.sends(logger.signs(61, 4, Reading.calibration(certificate)));
        List<Map<String, Object>> open = open(firm);
        assertEquals(1, open.size());
        firm.as()
                .get("/api/alarms/" + open.get(0).get("id"))
                .then()
                .body("points.calibration", equalTo(List.of("valid", "out_of_calibration")));
        String readings = "/api/condition/devices/" + logger.hex + "/readings";
        JsonPath newest = firm.as()
                .get(readings + "?size=1")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        assertEquals(List.of("out_of_calibration"), newest.getList("points.calibration"));
        firm.as()
                .get(readings + "?before=" + newest.getLong("next"))
                .then()
                .body("points.calibration", equalTo(List.of("valid")))
                .body("next", nullValue());
        Firm.founded("curious", "NO").as().get(readings).then().statusCode(404);
        firm.as()
                .body(Map.of("digest", "00", "validFrom", "x", "validUntil", "y"))
                .post(path)
                .then()
                .statusCode(400);
        Firm.founded("thief", "NO").as().body(valid).post(path).then().statusCode(404);
    }

    @Test
    void aDeviceThatFellSilentIsFoundByTheClock() throws Exception {
        Firm firm = Firm.founded("silent", "NO");
        put(firm, "{\"kind\":\"silent\",\"id\":\"silent\",\"minutes\":60}");
        Logger logger = new Logger(firm);
        logger.measures(0, 10, 4, 4);
        watched();
        watch.lookForSilence(Instant.now().plus(Duration.ofHours(2)));
        List<Map<String, Object>> open = open(firm);
        assertEquals(1, open.size());
        assertEquals("2026-06-01T00:10:00Z", open.get(0).get("from"));
        watch.lookForSilence(Instant.now().plus(Duration.ofHours(3)));
        logger.measures(200, 10, 4);
        open = open(firm);
        assertEquals(1, open.size());
        assertEquals("2026-06-01T03:20:00Z", open.get(0).get("to"));
    }

    /** The position moves with the alarms: whatever is rolled back is done again, and once. */
    @Test
    void aCrashNeitherLosesNorDoublesAnAlarm() throws Exception {
        Firm firm = Firm.founded("crash", "NO");
        put(firm, WARM.replace("20", "0"));
        Logger logger = new Logger(firm);
        watched();
        try (Connection c = DriverManager.getConnection(url, "postgres", "postgres")) {
            // Whoever inserts an alarm fails, as a process that dies in the middle of its transaction.
            c.setAutoCommit(false);
            c.createStatement().execute("LOCK TABLE trace.alarm IN SHARE MODE");
            logger.measures(0, 10, 9, 4, 9, 4);
            terminated();
            c.rollback();
        }
        assertEquals(2, open(firm).size());
        watch.forget();
        logger.measures(40, 10, 9, 4);
        assertEquals(3, open(firm).size());
        try (Connection c = ledger.getConnection()) {
            // As if the newest transaction had been lost with its position: everything is read once more.
            c.createStatement().execute("UPDATE condition_position SET reading_index = reading_index - 3");
            watch.forget();
        }
        logger.measures(60, 10, 4);
        assertEquals(3, open(firm).size());
        assertEquals(3, alarms(firm, "state=all").getList("alarms").size());
    }

    @Test
    void aSubjectThatCannotBeEvaluatedIsNotedAndHoldsUpNobodyElse() throws Exception {
        Firm firm = Firm.founded("trouble", "NO");
        put(firm, WARM.replace("20", "0"));
        Logger bad = new Logger(firm);
        Logger good = new Logger(firm);
        watched();
        superuser("CREATE FUNCTION trace.refuse() RETURNS trigger LANGUAGE plpgsql AS "
                + "$$ BEGIN RAISE EXCEPTION 'not this one'; END $$");
        superuser("CREATE TRIGGER refuse BEFORE INSERT ON trace.alarm FOR EACH ROW WHEN (NEW.subject = '" + bad.hex
                + "') EXECUTE FUNCTION trace.refuse()");
        try {
            bad.measures(0, 10, 9, 4);
            good.measures(0, 10, 9, 4);
            assertEquals(
                    List.of(good.hex),
                    open(firm).stream().map(a -> a.get("subject")).toList());
            bad.measures(20, 10, 9, 4);
            good.measures(20, 10, 9, 4);
            assertEquals(2, open(firm).size());
            assertTrue(trouble(bad).contains("not this one"), trouble(bad));
            assertEquals("", trouble(good));
            assertTrue(given().get("/q/metrics").asString().contains("waymark_condition_troubled 1.0"));
        } finally {
            superuser("DROP FUNCTION trace.refuse() CASCADE");
        }

        watch.tryTroubledAgain(Instant.now().plus(Duration.ofMinutes(11)));
        assertEquals(4, open(firm).size(), "also what came meanwhile");
        assertEquals("", trouble(bad));
    }

    private void superuser(String sql) throws Exception {
        try (Connection c = DriverManager.getConnection(url, "postgres", "postgres")) {
            c.createStatement().execute(sql);
        }
    }

    /** Why it could not be evaluated; empty when it could. */
    private String trouble(Logger logger) throws Exception {
        try (Connection c = ledger.getConnection();
                ResultSet row = c.createStatement()
                        .executeQuery("SELECT reason FROM condition_trouble WHERE subject = '" + logger.hex + "'")) {
            return row.next() ? row.getString(1) : "";
        }
    }

    /** Ends the watch's connection when it waits for the lock. */
    private void terminated() throws Exception {
        long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (System.nanoTime() < until) {
            // A connection of its own each time: within a transaction this view does not change.
            try (Connection other = DriverManager.getConnection(url, "postgres", "postgres");
                    ResultSet row = other.createStatement()
                            .executeQuery(
                                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                            + "AND query LIKE 'INSERT INTO trace.alarm %' AND usename = 'trace_ledger'")) {
                row.next();
                if (row.getInt(1) > 0) {
                    return;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("the watch did not raise anything");
    }

    @Test
    void theOpenApiDocumentDescribesThem() {
        given().accept("application/json")
                .get("/api/openapi?format=json")
                .then()
                .statusCode(200)
                .body("paths.'/api/alarms/{id}/assign'.post", notNullValue())
                .body("paths.'/api/condition/lots/{gtin}/{lot}'.get", notNullValue())
                .body(
                        "paths.'/api/rule-sets'.post.requestBody.content.'application/json'.schema.'$ref'",
                        equalTo("#/components/schemas/RuleSetDraft"))
                .body("components.schemas.RuleSetDraft.properties.rules", notNullValue())
                .body("components.schemas.Alarm.properties.withdrawnAt", notNullValue());
    }

    @Test
    void theMetricsAreThere() {
        String metrics = given().get("/q/metrics").asString();
        for (String name : List.of(
                "position",
                "behind",
                "followed",
                "troubled",
                "readings_total",
                "recomputed_total",
                "alarms_raised_total",
                "failures_total")) {
            assertTrue(metrics.contains("waymark_condition_" + name), name);
        }
    }
}
