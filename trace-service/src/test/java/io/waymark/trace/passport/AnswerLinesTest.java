package io.waymark.trace.passport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.proof.ProofFile;
import io.waymark.trace.passport.Passport.Line;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerLinesTest {
    @ParameterizedTest
    @CsvSource({
        "good, good, cannot-say, cannot-say, consistent",
        "good, good, cannot-say, good, consistent",
        "good, cannot-say, cannot-say, good, cannot-say",
        "cannot-say, good, cannot-say, good, cannot-say",
        "cannot-say, cannot-say, cannot-say, cannot-say, cannot-say",
        "cannot-say, cannot-say, cannot-say, caution, look-closer",
        "good, caution, cannot-say, good, look-closer",
        "good, caution, cannot-say, bad, do-not-use",
    })
    void theBandClaimsNoMoreThanTheLines(String label, String story, String object, String condition, String band) {
        assertEquals(
                band,
                AnswerLines.answer(List.of(
                                new Line("label", label, ""),
                                new Line("story", story, ""),
                                new Line("object", object, ""),
                                new Line("condition", condition, "")))
                        .band());
    }

    @Test
    void aStreamsKeysAreToldApart() {
        byte[] stream = new byte[16];
        SigningKey first = SigningKey.generate(Algorithm.ED25519);
        SigningKey second = SigningKey.generate(Algorithm.P256);
        Map<Story.Signer, KeyBinding> bindings = Proofs.bindings(new ProofFile(
                "",
                "",
                new byte[32],
                List.of(bound(stream, first, "platform"), bound(stream, second, "hsm")),
                List.of(),
                List.of(),
                0));
        assertEquals("platform", bindings.get(signer(stream, first)).keeper());
        assertEquals("hsm", bindings.get(signer(stream, second)).keeper());
    }

    private static Story.Signer signer(byte[] stream, SigningKey key) {
        return new Story.Signer(stream, key.verificationKey().kid());
    }

    private static ProofFile.KeyEntry bound(byte[] stream, SigningKey key, String keeper) {
        KeyBinding binding = new KeyBinding(
                stream,
                key.verificationKey(),
                KeyBinding.ORGANISATION,
                keeper,
                new byte[32],
                "mill.example",
                "self-declared",
                0,
                "");
        return new ProofFile.KeyEntry(binding.entry(), new InclusionProof(0, List.of()));
    }
}
