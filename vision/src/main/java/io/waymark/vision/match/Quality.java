package io.waymark.vision.match;

import io.waymark.vision.intake.GreyPicture;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a photograph is good enough to be asked about at all. A picture that fails is never called "no match": the reasons
 * say what to do better, each beginning with "retake: ".
 *
 * @param meanLuma  0–255 over the centre of the picture
 * @param clipped   share of centre pixels at 250 or above
 * @param sharpness variance of the 3 × 3 Laplacian of the centre, in squared luma steps
 */
public record Quality(int width, int height, double meanLuma, double clipped, double sharpness, int keyPoints) {
    // Where the limits come from: the lowest values among the genuine pairs of the open evaluation set are far above
    // the
    // first four (they only stop pictures no matcher could use); clipping and key points are notes' recommendations,
    // key points loosened from 150 because surfaces without print have fewer and still match.
    static final int MIN_LONG_SIDE = 160;
    static final double MIN_LUMA = 25;
    static final double MAX_LUMA = 235;
    static final double MAX_CLIPPED = 0.35;
    static final double MIN_SHARPNESS = 20;
    static final int MIN_KEY_POINTS = 60;

    /** Measures the picture; the key points are those extraction found in it. */
    public static Quality of(GreyPicture picture, int keyPoints) {
        int w = picture.width();
        int h = picture.height();
        byte[] p = picture.pixels();
        int x0 = Math.max(1, w / 8);
        int y0 = Math.max(1, h / 8);
        int x1 = Math.min(w - 1, w - w / 8);
        int y1 = Math.min(h - 1, h - h / 8);
        long n = 0;
        long sum = 0;
        long clipped = 0;
        double laplacian = 0;
        double laplacianSquared = 0;
        for (int y = y0; y < y1; y++) {
            for (int x = x0; x < x1; x++) {
                int at = y * w + x;
                int luma = p[at] & 0xFF;
                int l = (p[at - 1] & 0xFF) + (p[at + 1] & 0xFF) + (p[at - w] & 0xFF) + (p[at + w] & 0xFF) - 4 * luma;
                n++;
                sum += luma;
                clipped += luma >= 250 ? 1 : 0;
                laplacian += l;
                laplacianSquared += (double) l * l;
            }
        }
        if (n == 0) {
            return new Quality(w, h, 0, 0, 0, keyPoints);
        }
        double mean = laplacian / n;
        return new Quality(w, h, (double) sum / n, (double) clipped / n, laplacianSquared / n - mean * mean, keyPoints);
    }

    public boolean sufficient() {
        return reasons().isEmpty();
    }

    /** Why this picture cannot be compared; empty when it can. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (Math.max(width, height) < MIN_LONG_SIDE) {
            reasons.add("retake: the picture is too small, its long side has fewer than " + MIN_LONG_SIDE + " pixels");
        }
        if (meanLuma < MIN_LUMA) {
            reasons.add("retake: the picture is too dark");
        } else if (meanLuma > MAX_LUMA) {
            reasons.add("retake: the picture is too bright");
        } else if (clipped > MAX_CLIPPED) {
            reasons.add("retake: glare covers too much of the picture");
        }
        if (sharpness < MIN_SHARPNESS) {
            reasons.add("retake: the picture is blurred, or shows too little");
        } else if (reasons.isEmpty() && keyPoints < MIN_KEY_POINTS) {
            reasons.add("retake: too few details are visible, go closer or add light");
        }
        return reasons;
    }
}
