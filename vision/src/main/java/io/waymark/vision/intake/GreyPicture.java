package io.waymark.vision.intake;

/**
 * A decoded photograph, upright, 8-bit luma (ITU-R BT.601), row by row without padding. Owns its pixels: nobody writes to
 * them after construction.
 */
public record GreyPicture(int width, int height, byte[] pixels) {
    public GreyPicture {
        if (width < 1 || height < 1 || pixels.length != width * height) {
            throw new IllegalArgumentException(
                    pixels.length + " bytes are not a " + width + " × " + height + " picture");
        }
    }

    /** The same picture with its long side at most {@code side} pixels, by averaging areas; never enlarged. */
    public GreyPicture within(int side) {
        int longSide = Math.max(width, height);
        if (longSide <= side) {
            return this;
        }
        double scale = (double) side / longSide;
        int w = Math.max(1, (int) Math.round(width * scale));
        int h = Math.max(1, (int) Math.round(height * scale));
        // Separable area average; each output pixel covers width / w (> 1) input pixels, partial ones by weight.
        float[] rows = new float[w * height];
        double step = (double) width / w;
        for (int x = 0; x < w; x++) {
            double from = x * step;
            double to = Math.min(width, from + step);
            for (int y = 0; y < height; y++) {
                double sum = 0;
                for (int sx = (int) from; sx < to; sx++) {
                    double weight = Math.min(sx + 1, to) - Math.max(sx, from);
                    sum += weight * (pixels[y * width + sx] & 0xFF);
                }
                rows[y * w + x] = (float) (sum / (to - from));
            }
        }
        byte[] out = new byte[w * h];
        step = (double) height / h;
        for (int y = 0; y < h; y++) {
            double from = y * step;
            double to = Math.min(height, from + step);
            for (int x = 0; x < w; x++) {
                double sum = 0;
                for (int sy = (int) from; sy < to; sy++) {
                    sum += (Math.min(sy + 1, to) - Math.max(sy, from)) * rows[sy * w + x];
                }
                out[y * w + x] = (byte) Math.min(255, Math.round(sum / (to - from)));
            }
        }
        return new GreyPicture(w, h, out);
    }

    /** Turned and mirrored as Exif orientation {@code orientation} (1–8) asks, so that the top of the scene is the top row. */
    GreyPicture upright(int orientation) {
        if (orientation == 1) {
            return this;
        }
        boolean swaps = orientation >= 5;
        int w = swaps ? height : width;
        int h = swaps ? width : height;
        byte[] out = new byte[pixels.length];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int sx;
                int sy;
                switch (orientation) {
                    case 2 -> {
                        sx = width - 1 - x;
                        sy = y;
                    }
                    case 3 -> {
                        sx = width - 1 - x;
                        sy = height - 1 - y;
                    }
                    case 4 -> {
                        sx = x;
                        sy = height - 1 - y;
                    }
                    case 5 -> {
                        sx = y;
                        sy = x;
                    }
                    case 6 -> {
                        sx = y;
                        sy = height - 1 - x;
                    }
                    case 7 -> {
                        sx = width - 1 - y;
                        sy = height - 1 - x;
                    }
                    case 8 -> {
                        sx = width - 1 - y;
                        sy = x;
                    }
                    default -> throw new IllegalArgumentException("orientation " + orientation);
                }
                out[y * w + x] = pixels[sy * width + sx];
            }
        }
        return new GreyPicture(w, h, out);
    }
}
