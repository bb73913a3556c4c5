package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.command.LogPlace;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.local.home.Home;
import io.waymark.local.whole.Installation.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database's folder is replaced by an older copy of it: what an operator does after a disk died. */
class RecoverIT {
    private static final String GTIN = "09506000134352";

    @TempDir
    Path folder;

    private Mirror mirror;

    @Test
    void anOldCopyOfTheDatabaseIsRefusedAndTheMirrorGivesBackWhatItLacks() throws Exception {
        Path copy = folder.resolve("mirror");
        Path backup = folder.resolve("backup");
        try (Installation waymark = new Installation(folder.resolve("home"))) {
            Path postgres = waymark.home().resolve("data/postgres");
            waymark.start("--no-demo");
            NoteVerifier key = NoteVerifier.ofVkey(waymark.text("/ledger/key").strip());
            var log = LogPlace.of(waymark.base() + "/ledger");
            mirror = Mirror.open(copy, key, log::get);
            String firm = waymark.json(
                            "POST",
                            "/api/organisations",
                            waymark.password("token.operator"),
                            "{\"name\":\"Smoker\",\"slug\":\"smoker\",\"kind\":\"maker\",\"country\":\"NO\"}")
                    .path("apiKey")
                    .asText();
            waymark.json("POST", "/api/trade-items", firm, "{\"gtin\":\"" + GTIN + "\",\"name\":\"Trout\"}");
            waymark.json(
                    "POST",
                    "/api/batches",
                    firm,
                    "{\"gtin\":\"" + GTIN + "\",\"lot\":\"L1\",\"quantity\":10,\"origin\":\"Lake\"}");
            commission(waymark, firm, 1);
            VerifiedCheckpoint old = quiet(waymark);
            assertTrue(waymark.stop());
            copyTree(postgres, backup);

            waymark.start("--no-demo");
            commission(waymark, firm, 3);
            VerifiedCheckpoint newest = quiet(waymark);
            Ran running = waymark.operator("recover", "--from-mirror", copy.toString(), "--yes");
            assertEquals(1, running.exit());
            assertTrue(running.err().startsWith("waymark: Waymark is already running on "), running.err());
            assertTrue(waymark.stop());
            mirror.close();

            Home.deleteTree(postgres);
            copyTree(backup, postgres);
            Ran refused = waymark.operator("run", "--no-demo");
            assertEquals(1, refused.exit());
            assertTrue(
                    refused.err().contains("the database ends at " + old.size() + " but " + newest.size())
                            && refused.err().contains("docker/waymark recover --from-mirror URL|DIR"),
                    refused.err());
            Ran recovered = waymark.operator("recover", "--from-mirror", copy.toString(), "--yes", "--json");
            assertEquals(0, recovered.exit(), recovered.err());
            JsonNode said = new ObjectMapper().readTree(recovered.out());
            assertEquals(old.size(), said.path("from").asLong(), recovered.out());
            assertEquals(newest.size(), said.path("to").asLong());
            assertEquals(3, said.path("withoutRows").path("links").asLong());
            assertTrue(said.path("writable").asBoolean());

            waymark.start("--no-demo");
            assertEquals(newest.size(), waymark.checkpoint().size());
            commission(waymark, firm, 2);
            VerifiedCheckpoint grown = waymark.checkpoint();
            assertTrue(grown.size() > newest.size());
            waymark.assertExtends(newest, grown);
            waymark.assertExtends(old, grown);
            assertTrue(waymark.stop());

            Home.deleteTree(postgres);
            Ran gone = waymark.operator("run", "--no-demo");
            assertEquals(1, gone.exit());
            assertTrue(
                    gone.err().contains("is gone: restore it, or get the ledger back with docker/waymark recover"),
                    gone.err());
        }
    }

    private static void commission(Installation waymark, String firm, int count) throws Exception {
        waymark.json("POST", "/api/batches/" + GTIN + "/L1/commission", firm, "{\"count\":" + count + "}");
    }

    /** When the mirror has everything, and the last of it is a map head: after that nothing comes by itself. */
    private VerifiedCheckpoint quiet(Installation waymark) throws Exception {
        for (int i = 0; i < 300; i++) {
            mirror.update();
            VerifiedCheckpoint shown = waymark.checkpoint();
            if (mirror.status().copied() == shown.size() && endsWithMapHead(folder.resolve("mirror"), shown.size())) {
                return shown;
            }
            Thread.sleep(200);
        }
        throw new AssertionError("not within a minute: " + mirror.status());
    }

    private static boolean endsWithMapHead(Path copy, long size) throws Exception {
        if (size == 0) {
            return false;
        }
        long bundle = (size - 1) / Tiles.WIDTH;
        List<byte[]> entries = Tiles.entries(
                Files.readAllBytes(copy.resolve(Tiles.entriesPath(bundle, Tiles.width(0, bundle, size)))));
        return MapHead.is(entries.get(entries.size() - 1));
    }

    private static void copyTree(Path from, Path to) throws IOException, InterruptedException {
        Process copying = new ProcessBuilder("cp", "-a", from.toString(), to.toString())
                .inheritIO()
                .start();
        assertEquals(0, copying.waitFor());
        try (Stream<Path> files = Files.list(to)) {
            assertTrue(files.findAny().isPresent());
        }
    }
}
