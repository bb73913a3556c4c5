package io.waymark.vision;

import io.waymark.vision.intake.GreyPicture;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.awt.image.ConvolveOp;
import java.awt.image.Kernel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures drawn by the tests themselves: a "package" of shapes and strokes, photographed in ways a camera would. */
public final class Drawn {
    private Drawn() {}

    /** A design that only this seed has, 800 × 600. */
    public static BufferedImage design(long seed) {
        Random random = new Random(seed);
        BufferedImage picture = new BufferedImage(800, 600, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = picture.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setColor(new Color(215, 210, 200));
        g.fillRect(0, 0, 800, 600);
        for (int i = 0; i < 260; i++) {
            g.setColor(new Color(random.nextInt(230), random.nextInt(230), random.nextInt(230)));
            double x = random.nextInt(800);
            double y = random.nextInt(600);
            Path2D shape = new Path2D.Double();
            shape.moveTo(x, y);
            int corners = 3 + random.nextInt(5);
            for (int c = 0; c < corners; c++) {
                shape.lineTo(x + random.nextGaussian() * 28, y + random.nextGaussian() * 28);
            }
            if (random.nextBoolean()) {
                g.fill(shape);
            } else {
                g.setStroke(new BasicStroke(2 + random.nextInt(4)));
                g.draw(shape);
            }
        }
        g.dispose();
        return picture;
    }

    /** The design seen from the side, a little smaller and darker, with sensor noise of 6 luma steps. */
    public static BufferedImage photographed(BufferedImage design, long seed) {
        Random random = new Random(seed);
        int w = design.getWidth();
        int h = design.getHeight();
        BufferedImage photo = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
        double turn = Math.toRadians(6);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                double cx = (x - w / 2.0) * 1.12;
                double cy = (y - h / 2.0) * 1.12;
                double depth = 1 + 0.00025 * cx - 0.00018 * cy;
                double sx = (cx * Math.cos(turn) + cy * Math.sin(turn)) / depth + w / 2.0;
                double sy = (-cx * Math.sin(turn) + cy * Math.cos(turn)) / depth + h / 2.0;
                int rgb = bilinear(design, sx, sy);
                int noise = (int) Math.round(random.nextGaussian() * 6);
                int out = 0;
                for (int shift = 0; shift <= 16; shift += 8) {
                    int value = (int) ((rgb >> shift & 0xFF) * 0.85) + noise;
                    out |= Math.max(0, Math.min(255, value)) << shift;
                }
                photo.setRGB(x, y, out);
            }
        }
        return photo;
    }

    private static int bilinear(BufferedImage picture, double x, double y) {
        int w = picture.getWidth();
        int h = picture.getHeight();
        if (x < 0 || y < 0 || x >= w - 1 || y >= h - 1) {
            return 0x606060;
        }
        int ix = (int) x;
        int iy = (int) y;
        double fx = x - ix;
        double fy = y - iy;
        int out = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            double top = (picture.getRGB(ix, iy) >> shift & 0xFF) * (1 - fx)
                    + (picture.getRGB(ix + 1, iy) >> shift & 0xFF) * fx;
            double low = (picture.getRGB(ix, iy + 1) >> shift & 0xFF) * (1 - fx)
                    + (picture.getRGB(ix + 1, iy + 1) >> shift & 0xFF) * fx;
            out |= (int) Math.round(top * (1 - fy) + low * fy) << shift;
        }
        return out;
    }

    /** Out of focus: six passes of a 15 × 15 box. */
    public static BufferedImage blurred(BufferedImage picture) {
        float[] box = new float[225];
        Arrays.fill(box, 1f / 225);
        ConvolveOp blur = new ConvolveOp(new Kernel(15, 15, box), ConvolveOp.EDGE_NO_OP, null);
        BufferedImage out = picture;
        for (int i = 0; i < 6; i++) {
            out = blur.filter(out, null);
        }
        return out;
    }

    /** Every colour multiplied by {@code factor}, plus {@code offset}. */
    public static BufferedImage exposed(BufferedImage picture, double factor, int offset) {
        BufferedImage out = new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int rgb = 0;
                for (int shift = 0; shift <= 16; shift += 8) {
                    int value = (int) ((picture.getRGB(x, y) >> shift & 0xFF) * factor) + offset;
                    rgb |= Math.max(0, Math.min(255, value)) << shift;
                }
                out.setRGB(x, y, rgb);
            }
        }
        return out;
    }

    public static GreyPicture grey(BufferedImage picture) {
        byte[] pixels = new byte[picture.getWidth() * picture.getHeight()];
        for (int i = 0; i < pixels.length; i++) {
            int rgb = picture.getRGB(i % picture.getWidth(), i / picture.getWidth());
            pixels[i] = (byte) ((299 * (rgb >> 16 & 0xFF) + 587 * (rgb >> 8 & 0xFF) + 114 * (rgb & 0xFF)) / 1000);
        }
        return new GreyPicture(picture.getWidth(), picture.getHeight(), pixels);
    }

    /** @param format "png" or "jpg" */
    public static byte[] file(BufferedImage picture, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(picture, format, bytes);
        return bytes.toByteArray();
    }
}
