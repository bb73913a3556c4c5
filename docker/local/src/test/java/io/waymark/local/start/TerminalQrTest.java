package io.waymark.local.start;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.GlobalHistogramBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalQrTest {
    /** Draws the text as a terminal would, and reads the picture with a reader that is not ours. */
    @Test
    void codeInTheTerminalReadsBack() throws Exception {
        String url = "http://localhost:8080/01/09506000134352/10/N7-2026-31/21/K3ZQ8W5TNMV2A7";
        List<String> lines = TerminalQr.of(url, false).lines().toList();
        int scale = 4;
        int width = lines.get(0).length() * scale;
        int height = lines.size() * 2 * scale;
        int[] pixels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                char c = lines.get(y / scale / 2).charAt(x / scale);
                boolean upper = y / scale % 2 == 0;
                boolean dark = c == '█' || (upper ? c == '▀' : c == '▄');
                pixels[y * width + x] = dark ? 0xff000000 : 0xffffffff;
            }
        }
        BinaryBitmap picture =
                new BinaryBitmap(new GlobalHistogramBinarizer(new RGBLuminanceSource(width, height, pixels)));
        assertEquals(url, new QRCodeReader().decode(picture).getText());
    }
}
