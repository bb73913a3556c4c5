package io.waymark.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.fail;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.CosignatureVerifier;
import io.waymark.evidence.log.CosignedCheckpoint;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Policy;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.TlogProof;
import io.waymark.evidence.message.Disclosure;
import io.waymark.evidence.message.Envelope;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.evidence.proof.ProofVerification;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.evidence.witness.Submission;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Altered input must come back as one of the parsers' own (checked) exceptions, quickly, and never as anything else. */
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("waymark.fuzz.rounds", 4_000);
    private static final long SEED = Long.getLong("waymark.fuzz.seed", 20261120L);

    private interface Parser {
        void parse(byte[] input) throws Exception;
    }

    private static final Map<String, Parser> PARSERS = new LinkedHashMap<>();

    static {
        PARSERS.put("cbor", input -> {
            CborReader in = new CborReader(input);
            in.skip();
            in.end();
        });
        PARSERS.put("cose-key", VerificationKey::ofCose);
        PARSERS.put("cose-sign1", CoseSign1::parse);
        PARSERS.put("group", Group::parse);
        PARSERS.put("signed-message", input -> {
            SignedMessage message = SignedMessage.parse(input);
            Reading.measurements(message);
            Reading.series(message);
            Reading.position(message);
            Reading.associations(message);
        });
        PARSERS.put("envelope", Envelope::parse);
        PARSERS.put("disclosure", input -> Reading.measurements(Disclosure.parse(input)));
        PARSERS.put("receipt", Receipt::parse);
        PARSERS.put("key-binding", KeyBinding::parse);
        PARSERS.put("revocation", Revocation::parse);
        PARSERS.put("map-head", MapHead::parse);
        PARSERS.put("public-entry", PublicEntry::parse);
        PARSERS.put("bundle", Tiles::entries);
        PARSERS.put("proof", ProofFile::parse);
        NoteVerifier verifier = NoteVerifier.ofVkey(vector("good-checkpoint-plain", "vkey"));
        PARSERS.put("tlog-proof", input -> TlogProof.parse(new String(input, StandardCharsets.UTF_8)));
        PARSERS.put("checkpoint-text", input -> Checkpoint.parse(new String(input, StandardCharsets.UTF_8)));
        PARSERS.put("checkpoint", input -> verifier.checkpoint(new String(input, StandardCharsets.UTF_8)));
        NoteVerifier log = NoteVerifier.ofVkey(vector("good-cosignature-several", "vkey"));
        List<CosignatureVerifier> witnesses = List.of(
                CosignatureVerifier.ofVkey(vector("good-cosignature-ed25519", "witness")),
                CosignatureVerifier.ofVkey(vector("good-cosignature-ml-dsa-44", "witness")));
        PARSERS.put(
                "cosigned",
                input -> CosignedCheckpoint.read(new String(input, StandardCharsets.UTF_8), log, witnesses));
        PARSERS.put("policy", input -> Policy.parse(new String(input, StandardCharsets.UTF_8)));
        PARSERS.put("fraud", input -> FraudProof.parse(input).judge(log));
        PARSERS.put("submission", Submission::parse);
    }

    private static final Map<String, byte[]> STARTS = new LinkedHashMap<>();

    static {
        STARTS.put("cbor", hex("good-cbor-map-keys", "bytes"));
        STARTS.put("cose-key", hex("good-key-p256", "cose-key"));
        STARTS.put("cose-sign1", hex("good-receipt", "receipt"));
        STARTS.put("group", HexFormat.of().parseHex("82098182011864"));
        STARTS.put("signed-message", hex("good-message-reading-with-prev-and-anchor", "wire"));
        STARTS.put("envelope", hex("good-receipt", "receipt"));
        STARTS.put("disclosure", hex("good-disclosure-all", "disclosure"));
        STARTS.put("receipt", hex("good-receipt", "receipt"));
        STARTS.put("key-binding", hex("good-key-binding", "entry"));
        STARTS.put("revocation", hex("good-revocation-suspect-from", "entry"));
        STARTS.put("map-head", hex("good-map-head", "entry"));
        STARTS.put("public-entry", hex("good-map-head", "entry"));
        STARTS.put("bundle", hex("good-tile-5", "bundle"));
        STARTS.put("proof", hex("good-proof-whole-story", "file"));
        STARTS.put(
                "tlog-proof",
                new TlogProof(new InclusionProof(7, List.of(new byte[32], new byte[32])), "note\n\nsignatures\n")
                        .text()
                        .getBytes(StandardCharsets.UTF_8));
        STARTS.put(
                "checkpoint-text",
                new Checkpoint("trace.example", 12, new byte[32]).text().getBytes(StandardCharsets.UTF_8));
        STARTS.put("checkpoint", hex("good-checkpoint-with-extension", "note"));
        STARTS.put("cosigned", hex("good-cosignature-several", "note"));
        STARTS.put("policy", hex("good-policy-entity-with-two-keys", "policy"));
        STARTS.put("fraud", hex("good-fraud-larger", "file"));
        STARTS.put(
                "submission",
                new Submission(
                                6,
                                new ConsistencyProof(List.of(new byte[32], new byte[32])),
                                new String(hex("good-checkpoint-plain", "note"), StandardCharsets.UTF_8))
                        .encode());
    }

    private static byte[] hex(String file, String name) {
        return HexFormat.of().parseHex(vector(file, name));
    }

    private static String vector(String file, String name) {
        try (Stream<String> lines = Files.lines(Path.of("src/test/resources/vectors", file + ".txt"))) {
            return lines.filter(l -> l.startsWith(name + ": "))
                    .findFirst()
                    .orElseThrow()
                    .substring(name.length() + 2);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> alteredBytes() {
        return PARSERS.keySet().stream()
                .map(name -> DynamicTest.dynamicTest(name + ", seed " + SEED, () -> alteredBytes(name)));
    }

    private static void alteredBytes(String name) {
        Random random = new Random(SEED ^ name.hashCode());
        byte[] start = STARTS.get(name);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = altered(start, random);
            try {
                PARSERS.get(name).parse(input);
            } catch (RuntimeException | Error e) {
                fail(
                        "seed " + SEED + ", round " + round + ", input "
                                + HexFormat.of().formatHex(input),
                        e);
            } catch (Exception refused) {
                // as it should be: every checked exception of a parser is a refusal
            }
        }
    }

    private static byte[] altered(byte[] start, Random random) {
        byte[] out = start.clone();
        switch (random.nextInt(6)) {
            case 0 -> out = Arrays.copyOf(out, random.nextInt(out.length + 1));
            case 1 -> {
                out = Arrays.copyOf(out, out.length + 1 + random.nextInt(8));
                for (int i = start.length; i < out.length; i++) {
                    out[i] = (byte) random.nextInt();
                }
            }
            case 2 -> random.nextBytes(out);
            default -> {
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return out;
    }

    @Test
    void noAlteredProofFileIsValid() throws Exception {
        byte[] start = STARTS.get("proof");
        NoteVerifier log = NoteVerifier.ofVkey(vector("good-proof-whole-story", "log-key"));
        assertEquals(Outcome.PASS, Check.summary(ProofVerification.verify(ProofFile.parse(start), log)));
        long readings = ProofFile.parse(start).readingsInStory();
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS / 4; round++) {
            byte[] input = start.clone();
            int at = random.nextInt(input.length);
            input[at] ^= (byte) (1 << random.nextInt(8));
            ProofFile file;
            try {
                file = ProofFile.parse(input);
            } catch (MalformedException e) {
                continue;
            }
            // What a file may say freely: how many readings there are beyond it.
            boolean free = file.readingsInStory() != readings;
            if (!free && Check.summary(ProofVerification.verify(file, log)) == Outcome.PASS) {
                fail("seed " + SEED + ", round " + round + ": byte " + at + " may be altered unnoticed");
            }
        }
    }

    @Test
    void bombsAreRefusedAtOnce() {
        byte[] deep = new byte[4 << 20];
        Arrays.fill(deep, (byte) 0x81);
        byte[] wide = new byte[4 << 20];
        wide[0] = (byte) 0x9a;
        wide[2] = 0x3f;
        String[] lies = {
            "9b7fffffffffffffff",
            "bb7fffffffffffffff",
            "5b7fffffffffffffff",
            "7b7fffffffffffffff",
            "9a7fffffff8181",
            "ba3fffffff0000",
            "5a7fffffff00"
        };
        assertTimeout(Duration.ofSeconds(5), () -> {
            for (String lie : lies) {
                assertThrows(
                        MalformedException.class,
                        () -> PARSERS.get("cbor").parse(HexFormat.of().parseHex(lie)),
                        lie);
            }
            assertThrows(MalformedException.class, () -> PARSERS.get("cbor").parse(deep));
            for (String name : PARSERS.keySet()) {
                if (!name.equals("bundle") && !name.equals("cbor")) {
                    assertThrows(Exception.class, () -> PARSERS.get(name).parse(wide), name);
                    assertThrows(Exception.class, () -> PARSERS.get(name).parse(deep), name);
                }
            }
        });
    }

    @Test
    void aDeviceMessageOfMoreThan64KiBIsRefused() {
        byte[] huge = new byte[SignedMessage.MAX_STEP + 1];
        MalformedException e = assertThrows(MalformedException.class, () -> SignedMessage.parse(huge));
        assertEquals(MalformedException.Reason.TOO_LARGE, e.reason());
    }
}
