package io.waymark.trace.passport;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.trace.Firm;
import io.waymark.trace.Firm.Thing;
import io.waymark.trace.PostgresResource;
import io.waymark.trace.TokensResource;
import io.waymark.trace.batch.ObjectUri;
import io.waymark.trace.organisation.Database;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
@QuarkusTestResource(TokensResource.class)
class JourneyTest {
    @Inject
    Database database;

    private static final Instant START =
            Instant.now().minus(Duration.ofDays(3)).truncatedTo(java.time.temporal.ChronoUnit.SECONDS);
    private static final String UNIT = "https://id.gs1.org/00/" + "106141412345678908";

    private record Told(Firm farm, Firm plant, Firm shop, List<Thing> items, String gtin, String lot) {}

    /** Farm makes and ships, plant receives, packs and ships, shop receives and sells the first item. */
    private static Told told() {
        Firm farm = Firm.founded("farm", "NO");
        Firm plant = Firm.founded("plant", "DK");
        Firm shop = Firm.founded("shop", "DE");
        String gtin = farm.makes("L-1");
        List<Thing> items = farm.reserves(gtin, "L-1", 3);
        farm.does("commissioning", START, 60.0, 5.0, null, items);
        farm.does("shipping", START.plusSeconds(3600), 60.0, 5.0, null, items);
        plant.does("receiving", START.plusSeconds(30_000), 56.0, 10.0, null, items);
        plant.does("packing", START.plusSeconds(40_000), 56.0, 10.0, UNIT, items);
        plant.does("shipping", START.plusSeconds(50_000), 56.0, 10.0, null, items);
        shop.does("receiving", START.plusSeconds(90_000), 52.5, 13.4, null, items);
        shop.does("retail_selling", START.plusSeconds(100_000), 52.5, 13.4, null, items.subList(0, 1));
        return new Told(farm, plant, shop, items, gtin, "L-1");
    }

    static ValidatableResponse passport(String uri) {
        return given().auth()
                .oauth2(TokensResource.WEB)
                .queryParam("uri", uri)
                .get("/api/passports")
                .then();
    }

    static ProofFile proof(String uri) throws Exception {
        return ProofFile.parse(given().auth()
                .oauth2(TokensResource.WEB)
                .queryParam("uri", uri)
                .get("/api/passports/proof")
                .then()
                .statusCode(200)
                .contentType(ProofFile.MEDIA_TYPE)
                .extract()
                .asByteArray());
    }

    static Set<String> failures(ProofFile proof) {
        List<Check> checks = ProofVerification.verify(
                proof,
                NoteVerifier.ofVkey(given().get("/ledger/key")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString()
                        .trim()));
        assertTrue(checks.size() > 3, "checks were made: " + checks);
        return checks.stream()
                .filter(c -> c.outcome() == Outcome.FAIL)
                .map(Check::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static int asSuperuser(String sql, Object... arguments) throws Exception {
        String url = ConfigProvider.getConfig().getValue("waymark.trace.db.url", String.class);
        try (Connection c = DriverManager.getConnection(url, "postgres", "");
                PreparedStatement s = c.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                s.setObject(i + 1, arguments[i]);
            }
            return s.executeUpdate();
        }
    }

    @Test
    void aWholeStoryIsConsistentAndItsProofVerifies() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        passport(uri)
                .statusCode(200)
                .body(
                        "answer.lines.find { it.line == 'label' }.reason",
                        equalTo("Label issued by Firm farm, signature valid."))
                .body(
                        "answer.lines.find { it.line == 'story' }.reason",
                        startsWith("No contradiction in 7 signed steps by 3 parties"))
                .body("answer.lines.find { it.line == 'object' }.state", equalTo("cannot-say"))
                .body("answer.lines.find { it.line == 'condition' }.state", equalTo("cannot-say"))
                .body("answer.band", equalTo("consistent"))
                .body("steps", hasSize(7))
                .body("steps[0].keeper", equalTo("file"))
                .body("today.state", equalTo("sold"))
                .body("today.holder", equalTo("Firm shop"))
                .body("lot", equalTo("L-1"))
                .body("proof.witnesses", equalTo(0));
        ProofFile proof = proof(uri);
        assertEquals(7, proof.steps().size());
        assertEquals(Set.of(), failures(proof));
    }

