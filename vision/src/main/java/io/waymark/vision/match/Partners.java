package io.waymark.vision.match;

import java.util.Arrays;

/** Nearest descriptors with the ratio test, in plain Java: 1000 × 1000 takes about 30 ms, no native memory. */
final class Partners {
    private Partners() {}

    /** For each key point of {@code query} the index of its partner in {@code registered}, or −1. No partner is used twice. */
    static int[] of(Fingerprint query, Fingerprint registered) {
        int n = query.keyPoints();
        int m = registered.keyPoints();
        // Transposed so that the inner loop runs along memory and the compiler makes vector instructions of it.
        float[][] columns = new float[Fingerprint.DIMENSIONS][m];
        for (int j = 0; j < m; j++) {
            for (int d = 0; d < Fingerprint.DIMENSIONS; d++) {
                columns[d][j] = registered.descriptors()[j * Fingerprint.DIMENSIONS + d] & 0xFF;
            }
        }
        int[] partner = new int[n];
        float[] closeness = new float[n];
        float[] dot = new float[m];
        float unit = Fingerprint.SCALE * Fingerprint.SCALE;
        for (int i = 0; i < n; i++) {
            Arrays.fill(dot, 0);
            for (int d = 0; d < Fingerprint.DIMENSIONS; d++) {
                float value = query.descriptors()[i * Fingerprint.DIMENSIONS + d] & 0xFF;
                if (value != 0) {
                    add(dot, columns[d], value);
                }
            }
            int best = 0;
            float first = -1;
            float second = -1;
            for (int j = 0; j < m; j++) {
                if (dot[j] > first) {
                    second = first;
                    first = dot[j];
                    best = j;
                } else if (dot[j] > second) {
                    second = dot[j];
                }
            }
            // RootSIFT vectors have length 1: squared distance = 2 − 2 · dot.
            double near = Math.max(0, 1 - first / unit);
            double next = Math.max(1e-9, 1 - second / unit);
            partner[i] = near < Comparison.RATIO * Comparison.RATIO * next ? best : -1;
            closeness[i] = first;
        }
        int[] usedBy = new int[m];
        Arrays.fill(usedBy, -1);
        for (int i = 0; i < n; i++) {
            if (partner[i] < 0) {
                continue;
            }
            int other = usedBy[partner[i]];
            if (other >= 0 && closeness[other] >= closeness[i]) {
                partner[i] = -1;
            } else {
                if (other >= 0) {
                    partner[other] = -1;
                }
                usedBy[partner[i]] = i;
            }
        }
        return partner;
    }

    private static void add(float[] sums, float[] column, float factor) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] += column[j] * factor;
        }
    }
}
