package io.waymark.evidence.vectors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.InvalidPolicyException;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.RootsForTests;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.map.MapProof;
import io.waymark.evidence.map.TagMap;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.message.ObjectTree;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Freshness;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.evidence.receipt.Receipt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The vectors as Java sees them. JavaScript reads the same files. */
class VectorsTest {
    private static final Path FOLDER = Path.of("src/test/resources/vectors");

    private static Map<String, String> committed() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(FOLDER)) {
            for (Path path : paths.toList()) {
                String name = path.getFileName().toString();
                if (name.startsWith("good-") || name.startsWith("broken-")) {
                    files.put(name, Files.readString(path));
                }
            }
        }
        return files;
    }

    /** To write them anew: {@code mvn test -Dtest=VectorsTest -Dwaymark.vectors.write=true}. */
    @Test
    void committedFilesAreWhatTheGeneratorMakes() throws Exception {
        Map<String, String> made = Vectors.all();
        if (Boolean.getBoolean("waymark.vectors.write")) {
            for (String old : committed().keySet()) {
                Files.delete(FOLDER.resolve(old));
            }
            for (Map.Entry<String, String> file : made.entrySet()) {
                Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
            }
        }
        Map<String, String> committed = committed();
        assertEquals(made.keySet(), committed.keySet());
        made.forEach((name, content) -> assertEquals(content, committed.get(name), name));
    }

    @TestFactory
    Stream<DynamicTest> eachFileHasItsOutcome() throws IOException {
        return committed().entrySet().stream()
                .map(file -> DynamicTest.dynamicTest(
                        file.getKey(), () -> check(file.getKey(), VectorFile.parse(file.getValue()))));
    }

    private static void check(String name, VectorFile v) throws Exception {
        if (v.text("kind").equals("proof")) {
            proof(v);
        } else if (name.startsWith("good-")) {
            assertTrue(accepts(v), name);
        } else {
            boolean accepted;
            try {
                accepted = accepts(v);
            } catch (MalformedException e) {
                accepted = false;
                String reason = v.text("reason");
                if (reason.matches("[A-Z_0-9]+")) {
                    assertEquals(reason, e.reason().name());
                }
            } catch (InvalidNoteException | InvalidPolicyException e) {
                accepted = false;
            } catch (IllegalArgumentException e) {
                // Only vkeys, which are configuration and not input, are refused this way.
                assertTrue(v.has("vkey"), name);
                accepted = false;
            }
            assertFalse(accepted, name);
        }
    }

    private static boolean accepts(VectorFile v) throws Exception {
        switch (v.text("kind")) {
            case "cbor": {
                CborReader in = new CborReader(v.hex("bytes"));
                in.skip();
                in.end();
                return true;
            }
            case "key": {
                VerificationKey key = VerificationKey.ofCose(v.hex("cose-key"));
                assertArrayEquals(v.hex("kid"), key.kid());
                assertArrayEquals(v.hex("cose-key"), key.coseKey());
                assertEquals(v.text("algorithm"), key.algorithm().name());
                return true;
            }
            case "ed25519":
                return VerificationKey.ofEd25519(v.hex("key")).verifies(v.hex("message"), v.hex("signature"));
            case "p256":
                return VerificationKey.ofCose(v.hex("cose-key")).verifies(v.hex("message"), v.hex("signature"));
            case "signed-message": {
                VerificationKey key = VerificationKey.ofCose(v.hex("key"));
                SignedMessage message = SignedMessage.parse(v.hex("wire"));
                if (!message.verifies(key)) {
                    return false;
                }
                assertArrayEquals(v.hex("digest"), message.digest());
                assertArrayEquals(v.hex("kid"), message.kid());
                assertArrayEquals(v.hex("fields-root"), message.envelope().fieldsRoot());
                assertEquals(v.number("type"), message.head().type());
                assertEquals(v.number("epoch"), message.head().epoch());
                assertEquals(v.number("seq"), message.head().seq());
                assertEquals(
                        v.texts("group"),
                        message.groups().stream().map(g -> "" + g.key()).toList());
                return true;
            }
            case "disclosure": {
                Disclosure disclosure = Disclosure.parse(v.hex("disclosure"));
                if (!disclosure.matches(v.hex("fields-root"))) {
                    return false;
                }
                assertEquals(
                        v.texts("group"),
                        disclosure.groups().stream().map(g -> "" + g.key()).toList());
                return true;
            }
            case "receipt": {
                Receipt.Signed signed = Receipt.parse(v.hex("receipt"));
                if (!signed.verifies(VerificationKey.ofCose(v.hex("key")))) {
                    return false;
                }
                assertEquals(v.number("tree-size"), signed.receipt().treeSize());
                assertEquals(v.number("class"), signed.receipt().receiptClass());
                return true;
            }
            case "note": {
                String text = NoteVerifier.ofVkey(v.text("vkey")).verify(utf8(v.hex("note")));
                assertEquals(utf8(v.hex("text")), text);
                return true;
            }
            case "checkpoint": {
                var checkpoint = NoteVerifier.ofVkey(v.text("vkey"))
                        .checkpoint(utf8(v.hex("note")))
                        .checkpoint();
                assertEquals(v.text("origin"), checkpoint.origin());
                assertEquals(v.number("size"), checkpoint.size());
                assertArrayEquals(v.hex("root"), checkpoint.root());
                return true;
            }
            case "cosignature": {
                CosignedCheckpoint cosigned = CosignedCheckpoint.read(
                        utf8(v.hex("note")),
                        NoteVerifier.ofVkey(v.text("vkey")),
                        v.texts("witness").stream()
                                .map(CosignatureVerifier::ofVkey)
                                .toList());
                assertEquals(
                        v.texts("cosigned"),
                        cosigned.cosignatures().stream()
                                .map(c -> c.name() + " " + c.seconds() + " " + c.type())
                                .toList());
                return true;
            }
            case "policy": {
                Policy policy = Policy.parse(utf8(v.hex("policy")));
                assertEquals(v.number("needed"), policy.needed());
                assertEquals(v.number("survives"), policy.survives());
                Policy.Judgement judgement = policy.judge(policy.read(utf8(v.hex("note"))));
                assertEquals(v.text("judgement"), judgement.satisfied() ? "satisfied" : "not-satisfied");
                assertEquals(v.texts("missing"), judgement.missing());
                return true;
            }
            case "fraud": {
                FraudProof proof = FraudProof.parse(v.hex("file"));
                assertArrayEquals(v.hex("file"), proof.encode());
                return proof.judge(NoteVerifier.ofVkey(v.text("vkey"))) instanceof FraudProof.Verdict.Proven;
            }
            case "inclusion":
                return RootsForTests.places(
                        v.hex("leaf-hash"), v.number("index"), v.number("size"), v.hex("root"), v.hexes("path"));
            case "consistency":
                return RootsForTests.extendsFrom(
                        v.number("old-size"), v.hex("old-root"), v.number("size"), v.hex("root"), v.hexes("path"));
            case "tile": {
                List<byte[]> entries = Tiles.entries(v.hex("bundle"));
                byte[] tile = v.hex("tile");
                if (entries.size() != v.number("size") || tile.length != 32 * entries.size()) {
                    return false;
                }
                for (int i = 0; i < entries.size(); i++) {
                    if (!Arrays.equals(
                            MerkleHash.leaf(entries.get(i)), Arrays.copyOfRange(tile, 32 * i, 32 * i + 32))) {
                        return false;
                    }
                }
                // A full tile also has a hash one level up; it is computed here, as a verifier without that tile would.
                byte[] root = entries.size() == Tiles.WIDTH
                        ? RootsForTests.ofFullTile(tile)
                        : Tiles.root(entries.size(), (l, i, w) -> tile);
                return Arrays.equals(v.hex("root"), root);
            }
            case "tile-path":
                assertEquals(
                        v.text("path"),
                        v.has("entries")
                                ? Tiles.entriesPath(v.number("index"), (int) v.number("width"))
                                : Tiles.path((int) v.number("level"), v.number("index"), (int) v.number("width")));
                return true;
            case "link": {
                byte[] digest = Entries.linkDigest(
                        v.hex("step-digest"), v.number("n"), v.has("previous") ? v.hex("previous") : null);
                if (v.has("link-digest")) {
                    assertArrayEquals(v.hex("link-digest"), digest);
                }
                return Arrays.equals(v.hex("entry"), Entries.link(v.hex("object-secret"), v.number("n"), digest));
            }
            case "object": {
                byte[] leaf = ObjectTree.leaf(v.hex("salt"), v.hex("binding"), v.text("uri"));
                byte[] root = MerkleHash.rootFrom(leaf, v.number("index"), v.number("count"), v.hexes("path"));
                byte[] binding = v.has("secret") ? ObjectTree.binding(v.text("uri"), v.hex("secret")) : new byte[32];
                return root != null && Arrays.equals(root, v.hex("root")) && Arrays.equals(binding, v.hex("binding"));
            }
            case "key-binding":
                assertArrayEquals(
                        v.hex("entry"), KeyBinding.parse(v.hex("entry")).entry());
                return true;
            case "revocation":
                assertArrayEquals(
                        v.hex("entry"), Revocation.parse(v.hex("entry")).entry());
                return true;
            case "log-key":
                assertArrayEquals(v.hex("entry"), LogKey.parse(v.hex("entry")).entry());
                return true;
            case "map-head":
                assertArrayEquals(v.hex("entry"), MapHead.parse(v.hex("entry")).entry());
                return true;
            case "map":
                return Arrays.equals(
                        v.hex("root"),
                        TagMap.root(RawMessage.concat(v.hexes("tag").toArray(byte[][]::new)), 0));
            case "map-proof": {
                MapProof proof = new MapProof(v.hexes("sibling"), v.has("terminal") ? v.hex("terminal") : null);
                MapProof.Finding shown =
                        v.text("shows").equals("presence") ? MapProof.Finding.PRESENT : MapProof.Finding.ABSENT;
                return proof.find(v.hex("tag"), v.hex("root")) == shown;
            }
            default:
                throw new AssertionError("unknown kind " + v.text("kind"));
        }
    }

    private static void proof(VectorFile v) throws MalformedException {
        NoteVerifier log = NoteVerifier.ofVkey(v.text("log-key"));
        byte[] bytes = v.hex("file");
        ProofFile file;
        try {
            file = ProofFile.parse(bytes);
        } catch (MalformedException e) {
            assertEquals("cannot-tell", v.text("outcome"));
            assertEquals("unreadable", v.text("expect"), e.getMessage());
            return;
        }
        assertArrayEquals(bytes, file.encode());
        List<Check> checks = ProofVerification.verify(file, log, freshness(v), policy(v));
        String told = String.join("\n", checks.stream().map(Check::toString).toList());
        String outcome =
                switch (Check.summary(checks)) {
                    case PASS -> "valid";
                    case FAIL -> "invalid";
                    case CANNOT_TELL -> "cannot-tell";
                };
        assertEquals(v.text("outcome"), outcome, told);
        String first = checks.stream()
                .filter(c -> c.outcome() != Outcome.PASS)
                .map(Check::name)
                .findFirst()
                .orElse("none");
        assertEquals(v.has("expect") ? v.text("expect") : "none", first, told);
    }

    /** What the vector's reader asks for; null when it does not ask. */
    private static Freshness freshness(VectorFile v) {
        return v.has("now") ? new Freshness(v.number("now"), v.number("max-age")) : null;
    }

    private static Policy policy(VectorFile v) {
        try {
            return v.has("policy") ? Policy.parse(utf8(v.hex("policy"))) : null;
        } catch (InvalidPolicyException e) {
            throw new AssertionError(e);
        }
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