    @Test
    void aStoryThatIsCutSaysSo() {
        Told told = told();
        ObjectUri item = ObjectUri.parse(told.items().get(0).uri()).orElseThrow();
        Story whole = database.passport(c -> Story.of(c, item, 7)).orElseThrow();
        assertEquals(0, whole.stepsLeftOut());
        assertEquals("good", storyLine(whole, Outcome.PASS).state());
        Story cut = database.passport(c -> Story.of(c, item, 3)).orElseThrow();
        assertEquals(3, cut.steps().size());
        assertEquals(4, cut.stepsLeftOut());
        Passport.Line line = storyLine(cut, Outcome.PASS);
        assertEquals("cannot-say", line.state());
        assertTrue(line.reason().contains("4 later ones are left out"), line.reason());
        passport(item.uri()).body("laterStepsLeftOut", equalTo(0)).body("steps", hasSize(7));
    }

    @Test
    void whatCouldNotBeCheckedIsNotCalledGood() {
        ObjectUri item = ObjectUri.parse(told().items().get(0).uri()).orElseThrow();
        Story story = database.passport(c -> Story.of(c, item)).orElseThrow();
        Passport.Line line = storyLine(story, Outcome.CANNOT_TELL);
        assertEquals("cannot-say", line.state());
        assertTrue(line.reason().contains("step signature of step 2"), line.reason());
        assertEquals("bad", storyLine(story, Outcome.FAIL).state());
    }

    private static Passport.Line storyLine(Story story, Outcome outcome) {
        return AnswerLines.story(
                story,
                List.of(
                        new Check(Check.CHECKPOINT_SIGNATURE, "the checkpoint", Outcome.PASS, "", ""),
                        new Check(Check.STEP_SIGNATURE, "step 2", outcome, "", "")),
                Map.of());
    }

    @Test
    void theUnitIsRememberedWhilePackedAndForgottenWhenReceived() {
        Told told = told();
        told.farm()
                .as()
                .get("/api/batches/" + told.gtin() + "/L-1/items")
                .then()
                .statusCode(200)
                .body("", hasSize(3))
                .body("findAll { it.parent != null }", hasSize(0))
                .body("findAll { it.state == 'active' }", hasSize(2))
                .body("findAll { it.holder == '" + told.shop().slug + "' }", hasSize(3));
    }

    @Test
    void theSameStepAgainIsAnsweredAsTheFirstTime() {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-2");
        List<Thing> items = farm.reserves(gtin, "L-2", 2);
        SignedMessage step = farm.signs(farm.summary("commissioning", START, null, null, null), items, true);
        String first =
                farm.posts(step, items, true).then().statusCode(200).extract().asString();
        assertEquals(
                first,
                farm.posts(step, items, true).then().statusCode(200).extract().asString());
    }

