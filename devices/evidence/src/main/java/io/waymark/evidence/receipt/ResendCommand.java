package io.waymark.evidence.receipt;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import io.waymark.evidence.key.CoseSign1;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks a device for messages that the ledger lacks. Signed by the key of the receipts: a device takes commands from whom it takes receipts.
 *
 * @param deviceId   16 bytes
 * @param timeMillis later than that of every earlier command for the device, so that an old one cannot be played again
 */
public record ResendCommand(byte[] deviceId, List<Range> ranges, long timeMillis) {
    public static final int MAX_RANGES = 64;
    private static final int TYPE = 65;
    private static final int MAX_BYTES = 4_096;

    /** All messages of one epoch, {@code from} to {@code to}. */
    public record Range(long epoch, long from, long to) {
        public Range {
            if (epoch < 0 || from < 0 || to < from) {
                throw new IllegalArgumentException("range " + from + " to " + to + " of epoch " + epoch);
            }
        }
    }

    public ResendCommand {
        ranges = List.copyOf(ranges);
        if (deviceId.length != 16 || ranges.isEmpty() || ranges.size() > MAX_RANGES || timeMillis < 0) {
            throw new IllegalArgumentException(
                    "device id of " + deviceId.length + " bytes, " + ranges.size() + " ranges, time " + timeMillis);
        }
    }

    /** The command's bytes: COSE_Sign1 by a key bound with role "receipt". */
    public byte[] sign(SigningKey key) {
        // {0: 65, 1: device id(16), 2: [[epoch, from, to] …], 3: time ms}
        CborWriter out = new CborWriter()
                .map(4)
                .unsigned(0)
                .unsigned(TYPE)
                .unsigned(1)
                .bytes(deviceId)
                .unsigned(2)
                .array(ranges.size());
        for (Range r : ranges) {
            out.array(3).unsigned(r.epoch()).unsigned(r.from()).unsigned(r.to());
        }
        return CoseSign1.sign(out.unsigned(3).unsigned(timeMillis).toBytes(), key)
                .encoded();
    }

    /** Strict; ask {@link Signed#verifies} before obeying it. */
    public static Signed parse(byte[] cose) throws MalformedException {
        if (cose.length > MAX_BYTES) {
            throw new MalformedException(Reason.TOO_LARGE, 0, cose.length + " bytes");
        }
        CoseSign1 sign1 = CoseSign1.parse(cose);
        CborReader in = new CborReader(sign1.payload());
        if (in.map() != 4) {
            throw new MalformedException(Reason.WRONG_LENGTH, 0, "a resend command has keys 0 to 3");
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
            in.array(3);
            long epoch = in.unsigned();
            long from = in.unsigned();
            long to = in.unsigned();
            if (to < from) {
                throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "a range that ends before it begins");
            }
            ranges.add(new Range(epoch, from, to));
        }
        key(in, 3);
        long time = in.unsigned();
        in.end();
        return new Signed(new ResendCommand(deviceId, ranges, time), sign1);
    }

    private static void key(CborReader in, long expected) throws MalformedException {
        int start = in.offset();
        if (in.unsigned() != expected) {
            throw new MalformedException(
                    Reason.UNKNOWN_KEY, start, "key " + expected + " of a resend command belongs here");
        }
    }

    /** A command with its signature. */
    public static final class Signed {
        private final ResendCommand command;
        private final CoseSign1 cose;

        private Signed(ResendCommand command, CoseSign1 cose) {
            this.command = command;
            this.cose = cose;
        }

        public ResendCommand command() {
            return command;
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
    }
}
