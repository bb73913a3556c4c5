package io.waymark.local.chaos;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.Entries;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.evidence.receipt.Receipt;
import io.waymark.local.chaos.Findings.Kind;
import io.waymark.local.chaos.IngestGround.Known;
import io.waymark.trace.ledger.Submission;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What devices signed and what receipts promised them, held against the ledger. Knows the devices' keys and secrets, and nothing of what
 * trace-service thinks of a message. Thread-safe.
 */
final class DeviceBooks {
    private record Slot(String device, long epoch, long seq) {
        @Override
        public String toString() {
            return "message " + epoch + "/" + seq + " of device " + device.substring(0, 8);
        }
    }

    private record Counting(String device, long epoch) {}

    private final History history;
    private final Map<String, Known> devices = new HashMap<>();

    // What a device said it signed, or what was found with its true signature: digest by place.
    private final Map<Slot, byte[]> signed = new HashMap<>();
    private final Map<Counting, BitSet> promised = new HashMap<>();
    private final Set<ByteBuffer> verifiedWires = new HashSet<>();
    private final Set<ByteBuffer> whispered = new HashSet<>();

    DeviceBooks(History history) {
        this.history = history;
    }

    synchronized void know(Known device) {
        devices.put(device.keys().idHex(), device);
    }

    /** A device says so: it is durable there, and must arrive. @param line epoch, seq, digest in hex */
    synchronized void signed(String device, String line) {
        String[] words = line.split(" ");
        signed(
                new Slot(device, Long.parseLong(words[0]), Long.parseLong(words[1])),
                HexFormat.of().parseHex(words[2]));
    }

    /** The drill signed it itself, as this device. */
    synchronized void signed(Known device, SignedMessage message) {
        signed(slot(device.keys().idHex(), message), message.digest());
    }

    private void signed(Slot slot, byte[] digest) {
        if (signed.putIfAbsent(slot, digest) == null) {
            history.sent(Submission.of(statement(slot, digest)));
        }
    }

    /** Both are evidence: the second message under a number has an entry of its own kind. */
    synchronized void equivocated(Known device, SignedMessage second) {
        history.sent(Submission.of(Entries.equivocation(
                device.keys().streamSecret(),
                second.head().epoch(),
                second.head().seq(),
                second.digest())));
    }

    private static Slot slot(String device, SignedMessage message) {
        return new Slot(device, message.head().epoch(), message.head().seq());
    }

    private byte[] statement(Slot slot, byte[] digest) {
        return Entries.statement(devices.get(slot.device).keys().streamSecret(), slot.epoch, slot.seq, digest);
    }

    /** The drill's own forgery: nobody promised anything by it. */
    synchronized void whispered(byte[] receipt) {
        whispered.add(ByteBuffer.wrap(receipt));
    }

    /**
     * Reads the ledger and compares everything said so far with it.
     *
     * @param receipts heard since the last time
     */
    Findings check(Connection c, List<byte[]> receipts, List<VerificationKey> receiptKeys)
            throws SQLException, MalformedException {
        return judge(stored(c), StoredLog.read(c), receipts, receiptKeys);
    }

    synchronized Findings judge(
            List<Stored> messages, StoredLog stored, List<byte[]> receipts, List<VerificationKey> receiptKeys) {
        Findings findings = new Findings();
        List<Row> rows = signedOnes(messages, findings);
        receipts.forEach(bytes -> receipt(bytes, receiptKeys, findings));
        Map<ByteBuffer, Integer> copies = new HashMap<>();
        for (byte[] entry : stored.entries()) {
            copies.merge(ByteBuffer.wrap(entry), 1, Integer::sum);
            if (entry[0] == Entries.PUBLIC) {
                history.sent(Submission.of(entry)); // keys of firms and devices: the ledger's own drill looks at those
            }
        }
        findings.addAll(Checker.check(history.told(), stored.entries(), stored.identities()));
        Map<Slot, Row> byPlace = new HashMap<>();
        for (Row row : rows) {
            byPlace.put(row.slot, row);
            byte[] entry = statement(row.slot, row.digest);
            if (row.index >= stored.entries().size()
                    || !Arrays.equals(stored.entries().get((int) row.index), entry)) {
                findings.add(Kind.INCONSISTENT, row.slot + ": its row names index " + row.index + ", where it is not");
            }
        }
        signed.forEach((slot, digest) -> {
            int times = copies.getOrDefault(ByteBuffer.wrap(statement(slot, digest)), 0);
            Row row = byPlace.get(slot);
            if (times == 0) {
                findings.add(Kind.LOST, slot + " was signed and kept, and is not in the ledger");
            } else if (row == null || !Arrays.equals(row.digest, digest)) {
                findings.add(Kind.LOST, slot + " has an entry in the ledger and no message behind it");
            }
        });
        promised.forEach((counting, seqs) -> seqs.stream().forEach(seq -> {
            Slot slot = new Slot(counting.device, counting.epoch, seq);
            if (!byPlace.containsKey(slot)) {
                findings.add(Kind.LOST, slot + " has a receipt and is not in the ledger");
            }
        }));
        return findings;
    }

