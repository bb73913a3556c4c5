package io.waymark.simulator.picture;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * One item as a camera would see it: the spots, scratches and grain follow from the item's seed, the view from the shot's.
 * Drawn, not photographed, and said so wherever it is shown: no accuracy of the matcher on real fish follows from it.
 */
public final class ItemPicture {
    /** What kind of thing is drawn. */
    public enum Subject {
        FISH,
        CRATE
    }

    private static final int WIDTH = 960;
    private static final int HEIGHT = 640;
    private static final int SPOTS = 420;
    private static final float JPEG_QUALITY = 0.88f;

    private ItemPicture() {}

    /**
     * A JPEG of the item.
     *
     * @param item seed of the item: same seed, same animal or crate
     * @param shot seed of the shot: 0 is the straight reference view, others shift, turn, scale and light it differently
     */
    public static byte[] jpeg(Subject subject, long item, long shot) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            table(g, new Random(shot * 31 + 7));
            g.setTransform(view(shot));
            Random own = new Random(item * 0x9E3779B97F4A7C15L + 11);
            if (subject == Subject.FISH) fish(g, own);
            else crate(g, own);
        } finally {
            g.dispose();
        }
        light(image, shot);
        return encode(image);
    }

    private static AffineTransform view(long shot) {
        AffineTransform view = new AffineTransform();
        if (shot == 0) return view;
        Random camera = new Random(shot);
        view.translate(WIDTH / 2.0 + camera.nextInt(61) - 30, HEIGHT / 2.0 + camera.nextInt(41) - 20);
        view.rotate(Math.toRadians(camera.nextInt(25) - 12));
        double scale = 0.85 + camera.nextDouble() * 0.2;
        view.scale(scale, scale * (0.94 + camera.nextDouble() * 0.08));
        view.shear((camera.nextDouble() - 0.5) * 0.08, 0);
        view.translate(-WIDTH / 2.0, -HEIGHT / 2.0);
        return view;
    }

    private static void table(Graphics2D g, Random random) {
        g.setPaint(new GradientPaint(0, 0, new Color(198, 206, 210), WIDTH, HEIGHT, new Color(150, 160, 168)));
        g.fillRect(0, 0, WIDTH, HEIGHT);
        for (int i = 0; i < 60; i++) {
            int grey = 150 + random.nextInt(60);
            g.setColor(new Color(grey, grey + 4, grey + 8, 70));
            g.fillRect(random.nextInt(WIDTH), random.nextInt(HEIGHT), 20 + random.nextInt(120), 1 + random.nextInt(3));
        }
    }

    private static void fish(Graphics2D g, Random own) {
        Path2D body = new Path2D.Double();
        body.moveTo(120, 330);
        body.curveTo(220, 170, 520, 150, 740, 300);
        body.lineTo(850, 220);
        body.curveTo(830, 300, 830, 360, 850, 430);
        body.lineTo(740, 350);
        body.curveTo(520, 480, 220, 470, 120, 330);
        g.setPaint(new GradientPaint(0, 180, new Color(92, 88, 60), 0, 460, new Color(226, 222, 205)));
        g.fill(body);
        g.setClip(body);
        for (int i = 0; i < SPOTS; i++) {
            double x = 130 + own.nextDouble() * 700;
            double y = 170 + Math.pow(own.nextDouble(), 1.4) * 270;
            double r = 2 + own.nextDouble() * 7;
            int tone = 40 + own.nextInt(70);
            g.setColor(new Color(tone, tone - 8, Math.max(0, tone - 25), 140 + own.nextInt(110)));
            g.fill(new Ellipse2D.Double(x, y, r * (1 + own.nextDouble()), r));
        }
        g.setStroke(new BasicStroke(3f));
        g.setColor(new Color(240, 238, 220, 190));
        Path2D lateral = new Path2D.Double();
        lateral.moveTo(200, 300);
        lateral.curveTo(360, 250 + own.nextInt(25), 560, 290 + own.nextInt(25), 760, 325);
        g.draw(lateral);
        for (int i = 0; i < 26; i++) {
            g.setStroke(new BasicStroke(0.8f + own.nextFloat()));
            g.setColor(new Color(250, 250, 245, 120));
            double x = 160 + own.nextDouble() * 600;
            double y = 200 + own.nextDouble() * 230;
            g.draw(new java.awt.geom.Line2D.Double(x, y, x + own.nextInt(40) - 20, y + own.nextInt(26) - 13));
        }
        g.setClip(null);
        g.setColor(new Color(30, 30, 28));
        g.fill(new Ellipse2D.Double(182, 290, 26, 26));
        g.setColor(new Color(230, 225, 180));
        g.setStroke(new BasicStroke(4f));
        g.draw(new Ellipse2D.Double(180, 288, 30, 30));
        g.setColor(new Color(80, 76, 60));
        g.draw(new java.awt.geom.Arc2D.Double(235, 230, 70, 190, 110, 140, java.awt.geom.Arc2D.OPEN));
    }

    private static void crate(Graphics2D g, Random own) {
        g.setColor(new Color(176, 133, 82));
        g.fillRoundRect(140, 120, 680, 420, 18, 18);
        for (int i = 0; i < 7; i++) {
            g.setColor(new Color(150 + own.nextInt(40), 108 + own.nextInt(30), 62 + own.nextInt(20)));
            g.fillRect(140, 120 + i * 60, 680, 52);
        }
        for (int i = 0; i < 900; i++) {
            int tone = 70 + own.nextInt(90);
            g.setColor(new Color(tone + 30, tone, tone / 2, 110));
            g.fill(new Ellipse2D.Double(
                    145 + own.nextDouble() * 660,
                    125 + own.nextDouble() * 405,
                    4 + own.nextInt(38),
                    1 + own.nextInt(2)));
        }
        for (int i = 0; i < 30; i++) {
            g.setColor(new Color(60, 40, 20, 200));
            double r = 4 + own.nextInt(12);
            g.fill(new Ellipse2D.Double(160 + own.nextDouble() * 630, 140 + own.nextDouble() * 380, r * 1.6, r));
        }
        g.setColor(new Color(60, 30, 20));
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 54));
        g.drawString(Integer.toString(10000 + own.nextInt(89999)), 300, 345);
    }

    private static void light(BufferedImage image, long shot) {
        Random sensor = new Random(shot * 13 + 5);
        double gain = shot == 0 ? 1 : 0.85 + sensor.nextDouble() * 0.25;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int rgb = image.getRGB(x, y);
                int grain = sensor.nextInt(9) - 4;
                image.setRGB(
                        x,
                        y,
                        tone(rgb >> 16, gain, grain) << 16 | tone(rgb >> 8, gain, grain) << 8 | tone(rgb, gain, grain));
            }
        }
    }

    private static int tone(int channel, double gain, int grain) {
        return Math.max(0, Math.min(255, (int) ((channel & 0xff) * gain) + grain));
    }

    private static byte[] encode(BufferedImage image) {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg");
        ImageWriter writer = writers.next();
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(JPEG_QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("a picture in memory could not be written", e);
        } finally {
            writer.dispose();
        }
    }
}
