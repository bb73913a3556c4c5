package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What every signed message says of itself. Arrays are not copied.
 *
 * @param type                   one of {@link MessageType}
 * @param id                     16 bytes: the stream, that is the device or one signing key of an organisation
 * @param epoch                  grows by one whenever the counter was lost
 * @param seq                    0, 1, 2 … for every signed message of the epoch
 * @param prev                   32 bytes, digest of the message before; null exactly when seq is 0
 * @param timeMillis             the signer's clock, milliseconds since 1970 UTC
 * @param clockSource            0 unset, 1 free-running, 2 NTP or network, 3 GNSS, 4 authenticated
 * @param clockUncertaintyMillis null when the signer does not know
 * @param anchor                 32 bytes: SHA-256 of the newest receipt (devices) or checkpoint note (organisations) held; null for none
 */
public record Head(
        int type,
        byte[] id,
        long epoch,
        long seq,
        byte @Nullable [] prev,
        long timeMillis,
        int clockSource,
        @Nullable Long clockUncertaintyMillis,
        byte @Nullable [] anchor) {

    public Head {
        if (!MessageType.known(type)) {
            throw new IllegalArgumentException("unknown message type " + type);
        }
        if (id.length != 16 || (prev != null && prev.length != 32) || (anchor != null && anchor.length != 32)) {
            throw new IllegalArgumentException("id is 16 bytes, prev and anchor 32");
        }
        if (epoch < 0 || seq < 0 || timeMillis < 0 || (clockUncertaintyMillis != null && clockUncertaintyMillis < 0)) {
            throw new IllegalArgumentException("epoch, seq, time and uncertainty are not negative");
        }
        if ((prev == null) != (seq == 0)) {
            throw new IllegalArgumentException(
                    "seq " + seq + (prev == null ? " without" : " with") + " a previous digest");
        }
        if (clockSource < 0 || clockSource > 4) {
            throw new IllegalArgumentException("clock source " + clockSource);
        }
    }

    // payload = {0: type, 1: id(16), 2: epoch, 3: seq, 4: prev(32)/null, 5: time, 6: [source, uncertainty/null], ?11:
    // anchor(32), 15: fields-root(32)}
    byte[] payload(byte[] fieldsRoot) {
        CborWriter out = new CborWriter()
                .map(anchor == null ? 8 : 9)
                .unsigned(0)
                .unsigned(type)
                .unsigned(1)
                .bytes(id)
                .unsigned(2)
                .unsigned(epoch)
                .unsigned(3)
                .unsigned(seq)
                .unsigned(4);
        if (prev == null) {
            out.nul();
        } else {
            out.bytes(prev);
        }
        out.unsigned(5).unsigned(timeMillis).unsigned(6).array(2).unsigned(clockSource);
        if (clockUncertaintyMillis == null) {
            out.nul();
        } else {
            out.unsigned(clockUncertaintyMillis);
        }
        if (anchor != null) {
            out.unsigned(11).bytes(anchor);
        }
        return out.unsigned(15).bytes(fieldsRoot).toBytes();
    }

    /** The head and the fields root of a payload. */
    record Parsed(Head head, byte[] fieldsRoot) {
        static Parsed of(byte[] payload) throws MalformedException {
            CborReader in = new CborReader(payload);
            int pairs = in.map();
            if (pairs != 8 && pairs != 9) {
                throw new MalformedException(
                        pairs < 8 ? Reason.MISSING_KEY : Reason.UNKNOWN_KEY, 0, pairs + " keys in the payload");
            }
            key(in, 0);
            int at = in.offset();
            long type = in.unsigned();
            if (!MessageType.known(type)) {
                throw new MalformedException(Reason.UNKNOWN_TYPE, at, "type " + type);
            }
            key(in, 1);
            byte[] id = in.bytes(16);
            key(in, 2);
            long epoch = in.unsigned();
            key(in, 3);
            long seq = in.unsigned();
            key(in, 4);
            at = in.offset();
            byte[] prev = nullable32(in);
            if ((prev == null) != (seq == 0)) {
                throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "prev is null exactly when seq is 0");
            }
            key(in, 5);
            long time = in.unsigned();
            key(in, 6);
            in.array(2);
            at = in.offset();
            long source = in.unsigned();
            if (source > 4) {
                throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "clock source " + source);
            }
            Long uncertainty = null;
            if (in.isNull()) {
                in.nul();
            } else {
                uncertainty = in.unsigned();
            }
            byte[] anchor = null;
            if (pairs == 9) {
                key(in, 11);
                anchor = in.bytes(32);
            }
            key(in, 15);
            byte[] root = in.bytes(32);
            in.end();
            return new Parsed(
                    new Head((int) type, id, epoch, seq, prev, time, (int) source, uncertainty, anchor), root);
        }

        private static void key(CborReader in, long expected) throws MalformedException {
            int start = in.offset();
            long seen = in.unsigned();
            if (seen != expected) {
                throw new MalformedException(
                        seen > expected ? Reason.MISSING_KEY : Reason.UNKNOWN_KEY,
                        start,
                        "payload key " + seen + " where " + expected + " belongs");
            }
        }

        private static byte @Nullable [] nullable32(CborReader in) throws MalformedException {
            if (in.isNull()) {
                in.nul();
                return null;
            }
            return in.bytes(32);
        }
    }
}
