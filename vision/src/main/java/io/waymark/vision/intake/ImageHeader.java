package io.waymark.vision.intake;

/**
 * What an image says about itself before any decoder has run. Only JPEG and PNG are known; everything else, and everything
 * outside the limits, is refused here, so that no decoder ever sees it.
 *
 * <p>Sources: ITU-T T.81 annex B (JPEG markers), Exif 2.32 §4.6 (orientation), PNG third edition §5 and §11.2.1 (IHDR).
 *
 * @param width       pixels as stored, before orientation
 * @param height      pixels as stored, before orientation
 * @param orientation Exif orientation 1–8; 1 when none is given or the Exif block is unreadable
 */
public record ImageHeader(Format format, int width, int height, int orientation) {

    /** The two formats that phones and device cameras send. WebP, GIF, BMP and TIFF are refused: each decoder is attack surface. */
    public enum Format {
        JPEG("image/jpeg", "jpeg"),
        PNG("image/png", "png");

        public final String mediaType;
        final String imageIoName;

        Format(String mediaType, String imageIoName) {
            this.mediaType = mediaType;
            this.imageIoName = imageIoName;
        }
    }

    public static final int MAX_BYTES = 12 * 1024 * 1024;
    public static final long MAX_PIXELS = 40_000_000L;
    public static final int MIN_SIDE = 64;
    /** A side beyond this with few pixels is no photograph, and row buffers grow with it. */
    public static final int MAX_SIDE = 16_384;
    /** A progressive JPEG of a camera has about ten scans; a decoder walks the whole picture once per scan. */
    static final int MAX_SCANS = 64;

    private static final int MAX_SEGMENTS = 512;

    /** @throws ImageRefusedException with the first limit that does not hold */
    public static ImageHeader read(byte[] image) throws ImageRefusedException {
        if (image.length > MAX_BYTES) {
            throw new ImageRefusedException("the file has more than " + MAX_BYTES / 1024 / 1024 + " MiB");
        }
        ImageHeader header = parse(image);
        header.checkSize();
        return header;
    }

    /** The header without its size being judged. */
    static ImageHeader parse(byte[] image) throws ImageRefusedException {
        if (startsWith(image, 0xFF, 0xD8, 0xFF)) {
            return jpeg(image);
        }
        if (startsWith(image, 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A)) {
            return png(image);
        }
        throw new ImageRefusedException("not a JPEG or PNG file");
    }

    private void checkSize() throws ImageRefusedException {
        if (width < MIN_SIDE || height < MIN_SIDE) {
            throw new ImageRefusedException(
                    "the picture is " + width + " × " + height + " pixels; each side must have at least " + MIN_SIDE);
        }
        if (width > MAX_SIDE || height > MAX_SIDE || (long) width * height > MAX_PIXELS) {
            throw new ImageRefusedException("the picture is " + width + " × " + height
                    + " pixels; at most 40 megapixels, " + MAX_SIDE + " a side");
        }
    }

    // signature(8) ‖ length(4)=13 ‖ "IHDR" ‖ width(4) ‖ height(4) ‖ depth(1) ‖ colour(1) ‖ compression(1) ‖ filter(1) ‖
    // interlace(1) ‖ crc(4)
    private static ImageHeader png(byte[] image) throws ImageRefusedException {
        if (image.length < 33 || u32(image, 8) != 13 || u32(image, 12) != 0x49484452L) {
            throw new ImageRefusedException("the PNG does not begin with its header");
        }
        long width = u32(image, 16);
        long height = u32(image, 20);
        if (width == 0 || height == 0 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw new ImageRefusedException("the PNG header gives an impossible size");
        }
        if (image[26] != 0 || image[27] != 0 || (image[28] & 0xFE) != 0) {
            throw new ImageRefusedException("the PNG header names an unknown method");
        }
        return new ImageHeader(Format.PNG, (int) width, (int) height, 1);
    }

