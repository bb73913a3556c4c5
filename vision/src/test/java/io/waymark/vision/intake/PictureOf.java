package io.waymark.vision.intake;

/** Opens the package's decoder to tests elsewhere. */
public final class PictureOf {
    private PictureOf() {}

    public static GreyPicture file(byte[] image) throws ImageRefusedException {
        return Decoder.decode(image, ImageHeader.read(image), () -> false);
    }
}
