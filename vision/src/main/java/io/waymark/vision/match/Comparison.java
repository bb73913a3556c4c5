package io.waymark.vision.match;

import java.lang.ref.Reference;
import org.opencv.calib3d.Calib3d;
import org.opencv.core.Mat;
import org.opencv.core.MatOfPoint2f;
import org.opencv.core.Point;

/**
 * How much of one photograph can be laid over another by one plane-to-plane mapping. Symmetric enough to compare, not exactly
 * symmetric.
 *
 * @param candidates key points of the query with one clearly best partner
 * @param inliers    those that one homography explains
 * @param aligned    24-pixel blocks inside the inliers' hull with enough texture to compare
 * @param agreeing   share of those blocks whose fine structure agrees after alignment, 0–1; 0 without a homography
 * @param centre     the same share over the middle of the registered picture, what the query does not show counting against it
 */
public record Comparison(int candidates, int inliers, int aligned, double agreeing, double centre) {
    /** Lowe's ratio between the best and the second-best descriptor distance. */
    static final double RATIO = 0.8;
    /** Largest distance of an inlier from its mapped place, in pixels of the 640-pixel picture. */
    static final double MAX_ERROR = 4.0;

    static final int MIN_CANDIDATES = 6;

    private static final Comparison NOTHING = new Comparison(0, 0, 0, 0, 0);

    /** Compares a new photograph with a registered one. Needs OpenCV loaded; call on an Intake thread (35 ms of one core). */
    public static Comparison of(Fingerprint query, Fingerprint registered) {
        if (query.keyPoints() < MIN_CANDIDATES || registered.keyPoints() < MIN_CANDIDATES) {
            return NOTHING;
        }
        int[] partner = Partners.of(query, registered);
        int n = 0;
        for (int p : partner) {
            n += p >= 0 ? 1 : 0;
        }
        if (n < MIN_CANDIDATES) {
            return new Comparison(n, 0, 0, 0, 0);
        }
        Point[] from = new Point[n];
        Point[] to = new Point[n];
        int at = 0;
        for (int i = 0; i < partner.length; i++) {
            if (partner[i] >= 0) {
                from[at] = new Point(query.x()[i], query.y()[i]);
                to[at++] = new Point(registered.x()[partner[i]], registered.y()[partner[i]]);
            }
        }
        MatOfPoint2f source = new MatOfPoint2f(from);
        MatOfPoint2f target = new MatOfPoint2f(to);
        Mat mask = new Mat();
        Mat homography = null;
        try {
            homography = Calib3d.findHomography(source, target, Calib3d.USAC_MAGSAC, MAX_ERROR, mask, 5000, 0.999);
            if (homography.empty()) {
                return new Comparison(n, 0, 0, 0, 0);
            }
            double[] h = new double[9];
            homography.get(0, 0, h);
            byte[] inlier = new byte[n];
            mask.get(0, 0, inlier);
            if (!plausible(h, query)) {
                return new Comparison(n, 0, 0, 0, 0);
            }
            int inliers = 0;
            for (byte b : inlier) {
                inliers += b != 0 ? 1 : 0;
            }
            Alignment alignment = Alignment.of(query.picture(), registered.picture(), h, to, inlier);
            return new Comparison(n, inliers, alignment.blocks(), alignment.agreeing(), alignment.centre());
        } finally {
            for (Mat mat : new Mat[] {source, target, mask, homography}) {
                if (mat != null) {
                    mat.release();
                    Reference.reachabilityFence(mat);
                }
            }
        }
    }

    /** Refuses mappings no camera makes: mirrored, folded over, or more than eight times larger or smaller. */
    private static boolean plausible(double[] h, Fingerprint query) {
        double w = query.picture().width();
        double height = query.picture().height();
        // The middle half of the query: the whole frame may well reach beyond the horizon of a steep view.
        double[][] corners = {
            {w * 0.25, height * 0.25}, {w * 0.75, height * 0.25}, {w * 0.75, height * 0.75}, {w * 0.25, height * 0.75}
        };
        double[][] mapped = new double[4][];
        for (int i = 0; i < 4; i++) {
            double z = h[6] * corners[i][0] + h[7] * corners[i][1] + h[8];
            if (!(z > 1e-6 == h[8] > 0) || Math.abs(z) < 1e-6) {
                return false;
            }
            mapped[i] = new double[] {
                (h[0] * corners[i][0] + h[1] * corners[i][1] + h[2]) / z,
                (h[3] * corners[i][0] + h[4] * corners[i][1] + h[5]) / z
            };
        }
        double twiceArea = 0;
        for (int i = 0; i < 4; i++) {
            double[] a = mapped[i];
            double[] b = mapped[(i + 1) % 4];
            double[] c = mapped[(i + 2) % 4];
            double turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
            if (!(turn > 0)) {
                return false;
            }
            twiceArea += a[0] * b[1] - a[1] * b[0];
        }
        double ratio = twiceArea / 2 / (w * height / 4);
        return ratio > 1.0 / 64 && ratio < 64;
    }
}
