package io.waymark.vision.intake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.waymark.vision.Drawn;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageHeaderTest {
    private static final BufferedImage PICTURE = Drawn.design(1).getSubimage(0, 0, 200, 100);

    @Test
    void readsSizeAndFormatOfPngAndJpeg() throws Exception {
        assertEquals(
                new ImageHeader(ImageHeader.Format.PNG, 200, 100, 1), ImageHeader.read(Drawn.file(PICTURE, "png")));
        assertEquals(
                new ImageHeader(ImageHeader.Format.JPEG, 200, 100, 1), ImageHeader.read(Drawn.file(PICTURE, "jpg")));
    }

    @ParameterizedTest(name = "a PNG header of {0} × {1}")
    @CsvSource({
        "63, 100, at least 64",
        "100, 63, at least 64",
        "20000, 20000, at most 40 megapixels",
        "16385, 64, at most 40 megapixels",
        "6400, 6251, at most 40 megapixels",
        "2147483647, 2147483647, at most 40 megapixels"
    })
    void refusesSizesOutsideTheLimitsByTheHeaderAlone(int width, int height, String why) {
        byte[] png = ByteBuffer.allocate(33)
                .putLong(0x89504E470D0A1A0AL)
                .putInt(13)
                .putInt(0x49484452)
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        assertReason(why, png);
    }

    @Test
    void refusesOtherFormatsByTheirFirstBytes() {
        assertReason("not a JPEG or PNG", "GIF89a".getBytes(StandardCharsets.US_ASCII));
        assertReason("not a JPEG or PNG", "RIFF....WEBPVP8 ".getBytes(StandardCharsets.US_ASCII));
        assertReason("not a JPEG or PNG", new byte[0]);
    }

    @Test
    void refusesMoreThanTwelveMebibytes() {
        assertReason("more than 12 MiB", new byte[ImageHeader.MAX_BYTES + 1]);
    }

    @Test
    void refusesAJpegWithAThousandScans() throws IOException {
        byte[] jpeg = Drawn.file(PICTURE, "jpg");
        ByteArrayOutputStream scans = new ByteArrayOutputStream();
        scans.write(jpeg, 0, jpeg.length - 2);
        for (int i = 0; i < 1000; i++) {
            scans.write(new byte[] {(byte) 0xFF, (byte) 0xDA, 0, 2, 0x55});
        }
        assertReason("more than 64 scans", scans.toByteArray());
    }

    @Test
    void refusesAJpegCutInsideItsHeader() throws IOException {
        byte[] jpeg = Drawn.file(PICTURE, "jpg");
        for (int length = 3; length < 100; length++) {
            byte[] cut = java.util.Arrays.copyOf(jpeg, length);
            assertThrows(ImageRefusedException.class, () -> ImageHeader.read(cut));
        }
    }

    @ParameterizedTest(name = "orientation {0}")
    @CsvSource({
        "1, 1234, 2",
        "2, 2143, 2",
        "3, 4321, 2",
        "4, 3412, 2",
        "5, 1324, 2",
        "6, 3142, 2",
        "7, 4231, 2",
        "8, 2413, 2"
    })
    void turnsAPictureUpright(int orientation, String expected, int width) {
        GreyPicture stored = new GreyPicture(2, 2, "1234".getBytes(StandardCharsets.US_ASCII));
        GreyPicture upright = stored.upright(orientation);
        assertArrayEquals(expected.getBytes(StandardCharsets.US_ASCII), upright.pixels());
        assertEquals(width, upright.width());
    }

    @Test
    void readsTheOrientationAndDecodesUpright() throws Exception {
        byte[] jpeg = withOrientation(Drawn.file(PICTURE, "jpg"), 6);
        assertEquals(6, ImageHeader.read(jpeg).orientation());
        GreyPicture upright = PictureOf.file(jpeg);
        assertEquals(100, upright.width());
        assertEquals(200, upright.height());
    }

    @Test
    void anExifBlockThatPointsIntoItselfIsNoReasonToRefuse() throws Exception {
        byte[] jpeg = withOrientation(Drawn.file(PICTURE, "jpg"), 6);
        jpeg[2 + 4 + 6 + 4 + 3] = (byte) 0xFF; // offset of the first directory, beyond the block
        assertEquals(1, ImageHeader.read(jpeg).orientation());
    }

    @Test
    void averagesAreasWhenReducing() {
        GreyPicture picture = new GreyPicture(4, 2, new byte[] {0, 100, (byte) 200, (byte) 200, 0, 100, (byte) 200, 0});
        GreyPicture half = picture.within(2);
        assertArrayEquals(new byte[] {50, (byte) 150}, half.pixels());
    }

    private static byte[] withOrientation(byte[] jpeg, int orientation) {
        byte[] exif = ByteBuffer.allocate(36)
                .put(new byte[] {(byte) 0xFF, (byte) 0xE1, 0, 34})
                .put("Exif\0\0".getBytes(StandardCharsets.US_ASCII))
                .put("MM".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) 42)
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .putShort((short) 0)
                .putInt(0)
                .array();
        return ByteBuffer.allocate(jpeg.length + exif.length)
                .put(jpeg, 0, 2)
                .put(exif)
                .put(jpeg, 2, jpeg.length - 2)
                .array();
    }

    private static void assertReason(String why, byte[] image) {
        ImageRefusedException refused = assertThrows(ImageRefusedException.class, () -> ImageHeader.read(image));
        assertEquals(true, refused.getMessage().contains(why), refused.getMessage());
    }
}
