package io.waymark.vision.match;

import io.waymark.vision.intake.GreyPicture;
import java.lang.ref.Reference;
import org.opencv.core.CvType;
import org.opencv.core.KeyPoint;
import org.opencv.core.Mat;
import org.opencv.core.MatOfKeyPoint;
import org.opencv.features2d.SIFT;

/**
 * Key points and RootSIFT descriptors of a picture. Deterministic: the same picture gives the same fingerprint.
 *
 * <p>Source of RootSIFT: Arandjelović and Zisserman, CVPR 2012 (L1-normalise, square root; Euclidean distance is then the
 * Hellinger distance).
 */
public final class Extraction {
    /**
     * Longest side looked at, in pixels. Smaller pictures are not enlarged: tried on the open set, it helped objects (AUC 0.93 to
     * 0.94) and harmed packages (0.93 to 0.90).
     */
    public static final int LONG_SIDE = 640;

    static final int KEY_POINTS = 1000;
    private static final double CONTRAST = 0.02;

    // One detector per thread, kept for good. New detectors per picture crashed the JVM in a measured run with three
    // threads:
    // finalize() freed the native object while a call on it still ran. For the same reason every Mat is released by
    // hand and
    // fenced until after its last native use.
    private static final ThreadLocal<SIFT> SIFT_OF_THREAD =
            ThreadLocal.withInitial(() -> SIFT.create(KEY_POINTS, 3, CONTRAST, 10, 1.6));

    private Extraction() {}

    /**
     * The fingerprint of an upright picture of any size; reduced to {@link #LONG_SIDE} first.
     *
     * @throws IllegalStateException if OpenCV is not loaded
     */
    public static Fingerprint of(GreyPicture original) {
        if (!OpenCv.loaded()) {
            throw new IllegalStateException("matching is not available on this platform");
        }
        GreyPicture picture = original.within(LONG_SIDE);
        SIFT sift = SIFT_OF_THREAD.get();
        Mat grey = new Mat(picture.height(), picture.width(), CvType.CV_8UC1);
        Mat none = new Mat();
        Mat floats = new Mat();
        MatOfKeyPoint points = new MatOfKeyPoint();
        try {
            grey.put(0, 0, picture.pixels());
            sift.detectAndCompute(grey, none, points, floats);
            KeyPoint[] found = points.toArray();
            int n = Math.min(found.length, Fingerprint.MAX_KEY_POINTS);
            float[] x = new float[n];
            float[] y = new float[n];
            byte[] descriptors = new byte[n * Fingerprint.DIMENSIONS];
            if (n > 0) {
                float[] raw = new float[found.length * Fingerprint.DIMENSIONS];
                floats.get(0, 0, raw);
                for (int i = 0; i < n; i++) {
                    x[i] = (float) found[i].pt.x;
                    y[i] = (float) found[i].pt.y;
                    root(raw, i * Fingerprint.DIMENSIONS, descriptors);
                }
            }
            return new Fingerprint(picture, x, y, descriptors);
        } finally {
            Reference.reachabilityFence(sift);
            for (Mat mat : new Mat[] {grey, none, floats, points}) {
                mat.release();
                Reference.reachabilityFence(mat);
            }
        }
    }

    private static void root(float[] sift, int at, byte[] descriptors) {
        float sum = 0;
        for (int d = 0; d < Fingerprint.DIMENSIONS; d++) {
            sum += sift[at + d];
        }
        if (sum <= 0) {
            return;
        }
        for (int d = 0; d < Fingerprint.DIMENSIONS; d++) {
            double value = Fingerprint.SCALE * Math.sqrt(sift[at + d] / sum);
            descriptors[at + d] = (byte) Math.min(255, Math.round(value));
        }
    }
}
