package io.waymark.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device believes of a log's receipt keys, and what not. */
class LearnedKeysTest {
    private static final SigningKey FIRST = SigningKey.generate(Algorithm.ED25519);
    private static final SigningKey SECOND = SigningKey.generate(Algorithm.ED25519);
    private static final SigningKey STRANGER = SigningKey.generate(Algorithm.ED25519);

    @TempDir
    Path folder;

    private ReceiptLog log;
    private NoteVerifier key;

    @BeforeEach
    void aLogThatHasBoundTheFirst() throws Exception {
        // Far beyond the first entries of the log: none of them is searched.
        log = new ReceiptLog().grow(3).bind(FIRST);
        key = NoteVerifier.ofVkey(log.vkey());
    }

    @AfterEach
    void stop() {
        log.close();
    }

    private LearnedKeys open(SigningKey... given) throws IOException {
        return LearnedKeys.open(
                folder, Arrays.stream(given).map(SigningKey::verificationKey).toList(), true, null);
    }

    private static List<VerificationKey> of(SigningKey... keys) {
        return Arrays.stream(keys).map(SigningKey::verificationKey).toList();
    }

    @Test
    void aRotatedKeyCountsAndTheOldOneNoLongerAlsoAfterARestart() throws Exception {
        LearnedKeys keys = open();
        assertEquals(of(), keys.counting());
        assertTrue(keys.learn(log.file(), key));
        assertEquals(of(FIRST), keys.counting());

        assertTrue(keys.learn(log.grow(5_000).bind(SECOND).file(), key));
        assertEquals(of(FIRST, SECOND), keys.counting());
        assertTrue(keys.learn(log.revoke(FIRST).file(), key));
        assertEquals(of(SECOND), keys.counting());
        assertFalse(keys.learn(log.grow(9).file(), key), "nothing new");

        LearnedKeys restarted = open();
        assertEquals(of(SECOND), restarted.counting());
        assertEquals(key.vkey(), restarted.log().vkey());
    }

    @Test
    void aLogThatHasBoundNoReceiptKeyYetHasNone() throws Exception {
        try (ReceiptLog young = new ReceiptLog()) {
            assertEquals(List.of(), Registration.receiptKeys(young.url()));
        }
    }

    @Test
    void aGivenKeyThatTheLogRevokedCountsNoLonger() throws Exception {
        LearnedKeys keys = open(FIRST, STRANGER);
        keys.learn(log.bind(SECOND).revoke(FIRST).file(), key);
        assertEquals(of(STRANGER, SECOND), keys.counting());
    }

    @Test
    void whatDoesNotVerifyChangesNothing() throws Exception {
        LearnedKeys keys = open();
        keys.learn(log.file(), key);
        byte[] before = Files.readAllBytes(folder.resolve("receipt-keys"));

        NoteSigner thief = new NoteSigner(key.name(), STRANGER);
        byte[] byAnother = log.grow(1).bind(STRANGER).of(List.of(3, 5), thief).encode();
        byte[] altered = log.file();
        altered[altered.length / 2] ^= 1;
        byte[] otherRole =
                log.tell(ReceiptLog.binding(SECOND, KeyBinding.DEVICE)).file();
        try (ReceiptLog other = new ReceiptLog(log.signer()).bind(FIRST).bind(STRANGER)) {
            for (byte[] wrong : List.of(byAnother, altered, otherRole, new byte[0], new byte[2 << 20])) {
                assertThrows(IOException.class, () -> keys.learn(wrong, key));
            }
            byte[] outside = other.file();
            // A path of one tree under the checkpoint of another.
            byte[] mixed = new io.waymark.evidence.log.ReceiptKeys(
                            io.waymark.evidence.log.ReceiptKeys.parse(log.file())
                                    .note(),
                            io.waymark.evidence.log.ReceiptKeys.parse(outside).entries(),
                            null)
                    .encode();
            assertThrows(IOException.class, () -> keys.learn(mixed, key));
        }
        assertEquals(of(FIRST), keys.counting());
        assertEquals(of(FIRST), open().counting());
        assertTrue(Arrays.equals(before, Files.readAllBytes(folder.resolve("receipt-keys"))));
    }

    @Test
    void aRevocationThatIsKnownCannotBeLeftOutOfALaterState() throws Exception {
        LearnedKeys keys = open();
        keys.learn(log.bind(SECOND).revoke(FIRST).file(), key);
        log.grow(4);
        byte[] withoutRevocation = log.of(List.of(3, 4), log.signer()).encode();
        byte[] withoutTheFirst = log.of(List.of(4), log.signer()).encode();
        assertThrows(IOException.class, () -> keys.learn(withoutRevocation, key));
        assertThrows(IOException.class, () -> keys.learn(withoutTheFirst, key));
        assertEquals(of(SECOND), keys.counting());
    }

    @Test
    void aDamagedFileIsSaidAndThatOfAnotherLogThanThePinnedOneIsPutAside() throws Exception {
        open().learn(log.file(), key);
        try (ReceiptLog other = new ReceiptLog()) {
            LearnedKeys pinned = LearnedKeys.open(folder, List.of(), true, other.vkey());
            assertEquals(of(), pinned.counting());
            assertEquals(other.vkey(), pinned.log().vkey());
        }
        Files.writeString(folder.resolve("receipt-keys"), "junk");
        assertTrue(assertThrows(IOException.class, this::open).getMessage().contains("is damaged: remove it"));
    }
}