    private static ImageHeader jpeg(byte[] image) throws ImageRefusedException {
        int at = 2;
        int orientation = 1;
        ImageHeader frame = null;
        for (int segments = 0; ; segments++) {
            if (segments > MAX_SEGMENTS) {
                throw new ImageRefusedException("the JPEG has too many segments");
            }
            while (at < image.length && u8(image, at) == 0xFF && at + 1 < image.length && u8(image, at + 1) == 0xFF) {
                at++; // fill bytes before a marker
            }
            if (at + 4 > image.length || u8(image, at) != 0xFF) {
                throw new ImageRefusedException("the JPEG ends inside its header");
            }
            int marker = u8(image, at + 1);
            int length = u16(image, at + 2); // counts its own two bytes
            if (length < 2 || at + 2 + length > image.length) {
                throw new ImageRefusedException("a JPEG segment is longer than the file");
            }
            int body = at + 4;
            switch (marker) {
                case 0xC0, 0xC1, 0xC2 -> {
                    // precision(1) ‖ height(2) ‖ width(2) ‖ components(1)
                    if (frame != null || length < 8 || u8(image, body) != 8) {
                        throw new ImageRefusedException("the JPEG frame is not one of 8 bits");
                    }
                    int components = u8(image, body + 5);
                    if (components != 1 && components != 3) {
                        throw new ImageRefusedException(
                                "the JPEG has " + components + " colour components; 1 or 3 are read");
                    }
                    frame = new ImageHeader(Format.JPEG, u16(image, body + 3), u16(image, body + 1), 1);
                }
                case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
                    throw new ImageRefusedException("a lossless, hierarchical or arithmetic JPEG is not read");
                case 0xE1 -> orientation = exifOrientation(image, body, length - 2, orientation);
                case 0xDA -> {
                    if (frame == null) {
                        throw new ImageRefusedException("the JPEG has picture data before its frame");
                    }
                    checkRest(image, at);
                    return new ImageHeader(Format.JPEG, frame.width, frame.height, orientation);
                }
                case 0xD8, 0xD9 -> throw new ImageRefusedException("the JPEG ends before its picture");
                default -> {
                    // tables, comments, other applications' data: skipped by their length
                }
            }
            at += 2 + length;
        }
    }

    /** From the first scan on: entropy-coded data escapes 0xFF as FF 00, so any other FF xx is a restart, a segment or the end. */
    private static void checkRest(byte[] image, int firstScan) throws ImageRefusedException {
        int scans = 0;
        int at = firstScan;
        while (at + 1 < image.length) {
            int marker = u8(image, at + 1);
            if (u8(image, at) != 0xFF || marker == 0xFF) {
                at++;
                continue;
            }
            if (marker == 0x00 || marker == 0x01 || marker >= 0xD0 && marker <= 0xD7) {
                at += 2;
                continue;
            }
            if (marker == 0xD9) {
                return; // what follows the end (a phone's depth map, a second preview) no decoder reads
            }
            if (marker == 0xDA && ++scans > MAX_SCANS) {
                throw new ImageRefusedException("the JPEG has more than " + MAX_SCANS + " scans");
            }
            if (marker >= 0xC0 && marker <= 0xC3) {
                throw new ImageRefusedException("the JPEG has a second frame");
            }
            if (at + 4 > image.length) {
                return;
            }
            at += 2 + Math.max(2, u16(image, at + 2));
        }
    }

    // "Exif\0\0" ‖ TIFF: byte order(2) ‖ 42(2) ‖ offset of IFD0(4);  IFD0: count(2) ‖ count × [tag(2) type(2) n(4)
    // value(4)]
    // Unreadable Exif is not a reason to refuse a photograph: the orientation stays what it was.
    private static int exifOrientation(byte[] image, int at, int length, int otherwise) {
        if (length < 20 || u32(image, at) != 0x45786966L || u16(image, at + 4) != 0) {
            return otherwise;
        }
        int tiff = at + 6;
        int end = at + length;
        boolean little = u16(image, tiff) == 0x4949;
        if (!little && u16(image, tiff) != 0x4D4D) {
            return otherwise;
        }
        long ifd = little ? le32(image, tiff + 4) : u32(image, tiff + 4);
        if (ifd < 8 || tiff + ifd + 2 > end) {
            return otherwise;
        }
        int directory = tiff + (int) ifd;
        int count = little ? le16(image, directory) : u16(image, directory);
        for (int i = 0; i < count && directory + 2 + 12 * (i + 1) <= end; i++) {
            int entry = directory + 2 + 12 * i;
            if ((little ? le16(image, entry) : u16(image, entry)) == 0x0112) {
                int value = little ? le16(image, entry + 8) : u16(image, entry + 8);
                return value >= 1 && value <= 8 ? value : otherwise;
            }
        }
        return otherwise;
    }

    private static boolean startsWith(byte[] image, int... magic) {
        if (image.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if (u8(image, i) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private static int u8(byte[] b, int at) {
        return b[at] & 0xFF;
    }

    private static int u16(byte[] b, int at) {
        return u8(b, at) << 8 | u8(b, at + 1);
    }

    private static long u32(byte[] b, int at) {
        return (long) u16(b, at) << 16 | u16(b, at + 2);
    }

    private static int le16(byte[] b, int at) {
        return u8(b, at) | u8(b, at + 1) << 8;
    }

    private static long le32(byte[] b, int at) {
        return le16(b, at) | (long) le16(b, at + 2) << 16;
    }
}
