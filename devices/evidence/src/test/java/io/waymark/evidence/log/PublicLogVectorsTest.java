package io.waymark.evidence.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's logs, proofs and notes. */
class PublicLogVectorsTest {
    private static final String TESSERA =
            "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    /** The same vectors are in both folders, in one of them by their content's hash, and not all under a name that ends with .json. */
    @ParameterizedTest
    @ValueSource(strings = {"ledger/merkle-testdata/testdata", "reliability/merkle"})
    void everyMerkleVectorHasItsOutcome(String folder) {
        Map<String, Integer> counts = new TreeMap<>();
        List<String> different = new ArrayList<>();
        List<Path> files = SharedData.files(folder, "");
        for (Path file : files) {
            JsonNode v = SharedData.json(file);
            boolean expected = !v.get("wantErr").asBoolean();
            String kind;
            boolean accepted;
            if (v.has("treeSize")) {
                kind = "inclusion";
                accepted = RootsForTests.places(
                        bytes(v.get("leafHash")),
                        number(v, "leafIdx"),
                        number(v, "treeSize"),
                        bytes(v.get("root")),
                        hashes(v));
            } else if (v.has("size1")) {
                kind = "consistency";
                accepted = RootsForTests.extendsFrom(
                        number(v, "size1"),
                        bytes(v.get("root1")),
                        number(v, "size2"),
                        bytes(v.get("root2")),
                        hashes(v));
            } else if (v.has("leafIdx")) {
                // A subtree is a tree of its own, when it begins where a tree of its size may.
                kind = "subtree inclusion";
                long start = number(v, "start");
                long end = number(v, "end");
                accepted = isSubtree(start, end)
                        && RootsForTests.places(
                                bytes(v.get("leafHash")),
                                number(v, "leafIdx") - start,
                                end - start,
                                bytes(v.get("root")),
                                hashes(v));
            } else if (number(v, "start") == 0) {
                kind = "subtree consistency from 0";
                accepted = RootsForTests.extendsFrom(
                        number(v, "end"), bytes(v.get("root1")), number(v, "size"), bytes(v.get("root2")), hashes(v));
            } else {
                // Nothing of ours makes or reads a proof about a subtree in the middle of the log.
                counts.merge("subtree consistency from elsewhere: not ours", 1, Integer::sum);
                continue;
            }
            counts.merge(kind + (expected ? ", good" : ", broken"), 1, Integer::sum);
            if (accepted == expected) {
                continue;
            }
            // That library calls a question about size 0 an error. A witness must accept it, with an empty path and the
            // root of
            // nothing. And some of its roots are words, not hashes; here a root has 32 bytes.
            boolean fromNothing =
                    v.path("size1").asLong(1) == 0 || v.path("end").asLong(1) == 0;
            boolean words = v.has("root1") && bytes(v.get("root1")).length != 32;
            assertTrue(fromNothing || words, kind + " " + file);
            different.add(v.get("desc").asText());
        }
        System.out.println(folder + ": " + counts + ", otherwise here: " + different);
        assertEquals(
                files.size(), counts.values().stream().mapToInt(count -> count).sum());
        assertTrue(different.size() <= 8, different.toString());
        assertTrue(counts.getOrDefault("inclusion, good", 0) > 0 && counts.getOrDefault("consistency, good", 0) > 0);
    }

    /** Whether a complete tree of the next power of two could begin there. */
    private static boolean isSubtree(long start, long end) {
        if (start < 0 || end <= start) {
            return false;
        }
        long width = Long.highestOneBit(end - start) << (Long.bitCount(end - start) == 1 ? 0 : 1);
        return width > 0 && start % width == 0;
    }

    /** Numbers beyond int64 come out negative, and are refused like them. */
    private static long number(JsonNode v, String name) {
        return v.get(name).bigIntegerValue().longValue();
    }

    @Test
    void tesseraLogOfEverySize() throws Exception {
        Path log = SharedData.path("ledger/tessera-testlog/testdata/log");
        NoteVerifier verifier = NoteVerifier.ofVkey(TESSERA);
        VerifiedCheckpoint previous = null;
        for (int size = 0; size <= 15; size++) {
            VerifiedCheckpoint checkpoint = verifier.checkpoint(Files.readString(log.resolve("checkpoint." + size)));
            assertEquals(size, checkpoint.size());
            Tiles.TileSource tiles = (level, index, width) -> read(log.resolve(Tiles.path(level, index, width)));
            assertArrayEquals(checkpoint.root(), Tiles.root(size, tiles));
            if (size > 0) {
                List<byte[]> entries = Tiles.entries(Files.readAllBytes(log.resolve(Tiles.entriesPath(0, size))));
                assertEquals(size, entries.size());
                for (int i = 0; i < size; i++) {
                    assertTrue(Tiles.inclusion(i, size, tiles).places(MerkleHash.leaf(entries.get(i)), checkpoint));
                }
                assertTrue(Tiles.consistency(size - 1, size, tiles).extends_(previous, checkpoint));
            }
            previous = checkpoint;
        }
        assertEquals(
                15,
                verifier.checkpoint(Files.readString(log.resolve("checkpoint"))).size());
    }

    @Test
    void signedNoteVectors() throws Exception {
        int looked = 0;
        JsonNode vectors = SharedData.json(SharedData.path("ledger/signed-note/vectors.json"))
                .get("vectors");
        for (JsonNode v : vectors) {
            String id = v.get("id").asText();
            if (v.has("note")) {
                NoteVerifier verifier = NoteVerifier.ofVkey(v.get("vkey").asText());
                assertEquals(v.get("vkey").asText(), verifier.vkey());
                String text = verifier.verify(v.get("note").asText());
                assertTrue(v.get("note").asText().startsWith(text), id);
            } else if (v.has("vkey") && !v.get("ok").asBoolean()) {
                String vkey = v.get("vkey").asText();
                assertThrows(IllegalArgumentException.class, () -> NoteVerifier.ofVkey(vkey), id);
                assertThrows(IllegalArgumentException.class, () -> CosignatureVerifier.ofVkey(vkey), id);
            } else if (v.has("vkey")) {
                String vkey = v.get("vkey").asText();
                assertEquals(vkey, CosignatureVerifier.ofVkey(vkey).vkey(), id);
                assertThrows(IllegalArgumentException.class, () -> NoteVerifier.ofVkey(vkey), id);
            } else {
                // key id(4) ‖ time(8) ‖ signature(64); the note that was signed is not there.
                byte[] line = bytes(v.get("sig_b64"));
                assertEquals(76, line.length, id);
                assertEquals(
                        v.get("unix_time").asLong(), ByteBuffer.wrap(line, 4, 8).getLong(), id);
            }
            looked++;
        }
        assertEquals(vectors.size(), looked);
    }

    @Test
    void aWitnessKeyWhoseIdIsNotItsOwnIsRefused() {
        for (Path file : SharedData.files("ledger/signed-note", ".txt")) {
            String vkey = text(file).strip();
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> CosignatureVerifier.ofVkey(vkey), file.toString());
            assertTrue(e.getMessage().contains("key's id"), e.getMessage());
        }
    }

    private static String text(Path file) {
        return new String(read(file), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static byte[] read(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] bytes(JsonNode base64) {
        return base64 == null || base64.isNull()
                ? new byte[0]
                : Base64.getDecoder().decode(base64.asText());
    }

    private static List<byte[]> hashes(JsonNode v) {
        List<byte[]> hashes = new ArrayList<>();
        v.path("proof").forEach(hash -> hashes.add(bytes(hash)));
        return hashes;
    }
}
