package io.waymark.evidence.vectors;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.SigningKey;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A signed message put together by hand, so that every part can be wrong while everything else, signature included, is right.
 * Written against FORMAT.md §4 without the classes under test, apart from the CBOR writer and the keys.
 */
final class RawMessage {
    SigningKey key = Seeds.key("device");
    byte[] secret = Seeds.bytes("raw message secret", 16);
    List<byte[]> groups = new ArrayList<>();
    byte[] header;
    byte[] unprotected = {(byte) 0xa0};
    byte[] tag = {(byte) 0xd2};
    UnaryOperator<byte[]> payloadEdit = bytes -> bytes;
    UnaryOperator<byte[]> signatureEdit = bytes -> bytes;
    UnaryOperator<byte[]> coseEdit = bytes -> bytes;
    UnaryOperator<byte[]> rootEdit = bytes -> bytes;
    int type = 1;
    byte[] id = Seeds.bytes("device id", 16);
    long epoch = 0;
    long seq = 0;
    byte[] prev;
    long clockSource = 3;
    byte[] anchor;

    RawMessage() {
        // [9, [[1, 412]]]: 4.12 °C
        groups.add(new CborWriter()
                .array(2)
                .unsigned(9)
                .array(1)
                .array(2)
                .unsigned(1)
                .integer(412)
                .toBytes());
        header = header(key);
    }

    static byte[] header(SigningKey key) {
        return new CborWriter()
                .map(2)
                .integer(1)
                .integer(key.algorithm().coseId())
                .integer(4)
                .bytes(key.verificationKey().kid())
                .toBytes();
    }

    static byte[] bstr(byte[] bytes) {
        return new CborWriter().bytes(bytes).toBytes();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    byte[] salt(int i) {
        return Arrays.copyOf(Sha256.hmac(Arrays.copyOf(secret, 16), new byte[] {(byte) i}), 16);
    }

    byte[] root() {
        byte[][] parts = new byte[groups.size() + 1][];
        parts[0] = new byte[] {3};
        for (int i = 0; i < groups.size(); i++) {
            parts[i + 1] = Sha256.of(new byte[] {2}, salt(i), groups.get(i));
        }
        return rootEdit.apply(Sha256.of(parts));
    }

    byte[] payload() {
        CborWriter out = new CborWriter().map(anchor == null ? 8 : 9);
        out.unsigned(0)
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
        out.unsigned(5)
                .unsigned(1_790_000_000_000L)
                .unsigned(6)
                .array(2)
                .unsigned(clockSource)
                .unsigned(50);
        if (anchor != null) {
            out.unsigned(11).bytes(anchor);
        }
        return payloadEdit.apply(out.unsigned(15).bytes(root()).toBytes());
    }

    byte[] signed() {
        return new CborWriter()
                .array(4)
                .text("Signature1")
                .bytes(header)
                .bytes(new byte[0])
                .bytes(payload())
                .toBytes();
    }

    byte[] cose() {
        byte[] signature = signatureEdit.apply(key.sign(signed()));
        return coseEdit.apply(
                concat(tag, new byte[] {(byte) 0x84}, bstr(header), unprotected, bstr(payload()), bstr(signature)));
    }

    byte[] wire() {
        CborWriter out = new CborWriter().array(3).bytes(cose()).bytes(secret).array(groups.size());
        groups.forEach(out::bytes);
        return out.toBytes();
    }
}
