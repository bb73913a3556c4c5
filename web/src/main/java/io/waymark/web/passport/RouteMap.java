package io.waymark.web.passport;

import io.waymark.web.words.Said;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The route as a small map without tiles: graticule, numbered places in order, scale bar; and the same in words.
 * Equirectangular, true to scale at the middle latitude. Lines join the places the steps name; they are not the path travelled.
 */
public record RouteMap(
        int height,
        List<Line> graticule,
        List<String> legs,
        List<Place> places,
        List<Label> labels,
        String scaleWidth,
        String scaleLabel,
        String distance) {

    public static final int WIDTH = 340;
    private static final int MAX_HEIGHT = 230;
    private static final int MIN_HEIGHT = 150;
    private static final double PAD = 34;
    private static final double EARTH_KM = 6371;

    public record Line(
            String x1, String y1, String x2, String y2, String label, String labelX, String labelY, boolean across) {}

    /** {@code steps}: the numbers of the story steps recorded here, such as "1, 2". */
    public record Place(String number, String x, String y, String name, String steps) {
        public boolean several() {
            return steps.contains(",");
        }
    }

    public record Label(String x, String y, String anchor, String text) {}

    public int barTop() {
        return height - 13;
    }

    public int barText() {
        return height - 12;
    }

    private record Spot(double lat, double lon, String name, List<String> steps) {}

    /** @return null when no step names a position; steps are numbered from 1 as in the timeline */
    public static RouteMap of(List<Passport.Step> steps) {
        List<Spot> spots = new ArrayList<>();
        double previous = Double.NaN;
        for (int i = 0; i < steps.size(); i++) {
            Passport.Step step = steps.get(i);
            if (step.lat() == null
                    || step.lon() == null
                    || !(Math.abs(step.lat()) <= 90)
                    || !(Math.abs(step.lon()) <= 180)) {
                continue;
            }
            // Unwrapped, so that a route over the date line stays in one piece.
            double lon = step.lon();
            if (!Double.isNaN(previous)) {
                lon += 360 * Math.round((previous - lon) / 360);
            }
            previous = lon;
            String number = String.valueOf(i + 1);
            Spot last = spots.isEmpty() ? null : spots.get(spots.size() - 1);
            if (last != null && Math.abs(last.lat - step.lat()) < 0.02 && Math.abs(last.lon - lon) < 0.02) {
                last.steps.add(number);
            } else {
                spots.add(new Spot(
                        step.lat(), lon, step.place() == null ? "" : step.place(), new ArrayList<>(List.of(number))));
            }
        }
        return spots.isEmpty() ? null : drawn(spots);
    }

    private static RouteMap drawn(List<Spot> spots) {
        double south = spots.stream().mapToDouble(Spot::lat).min().orElseThrow();
        double north = spots.stream().mapToDouble(Spot::lat).max().orElseThrow();
        double west = spots.stream().mapToDouble(Spot::lon).min().orElseThrow();
        double east = spots.stream().mapToDouble(Spot::lon).max().orElseThrow();
        double midLat = (south + north) / 2;
        double squeeze = Math.max(0.1, Math.cos(Math.toRadians(midLat)));
        double across = Math.max((east - west) * squeeze, 0.4);
        double up = Math.max(north - south, 0.2);
        double perDegree = Math.min((WIDTH - 2 * PAD) / across, (MAX_HEIGHT - 2 * PAD) / up);
        int height = (int) Math.max(MIN_HEIGHT, Math.min(MAX_HEIGHT, up * perDegree + 2 * PAD));
        Frame frame = new Frame((west + east) / 2, midLat, squeeze, perDegree, height);

        List<Place> places = new ArrayList<>();
        List<double[]> taken = new ArrayList<>();
        for (int i = 0; i < spots.size(); i++) {
            Spot s = spots.get(i);
            places.add(new Place(
                    String.valueOf(i + 1),
                    round(frame.x(s.lon)),
                    round(frame.y(s.lat)),
                    s.name,
                    String.join(", ", s.steps)));
            taken.add(new double[] {frame.x(s.lon) - 8, frame.y(s.lat) - 8, frame.x(s.lon) + 8, frame.y(s.lat) + 8});
        }
        taken.add(new double[] {0, height - 20, 110, height}); // the scale bar's corner
        List<Label> labels = new ArrayList<>();
        for (int i = 0; i < spots.size(); i++) {
            place(spots.get(i).name, frame.x(spots.get(i).lon), frame.y(spots.get(i).lat), height, taken, labels);
        }

        List<String> legs = new ArrayList<>();
        double km = 0;
        for (int i = 1; i < spots.size(); i++) {
            Spot a = spots.get(i - 1);
            Spot b = spots.get(i);
            km += kilometres(a, b);
            double x1 = frame.x(a.lon);
            double y1 = frame.y(a.lat);
            double x2 = frame.x(b.lon);
            double y2 = frame.y(b.lat);
            double bendX = (x1 + x2) / 2 + (y2 - y1) * 0.12;
            double bendY = (y1 + y2) / 2 - (x2 - x1) * 0.12;
            legs.add("M" + round(x1) + " " + round(y1) + "Q" + round(bendX) + " " + round(bendY) + " " + round(x2) + " "
                    + round(y2));
        }
        double kmPerUnit = 2 * Math.PI * EARTH_KM / 360 / perDegree;
        double bar = nice(80 * kmPerUnit, new double[] {1, 2, 5});
        return new RouteMap(
                height,
                graticule(frame),
                legs,
                places,
                labels,
                round(bar / kmPerUnit),
                Said.count(Math.max(1, Math.round(bar))) + " km",
                spots.size() < 2
                        ? ""
                        : Said.count(km < 100 ? Math.max(1, Math.round(km)) : Math.round(km / 10) * 10) + " km");
    }

    private static void place(String name, double x, double y, int height, List<double[]> taken, List<Label> labels) {
        if (name.isEmpty()) {
            return;
        }
        String text = name.length() > 34 ? name.substring(0, 33).strip() + "…" : name;
        double w = text.length() * 5.7;
        // start: right of the mark; end: left; middle: below, then above
        double[][] tries = {{x + 11, y + 3.5, 0}, {x - 11, y + 3.5, 1}, {x, y + 20, 0.5}, {x, y - 13, 0.5}};
        for (double[] t : tries) {
            double left = t[0] - w * t[2];
            double[] box = {left - 2, t[1] - 10, left + w + 2, t[1] + 3};
            boolean fits = box[0] >= 2 && box[2] <= WIDTH - 2 && box[1] >= 2 && box[3] <= height - 2;
            for (double[] other : taken) {
                fits &= box[2] < other[0] || other[2] < box[0] || box[3] < other[1] || other[3] < box[1];
            }
            if (fits) {
                taken.add(box);
                labels.add(
                        new Label(round(t[0]), round(t[1]), t[2] == 0 ? "start" : t[2] == 1 ? "end" : "middle", text));
                return;
            }
        } // no room: the number stays, and the list below the map names the place
    }

    private static List<Line> graticule(Frame f) {
        List<Line> lines = new ArrayList<>();
        // The corner where both kinds of labels would meet stays empty.
        double corner = WIDTH - 38;
        double degreesUp = f.height / f.perDegree;
        double degreesAcross = WIDTH / (f.perDegree * f.squeeze);
        double step = nice(Math.max(degreesUp, degreesAcross) / 4, new double[] {1, 2, 5});
        step = step > 20 ? 30 : step;
        for (double lat = Math.ceil((f.midLat - degreesUp / 2) / step) * step;
                lat <= f.midLat + degreesUp / 2;
                lat += step) {
            if (Math.abs(lat) <= 90) {
                String y = round(f.y(lat));
                lines.add(new Line(
                        "0",
                        y,
                        String.valueOf(WIDTH),
                        y,
                        f.y(lat) < 22 ? "" : degrees(lat, "N", "S"),
                        String.valueOf(WIDTH - 3),
                        round(f.y(lat) - 3),
                        true));
            }
        }
        for (double lon = Math.ceil((f.midLon - degreesAcross / 2) / step) * step;
                lon <= f.midLon + degreesAcross / 2;
                lon += step) {
            String x = round(f.x(lon));
            double shown = lon - 360 * Math.round(lon / 360);
            lines.add(new Line(
                    x,
                    "0",
                    x,
                    String.valueOf(f.height),
                    f.x(lon) > corner ? "" : degrees(shown, "E", "W"),
                    round(f.x(lon) + 3),
                    "10",
                    false));
        }
        return lines;
    }

    private static String degrees(double value, String positive, String negative) {
        String text = round(Math.abs(value) < 1e-9 ? 0 : Math.abs(value));
        return text + "°" + (text.equals("0") ? "" : " " + (value > 0 ? positive : negative));
    }

    private record Frame(double midLon, double midLat, double squeeze, double perDegree, int height) {
        double x(double lon) {
            return WIDTH / 2.0 + (lon - midLon) * squeeze * perDegree;
        }

        double y(double lat) {
            return height / 2.0 - (lat - midLat) * perDegree;
        }
    }

    private static double kilometres(Spot a, Spot b) {
        double la = Math.toRadians(a.lat);
        double lb = Math.toRadians(b.lat);
        double h = Math.pow(Math.sin((lb - la) / 2), 2)
                + Math.cos(la) * Math.cos(lb) * Math.pow(Math.sin(Math.toRadians(b.lon - a.lon) / 2), 2);
        return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
    }

    /** The largest of the mantissas × a power of ten that is not above {@code value}. */
    private static double nice(double value, double[] mantissas) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        double best = power;
        for (double m : mantissas) {
            best = m * power <= value ? m * power : best;
        }
        return best;
    }

    private static String round(double v) {
        String text = String.format(Locale.ROOT, "%.1f", v);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
