package io.waymark.web;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages behind the login: lists and their ends, a device's whole curve, label sheets, accounts and keys. */
@QuarkusTest
@QuarkusTestResource(Upstreams.class)
class ConsoleTest {
    private static final String BATCH = "/console/batches/" + Upstreams.GTIN + "/" + Upstreams.LOT;

    private static RequestSpecification as(String session) {
        return given().urlEncodingEnabled(false).redirects().follow(false).cookie("waymark-session", session);
    }

    private static String page(String path) {
        return as(Upstreams.VIEWER).get(path).then().statusCode(200).extract().asString();
    }

    // --- lists

    @Test
    void nextLeadsOnOnlyWhereARowFollows() {
        assertTrue(page("/console/batches").contains("href=\"?page=1\" rel=\"next\""));
        String last = page("/console/batches?page=1");
        assertFalse(last.contains("rel=\"next\""), "exactly two full pages");
        assertTrue(last.contains("href=\"?page=0\" rel=\"prev\""));
        assertFalse(page(BATCH + "/labels").contains("rel=\"next\""), "exactly one full sheet");
        assertFalse(page("/console/products").contains("class=\"pager\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/console/products",
                "/console/batches",
                BATCH,
                BATCH + "/labels",
                "/console/devices",
                "/console/quarantine",
                "/console/reports"
            })
    void pageBehindTheEndLeadsBackAndAPageThatIsNoneIs400(String list) {
        String beyond = page(list + "?page=19999");
        assertTrue(beyond.contains("end before this") || beyond.contains("ends before this page"), beyond);
        assertTrue(beyond.contains("href=\"?\""));
        assertFalse(beyond.contains("rel=\"next\"") || beyond.contains("rel=\"prev\""));
        for (String odd : new String[] {"-1", "x", "1.5", "20000", "99999999999999999999", "1%27"}) {
            Response refused = as(Upstreams.VIEWER).get(list + "?page=" + odd);
            assertEquals(400, refused.statusCode(), odd);
            assertTrue(refused.asString().contains("page is a whole number from 0 to 19999."), refused.asString());
            assertTrue(refused.asString().contains("aria-label=\"Console\""), "the navigation stays");
        }
    }

    @Test
    void otherParametersAreLookedAtToo() {
        assertEquals(
                400,
                as(Upstreams.VIEWER)
                        .get("/console/devices/" + Upstreams.LOGGER + "?before=x")
                        .statusCode());
        assertEquals(400, as(Upstreams.VIEWER).get(BATCH + "?made=x").statusCode());
    }

    @Test
    void unknownBatchAndDeviceAre404AndAnEmptyBatchIsNot() {
        for (String path : new String[] {
            "/console/batches/" + Upstreams.GTIN + "/NOSUCH",
            "/console/batches/" + Upstreams.GTIN + "/NOSUCH/labels",
            "/console/batches/09506000134369/" + Upstreams.LOT,
            "/console/devices/00000000000000000000000000000000"
        }) {
            Response missing = as(Upstreams.VIEWER).get(path);
            assertEquals(404, missing.statusCode(), path);
            assertTrue(missing.asString().contains("No such page</h1>"));
            assertTrue(missing.asString().contains("aria-label=\"Console\""));
            as(Upstreams.VIEWER)
                    .header("Accept", "application/json")
                    .get(path)
                    .then()
                    .statusCode(404)
                    .contentType("application/problem+json");
        }
        assertTrue(page("/console/batches/" + Upstreams.GTIN + "/EMPTY").contains("No item yet."));
        assertTrue(page("/console/batches/" + Upstreams.GTIN + "/EMPTY/labels").contains("Create serials first"));
    }

    @Test
    void emptyListsSayWhatToDo() {
        Upstreams.empty = true;
        try {
            for (String[] said : new String[][] {
                {"", "First steps"},
                {"/products", "No product yet."},
                {"/batches", "No batch yet."},
                {"/devices", "No device yet."},
                {"/alarms", "None is open."},
                {"/quarantine", "None. A message"},
                {"/reports", "No report."},
                {"/accounts", "No key yet."}
            }) {
                String body =
                        as(Upstreams.ADMINISTRATOR).get("/console" + said[0]).asString();
                assertTrue(body.contains(said[1]), said[1]);
                assertFalse(body.contains("class=\"pager\""));
            }
        } finally {
            Upstreams.empty = false;
        }
    }

    // --- devices

    @Test
    void chartCoversEverythingADeviceSentAndKeepsTheOneWarmReading() {
        String page = page("/console/devices/" + Upstreams.LOGGER);

        assertTrue(page.contains("<title>Logger NF-7 · Waymark</title>"));
        assertTrue(page.contains("<h1>Logger NF-7</h1>"));
        assertTrue(
                page.contains("to 31.5\u00a0°C in 3,091 readings, 11 June 2026, 04:00 UTC to 2 July 2026, 15:00 UTC."));
        assertEquals(100, page.split("data-l=\"Values\"", -1).length - 1, "the table stays paged");
        Matcher older = Pattern.compile("href=\"\\?before=([0-9]+)\"").matcher(page);
        assertTrue(older.find());
        String next = page("/console/devices/" + Upstreams.LOGGER + "?before=" + older.group(1));
        assertTrue(next.contains("<a href=\"?\">Logger NF-7</a>") && next.contains("1 / 2990"));
        assertFalse(next.contains("class=\"chart\""));
        String last = page("/console/devices/" + Upstreams.LOGGER + "?before=5100");
        assertFalse(last.contains("rel=\"next\""));
        assertTrue(page("/console/devices/" + Upstreams.LOGGER + "?before=1").contains("Back to the newest"));
        assertTrue(page.length() < 120_000, "reduced on the server: " + page.length());
    }

    @Test
    void limitsOfAProductAreDrawnWhenAskedFor() {
        String path = "/console/devices/" + Upstreams.LOGGER;
        assertFalse(page(path).contains("class=\"band\""));
        String drawn = page(path + "?limits=" + Upstreams.GTIN);
        assertTrue(drawn.contains("class=\"band\"") && drawn.contains("class=\"limit\""));
    }

    @Test
    void samplesOfSeriesAreDrawnEachSensorForItself() {
        String page = page("/console/devices/" + Upstreams.SERIES);

        assertTrue(page.contains("<h3>Sensor 0</h3>") && page.contains("<h3>Sensor 1</h3>"));
        assertTrue(page.contains("in 180 readings, 11 June 2026, 04:01 UTC to 11 June 2026, 07:00 UTC."), page);
        assertTrue(page.contains("8.8\u00a0°C in 180"));
        assertTrue(page.contains("60\u00a0× temperature 1.80\u00a0°C to 1.86\u00a0°C"));
    }

    @Test
    void olderReadingsThanTheBoundAreSaidToBeLeftOut() {
        String page = page("/console/devices/" + Upstreams.TIRELESS);

        assertTrue(page.contains("Older readings are left out: the chart covers the newest 20,000 messages"));
        assertTrue(page.length() < 120_000, "reduced on the server: " + page.length());
    }

    @Test
    void deviceThatSentNothingSaysSo() {
        String page = page("/console/devices/" + Upstreams.DOOR);
        assertTrue(page.contains("<h1>Door sensor</h1>") && page.contains("No message stored yet."));
    }

    // --- labels

    @Test
    void onlySerialsWithASignedStepGetALabel() {
        String page = page("/console/batches/" + Upstreams.GTIN + "/" + Upstreams.RESERVED_LOT + "/labels");

        assertTrue(page.contains("<code>(21)7HJ2KQ9XW4MB3T0</code>"));
        assertFalse(page.contains("(21)7HJ2KQ9XW4MB3T1") || page.contains("/21/7HJ2KQ9XW4MB3T1"));
        assertTrue(page.contains("Not commissioned yet: no label"));
        assertTrue(page.contains("<li><code>7HJ2KQ9XW4MB3T1</code></li><li><code>7HJ2KQ9XW4MB3T2</code></li>"));
        assertTrue(page("/console/batches/" + Upstreams.GTIN + "/" + Upstreams.RESERVED_LOT)
                .contains("Reserved, not commissioned"));
        assertFalse(page(BATCH + "/labels").contains("Not commissioned"));
    }

    // --- quarantine

    @Test
    void quarantineSaysWhyAndWhatToDo() {
        String page = page("/console/quarantine");

        assertTrue(page.contains("<b>3 ×</b> The signature does not fit the message"));
        assertTrue(page.contains("keys are not in order"));
        assertTrue(page.contains("1,204 ×"));
        assertTrue(page.contains("<b>1 ×</b> never-heard-of"), "an unknown code is shown as it is");
    }

    // --- alarms

    @Test
    void openAlarmsAreListedAndSaidOnTheFirstPage() {
        String list = page("/console/alarms");
        assertTrue(list.contains("Open (51)"), list);
        assertTrue(list.contains("<a href=\"/console/alarms/7\">Outside the limits (warm)</a>"));
        assertTrue(list.contains("Logger NF-7") && list.contains("since 12 June 2026, 08:00 UTC"));
        assertTrue(list.contains("for 2 h") && list.contains("with &lt;b&gt;Kari&lt;/b&gt;"), list);
        assertTrue(list.contains("not that it is true"));
        assertTrue(list.contains("href=\"?state=open&amp;before=6\""));
        String older = page("/console/alarms?state=open&before=6");
        assertTrue(older.contains("href=\"?state=open\"") && !older.contains("rel=\"next\""));
        assertTrue(page("/console/alarms?state=cleared").contains("None was cleared yet."));
        assertTrue(page("/console/alarms?state=withdrawn").contains("is withdrawn when"));
        assertEquals(400, as(Upstreams.VIEWER).get("/console/alarms?state=odd").statusCode());
        assertEquals(400, as(Upstreams.VIEWER).get("/console/alarms?before=x").statusCode());
        String today = page("/console");
        assertTrue(today.contains("Open alarms") && today.contains("Outside the limits (warm): Logger NF-7"), today);
    }

    @Test
    void anAlarmShowsItsEpisodeItsRuleAndWhatWasDone() {
        String page = page("/console/alarms/7");
        assertTrue(page.contains("Furthest: temperature 11.25\u00a0°C"), page);
        assertTrue(page.contains("class=\"excess\"") && page.contains("class=\"band\""));
        assertTrue(page.contains("warm of cold, version 3") && page.contains("ab".repeat(32)));
        assertTrue(page.contains("in force by entry 42 of the ledger"));
        assertTrue(page.contains("out of calibration") && page.contains("in calibration"));
        assertTrue(page.contains("&lt;i&gt;to Kari&lt;/i&gt;") && page.contains("the evaluation"));
        assertTrue(page.contains("not that the sensor told the truth"));
        assertFalse(page.contains("/acknowledge"), "a viewer only looks");
        assertEquals(404, as(Upstreams.VIEWER).get("/console/alarms/8").statusCode());
    }

    @Test
    void producersAcknowledgeAssignAndClear() {
        String asked = as(Upstreams.PRODUCER).get("/console/alarms/7").asString();
        for (String act : List.of("acknowledge", "assign", "clear")) {
            assertTrue(asked.contains("action=\"/console/alarms/7/" + act + "\""));
            assertEquals(
                    403,
                    as(Upstreams.PRODUCER)
                            .formParam("to", "x")
                            .post("/console/alarms/7/" + act)
                            .statusCode());
            assertEquals(
                    403,
                    as(Upstreams.VIEWER)
                            .formParam("csrf", csrf(page("/console")))
                            .post("/console/alarms/7/" + act)
                            .statusCode());
        }
        Upstreams.SEEN.clear();
        String again = as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("to", "")
                .post("/console/alarms/7/assign")
                .then()
                .statusCode(422)
                .extract()
                .asString();
        assertTrue(again.contains("Please fill this in."));
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("to", "Kari")
                .post("/console/alarms/7/assign")
                .then()
                .statusCode(303);
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("note", "door was open")
                .post("/console/alarms/7/clear")
                .then()
                .statusCode(303);
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .post("/console/alarms/7/acknowledge")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.contains("POST /api/alarms/7/assign {\"to\":\"Kari\"}"), Upstreams.SEEN.toString());
        assertTrue(Upstreams.SEEN.contains("POST /api/alarms/7/clear {\"note\":\"door was open\"}"));
        assertTrue(
                Upstreams.SEEN.contains("POST /api/alarms/7/acknowledge {\"note\":null}"), Upstreams.SEEN.toString());
    }

