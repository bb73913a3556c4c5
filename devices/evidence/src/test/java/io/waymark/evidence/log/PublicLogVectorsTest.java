package io.waymark.evidence.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.evidence.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Other people's logs, proofs and notes. */
class PublicLogVectorsTest {
    private static final String TESSERA =
            "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    @Test
    void merkleTestdataInclusion() {
        int count = 0;
        for (Path file : SharedData.files("ledger/merkle-testdata/testdata/inclusion", ".json")) {
            JsonNode v = SharedData.json(file);
            boolean placed = RootsForTests.places(
                    bytes(v.get("leafHash")),
                    v.get("leafIdx").asLong(),
                    v.get("treeSize").asLong(),
                    bytes(v.get("root")),
                    hashes(v));
            assertEquals(!v.get("wantErr").asBoolean(), placed, file.toString());
            count++;
        }
        assertEquals(98, count);
    }

    @Test
    void merkleTestdataConsistency() {
        int count = 0;
        List<String> different = new ArrayList<>();
        for (Path file : SharedData.files("ledger/merkle-testdata/testdata/consistency", ".json")) {
            JsonNode v = SharedData.json(file);
            boolean grown = RootsForTests.extendsFrom(
                    v.get("size1").asLong(),
                    bytes(v.get("root1")),
                    v.get("size2").asLong(),
                    bytes(v.get("root2")),
                    hashes(v));
            boolean expected = !v.get("wantErr").asBoolean();
            // That library calls a question about size 0 an error. A witness must accept it, with an empty path and the
            // root of nothing.
            // And some of its roots are words, not hashes; here a root has 32 bytes.
            boolean words = bytes(v.get("root1")).length != 32;
            if (expected != grown && (v.get("size1").asLong() == 0 || words)) {
                different.add(v.get("desc").asText());
            } else {
                assertEquals(expected, grown, file.toString());
            }
            count++;
        }
        assertEquals(98, count);
        assertTrue(different.size() <= 4, different.toString());
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
    }

    @Test
    void signedNoteVectors() throws Exception {
        int notes = 0;
        for (JsonNode v : SharedData.json(SharedData.path("ledger/signed-note/vectors.json"))
                .get("vectors")) {
            if (v.has("note")) {
                NoteVerifier verifier = NoteVerifier.ofVkey(v.get("vkey").asText());
                assertEquals(v.get("vkey").asText(), verifier.vkey());
                String text = verifier.verify(v.get("note").asText());
                assertTrue(v.get("note").asText().startsWith(text));
                notes++;
            } else if (v.has("vkey") && !v.get("ok").asBoolean()) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> NoteVerifier.ofVkey(v.get("vkey").asText()),
                        v.get("id").asText());
            }
        }
        assertEquals(2, notes);
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
