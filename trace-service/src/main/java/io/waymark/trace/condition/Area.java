package io.waymark.trace.condition;

import java.util.List;

/** A polygon on the ground and distances in metres. Flat within itself, which is wrong by less than 0.1 % for areas of some 100 km. */
final class Area {
    private static final double METRES_PER_E7 = 40_007_863.0 / 360 / 1e7;

    /** Where a circle lies. */
    enum Side {
        inside,
        outside,
        /** The circle reaches over the border. */
        unknown
    }

    private final double[] x;
    private final double[] y;
    private final double latE7;
    private final double lonE7;

    /** @param cornersE7 latitude and longitude in turn */
    Area(List<Long> cornersE7) {
        int n = cornersE7.size() / 2;
        x = new double[n];
        y = new double[n];
        latE7 = cornersE7.get(0);
        lonE7 = cornersE7.get(1);
        for (int i = 0; i < n; i++) {
            x[i] = east(cornersE7.get(2 * i + 1));
            y[i] = north(cornersE7.get(2 * i));
        }
    }

    private double east(double lon) {
        return (lon - lonE7) * METRES_PER_E7 * StrictMath.cos(StrictMath.toRadians(latE7 / 1e7));
    }

    private double north(double lat) {
        return (lat - latE7) * METRES_PER_E7;
    }

    /** Metres from the centre to the border; negative inside. */
    double outside(long lat, long lon) {
        double px = east(lon);
        double py = north(lat);
        boolean in = false;
        double nearest = Double.MAX_VALUE;
        for (int i = 0, j = x.length - 1; i < x.length; j = i++) {
            if (y[i] > py != y[j] > py && px < (x[j] - x[i]) * (py - y[i]) / (y[j] - y[i]) + x[i]) {
                in = !in;
            }
            double dx = x[j] - x[i];
            double dy = y[j] - y[i];
            double length = dx * dx + dy * dy;
            double along = length == 0 ? 0 : Math.max(0, Math.min(1, ((px - x[i]) * dx + (py - y[i]) * dy) / length));
            nearest = Math.min(nearest, StrictMath.hypot(px - x[i] - along * dx, py - y[i] - along * dy));
        }
        return in ? -nearest : nearest;
    }

    Side side(Observation.Fix fix) {
        double outside = outside(fix.latE7(), fix.lonE7());
        return Math.abs(outside) <= fix.accuracyMetres() ? Side.unknown : outside > 0 ? Side.outside : Side.inside;
    }

    /** Metres along the ground between two places (haversine, sphere of 6,371,009 m). */
    static double metres(double latE7, double lonE7, double otherLatE7, double otherLonE7) {
        double lat = StrictMath.toRadians(latE7 / 1e7);
        double otherLat = StrictMath.toRadians(otherLatE7 / 1e7);
        double a = StrictMath.sin((otherLat - lat) / 2);
        double b = StrictMath.sin(StrictMath.toRadians((otherLonE7 - lonE7) / 1e7) / 2);
        double h = a * a + StrictMath.cos(lat) * StrictMath.cos(otherLat) * b * b;
        return 2 * 6_371_009 * StrictMath.asin(Math.min(1, StrictMath.sqrt(h)));
    }
}