    @Test
    void whatARevokedKeySignedIsTakenWithAReason() {
        assertTrue(as(Upstreams.PRODUCER)
                .get("/console/quarantine")
                .asString()
                .contains("/console/quarantine/7/admit?page=0"));
        String asked = as(Upstreams.PRODUCER)
                .get("/console/quarantine/7/admit?page=0")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertTrue(asked.contains("The key had been revoked before this arrived."));
        Upstreams.SEEN.clear();
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("reason", "")
                .post("/console/quarantine/7/admit")
                .then()
                .statusCode(422);
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("reason", "buffered at sea")
                .post("/console/quarantine/7/admit")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.contains("POST /api/quarantine/7/admission {\"reason\":\"buffered at sea\"}"));
        assertEquals(
                404, as(Upstreams.PRODUCER).get("/console/quarantine/2/admit").statusCode(), "bad signatures stay");
        assertEquals(
                403, as(Upstreams.VIEWER).get("/console/quarantine/7/admit").statusCode());
    }

    @Test
    void findingsOfADeviceAreInWords() {
        String page = page("/console/devices/" + Upstreams.LOGGER);
        assertTrue(page.contains("Numbers 4 to 9 of epoch 1 are missing since"), page);
        assertTrue(page.contains(
                "Number 3 of epoch 0 will not come: the device says so at place 70 of the log, its store was lost."));
        assertTrue(page.contains("Two different messages were signed under number 30 of epoch 1."));
        assertTrue(page.contains("1 message has a time that does not fit"));
        assertFalse(page.contains("<b>late</b>"));
        assertFalse(page("/console/devices/" + Upstreams.DOOR).contains("<h2 id=\"fi\">"));
    }

    @Test
    void picturesThatDidNotComeWholeAreNamed() {
        String page = page("/console/devices/" + Upstreams.LOGGER);
        assertTrue(page.contains("1 of the newest 3 pictures came whole."), page);
        assertTrue(page.contains("lacks 2 of 3 pieces; the device sends them while it has them."));
        assertTrue(page.contains("lacks 1 of 4 pieces: incomplete."));
        assertFalse(page("/console/devices/" + Upstreams.DOOR).contains("id=\"pi\""), "none announced");
        assertTrue(page("/console/devices/" + Upstreams.SERIES).contains("cannot be told"), "vision does not answer");
    }

    // --- accounts and keys

    @Test
    void endingAnAccountAsksFirst() {
        Upstreams.SEEN.clear();
        RequestSpecification ada = as(Upstreams.ADMINISTRATOR);
        String list = ada.get("/console/accounts").asString();
        assertTrue(list.contains("href=\"/console/accounts/vic%40nordhav/end\""));
        String asked = as(Upstreams.ADMINISTRATOR)
                .get("/console/accounts/vic%40nordhav/end")
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertTrue(asked.contains("<b>vic@nordhav</b>"));
        assertTrue(Upstreams.SEEN.stream().noneMatch(r -> r.startsWith("DELETE")));

        as(Upstreams.ADMINISTRATOR)
                .post("/console/accounts/vic%40nordhav/end")
                .then()
                .statusCode(403);
        as(Upstreams.ADMINISTRATOR)
                .formParam("csrf", "0")
                .post("/console/accounts/vic%40nordhav/end")
                .then()
                .statusCode(403);
        assertTrue(Upstreams.SEEN.stream().noneMatch(r -> r.startsWith("DELETE")));
        as(Upstreams.ADMINISTRATOR)
                .formParam("csrf", csrf(asked))
                .post("/console/accounts/vic%40nordhav/end")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.stream().anyMatch(r -> r.startsWith("DELETE /api/accounts/vic%40nordhav ")));
    }

    @Test
    void refusedEndingIsSaidAndUnknownOnesAre404() {
        String asked =
                as(Upstreams.ADMINISTRATOR).get("/console/accounts/ada/end").asString();
        Response refused =
                as(Upstreams.ADMINISTRATOR).formParam("csrf", csrf(asked)).post("/console/accounts/ada/end");
        assertEquals(422, refused.statusCode());
        assertTrue(refused.asString().contains("the last administrator cannot be ended"));
        for (String path : new String[] {
            "/console/accounts/nobody/end", "/console/accounts/keys/0e1f6a52-7c3a-4d0e-9d3b-000000000000/revoke"
        }) {
            assertEquals(404, as(Upstreams.ADMINISTRATOR).get(path).statusCode());
            assertEquals(
                    404,
                    as(Upstreams.ADMINISTRATOR)
                            .formParam("csrf", csrf(asked))
                            .post(path)
                            .statusCode());
        }
    }

    @Test
    void aDevicesKeyIsRevokedWithItsReasonAndTheTimeSinceWhen() {
        String device = "/console/devices/" + Upstreams.LOGGER;
        assertTrue(as(Upstreams.PRODUCER).get(device).asString().contains("href=\"" + device + "/revoke\""));
        String asked = as(Upstreams.PRODUCER).get(device + "/revoke").asString();
        assertTrue(asked.contains("<code>0011223344556677</code>"));
        Upstreams.SEEN.clear();
        for (Map<String, String> wrong : List.of(
                Map.of("reason", ""),
                Map.of("reason", "stolen"),
                Map.of("reason", "compromised", "since", ""),
                Map.of("reason", "compromised", "since", "yesterday"))) {
            String again = as(Upstreams.PRODUCER)
                    .formParam("csrf", csrf(asked))
                    .formParam("kid", "0011223344556677")
                    .formParams(wrong)
                    .post(device + "/revoke")
                    .then()
                    .statusCode(422)
                    .extract()
                    .asString();
            assertTrue(again.contains("class=\"err\""), wrong.toString());
        }
        assertTrue(Upstreams.SEEN.stream().noneMatch(r -> r.contains("/revocations")));

        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("kid", "0011223344556677")
                .formParam("reason", "compromised")
                .formParam("since", "2026-11-20 14:30")
                .post(device + "/revoke")
                .then()
                .statusCode(303);
        assertTrue(
                Upstreams.SEEN.contains(
                        "POST /api/devices/" + Upstreams.LOGGER
                                + "/revocations {\"kid\":\"0011223344556677\",\"reason\":\"compromised\",\"suspectSince\":\"2026-11-20T14:30:00Z\"}"));
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(asked))
                .formParam("kid", "0011223344556677")
                .formParam("reason", "lost")
                .formParam("since", "")
                .post(device + "/revoke")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.contains("POST /api/devices/" + Upstreams.LOGGER
                + "/revocations {\"kid\":\"0011223344556677\",\"reason\":\"lost\"}"));
    }

    @Test
    void aRevokedKeySaysWhyAndFromWhereItsMessagesAreSuspect() {
        String page = as(Upstreams.PRODUCER)
                .get("/console/devices/" + Upstreams.SERIES)
                .asString();
        assertTrue(page.contains("(it was in other hands)") && page.contains("from place 812 on"), page);
    }

    @Test
    void aSensorThatAGatewaySignsForIsNotSaidToSign() {
        String said = "Gateway-signed: a gateway keeps its key";
        assertTrue(as(Upstreams.VIEWER)
                .get("/console/devices/" + Upstreams.SERIES)
                .asString()
                .contains(said));
        assertFalse(as(Upstreams.VIEWER)
                .get("/console/devices/" + Upstreams.LOGGER)
                .asString()
                .contains(said));
    }

    @Test
    void viewersRevokeNoKeys() {
        String device = "/console/devices/" + Upstreams.LOGGER;
        assertFalse(as(Upstreams.VIEWER).get(device).asString().contains("/revoke"));
        assertEquals(403, as(Upstreams.VIEWER).get(device + "/revoke").statusCode());
    }

    @Test
    void aDeviceIsExpectedByACodeShownOnceAndApprovedByTheKeyOnThePage() {
        Upstreams.SEEN.clear();
        String page = as(Upstreams.PRODUCER).get("/console/admissions").asString();
        assertTrue(page.contains("<code>0011 2233 4455 6677</code>") && page.contains("Hold &lt;3&gt;"), page);
        assertTrue(page.contains("code ran out"));
        String waiting = "/console/admissions/11111111-7c3a-4d0e-9d3b-5a8f1c2b7e17";
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(page))
                .formParam("kid", "0011223344556677")
                .post(waiting + "/approve")
                .then()
                .statusCode(303);
        assertTrue(
                Upstreams.SEEN.contains(
                        "POST /api/admissions/11111111-7c3a-4d0e-9d3b-5a8f1c2b7e17/approval {\"kid\":\"0011223344556677\"}"),
                Upstreams.SEEN::toString);
        assertTrue(page.contains("Logger works, CN=line 2"), page);
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(page))
                .formParams(Map.of("kid", "8899aabbccddeeff", "name", "Hold 4", "kind", "logger", "site", "hold-4"))
                .post("/console/admissions/44444444-7c3a-4d0e-9d3b-5a8f1c2b7e17/approve")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.stream()
                .anyMatch(r -> r.endsWith(
                        "{\"kid\":\"8899aabbccddeeff\",\"site\":\"hold-4\",\"name\":\"Hold 4\",\"kind\":\"logger\"}")));
        as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(page))
                .post(waiting + "/reject")
                .then()
                .statusCode(303);
        String shown = as(Upstreams.PRODUCER)
                .formParam("csrf", csrf(page))
                .formParams(Map.of("name", "Hold 9", "kind", "logger", "site", "hold-9", "minutes", "60"))
                .post("/console/admissions")
                .then()
                .statusCode(200)
                .header("Cache-Control", "no-store")
                .extract()
                .asString();
        assertTrue(shown.contains("<pre>01234-56789-ABCDE-FGHJK</pre>") && shown.contains("class=\"ink\""), shown);
        for (Map<String, String> wrong :
                List.of(Map.of("site", "Hold 9"), Map.of("minutes", "20000"), Map.of("minutes", ""))) {
            as(Upstreams.PRODUCER)
                    .formParam("csrf", csrf(page))
                    .formParams(Map.of("name", "Hold 9", "kind", "logger"))
                    .formParam("site", wrong.getOrDefault("site", "hold-9"))
                    .formParam("minutes", wrong.getOrDefault("minutes", "60"))
                    .post("/console/admissions")
                    .then()
                    .statusCode(422);
        }
        String viewed = as(Upstreams.VIEWER).get("/console/admissions").asString();
        assertFalse(viewed.contains("<form action=\"/console/admissions"), viewed);
        for (String path : List.of("", "/11111111-7c3a-4d0e-9d3b-5a8f1c2b7e17/approve")) {
            as(Upstreams.VIEWER)
                    .formParam("csrf", csrf(viewed))
                    .post("/console/admissions" + path)
                    .then()
                    .statusCode(403);
        }
    }

    @Test
    void keysAreListedIssuedOnceAndRevokedAfterAsking() {
        Upstreams.SEEN.clear();
        String list = as(Upstreams.ADMINISTRATOR).get("/console/accounts").asString();
        assertTrue(list.contains("Line 2 gateway") && list.contains("1 November 2027"));
        String asked = as(Upstreams.ADMINISTRATOR)
                .get("/console/accounts/keys/0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17/revoke")
                .asString();
        assertTrue(asked.contains("<b>Line 2 gateway</b>"));
        as(Upstreams.ADMINISTRATOR)
                .formParam("csrf", csrf(asked))
                .post("/console/accounts/keys/0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17/revoke")
                .then()
                .statusCode(303);
        assertTrue(Upstreams.SEEN.stream()
                .anyMatch(r -> r.startsWith("DELETE /api/api-keys/0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17 ")));

        String issued = as(Upstreams.ADMINISTRATOR)
                .formParam("csrf", csrf(asked))
                .formParam("label", "Line 3")
                .post("/console/accounts/keys")
                .then()
                .statusCode(200)
                .header("Cache-Control", "no-store")
                .extract()
                .asString();
        assertTrue(issued.contains("<pre>wmk_shown-this-once</pre>"));
        as(Upstreams.ADMINISTRATOR)
                .formParam("csrf", csrf(asked))
                .formParam("label", "")
                .post("/console/accounts/keys")
                .then()
                .statusCode(422);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/console/accounts/ada/end", "/console/accounts/keys/0e1f6a52-7c3a-4d0e-9d3b-5a8f1c2b7e17/revoke"
            })
    void endingsAreTheAdministratorsOnly(String path) {
        assertEquals(403, as(Upstreams.PRODUCER).get(path).statusCode());
        assertEquals(
                403,
                as(Upstreams.PRODUCER)
                        .formParam("csrf", csrf(page("/console")))
                        .post(path)
                        .statusCode());
        assertEquals(303, given().redirects().follow(false).get(path).statusCode());
    }

    private static String csrf(String page) {
        Matcher token =
                Pattern.compile("name=\"csrf\" value=\"([0-9a-f]{32})\"").matcher(page);
        assertTrue(token.find());
        return token.group(1);
    }
}
