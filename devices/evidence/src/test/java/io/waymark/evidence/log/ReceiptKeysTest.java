package io.waymark.evidence.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.waymark.evidence.HandedOverLog;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Receipt keys of a log whose own key has changed, read by who has one of its keys. */
class ReceiptKeysTest {
    private static final SigningKey OLD = SigningKey.generate(Algorithm.ED25519);
    private static final SigningKey NEW = SigningKey.generate(Algorithm.ED25519);

    private final HandedOverLog log = new HandedOverLog("one").promise().add(HandedOverLog.receiptKey(OLD));

    private HandOvers.Placed placed(byte[] entry, int index) {
        return new HandOvers.Placed(entry, InclusionProof.of(index, log.size(), log));
    }

    /** As the log gives it: the one hand-over at {@code size} told up to the newest checkpoint. */
    private HandOvers told(int size) throws MalformedException {
        HandOvers file = HandOvers.parse(log.handOvers(1));
        HandOvers.HandOver only = file.handOvers().get(0);
        return new HandOvers(
                file.first(),
                List.of(new HandOvers.HandOver(only.note(), only.taken(), ConsistencyProof.of(size, log.size(), log))));
    }

    @Test
    void aReaderOfTheFirstKeyFollowsBothTheLogsKeyAndTheReceipts() throws Exception {
        log.handOver();
        int size = log.size();
        byte[] revocation = Revocation.plain(
                        HandedOverLog.receiptStream(OLD), OLD.verificationKey().kid(), Revocation.SUPERSEDED)
                .entry();
        log.grow(3).add(HandedOverLog.receiptKey(NEW)).add(revocation).grow(1);
        List<HandOvers.Placed> entries = List.of(
                placed(HandedOverLog.receiptKey(OLD), 1),
                placed(HandedOverLog.receiptKey(NEW), size + 3),
                placed(revocation, size + 4));
        byte[] file = new ReceiptKeys(log.checkpoint(), entries, told(size)).encode();

        for (NoteVerifier key : List.of(HandedOverLog.key(0), HandedOverLog.key(1))) {
            ReceiptKeys.Known known = ReceiptKeys.parse(file).follow(key);
            assertEquals(List.of(NEW.verificationKey()), known.inForce());
            assertEquals(List.of(OLD.verificationKey()), known.revoked());
            assertEquals(HandedOverLog.key(1).vkey(), known.log().vkey());
        }
        assertThrows(InvalidNoteException.class, () -> ReceiptKeys.parse(file).follow(HandedOverLog.key(2)));
        byte[] untold = new ReceiptKeys(log.checkpoint(), entries, null).encode();
        assertThrows(InvalidNoteException.class, () -> ReceiptKeys.parse(untold).follow(HandedOverLog.key(0)));
        // The retired key has a thief, who signs the newest tree with it.
        byte[] retired = new ReceiptKeys(log.checkpoint(HandedOverLog.signer(0)), entries, told(size)).encode();
        assertThrows(
                InvalidNoteException.class, () -> ReceiptKeys.parse(retired).follow(HandedOverLog.key(1)));
    }

    @Test
    void everyShorterFileIsRefused() {
        byte[] file =
                new ReceiptKeys(log.checkpoint(), List.of(placed(HandedOverLog.receiptKey(OLD), 1)), null).encode();
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThrows(MalformedException.class, () -> ReceiptKeys.parse(cut));
        }
    }
}
