package io.waymark.local.start;

import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import com.google.zxing.qrcode.encoder.ByteMatrix;
import com.google.zxing.qrcode.encoder.Encoder;
import java.util.Map;

/** A QR code in text: two rows of modules a line, with half blocks. */
final class TerminalQr {
    private static final int QUIET = 2;
    /** Black on bright white, whatever the terminal's own colours: some phones do not read inverted codes. */
    private static final String COLOURS = "\u001b[30;107m";

    private static final String PLAIN = "\u001b[0m";

    private TerminalQr() {}

    /**
     * @param colours whether the output is a terminal; without, dark modules are printed as blocks, which reads on light paper
     * @return lines, each ended by a line feed
     */
    static String of(String text, boolean colours) {
        ByteMatrix modules;
        try {
            modules = Encoder.encode(text, ErrorCorrectionLevel.L, Map.of(EncodeHintType.CHARACTER_SET, "UTF-8"))
                    .getMatrix();
        } catch (WriterException e) {
            throw new IllegalArgumentException("too long for a QR code: " + text, e);
        }
        StringBuilder lines = new StringBuilder();
        for (int y = -QUIET; y < modules.getHeight() + QUIET; y += 2) {
            lines.append(colours ? COLOURS : "");
            for (int x = -QUIET; x < modules.getWidth() + QUIET; x++) {
                boolean upper = dark(modules, x, y);
                boolean lower = dark(modules, x, y + 1);
                lines.append(upper ? lower ? '█' : '▀' : lower ? '▄' : ' ');
            }
            lines.append(colours ? PLAIN : "").append('\n');
        }
        return lines.toString();
    }

    private static boolean dark(ByteMatrix modules, int x, int y) {
        return x >= 0 && y >= 0 && x < modules.getWidth() && y < modules.getHeight() && modules.get(x, y) == 1;
    }
}
