package io.waymark.local.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.waymark.evidence.key.Algorithm;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.local.chaos.DeviceBooks.Stored;
import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.chaos.IngestGround.Known;
import io.waymark.sdk.DeviceKeys;
import io.waymark.sdk.Quantity;
import io.waymark.sdk.Registration;
import io.waymark.trace.ledger.Submission;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ledgers made by hand, each with one thing wrong: the checks of {@code chaos ingest} must not be blind themselves. */
class DeviceBooksTest {
    @TempDir
    Path folder;

    private final SigningKey receiptKey = SigningKey.generate(Algorithm.ED25519);
    private final DeviceBooks books = new DeviceBooks(new History(new StringWriter()));
    private final List<Stored> messages = new ArrayList<>();
    private final List<byte[]> entries = new ArrayList<>();
    private final Map<ByteBuffer, Long> identities = new HashMap<>();
    private final List<byte[]> receipts = new ArrayList<>();
    private Known device;

    @BeforeEach
    void aDevice() throws Exception {
        DeviceKeys keys = DeviceKeys.openOrCreate(folder);
        device = new Known(folder, keys, new Registration("v1/firm/yard/" + keys.idHex(), "x", 0));
        books.know(device);
    }

    @Test
    void whatWasSignedAndStoredOnceHasNothing() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        SignedMessage second = signed(1, first.digest(), 2);
        store(second);
        receipts.add(receipt(second, 0, 1, 1).sign(receiptKey));

        assertEquals(Map.of(), found());
    }

    @Test
    void aMessageThatItsDeviceKeptAndTheLedgerLacksIsLost() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        signed(1, first.digest(), 2);

        assertEquals(Map.of(Kind.LOST, 1L), found());
    }

    @Test
    void aPromisedMessageThatNobodyHasIsLost() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        receipts.add(receipt(first, 0, 0, 0).sign(receiptKey));
        assertEquals(Map.of(), found());

        messages.clear();
        assertEquals(2L, found().get(Kind.LOST), "no message behind its entry, and none behind the receipt");
    }

    @Test
    void aMessageInTheLedgerTwiceIsADuplicate() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        entries.add(entries.get(0));

        assertEquals(Map.of(Kind.DUPLICATE, 1L), found());
    }

    @Test
    void anEntryThatNoDeviceSignedIsInvented() {
        entries.add(Entries.statement(new byte[32], 0, 0, new byte[32]));

        assertEquals(Map.of(Kind.INVENTED, 1L), found());
    }

    @Test
    void aMessageOfAnotherKeyIsInvented() {
        SignedMessage forged = message(
                0, null, 1, SigningKey.generate(device.keys().signingKey().algorithm()));
        store(forged);

        assertEquals(2L, found().get(Kind.INVENTED), "the message, and the entry that only it would explain");
    }

    @Test
    void aReceiptByAnyOtherKeyIsInconsistentUnlessTheDrillForgedIt() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        byte[] forged = receipt(first, 0, 1_000, 7).sign(SigningKey.generate(Algorithm.ED25519));
        receipts.add(forged);
        assertEquals(Map.of(Kind.INCONSISTENT, 1L), found());

        books.whispered(forged);
        assertEquals(Map.of(), found());
    }

    @Test
    void aReceiptThatNamesTheWrongPlaceIsALoss() {
        SignedMessage first = signed(0, null, 1);
        store(first);
        receipts.add(receipt(first, 0, 0, 5).sign(receiptKey));

        assertEquals(Map.of(Kind.LOST, 1L), found());
    }

    private SignedMessage signed(long seq, byte[] previous, double value) {
        SignedMessage message = message(seq, previous, value, device.keys().signingKey());
        books.signed(device, message);
        return message;
    }

    private SignedMessage message(long seq, byte[] previous, double value, SigningKey key) {
        return SignedMessage.sign(
                new Head(MessageType.READING, device.keys().id(), 0, seq, previous, 1_000 + seq, 2, null, null),
                List.of(Reading.measurements(List.of(Quantity.TEMPERATURE.of(value)))),
                key);
    }

    private void store(SignedMessage message) {
        byte[] entry = Entries.statement(
                device.keys().streamSecret(),
                message.head().epoch(),
                message.head().seq(),
                message.digest());
        long index = entries.size();
        entries.add(entry);
        identities.put(ByteBuffer.wrap(Arrays.copyOf(Submission.of(entry).identity(), 16)), index);
        messages.add(new Stored(
                device.keys().idHex(),
                message.head().epoch(),
                message.head().seq(),
                message.digest(),
                index,
                message.wire()));
    }

    private Receipt receipt(SignedMessage last, long from, long to, long index) {
        return new Receipt(
                device.keys().id(),
                List.of(new Receipt.Range(0, from, to, last.digest(), index)),
                entries.size(),
                new byte[32],
                Receipt.STORED,
                1_000);
    }

    private Map<Kind, Long> found() {
        StoredLog log = new StoredLog("", entries, identities, List.of(), Map.of());
        return books.judge(messages, log, receipts, List.of(receiptKey.verificationKey())).list().stream()
                .collect(Collectors.groupingBy(Findings.Finding::kind, Collectors.counting()));
    }
}