    @Test
    void stepsOnOneObjectAtTheSameMomentBecomeOneChain() throws Exception {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-9");
        List<Thing> items = farm.reserves(gtin, "L-9", 1);
        farm.does("commissioning", START, null, null, null, items);
        ExecutorService crowd = Executors.newFixedThreadPool(6);
        try {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                Firm taker = Firm.founded("taker", "NO");
                SignedMessage step =
                        taker.signs(taker.summary("receiving", START.plusSeconds(60), null, null, null), items, false);
                for (int again = 0; again < 2; again++) {
                    answers.add(crowd.submit(() -> taker.posts(step, items, false)
                            .then()
                            .statusCode(200)
                            .extract()
                            .asString()));
                }
            }
            for (int i = 0; i < answers.size(); i += 2) {
                assertEquals(answers.get(i).get(), answers.get(i + 1).get(), "the same step twice at once");
            }
        } finally {
            crowd.shutdown();
        }
        ProofFile proof = proof(items.get(0).uri());
        assertEquals(
                List.of(0L, 1L, 2L, 3L, 4L, 5L),
                proof.steps().stream().map(ProofFile.Step::n).toList());
        assertEquals(Set.of(), failures(proof));
    }

    @Test
    void aRevokedKeySignsNoMoreSteps() throws Exception {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-10");
        List<Thing> items = farm.reserves(gtin, "L-10", 1);
        farm.does("commissioning", START, null, null, null, items);
        asSuperuser("UPDATE trace.stream_key SET revoked_index = 0 WHERE stream_id = ?", (Object) farm.streamId);
        SignedMessage step = farm.signs(farm.summary("shipping", START, null, null, null), items, false);
        farm.posts(step, items, false)
                .then()
                .statusCode(403)
                .body("type", equalTo("https://waymark.io/problems/key-revoked"));
    }

    @Test
    void refusesWhatContradictsTheChain() {
        Firm farm = Firm.founded("farm", "NO");
        Firm thief = Firm.founded("thief", "NO");
        String gtin = farm.makes("L-3");
        List<Thing> items = farm.reserves(gtin, "L-3", 1);

        SignedMessage early = farm.signs(farm.summary("shipping", START, null, null, null), items, false);
        farm.posts(early, items, false)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/not-commissioned"));
        farm.forgets(early);
        farm.does("commissioning", START, null, null, null, items);

        SignedMessage twice = farm.signs(farm.summary("commissioning", START, null, null, null), items, true);
        farm.posts(twice, items, true)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/already-commissioned"));
        farm.forgets(twice);

        SignedMessage ahead = farm.signs(farm.summary("shipping", START, null, null, null), items, false);
        SignedMessage gap = farm.signs(farm.summary("shipping", START, null, null, null), items, false);
        farm.posts(gap, items, false)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/sequence-gap"));
        farm.posts(ahead, items, false).then().statusCode(200);
        farm.posts(gap, items, false).then().statusCode(200);
        farm.forgets(ahead);
        SignedMessage other = farm.signs(farm.summary("storing", START, null, null, null), items, false);
        farm.posts(other, items, false)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/sequence-conflict"));

        SignedMessage stolen = thief.signs(thief.summary("retail_selling", START, null, null, null), items, false);
        thief.posts(stolen, items, false)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/not-the-custodian"));
        thief.forgets(stolen);
        List<Thing> unknown = List.of(new Thing("https://id.gs1.org/01/" + gtin + "/21/NOSUCHSERIAL", Firm.random(32)));
        SignedMessage made = thief.signs(thief.summary("commissioning", START, null, null, null), unknown, true);
        thief.posts(made, unknown, true)
                .then()
                .statusCode(409)
                .body("type", equalTo("https://waymark.io/problems/object-unknown"));

        SignedMessage borrowed = farm.signs(farm.summary("shipping", START, null, null, null), items, false);
        thief.posts(borrowed, items, false)
                .then()
                .statusCode(403)
                .body("type", equalTo("https://waymark.io/problems/key-not-bound"));
        thief.as()
                .body("{\"wire\":\"AAAA\",\"objects\":[]}")
                .post("/api/steps")
                .then()
                .statusCode(400);
    }

    @Test
    void refusesObjectsThatAreNotTheSignedOnes() {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-4");
        List<Thing> items = farm.reserves(gtin, "L-4", 2);
        SignedMessage step = farm.signs(farm.summary("commissioning", START, null, null, null), items, true);
        farm.posts(step, List.of(items.get(1), items.get(0)), true).then().statusCode(400);
        farm.posts(step, items.subList(0, 1), true).then().statusCode(400);
        farm.posts(step, items, true).then().statusCode(200);
    }

    @Test
    void contradictionsAreStoredAndShown() {
        Firm farm = Firm.founded("farm", "NO");
        Firm shop = Firm.founded("shop", "JP");
        String gtin = farm.makes("L-5");
        List<Thing> items = farm.reserves(gtin, "L-5", 1);
        farm.does("commissioning", START, 60.0, 5.0, null, items);
        shop.does("receiving", START.plusSeconds(3600), 35.0, 139.0, null, items);
        passport(items.get(0).uri())
                .statusCode(200)
                .body("answer.band", equalTo("do-not-use"))
                .body("answer.lines.find { it.line == 'story' }.state", equalTo("bad"))
                .body(
                        "answer.lines.find { it.line == 'story' }.reason",
                        startsWith("Step 2: received by another organisation before"))
                .body("answer.lines.find { it.line == 'label' }.state", equalTo("good"));
    }

    @Test
    void whatThePlatformSignsIsShownAsThat() throws Exception {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-6");
        String uri = farm.as()
                .body("{\"count\":2}")
                .post("/api/batches/" + gtin + "/L-6/commission")
                .then()
                .statusCode(200)
                .body("objects", hasSize(2))
                .extract()
                .path("objects[0].uri");
        farm.as()
                .body("{\"count\":1}")
                .post("/api/batches/" + gtin + "/L-6/commission")
                .then()
                .statusCode(200);
        passport(uri)
                .statusCode(200)
                .body("steps[0].keeper", equalTo("platform"))
                .body(
                        "answer.lines.find { it.line == 'label' }.reason",
                        startsWith("Label issued for Firm farm: signed by the platform for Firm farm"))
                .body("answer.lines.find { it.line == 'story' }.state", equalTo("cannot-say"));
        assertEquals(Set.of(), failures(proof(uri)));
    }

    @Test
    void tenThousandItemsAreOneStepAndEachHasAProof() throws Exception {
        Firm farm = Firm.founded("farm", "NO");
        String gtin = farm.makes("L-8");
        long start = System.nanoTime();
        List<String> uris = farm.as()
                .body("{\"count\":10000}")
                .post("/api/batches/" + gtin + "/L-8/commission")
                .then()
                .statusCode(200)
                .extract()
                .path("objects.uri");
        long made = System.nanoTime();
        passport(uris.get(0)).statusCode(200);
        long first = System.nanoTime();
        ProofFile proof = proof(uris.get(9_999));
        long last = System.nanoTime();
        assertEquals(Set.of(), failures(proof));
        System.getLogger("test")
                .log(
                        System.Logger.Level.INFO,
                        "10,000 items: commissioned in {0} ms, passport {1} ms, proof {2} ms",
                        (made - start) / 1_000_000,
                        (first - made) / 1_000_000,
                        (last - first) / 1_000_000);
        assertEquals(9_999, proof.steps().get(0).object().index());
    }

    @Test
    void aCodeSeenInFarPlacesIsACaution() {
        Told told = told();
        String uri = told.items().get(1).uri();
        for (String country : List.of("NO", "DE", "CN")) {
            given().auth()
                    .oauth2(TokensResource.OPERATOR)
                    .contentType("application/json")
                    .body("{\"uri\":\"" + uri + "\",\"device\":\"phone-" + country + "\",\"country\":\"" + country
                            + "\"}")
                    .post("/api/scans")
                    .then()
                    .statusCode(204);
        }
        passport(uri)
                .body("answer.band", equalTo("look-closer"))
                .body(
                        "answer.lines.find { it.line == 'label' }.reason",
                        equalTo(
                                "This code has been seen on many phones in far places. The label may have been copied."))
                .body("today.scans.phones", equalTo(3));
    }

    @Test
    void aReportGetsACaseNumberAndReachesTheMakerOnly() {
        Told told = told();
        String number = given().auth()
                .oauth2(TokensResource.WEB)
                .contentType("application/json")
                .body("{\"uri\":\"" + told.items().get(0).uri()
                        + "\",\"text\":\"smells of paint\",\"where\":\"market\",\"contact\":\"a@b.example\"}")
                .post("/api/reports")
                .then()
                .statusCode(200)
                .extract()
                .path("caseNumber");
        told.farm()
                .as()
                .get("/api/reports")
                .then()
                .body("caseNumber", equalTo(List.of(number)))
                .body("contact", equalTo(List.of("a@b.example")));
        told.shop().as().get("/api/reports").then().body("", hasSize(0));
    }

    @Test
    void unknownForgedAndMalformedCodesGetTheSameAnswer() {
        Told told = told();
        byte[] forged = passport(told.items().get(0).uri().replaceAll(".$", "-"))
                .statusCode(404)
                .extract()
                .asByteArray();
        List<Thing> reserved = told.farm().reserves(told.gtin(), "L-1", 1);
        for (String uri : List.of(
                "https://id.gs1.org/01/" + told.gtin() + "/21/UNKNOWN",
                reserved.get(0).uri(),
                "https://id.gs1.org/01/" + told.gtin() + "/10/OTHER/21/"
                        + told.items().get(0).uri().replaceAll(".*/", ""),
                "https://id.gs1.org/01/00000000000001/21/X",
                UNIT,
                "nonsense",
                "https://id.gs1.org/01/" + told.gtin() + "/10/NOLOT")) {
            assertArrayEquals(forged, passport(uri).statusCode(404).extract().asByteArray(), uri);
        }
        passport("https://id.gs1.org/01/" + told.gtin() + "/10/L-1/21/"
                        + told.items().get(0).uri().replaceAll(".*/", ""))
                .statusCode(200);
    }

    @Test
    void aLotOnlyCodeAnswersForTheLotAndSaysSo() {
        Told told = told();
        passport("https://id.gs1.org/01/" + told.gtin() + "/10/L-1")
                .statusCode(200)
                .body("serial", equalTo(null))
                .body("steps", hasSize(0))
                .body(
                        "answer.lines.find { it.line == 'label' }.reason",
                        startsWith("This code names a batch of Firm farm"));
    }

    @Test
    void aByteChangedInAStoredStepFailsByName() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        // The last byte of a wire belongs to its last group: the public summary.
        assertEquals(
                1,
                asSuperuser(
                        "UPDATE trace.step SET wire = set_byte(wire, length(wire) - 1, get_byte(wire, length(wire) - 1) # 1) "
                                + "WHERE digest = (SELECT step_digest FROM trace.link WHERE uri = ? AND n = 2)",
                        uri));
        assertTrue(failures(proof(uri)).contains("step content"));
        passport(uri).statusCode(200).body("answer.band", equalTo("do-not-use"));
    }

    @Test
    void aStoredStepThatIsNoMessageAnyMoreStillGivesAProofThatFails() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        asSuperuser(
                "UPDATE trace.step SET wire = '\\x00' WHERE digest = (SELECT step_digest FROM trace.link WHERE uri = ? AND n = 0)",
                uri);
        assertTrue(failures(proof(uri)).size() > 0);
        passport(uri).statusCode(200).body("answer.lines.find { it.line == 'label' }.state", equalTo("bad"));
    }

    @Test
    void aStoredLinkThatPointsElsewhereFailsByName() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        asSuperuser("UPDATE trace.link SET ledger_index = 1000000 - ledger_index WHERE uri = ? AND n = 3", uri);
        assertTrue(failures(proof(uri)).contains("link inclusion"));
        asSuperuser("UPDATE trace.link SET ledger_index = 1000000 - ledger_index WHERE uri = ? AND n = 3", uri);
        assertEquals(Set.of(), failures(proof(uri)));
        asSuperuser(
                "UPDATE trace.link SET path = set_byte(path, 3, get_byte(path, 3) # 1) WHERE uri = ? AND n = 3", uri);
        assertTrue(failures(proof(uri)).contains("object in step"));
    }

    @Test
    void aStoredSecretThatIsNotTheCommissionedOneFailsByName() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        asSuperuser(
                "UPDATE trace.traced_object SET secret = set_byte(secret, 0, get_byte(secret, 0) # 1) WHERE uri = ?",
                uri);
        assertTrue(failures(proof(uri)).size() > 0);
        passport(uri).statusCode(200).body("answer.lines.find { it.line == 'label' }.state", equalTo("bad"));
    }

    @Test
    void aChangedPublishedTileFailsByName() throws Exception {
        Told told = told();
        String uri = told.items().get(0).uri();
        ProofFile whole = proof(uri);
        assertEquals(Set.of(), failures(whole)); // from here on no map head is due, and nothing writes the tile anew
        published();
        long index = whole.steps().get(3).link().leafIndex();
        flip(index);
        try {
            assertTrue(failures(proof(uri)).contains("link inclusion"));
            passport(uri).statusCode(200).body("answer.lines.find { it.line == 'story' }.state", equalTo("bad"));
        } finally {
            flip(index);
        }
        assertEquals(Set.of(), failures(proof(uri)));
    }

    /** What a reader is given of a published story is made of files: the tables of the log may be out of reach. */
    @Test
    void aPublishedStoryIsProvedWithoutTheTablesOfTheLog() throws Exception {
        String uri = told().items().get(0).uri();
        proof(uri);
        long size = published();
        String tables =
                "trace.ledger_tile, trace.ledger_bundle, trace.ledger_head, trace.ledger_identity, trace.ledger_checkpoint";
        asSuperuser("REVOKE SELECT ON " + tables + " FROM trace_ledger");
        try {
            ProofFile proof = proof(uri);
            assertEquals(Set.of(), failures(proof));
            assertTrue(proof.checkpointNote().contains("\n" + size + "\n"), proof.checkpointNote());
            passport(uri).statusCode(200).body("proof.size", equalTo((int) size));
            given().get("/ledger/tile/entries/000" + (size < 256 ? ".p/" + size : ""))
                    .then()
                    .statusCode(200);
            given().get("/ledger/consistency?from=1&to=" + size).then().statusCode(200);
        } finally {
            asSuperuser("GRANT SELECT ON " + tables + " TO trace_ledger");
        }
    }

    /** Returns when the files show all that is in the log; its size. */
    private static long published() throws Exception {
        String url = ConfigProvider.getConfig().getValue("waymark.trace.db.url", String.class);
        long size = -1;
        long shown = -2;
        for (int i = 0; i < 1500 && size != shown; i++) {
            Thread.sleep(20);
            shown = Long.parseLong(given().get("/ledger/checkpoint").asString().split("\n")[1]);
            try (Connection c = DriverManager.getConnection(url, "postgres", "");
                    ResultSet row = c.createStatement().executeQuery("SELECT size FROM trace.ledger_head")) {
                row.next();
                size = row.getLong(1);
            }
        }
        assertEquals(size, shown, "published within 30 s");
        return size;
    }

    /** Flips a bit of the hash of an entry in every published file that holds it. */
    private static void flip(long index) throws Exception {
        Path tiles =
                Path.of(ConfigProvider.getConfig().getValue("waymark.trace.publish-dir", String.class), "tile", "0");
        Path full = tiles.resolve(String.format("%03d", index / 256));
        List<Path> files = new ArrayList<>();
        if (Files.exists(full)) {
            files.add(full);
        }
        if (Files.isDirectory(Path.of(full + ".p"))) {
            try (Stream<Path> partials = Files.list(Path.of(full + ".p"))) {
                files.addAll(partials.toList());
            }
        }
        int altered = 0;
        for (Path file : files) {
            byte[] bytes = Files.readAllBytes(file);
            int at = (int) (index % 256) * 32;
            if (at < bytes.length) {
                bytes[at] ^= 1;
                Files.write(file, bytes);
                altered++;
            }
        }
        assertTrue(altered > 0, "something was altered");
    }

    @Test
    void oneTenantSeesNothingOfAnother() {
        Told told = told();
        for (String path : List.of(
                "/api/trade-items",
                "/api/batches",
                "/api/locations",
                "/api/certificates",
                "/api/reports",
                "/api/demo/items")) {
            told.shop().as().get(path).then().statusCode(200).body("", hasSize(0));
        }
        told.shop()
                .as()
                .get("/api/batches/" + told.gtin() + "/L-1/items")
                .then()
                .body("", hasSize(0));
        told.shop()
                .as()
                .body("{\"count\":1}")
                .post("/api/batches/" + told.gtin() + "/L-1/serials")
                .then()
                .statusCode(404);
        told.shop()
                .as()
                .body("{\"gtin\":\"" + told.gtin() + "\",\"name\":\"mine now\"}")
                .post("/api/trade-items")
                .then()
                .statusCode(409);
    }
}
