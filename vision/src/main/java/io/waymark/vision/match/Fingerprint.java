package io.waymark.vision.match;

import io.waymark.vision.intake.GreyPicture;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * What is kept of a photograph for comparing: key points, their RootSIFT descriptors and the small grey picture they were
 * found in. As secret as the photograph itself: descriptors with positions can be turned back into a recognisable picture.
 *
 * @param picture     long side at most {@link Extraction#LONG_SIDE}
 * @param x           key point columns in {@code picture}
 * @param y           key point rows
 * @param descriptors {@code x.length} × 128 bytes, each 512 times the square root of the L1-normalised SIFT value
 */
public record Fingerprint(GreyPicture picture, float[] x, float[] y, byte[] descriptors) {
    static final int DIMENSIONS = 128;
    static final float SCALE = 512f;
    /** Raised when extraction changes, so that old fingerprints are computed again from the photograph. */
    public static final int VERSION = 1;

    static final int MAX_KEY_POINTS = 2000;

    public Fingerprint {
        if (x.length != y.length || descriptors.length != x.length * DIMENSIONS || x.length > MAX_KEY_POINTS) {
            throw new IllegalArgumentException(x.length + " key points, " + descriptors.length + " descriptor bytes");
        }
    }

    public int keyPoints() {
        return x.length;
    }

    // version(1) ‖ deflate( width(2) ‖ height(2) ‖ width × height luma ‖ n(2) ‖ n × [x float(4) ‖ y float(4)] ‖ n × 128
    // )
    /** The stored form; encrypted by the vault before it touches a disk. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(VERSION);
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeShort(picture.width());
            out.writeShort(picture.height());
            out.write(picture.pixels());
            out.writeShort(x.length);
            for (int i = 0; i < x.length; i++) {
                out.writeFloat(x[i]);
                out.writeFloat(y[i]);
            }
            out.write(descriptors);
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail to be written", e);
        }
        return bytes.toByteArray();
    }

    /** Whether {@link #ofBytes} understands these bytes. */
    public static boolean isCurrent(byte[] stored) {
        return stored.length > 1 && stored[0] == VERSION;
    }

    /** @throws IOException if the bytes are not what {@link #toBytes} of this version wrote */
    public static Fingerprint ofBytes(byte[] stored) throws IOException {
        if (!isCurrent(stored)) {
            throw new IOException("a fingerprint of another version");
        }
        try (DataInputStream in =
                new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(stored, 1, stored.length - 1)))) {
            int width = in.readUnsignedShort();
            int height = in.readUnsignedShort();
            if (width > Extraction.LONG_SIDE || height > Extraction.LONG_SIDE) {
                throw new IOException("a fingerprint of " + width + " × " + height + " pixels");
            }
            byte[] pixels = in.readNBytes(width * height);
            int n = in.readUnsignedShort();
            if (n > MAX_KEY_POINTS) {
                throw new IOException("a fingerprint of " + n + " key points");
            }
            float[] x = new float[n];
            float[] y = new float[n];
            for (int i = 0; i < n; i++) {
                x[i] = in.readFloat();
                y[i] = in.readFloat();
            }
            return new Fingerprint(new GreyPicture(width, height, pixels), x, y, in.readNBytes(n * DIMENSIONS));
        }
    }
}
