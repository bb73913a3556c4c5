package io.waymark.evidence.receipt;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.util.ArrayList;
import java.util.List;

/**
 * The ledger's word that it has a device's messages: after it, losing them is the ledger's fault and can be shown.
 *
 * @param deviceId     16 bytes
 * @param treeSize     the ledger when the receipt was made
 * @param root         32 bytes
 * @param receiptClass 0 stored, 1 replicated, 2 witnessed
 */
public record Receipt(
        byte[] deviceId, List<Range> ranges, long treeSize, byte[] root, int receiptClass, long timeMillis) {
    public static final int STORED = 0;
    public static final int REPLICATED = 1;
    public static final int WITNESSED = 2;
    public static final int MAX_RANGES = 256;
    private static final int TYPE = 64;

    /**
     * All messages of one epoch, {@code from} to {@code to}.
     *
     * @param digest 32 bytes, of the message {@code to}: through prev it names all before
     * @param index  ledger index of the message {@code to}
     */
    public record Range(long epoch, long from, long to, byte[] digest, long index) {
        public Range {
            if (epoch < 0 || from < 0 || to < from || digest.length != 32 || index < 0) {
                throw new IllegalArgumentException("range " + from + " to " + to + " of epoch " + epoch);
            }
        }
    }

    public Receipt {
        ranges = List.copyOf(ranges);
        if (deviceId.length != 16 || root.length != 32 || treeSize < 0 || timeMillis < 0) {
            throw new IllegalArgumentException("device id is 16 bytes, root 32, numbers are not negative");
        }
        if (receiptClass < STORED || receiptClass > WITNESSED || ranges.isEmpty() || ranges.size() > MAX_RANGES) {
            throw new IllegalArgumentException("class " + receiptClass + ", " + ranges.size() + " ranges");
        }
    }

    /** The receipt's bytes: COSE_Sign1 by a key bound with role "receipt". */
    public byte[] sign(SigningKey key) {
        // {0: 64, 1: device id(16), 2: [[epoch, from, to, digest(32), index] …], 3: tree size, 4: root(32), 5: class,
        // 6: time ms}
        CborWriter out = new CborWriter()
                .map(7)
                .unsigned(0)
                .unsigned(TYPE)
                .unsigned(1)
                .bytes(deviceId)
                .unsigned(2)
                .array(ranges.size());
        for (Range r : ranges) {
            out.array(5)
                    .unsigned(r.epoch())
                    .unsigned(r.from())
                    .unsigned(r.to())
                    .bytes(r.digest())
                    .unsigned(r.index());
        }
        out.unsigned(3)
                .unsigned(treeSize)
                .unsigned(4)
                .bytes(root)
                .unsigned(5)
                .unsigned(receiptClass)
                .unsigned(6)
                .unsigned(timeMillis);
        return CoseSign1.sign(out.toBytes(), key).encoded();
    }

    public boolean covers(long epoch, long seq) {
        return ranges.stream().anyMatch(r -> r.epoch() == epoch && r.from() <= seq && seq <= r.to());
    }

    /** Strict; ask {@link Signed#verifies} before believing it. */
    public static Signed parse(byte[] cose) throws MalformedException {
        if (cose.length > 65_536) {
            throw new MalformedException(Reason.TOO_LARGE, 0, cose.length + " bytes");
        }
        CoseSign1 sign1 = CoseSign1.parse(cose);
        CborReader in = new CborReader(sign1.payload());
        if (in.map() != 7) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a receipt has keys 0 to 6");
        }
        key(in, 0);
        int at = in.offset();
        if (in.unsigned() != TYPE) {
            throw new MalformedException(Reason.UNKNOWN_TYPE, at);
        }
        key(in, 1);
        byte[] deviceId = in.bytes(16);
        key(in, 2);
        at = in.offset();
        int count = in.array();
        if (count < 1 || count > MAX_RANGES) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, count + " ranges");
        }
        List<Range> ranges = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            at = in.offset();
            in.array(5);
            long epoch = in.unsigned();
            long from = in.unsigned();
            long to = in.unsigned();
            byte[] digest = in.bytes(32);
            long index = in.unsigned();
            if (to < from) {
                throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "a range that ends before it begins");
            }
            ranges.add(new Range(epoch, from, to, digest, index));
        }
        key(in, 3);
        long treeSize = in.unsigned();
        key(in, 4);
        byte[] root = in.bytes(32);
        key(in, 5);
        at = in.offset();
        long receiptClass = in.unsigned();
        if (receiptClass > WITNESSED) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "class " + receiptClass);
        }
        key(in, 6);
        long time = in.unsigned();
        in.end();
        return new Signed(new Receipt(deviceId, ranges, treeSize, root, (int) receiptClass, time), sign1);
    }

    private static void key(CborReader in, long expected) throws MalformedException {
        int start = in.offset();
        if (in.unsigned() != expected) {
            throw new MalformedException(Reason.UNKNOWN_KEY, start, "receipt key " + expected + " belongs here");
        }
    }

    /** A receipt with its signature. */
    public static final class Signed {
        private final Receipt receipt;
        private final CoseSign1 cose;

        private Signed(Receipt receipt, CoseSign1 cose) {
            this.receipt = receipt;
            this.cose = cose;
        }

        public Receipt receipt() {
            return receipt;
        }

        public byte[] kid() {
            return cose.kid();
        }

        public boolean verifies(VerificationKey key) {
            return cose.verifies(key);
        }

        /** As received; not copied. */
        public byte[] bytes() {
            return cose.encoded();
        }

        /** What a device puts into key 11 of its next messages: SHA-256 of the receipt's bytes. */
        public byte[] anchor() {
            return Sha256.of(cose.encoded());
        }
    }
}
