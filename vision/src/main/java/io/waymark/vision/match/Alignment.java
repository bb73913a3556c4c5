package io.waymark.vision.match;

import io.waymark.vision.intake.GreyPicture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.opencv.core.Point;

/**
 * The query laid over the registered photograph and compared block by block. Key points alone cannot tell two printed
 * designs of one brand apart: the logo matches perfectly. The blocks around the matching points can.
 *
 * @param blocks   24-pixel blocks of the registered picture inside the inliers' hull, with texture, covered by the query
 * @param agreeing share of them with zero-mean normalised cross-correlation of the high-passed luma above 0.5
 * @param centre   the same share over all textured blocks in the middle 60 % × 84 % of the registered picture, where the thing
 *     itself is; a block the query does not show counts as not agreeing
 */
record Alignment(int blocks, double agreeing, double centre) {
    static final int BLOCK = 24;
    static final int HIGH_PASS_RADIUS = 6;
    static final double AGREES = 0.5;
    /** Standard deviation of the high-passed luma below which a block has nothing to compare. */
    static final double MIN_TEXTURE = 4;

    static Alignment of(
            GreyPicture query, GreyPicture registered, double[] h, Point[] registeredPoints, byte[] inlier) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < registeredPoints.length; i++) {
            if (inlier[i] != 0) {
                points.add(registeredPoints[i]);
            }
        }
        List<Point> hull = hull(points);
        double[] back = inverse(h);
        if (hull.size() < 3 || back == null) {
            return new Alignment(0, 0, 0);
        }
        int w = registered.width();
        int height = registered.height();
        float[] warped = warp(query, back, w, height);
        float[] mine = highPass(warped, w, height);
        float[] theirs = highPass(floats(registered), w, height);
        int blocks = 0;
        int agreeing = 0;
        int middle = 0;
        int middleAgreeing = 0;
        for (int y = 0; y + BLOCK <= height; y += BLOCK / 2) {
            for (int x = 0; x + BLOCK <= w; x += BLOCK / 2) {
                double cx = x + BLOCK / 2.0;
                double cy = y + BLOCK / 2.0;
                boolean inHull = inside(hull, cx, cy);
                boolean inMiddle = Math.abs(cx / w - 0.5) < 0.30 && Math.abs(cy / height - 0.5) < 0.42;
                if (!inHull && !inMiddle || !textured(theirs, w, x, y)) {
                    continue;
                }
                double z = correlation(mine, theirs, w, x, y);
                if (inHull && !Double.isNaN(z)) {
                    blocks++;
                    agreeing += z > AGREES ? 1 : 0;
                }
                if (inMiddle) {
                    middle++;
                    middleAgreeing += z > AGREES ? 1 : 0;
                }
            }
        }
        return new Alignment(
                blocks,
                blocks == 0 ? 0 : (double) agreeing / blocks,
                middle == 0 ? 0 : (double) middleAgreeing / middle);
    }

    private static boolean textured(float[] picture, int w, int x0, int y0) {
        double sum = 0;
        double squares = 0;
        for (int y = y0; y < y0 + BLOCK; y++) {
            for (int x = x0; x < x0 + BLOCK; x++) {
                double p = picture[y * w + x];
                sum += p;
                squares += p * p;
            }
        }
        int n = BLOCK * BLOCK;
        return squares / n - sum / n * (sum / n) >= MIN_TEXTURE * MIN_TEXTURE;
    }

    /** NaN where the query does not cover the block. */
    private static double correlation(float[] mine, float[] theirs, int w, int x0, int y0) {
        double a = 0;
        double b = 0;
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int y = y0; y < y0 + BLOCK; y++) {
            for (int x = x0; x < x0 + BLOCK; x++) {
                float p = mine[y * w + x];
                float q = theirs[y * w + x];
                a += p; // NaN outside the query spreads through every sum
                b += q;
                aa += p * p;
                bb += q * q;
                ab += p * q;
            }
        }
        int n = BLOCK * BLOCK;
        double va = aa / n - a / n * (a / n);
        double vb = bb / n - b / n * (b / n);
        if (Double.isNaN(va)) {
            return Double.NaN;
        }
        return (ab / n - a / n * (b / n)) / Math.sqrt(Math.max(va, 1e-3) * vb);
    }

    private static float[] floats(GreyPicture picture) {
        float[] out = new float[picture.pixels().length];
        for (int i = 0; i < out.length; i++) {
            out[i] = picture.pixels()[i] & 0xFF;
        }
        return out;
    }

    /** The query as seen from the registered picture, bilinear; NaN outside. */
    private static float[] warp(GreyPicture query, double[] back, int w, int height) {
        float[] out = new float[w * height];
        byte[] p = query.pixels();
        int qw = query.width();
        int qh = query.height();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < w; x++) {
                double z = back[6] * x + back[7] * y + back[8];
                double sx = (back[0] * x + back[1] * y + back[2]) / z;
                double sy = (back[3] * x + back[4] * y + back[5]) / z;
                if (!(sx >= 0 && sy >= 0 && sx < qw - 1 && sy < qh - 1)) {
                    out[y * w + x] = Float.NaN;
                    continue;
                }
                int ix = (int) sx;
                int iy = (int) sy;
                double fx = sx - ix;
                double fy = sy - iy;
                int at = iy * qw + ix;
                double top = (p[at] & 0xFF) * (1 - fx) + (p[at + 1] & 0xFF) * fx;
                double bottom = (p[at + qw] & 0xFF) * (1 - fx) + (p[at + qw + 1] & 0xFF) * fx;
                out[y * w + x] = (float) (top * (1 - fy) + bottom * fy);
            }
        }
        return out;
    }

    /** The picture minus its box mean over 13 × 13 pixels, so that light and shadow do not count. NaN pixels stay NaN. */
    private static float[] highPass(float[] picture, int w, int height) {
        double[] sums = new double[(w + 1) * (height + 1)];
        int[] counts = new int[(w + 1) * (height + 1)];
        for (int y = 0; y < height; y++) {
            double row = 0;
            int n = 0;
            for (int x = 0; x < w; x++) {
                float value = picture[y * w + x];
                if (!Float.isNaN(value)) {
                    row += value;
                    n++;
                }
                int at = (y + 1) * (w + 1) + x + 1;
                sums[at] = sums[at - w - 1] + row;
                counts[at] = counts[at - w - 1] + n;
            }
        }
        float[] out = new float[picture.length];
        for (int y = 0; y < height; y++) {
            int y0 = Math.max(0, y - HIGH_PASS_RADIUS) * (w + 1);
            int y1 = Math.min(height, y + HIGH_PASS_RADIUS + 1) * (w + 1);
            for (int x = 0; x < w; x++) {
                int x0 = Math.max(0, x - HIGH_PASS_RADIUS);
                int x1 = Math.min(w, x + HIGH_PASS_RADIUS + 1);
                double sum = sums[y1 + x1] - sums[y0 + x1] - sums[y1 + x0] + sums[y0 + x0];
                int n = counts[y1 + x1] - counts[y0 + x1] - counts[y1 + x0] + counts[y0 + x0];
                out[y * w + x] = (float) (picture[y * w + x] - sum / n);
            }
        }
        return out;
    }

    private static double[] inverse(double[] h) {
        double[] adjugate = {
            h[4] * h[8] - h[5] * h[7], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4],
            h[5] * h[6] - h[3] * h[8], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5],
            h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]
        };
        double determinant = h[0] * adjugate[0] + h[1] * adjugate[3] + h[2] * adjugate[6];
        return Math.abs(determinant) < 1e-12 ? null : adjugate; // a homography has no scale: the adjugate will do
    }

    /** Convex hull, counter-clockwise in a left-handed picture (Andrew's monotone chain). */
    private static List<Point> hull(List<Point> points) {
        Point[] sorted = points.toArray(Point[]::new);
        Arrays.sort(sorted, Comparator.<Point>comparingDouble(p -> p.x).thenComparingDouble(p -> p.y));
        List<Point> hull = new ArrayList<>();
        for (int pass = 0; pass < 2; pass++) {
            int start = hull.size();
            for (int i = 0; i < sorted.length; i++) {
                Point p = sorted[pass == 0 ? i : sorted.length - 1 - i];
                while (hull.size() >= start + 2
                        && cross(hull.get(hull.size() - 2), hull.get(hull.size() - 1), p) <= 0) {
                    hull.remove(hull.size() - 1);
                }
                hull.add(p);
            }
            if (!hull.isEmpty()) {
                hull.remove(hull.size() - 1);
            }
        }
        return hull;
    }

    private static boolean inside(List<Point> hull, double x, double y) {
        Point p = new Point(x, y);
        for (int i = 0; i < hull.size(); i++) {
            if (cross(hull.get(i), hull.get((i + 1) % hull.size()), p) < 0) {
                return false;
            }
        }
        return true;
    }

    private static double cross(Point a, Point b, Point c) {
        return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    }
}
