package io.waymark.local.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ledger's key is handed over, and then the database's folder is replaced by a copy of before: what an operator does after a disk died.
 * Everybody outside has the first key and nothing else.
 */
class RecoverIT {
    private static final String GTIN = "09506000134352";
    private static final Path EVIDENCE_JAR = Path.of("..", "..", "devices", "evidence", "target", "evidence.jar");

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
            Path safe = Files.createDirectories(folder.resolve("safe"));
            Ran exported = waymark.operator("keys", "export-next", safe.toString());
            assertEquals(0, exported.exit(), exported.err());
            assertFalse(Files.exists(waymark.home().resolve("keys/log-next.p12")));
            Ran asked = waymark.operator(
                    "keys", "hand-over", "--next", safe.resolve("log-next.p12").toString());
            assertEquals(0, asked.exit(), asked.err());

            waymark.start("--no-demo");
            NoteVerifier next = NoteVerifier.ofVkey(waymark.text("/ledger/key").strip());
            assertNotEquals(key.vkey(), next.vkey());
            String item = commission(waymark, firm, 3);
            VerifiedCheckpoint newest = quiet(waymark);
            assertEquals(next.vkey(), mirror.key().vkey(), "the mirror that was made before went on");
            assertTrue(mirror.key().knows(key.key()));
            next.checkpoint(newest.note());
            Path proof = Files.write(
                    folder.resolve("proof.waymark"),
                    waymark.get("/proof" + URI.create(item).getPath()).body());
            verified("verify", proof.toString(), key);
            verified("audit", waymark.base() + "/ledger", key);
            verified("audit", copy.toString(), key);
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
                    refused.err().contains("the database is one of before the log's key was handed over")
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
            verified("audit", waymark.base() + "/ledger", key);
            assertEquals(next.vkey(), waymark.text("/ledger/key").strip());
            assertTrue(waymark.stop());

            Home.deleteTree(postgres);
            Ran gone = waymark.operator("run", "--no-demo");
            assertEquals(1, gone.exit());
            assertTrue(
                    gone.err().contains("is gone: restore it, or get the ledger back with docker/waymark recover"),
                    gone.err());
        }
    }

    /** @return the first of them */
    private static String commission(Installation waymark, String firm, int count) throws Exception {
        return waymark.json("POST", "/api/batches/" + GTIN + "/L1/commission", firm, "{\"count\":" + count + "}")
                .path("objects")
                .path(0)
                .path("uri")
                .asText();
    }

    /** By the command line, with this key. */
    private static void verified(String command, String what, NoteVerifier key) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        EVIDENCE_JAR.toString(),
                        command,
                        what,
                        "--log-key",
                        key.vkey(),
                        "--json")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("\"log key hand-over\""), output);
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
