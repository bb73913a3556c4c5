package io.waymark.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.commons.support.AnnotationSupport;

/** No file of public vectors is passed over in silence: each is read by a test named here, or is said to be no vector, or is reported. */
class PublicDataTest {
    private static final List<String> FOLDERS =
            List.of("ledger", "reliability/merkle", "reliability/cose", "reliability/cbor", "reliability/wycheproof");

    /**
     * @param files    pattern of paths below the data folder
     * @param test     who reads them, class#method below io.waymark.evidence; empty: nobody, they are no vectors
     * @param expected what comes out
     */
    private record Read(String files, String test, String expected) {}

    private static final List<Read> TABLE = List.of(
            new Read(
                    "ledger/merkle-testdata/testdata/.*",
                    "log.PublicLogVectorsTest#everyMerkleVectorHasItsOutcome",
                    "as wantErr says; size 0 and roots of another length differ; subtrees not from 0 counted"),
            new Read(
                    "reliability/merkle/.*",
                    "log.PublicLogVectorsTest#everyMerkleVectorHasItsOutcome",
                    "the same vectors"),
            new Read(
                    "ledger/tessera-testlog/testdata/log/(checkpoint.*|tile/.*)",
                    "log.PublicLogVectorsTest#tesseraLogOfEverySize",
                    "signatures, roots, every inclusion, every step of growth"),
            new Read("ledger/signed-note/vectors.json", "log.PublicLogVectorsTest#signedNoteVectors", "as ok says"),
            new Read(
                    "ledger/signed-note/.*MISMATCH.txt",
                    "log.PublicLogVectorsTest#aWitnessKeyWhoseIdIsNotItsOwnIsRefused",
                    "refused"),
            new Read(
                    "ledger/ed25519-cctv/ed25519vectors.json",
                    "key.Ed25519VectorsTest#verdictsAreTheCommittedOnes",
                    "the 914 committed verdicts"),
            new Read(
                    "reliability/cose/.*",
                    "key.PublicVectorsTest#coseSamplesVerifyAsBytesAndAreRefusedAsMessages",
                    "signatures of ours hold; no sample is one of our messages, the reasons are counted"),
            new Read(
                    "reliability/cbor/.*appendix_a.json",
                    "cbor.AppendixATest#everyExample",
                    "in the subset: the same bytes; else refused"),
            new Read(
                    "reliability/wycheproof/.*",
                    "key.PublicVectorsTest#wycheproof",
                    "as result says; other algorithms counted"),
            new Read(".*/(LICENSE|README.md)|ledger/README.md|ledger/verify_vectors.py", "", "no vector"),
            new Read("ledger/tessera-testlog/testdata/log/.state/.*", "", "that program's own state"));

    /** Beginnings of what the tests in the table understand, wherever it lies. */
    private static final Set<String> OUR_FIELDS = Set.of(
            "wantErr", "testGroups", "vkey", "vectors", "ToBeSign_hex", "roundtrip", "treeSize", "intermediates");

    private static Optional<Read> reader(String file) {
        return TABLE.stream().filter(read -> file.matches(read.files())).findFirst();
    }

    /** Files of these folders that nobody reads, and which of them are of a kind that a test here would understand. */
    private record Passed(List<String> all, List<String> ours) {}

    private static Passed passedOver(Path data, Map<String, Integer> counts) throws IOException {
        Passed passed = new Passed(new ArrayList<>(), new ArrayList<>());
        for (String folder : FOLDERS) {
            if (!Files.isDirectory(data.resolve(folder))) {
                continue;
            }
            try (Stream<Path> walk = Files.walk(data.resolve(folder))) {
                for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
                    String name = data.relativize(file).toString().replace('\\', '/');
                    Optional<Read> read = reader(name);
                    if (read.isPresent()) {
                        counts.merge(read.get().files(), 1, Integer::sum);
                    } else {
                        passed.all().add(name);
                        if (isOurs(file)) {
                            passed.ours().add(name);
                        }
                    }
                }
            }
        }
        return passed;
    }

    private static boolean isOurs(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (new String(bytes, java.nio.charset.StandardCharsets.UTF_8).contains("\n\n\u2014 ")) {
            return true;
        }
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(bytes);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return false;
        }
        JsonNode first = json != null && json.isArray() && json.size() > 0 ? json.get(0) : json;
        return first != null && OUR_FIELDS.stream().anyMatch(first::has);
    }

    @Test
    void everyFileOfPublicVectorsIsReadByATestOrReported() throws IOException {
        Path data = SharedData.path("ledger").getParent();
        Map<String, Integer> counts = new LinkedHashMap<>();
        Passed passed = passedOver(data, counts);
        for (Read read : TABLE) {
            System.out.printf(
                    "%5d  %s: %s%s%n",
                    counts.getOrDefault(read.files(), 0),
                    read.files(),
                    read.test().isEmpty() ? "" : read.test() + ": ",
                    read.expected());
        }
        passed.all().forEach(file -> System.out.println("read by no test: " + file));
        if (Boolean.getBoolean("waymark.data.required")) {
            assertEquals(List.of(), passed.ours(), "vectors of a kind that is read here, and nobody reads them");
        }
    }

    @Test
    void theTestsNamedAreThere() throws Exception {
        for (Read read : TABLE) {
            if (read.test().isEmpty()) {
                continue;
            }
            String[] parts = read.test().split("#");
            Method method = Arrays.stream(
                            Class.forName("io.waymark.evidence." + parts[0]).getDeclaredMethods())
                    .filter(one -> one.getName().equals(parts[1]))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + read.test()));
            assertTrue(
                    AnnotationSupport.isAnnotated(method, org.junit.platform.commons.annotation.Testable.class),
                    read.test());
        }
    }

    @Test
    void aFileThatNobodyReadsIsReported(@TempDir Path data) throws IOException {
        Path cbor = Files.createDirectories(data.resolve("reliability/cbor"));
        Files.writeString(cbor.resolve("80e7-appendix_a.json"), "[]");
        Files.writeString(cbor.resolve("more.json"), "[{\"hex\": \"00\", \"roundtrip\": true}]");
        Files.writeString(cbor.resolve("notes.txt"), "anything");
        Path notes = Files.createDirectories(data.resolve("ledger/notes"));
        Files.writeString(notes.resolve("checkpoint"), "origin\n1\nAAAA\n\n\u2014 origin AAAA\n");
        Passed passed = passedOver(data, new LinkedHashMap<>());
        assertEquals(
                List.of("ledger/notes/checkpoint", "reliability/cbor/more.json", "reliability/cbor/notes.txt"),
                passed.all());
        assertEquals(List.of("ledger/notes/checkpoint", "reliability/cbor/more.json"), passed.ours());
        assertFalse(reader("reliability/cose/x.json").isEmpty());
    }
}
