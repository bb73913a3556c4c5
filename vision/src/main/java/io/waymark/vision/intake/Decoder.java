package io.waymark.vision.intake;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Bytes within the limits of {@link ImageHeader} to a small grey picture. Not for callers: go through {@link Intake}. */
final class Decoder {
    /** Longest side handed on. Twice what matching looks at, so that its area average has something to average. */
    static final int LONG_SIDE = 1280;

    private Decoder() {}

    // The JDK's decoders, not OpenCV's imdecode: PNG is pure Java (a bad file is an exception, never a signal), JPEG is
    // the
    // JDK's own libjpeg. Sub-sampling while reading keeps 40 megapixels from becoming 160 MB of ints.
    // Price: a progressive JPEG still holds its coefficients (about 2 bytes a sample) in native memory until it is
    // read.
    // OPEN: a killable child process, so that a fault in libjpeg ends one request and not the service.
    static GreyPicture decode(byte[] image, ImageHeader header, BooleanSupplier stop) throws ImageRefusedException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(header.format().imageIoName);
        if (!readers.hasNext()) {
            throw new IllegalStateException(
                    "this Java runtime has no " + header.format() + " reader (module java.desktop)");
        }
        ImageReader reader = readers.next();
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new Stoppable(image, stop))) {
            reader.addIIOReadProgressListener(new StopsReader(stop));
            reader.setInput(in, true, true); // forward only, without metadata: no profiles, no compressed text
            if (reader.getWidth(0) != header.width() || reader.getHeight(0) != header.height()) {
                throw new ImageRefusedException("the decoder reads another size than the header gives");
            }
            ImageReadParam how = reader.getDefaultReadParam();
            int period = Math.max(1, Math.max(header.width(), header.height()) / LONG_SIDE);
            how.setSourceSubsampling(period, period, 0, 0);
            BufferedImage picture = reader.read(0, how);
            if (stop.getAsBoolean()) {
                throw new ImageRefusedException("the picture took too long"); // an aborted read returns what it has
            }
            return grey(picture).within(LONG_SIDE).upright(header.orientation());
        } catch (ImageRefusedException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The JDK's readers answer broken files with IOException, but also with index, argument and colour-model
            // exceptions. All mean the same to the sender.
            throw new ImageRefusedException("the " + header.format() + " cannot be decoded", e);
        } finally {
            reader.dispose();
        }
    }

    private static GreyPicture grey(BufferedImage picture) {
        int w = picture.getWidth();
        int h = picture.getHeight();
        byte[] out = new byte[w * h];
        int[] row = new int[w];
        for (int y = 0; y < h; y++) {
            picture.getRGB(0, y, w, 1, row, 0, w);
            for (int x = 0; x < w; x++) {
                int argb = row[x];
                int luma = 299 * (argb >> 16 & 0xFF) + 587 * (argb >> 8 & 0xFF) + 114 * (argb & 0xFF);
                out[y * w + x] = (byte) ((luma + 500) / 1000);
            }
        }
        return new GreyPicture(w, h, out);
    }

    // A reader may be aborted only on the thread that reads with it: JPEGImageReader.abort() from outside throws. So
    // the reader is
    // stopped from inside, at its next byte (a stream that fails) and at its next row (a listener that aborts).
    private static final class Stoppable extends ByteArrayInputStream {
        private final BooleanSupplier stop;

        Stoppable(byte[] image, BooleanSupplier stop) {
            super(image);
            this.stop = stop;
        }

        @Override
        public synchronized int read(byte[] into, int offset, int length) {
            return stop.getAsBoolean() ? -1 : super.read(into, offset, Math.min(length, 8192));
        }

        @Override
        public synchronized int read() {
            return stop.getAsBoolean() ? -1 : super.read();
        }
    }

    private record StopsReader(BooleanSupplier stop) implements IIOReadProgressListener {
        @Override
        public void imageProgress(ImageReader source, float percentageDone) {
            if (stop.getAsBoolean()) {
                source.abort();
            }
        }

        @Override
        public void imageStarted(ImageReader source, int imageIndex) {}

        @Override
        public void imageComplete(ImageReader source) {}

        @Override
        public void sequenceStarted(ImageReader source, int minIndex) {}

        @Override
        public void sequenceComplete(ImageReader source) {}

        @Override
        public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

        @Override
        public void thumbnailProgress(ImageReader source, float percentageDone) {}

        @Override
        public void thumbnailComplete(ImageReader source) {}

        @Override
        public void readAborted(ImageReader source) {}
    }
}
