package io.waymark.web.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.client.j2se.BufferedImageLuminanceSource;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.io.ByteArrayInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigitalLinkTest {
    @Test
    void itemsAreNamedWithoutTheirLot() throws MalformedLink {
        DigitalLink link = DigitalLink.ofPath("/01/09506000134352/10/K5-0611/21/7HJ2");

        assertEquals("https://id.gs1.org/01/09506000134352/21/7HJ2", link.canonicalUri());
        assertEquals("/01/09506000134352/10/K5-0611/21/7HJ2", link.path());
    }

    @Test
    void delimitersInLotsSurviveTheRoundTrip() throws MalformedLink {
        DigitalLink link = DigitalLink.ofPath("/01/09506000134352/10/A%2FB%3b%25/");

        assertEquals("A/B;%", link.lot());
        assertEquals("/01/09506000134352/10/A%2FB%3B%25", link.path());
        assertEquals(link, DigitalLink.ofPath(link.path()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/01",
                "/01/",
                "/01/1",
                "/01/09506000134353",
                "/02/09506000134352",
                "/01/09506000134352/21/a/10/b",
                "/01/09506000134352/21",
                "/01/09506000134352/21/",
                "/01/09506000134352/10/%2",
                "/01/09506000134352/10/%GG",
                "/01/09506000134352/10/%C3%A4",
                "/01/09506000134352/10/%80",
                "/01/09506000134352/10/123456789012345678901",
                "/01/09506000134352//",
                "/21/a",
                "/01/09506000134352/01/09506000134352",
                "/01/09506000134352/10/a b"
            })
    void refuses(String path) {
        assertThrows(MalformedLink.class, () -> DigitalLink.ofPath(path));
    }

    @ParameterizedTest
    @CsvSource({
        "9506000134352, /01/09506000134352",
        "0950 6000 134352, /01/09506000134352",
        "(01)09506000134352(10)K5(21)S, /01/09506000134352/10/K5/21/S",
        "(01) 9506000134352 (10) K5 (21) S, /01/09506000134352/10/K5/21/S",
        "9506000134352 (10)K5 (21)S, /01/09506000134352/10/K5/21/S",
        "09506000134352 K5 S, /01/09506000134352/10/K5/21/S",
        "09506000134352 Lot K5 S, /01/09506000134352/10/K5/21/S",
        "09506000134352 lot K5, /01/09506000134352/10/K5",
        "09506000134352 S, /01/09506000134352/21/S",
        "09506000134352 2026 17, /01/09506000134352/10/2026/21/17",
        "https://w.example/x/01/09506000134352/21/S?y=1#z, /01/09506000134352/21/S"
    })
    void understandsWhatPeopleType(String typed, String path) throws MalformedLink {
        assertEquals(path, DigitalLink.ofTyped(typed).path());
    }

    @Test
    void qrCodeReadsAsThePrintedAddress() throws Exception {
        String address = "https://w.example/01/09506000134352/10/K5-0611/21/7HJ2KQ9XW4MB3T";
        byte[] png = new QrCode(address).png(300);

        BufferedImageLuminanceSource image =
                new BufferedImageLuminanceSource(ImageIO.read(new ByteArrayInputStream(png)));
        assertEquals(
                address,
                new QRCodeReader()
                        .decode(new BinaryBitmap(new HybridBinarizer(image)))
                        .getText());
    }
}
