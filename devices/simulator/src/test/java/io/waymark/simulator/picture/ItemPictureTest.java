package io.waymark.simulator.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class ItemPictureTest {
    @Test
    void isAJpegAPhoneCouldHaveTaken() throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(ItemPicture.jpeg(ItemPicture.Subject.FISH, 1, 0)));
        assertEquals(960, image.getWidth());
        assertEquals(640, image.getHeight());
    }

    @Test
    void theSameShotIsTheSameBytesAndAnotherItemIsNot() {
        byte[] shot = ItemPicture.jpeg(ItemPicture.Subject.CRATE, 7, 2);
        assertArrayEquals(shot, ItemPicture.jpeg(ItemPicture.Subject.CRATE, 7, 2));
        assertFalse(Arrays.equals(shot, ItemPicture.jpeg(ItemPicture.Subject.CRATE, 8, 2)));
    }
}
