package io.waymark.web.label;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.client.j2se.MatrixToImageWriter;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** A QR code of one text, error correction M, with the four-module quiet zone that ISO/IEC 18004 asks for. */
public final class QrCode {
    private final BitMatrix modules;

    public QrCode(String text) {
        try {
            // Size 0 = one pixel per module: the drawing is scaled, never resampled.
            modules = new QRCodeWriter()
                    .encode(
                            text,
                            BarcodeFormat.QR_CODE,
                            0,
                            0,
                            Map.of(EncodeHintType.ERROR_CORRECTION, ErrorCorrectionLevel.M, EncodeHintType.MARGIN, 4));
        } catch (WriterException e) {
            throw new IllegalArgumentException("does not fit a QR code: " + text.length() + " characters", e);
        }
    }

    /** Modules along one side, quiet zone included. */
    public int side() {
        return modules.getWidth();
    }

    /** SVG path data in module units: one rectangle per horizontal run of dark modules. */
    public String path() {
        StringBuilder d = new StringBuilder();
        for (int y = 0; y < modules.getHeight(); y++) {
            for (int x = 0; x < modules.getWidth(); x++) {
                if (modules.get(x, y)) {
                    int from = x;
                    while (x < modules.getWidth() && modules.get(x, y)) {
                        x++;
                    }
                    d.append('M')
                            .append(from)
                            .append(' ')
                            .append(y)
                            .append('h')
                            .append(x - from)
                            .append("v1h-")
                            .append(x - from)
                            .append('z');
                }
            }
        }
        return d.toString();
    }

    /** A stand-alone SVG document, black on white whatever the viewer's colours, {@code pixels} wide. */
    public String svg(int pixels) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + pixels + "\" height=\"" + pixels
                + "\" viewBox=\"0 0 " + side() + " " + side()
                + "\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h" + side() + "v" + side()
                + "H0z\"/><path d=\"" + path()
                + "\"/></svg>";
    }

    /** PNG with whole pixels per module, the largest that fits {@code pixels} (at least one pixel per module). */
    public byte[] png(int pixels) {
        int scale = Math.max(1, pixels / side());
        BitMatrix scaled = new BitMatrix(side() * scale);
        for (int y = 0; y < side(); y++) {
            for (int x = 0; x < side(); x++) {
                if (modules.get(x, y)) {
                    scaled.setRegion(x * scale, y * scale, scale, scale);
                }
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            MatrixToImageWriter.writeToStream(scaled, "PNG", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
