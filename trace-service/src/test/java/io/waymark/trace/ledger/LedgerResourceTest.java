package io.waymark.trace.ledger;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.waymark.evidence.log.Tiles;
import io.waymark.trace.PostgresResource;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(PostgresResource.class)
class LedgerResourceTest {
    private static final String FOR_EVER = "public, max-age=31536000, immutable";

    @Inject
    Ledger ledger;

    private final Path published =
            Path.of(ConfigProvider.getConfig().getValue("waymark.trace.publish-dir", String.class));

    @BeforeEach
    void moreThanABundleIsPublished() throws Exception {
        ledger.awaitWritable();
        while (ledger.checkpoint().size() < 300) {
            List<Submission> entries = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                byte[] entry = ("of the resource " + System.nanoTime() + i).getBytes(StandardCharsets.UTF_8);
                entries.add(Submission.of(entry));
            }
            ledger.append(entries, CommitWork.NONE);
        }
        for (int i = 0;
                ledger.shown().size() < 300
                        || ledger.files().orElseThrow().shown().isEmpty();
                i++) {
            if (i == 1500) {
                throw new AssertionError("not published within 30 s: " + ledger.publishingTrouble());
            }
            Thread.sleep(20);
        }
    }

    @Test
    void aTileIsForEverAndKnownByItsTagOnAnyPage() throws Exception {
        byte[] file = Files.readAllBytes(published.resolve("tile/0/000"));
        var answer = given().get("/ledger/tile/0/000")
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo(FOR_EVER))
                .header("Access-Control-Allow-Origin", equalTo("*"))
                .header("X-Content-Type-Options", equalTo("nosniff"))
                .header("ETag", matchesPattern("\"[0-9a-f]{32}\""))
                .extract();
        assertArrayEquals(file, answer.asByteArray());

        String tag = answer.header("ETag");
        given().header("If-None-Match", tag)
                .get("/ledger/tile/0/000")
                .then()
                .statusCode(304)
                .header("ETag", equalTo(tag))
                .header("Cache-Control", equalTo(FOR_EVER))
                .body(emptyString());
        given().header("If-None-Match", "\"another\"")
                .get("/ledger/tile/0/000")
                .then()
                .statusCode(200);
        given().head("/ledger/tile/0/000")
                .then()
                .statusCode(200)
                .header("ETag", equalTo(tag))
                .body(emptyString());
    }

    @Test
    void aPartialPageIsAnsweredFromTheFullOne() throws Exception {
        byte[] full = Files.readAllBytes(published.resolve("tile/0/000"));
        byte[] cut = given().get("/ledger/tile/0/000.p/37")
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo(FOR_EVER))
                .extract()
                .asByteArray();
        assertArrayEquals(java.util.Arrays.copyOf(full, 37 * 32), cut);
        byte[] bundle = given().get("/ledger/tile/entries/000.p/37")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray();
        assertEquals(37, Tiles.entries(bundle).size());
    }

    @Test
    void theCheckpointIsTheFilesAndFreshForASecond() throws Exception {
        String tag = given().get("/ledger/checkpoint")
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo("public, max-age=1"))
                .header("Access-Control-Allow-Origin", equalTo("*"))
                .header("ETag", notNullValue())
                .extract()
                .header("ETag");
        given().head("/ledger/checkpoint").then().statusCode(200).header("ETag", notNullValue());
        Path file = published.resolve("checkpoint");
        String note = Files.readString(file);
        Files.writeString(file, note.replaceFirst("\n[0-9]+\n", "\n299\n"));
        try {
            given().header("If-None-Match", tag)
                    .get("/ledger/checkpoint")
                    .then()
                    .statusCode(200)
                    .body(matchesPattern("(?s).*\n299\n.*"));
        } finally {
            Files.writeString(file, note);
        }
    }

    @Test
    void whatIsNotThereIsAskedAgain() {
        given().get("/ledger/tile/0/x999/999")
                .then()
                .statusCode(404)
                .header("Cache-Control", equalTo("no-store"))
                .header("Access-Control-Allow-Origin", equalTo("*"));
        given().get("/ledger/policy").then().statusCode(404).header("Cache-Control", equalTo("no-store"));
        given().get("/ledger/hand-overs").then().statusCode(404).header("Cache-Control", equalTo("no-store"));
    }

    @Test
    void aFileThatIsGoneIsAnsweredByTheDatabase() throws Exception {
        Path file = published.resolve("tile/entries/000");
        byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        try {
            assertArrayEquals(
                    bytes,
                    given().get("/ledger/tile/entries/000")
                            .then()
                            .statusCode(200)
                            .extract()
                            .asByteArray());
        } finally {
            Files.write(file, bytes);
        }
    }
}
