package io.waymark.simulator.certify;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One MQTT control packet, version 3.1.1 or 5 (OASIS MQTT 5.0 §2): the first byte's two halves and what follows the remaining length.
 *
 * @param type 1 CONNECT … 14 DISCONNECT
 */
record Packet(int type, int flags, byte[] body) {
    static final int CONNECT = 1;
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBSCRIBE = 8;
    static final int SUBACK = 9;
    static final int UNSUBSCRIBE = 10;
    static final int UNSUBACK = 11;
    static final int PINGREQ = 12;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    /** A chunk of an image is at most 128 KiB, a message 64 KiB. */
    static final int LARGEST = 256 * 1024;

    /** @return null when the other side closed between two packets */
    static @Nullable Packet read(InputStream in) throws IOException {
        int first = in.read();
        if (first < 0) return null;
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            int b = in.read();
            if (b < 0) throw new EOFException("closed inside a packet");
            length |= (b & 0x7f) << shift;
            if ((b & 0x80) == 0) break;
            if (shift == 21) throw new IOException("a remaining length of more than four bytes");
        }
        if (length > LARGEST) throw new IOException("a packet of " + length + " bytes");
        byte[] body = new byte[length];
        new DataInputStream(in).readFully(body);
        return new Packet(first >> 4, first & 0xf, body);
    }

    void write(OutputStream out) throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(body.length + 5);
        whole.write(type << 4 | flags);
        variable(whole, body.length);
        whole.writeBytes(body);
        out.write(whole.toByteArray()); // one write, one TCP segment where it fits
        out.flush();
    }

    static void variable(ByteArrayOutputStream out, int value) {
        int left = value;
        do {
            out.write(left > 0x7f ? left & 0x7f | 0x80 : left);
            left >>= 7;
        } while (left > 0);
    }

    static void u16(ByteArrayOutputStream out, int value) {
        out.write(value >> 8);
        out.write(value);
    }

    static void text(ByteArrayOutputStream out, String value) {
        binary(out, value.getBytes(StandardCharsets.UTF_8));
    }

    static void binary(ByteArrayOutputStream out, byte[] value) {
        u16(out, value.length);
        out.writeBytes(value);
    }

    Body fields() {
        return new Body(ByteBuffer.wrap(body));
    }

    /** Reads a packet's body from its beginning; what is not there is an {@link IOException}. */
    record Body(ByteBuffer left) {
        int u8() throws IOException {
            return need(1).get() & 0xff;
        }

        int u16() throws IOException {
            return need(2).getShort() & 0xffff;
        }

        byte[] binary() throws IOException {
            byte[] bytes = new byte[u16()];
            need(bytes.length).get(bytes);
            return bytes;
        }

        String text() throws IOException {
            return new String(binary(), StandardCharsets.UTF_8);
        }

        void skipProperties() throws IOException {
            int length = 0;
            for (int shift = 0; ; shift += 7) {
                int b = u8();
                length |= (b & 0x7f) << shift;
                if ((b & 0x80) == 0) break;
                if (shift == 21) throw new IOException("a property length of more than four bytes");
            }
            need(length).position(left.position() + length);
        }

        byte[] rest() {
            byte[] bytes = new byte[left.remaining()];
            left.get(bytes);
            return bytes;
        }

        boolean more() {
            return left.hasRemaining();
        }

        private ByteBuffer need(int bytes) throws IOException {
            if (left.remaining() < bytes) throw new IOException("a packet that ends inside a field");
            return left;
        }
    }
}
