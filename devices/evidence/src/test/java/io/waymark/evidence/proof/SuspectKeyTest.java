package io.waymark.evidence.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Envelope;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.Measurement;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the bracket between a message's anchor and its inclusion tells when its key was found to be in other hands. */
class SuspectKeyTest {
    private static final SigningKey KEY = SigningKey.ofSeed(Sha256.of(new byte[] {1}));
    private static final NoteSigner LOG = new NoteSigner("trace.example/suspect", SigningKey.ofSeed(new byte[32]));
    private static final byte[] STREAM = new byte[16];
    private static final long SUSPECT_FROM = 100;
    private static final long REVOKED_AT = 200;

    @ParameterizedTest(name = "recorded at {0}: {1}")
    @CsvSource({"99, PASS", "100, CANNOT_TELL", "199, CANNOT_TELL", "200, CANNOT_TELL", "201, FAIL"})
    void onlyAnInclusionBeforeTheSuspicionShowsThatTheKeeperSigned(long index, Outcome expected) {
        assertEquals(
                expected, keys().judge(signed(null), KeyBinding.DEVICE, index).outcome());
    }

    @ParameterizedTest(name = "signed after {0} entries: {1}")
    @CsvSource({
        "101, surely in the suspect time",
        "100, before or in the suspect time",
        "7, before or in the suspect time"
    })
    void anAnchorAfterTheSuspicionShowsThatItWasNotSignedBefore(long size, String expected) throws Exception {
        VerifiedCheckpoint anchor = checkpoint(size);
        Keys keys = keys();
        keys.anchored(anchor);

        Keys.Judgement judgement = keys.judge(signed(anchor), KeyBinding.DEVICE, 150);

        assertEquals(Outcome.CANNOT_TELL, judgement.outcome());
        assertTrue(judgement.seen().endsWith(size + " entries, " + expected), judgement.seen());
    }

    @Test
    void anAnchorThatIsNotHereTellsNothing() throws Exception {
        Keys.Judgement judgement = keys().judge(signed(checkpoint(150)), KeyBinding.DEVICE, 150);

        assertEquals(Outcome.CANNOT_TELL, judgement.outcome());
        assertTrue(judgement.seen().endsWith("what it was signed after is not here"), judgement.seen());
    }

    @Test
    void aLaterRevocationMayReachFurtherBack() {
        Keys keys = keys();
        keys.add(Revocation.compromised(STREAM, KEY.verificationKey().kid(), 50), REVOKED_AT + 1);

        assertEquals(
                Outcome.CANNOT_TELL,
                keys.judge(signed(null), KeyBinding.DEVICE, 50).outcome());
        assertEquals(
                Outcome.PASS, keys.judge(signed(null), KeyBinding.DEVICE, 49).outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {Revocation.SUPERSEDED, Revocation.LOST})
    void nothingIsSuspectOfAKeyThatWasReplacedOrIsGone(String reason) {
        byte[] kid = KEY.verificationKey().kid();

        assertThrows(IllegalArgumentException.class, () -> new Revocation(STREAM, kid, reason, 3L));
        assertThrows(IllegalArgumentException.class, () -> Revocation.plain(STREAM, kid, Revocation.COMPROMISED));
    }

    private static Keys keys() {
        Keys keys = new Keys();
        keys.add(
                new KeyBinding(
                        STREAM,
                        KEY.verificationKey(),
                        KeyBinding.DEVICE,
                        "device",
                        new byte[32],
                        "maker.example",
                        "domain",
                        0,
                        "logger"),
                1);
        keys.add(Revocation.compromised(STREAM, KEY.verificationKey().kid(), SUSPECT_FROM), REVOKED_AT);
        return keys;
    }

    private static VerifiedCheckpoint checkpoint(long size) throws Exception {
        return LOG.verifier().checkpoint(LOG.sign(new Checkpoint("trace.example/suspect", size, new byte[32]).text()));
    }

    private static Envelope signed(VerifiedCheckpoint after) {
        byte[] anchor = after == null ? null : Sha256.of(after.note().getBytes(StandardCharsets.UTF_8));
        Head head = new Head(MessageType.READING, STREAM, 0, 0, null, 1_790_000_000_000L, 3, 50L, anchor);
        return SignedMessage.sign(
                        head,
                        List.of(Reading.measurements(List.of(new Measurement(Measurement.TEMPERATURE, 412)))),
                        KEY)
                .envelope();
    }
}