    private record Row(Slot slot, byte[] digest, long index) {}

    /** A row of the platform's table of messages. */
    record Stored(String device, long epoch, long seq, byte[] digest, long index, byte[] wire) {}

    private static List<Stored> stored(Connection c) throws SQLException {
        List<Stored> messages = new ArrayList<>();
        try (Statement s = c.createStatement();
                ResultSet row = s.executeQuery(
                        "SELECT encode(stream_id, 'hex'), epoch, seq, digest, ledger_index, wire FROM trace.message WHERE type < 32")) {
            while (row.next()) {
                messages.add(new Stored(
                        row.getString(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getBytes(4),
                        row.getLong(5),
                        row.getBytes(6)));
            }
        }
        return messages;
    }

    /** Without those that no device signed, which are findings. Each is verified once. */
    private List<Row> signedOnes(List<Stored> messages, Findings findings) {
        List<Row> rows = new ArrayList<>();
        for (Stored m : messages) {
            Slot slot = new Slot(m.device, m.epoch, m.seq);
            if (verifiedWires.contains(ByteBuffer.wrap(m.digest)) || genuine(slot, m.wire, m.digest)) {
                rows.add(new Row(slot, m.digest, m.index));
            } else {
                findings.add(Kind.INVENTED, slot + " is stored and its device did not sign it");
            }
        }
        return rows;
    }

    private boolean genuine(Slot slot, byte[] wire, byte[] digest) {
        Known device = devices.get(slot.device);
        try {
            SignedMessage message = SignedMessage.parse(wire);
            if (device == null
                    || !message.verifies(device.key())
                    || !Arrays.equals(message.digest(), digest)
                    || !slot(HexFormat.of().formatHex(message.head().id()), message)
                            .equals(slot)) {
                return false;
            }
        } catch (MalformedException e) {
            return false;
        }
        verifiedWires.add(ByteBuffer.wrap(digest));
        // A device that was killed between its disk and its word.
        signed(slot, digest);
        return true;
    }

    private void receipt(byte[] bytes, List<VerificationKey> keys, Findings findings) {
        if (whispered.contains(ByteBuffer.wrap(bytes))) {
            return;
        }
        Receipt receipt;
        try {
            Receipt.Signed one = Receipt.parse(bytes);
            if (keys.stream().noneMatch(one::verifies)) {
                findings.add(Kind.INCONSISTENT, "a receipt that no receipt key signed");
                return;
            }
            receipt = one.receipt();
        } catch (MalformedException e) {
            findings.add(Kind.INCONSISTENT, "a receipt that cannot be read: " + e.getMessage());
            return;
        }
        String device = HexFormat.of().formatHex(receipt.deviceId());
        if (!devices.containsKey(device)) {
            findings.add(Kind.INCONSISTENT, "a receipt for a device that nobody registered");
            return;
        }
        for (Receipt.Range range : receipt.ranges()) {
            promised.computeIfAbsent(new Counting(device, range.epoch()), k -> new BitSet())
                    .set((int) range.from(), (int) range.to() + 1);
            Slot last = new Slot(device, range.epoch(), range.to());
            history.acknowledged(Submission.of(statement(last, range.digest())), range.index());
        }
    }

    /** Messages that are known to be signed. */
    synchronized long messages() {
        return signed.size();
    }
}
