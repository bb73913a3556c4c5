package io.waymark.web.passport;

import io.waymark.web.words.Said;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A temperature curve laid out for an SVG of {@link #WIDTH} × {@link #HEIGHT} units, with its equivalent in words and as a table.
 * Where readings are missing the curve breaks: a line is never drawn through time nobody measured.
 */
public record TemperatureChart(
        List<String> curves,
        Box band,
        List<When> across,
        List<Tick> up,
        List<Box> excesses,
        List<Box> gaps,
        List<Missing> missing,
        List<Row> rows,
        String coldest,
        String warmest,
        String from,
        String to,
        long readings) {

    public static final int WIDTH = 340;
    public static final int HEIGHT = 180;
    private static final double LEFT = 30;
    private static final double RIGHT = 336;
    private static final double TOP = 8;
    private static final double BOTTOM = 146;
    /** So near to an end of the axis, a label is set beside its tick instead of centred below. */
    private static final double EDGE = 22;

    private static final int BUCKETS = 150;
    private static final int ROWS = 12;

    /** "3,214". */
    public String count() {
        return Said.count(readings);
    }

    public record Box(String x, String y, String width, String height) {}

    /** A temperature at the side. */
    public record Tick(String at, String label, boolean limit) {}

    /** A time below: {@code anchor} as SVG's text-anchor; {@code under} is the date or year, where it is not that of the tick before. */
    public record When(String at, String anchor, String label, String under) {}

    public record Missing(String from, String length) {}

    public record Row(String from, String coldest, String warmest, int readings) {}

    private record Point(long at, double celsius) {}

    /**
     * @param known the gaps that trace-service found; null = none
     * @return null when there is nothing to draw: fewer than two readings
     */
    public static TemperatureChart of(
            List<List<Double>> raw,
            Double min,
            Double max,
            List<Passport.Excursion> excursions,
            List<Passport.Gap> known) {
        return of(raw, min, max, excursions, known, BUCKETS, 0);
    }

    /**
     * A chart of any number of readings. Per column of its width only the coldest and the warmest are drawn, and a pause shorter than a
     * column is no gap, so the drawing stays small.
     *
     * @param raw     [epoch ms, °C], in any order
     * @param columns into which the width is divided
     * @return null as for {@link #of}
     */
    public static TemperatureChart ofMany(List<List<Double>> raw, Double min, Double max, int columns) {
        return of(raw, min, max, List.of(), null, columns, columns);
    }

    /** @param gapColumns a gap is wider than one of so many columns; 0 = any pause of the usual length is one */
    private static TemperatureChart of(
            List<List<Double>> raw,
            Double min,
            Double max,
            List<Passport.Excursion> excursions,
            List<Passport.Gap> known,
            int columns,
            int gapColumns) {
        List<Point> points = new ArrayList<>();
        for (List<Double> p : raw) {
            if (p.size() >= 2 && p.get(0) != null && p.get(1) != null && Double.isFinite(p.get(1))) {
                points.add(new Point(p.get(0).longValue(), p.get(1)));
            }
        }
        points.sort(Comparator.comparingLong(Point::at));
        if (points.size() < 2 || points.get(0).at == points.get(points.size() - 1).at) {
            return null;
        }
        long start = points.get(0).at;
        long end = points.get(points.size() - 1).at;
        double low = points.stream().mapToDouble(Point::celsius).min().orElseThrow();
        double high = points.stream().mapToDouble(Point::celsius).max().orElseThrow();
        double bottom = Math.min(low, min == null ? low : min);
        double top = Math.max(high, max == null ? high : max);
        double margin = Math.max(1, (top - bottom) * 0.12);
        Scale scale = new Scale(start, end, bottom - margin, top + margin);

        long gapAfter = Math.max(gapThreshold(points), gapColumns == 0 ? 0 : (end - start) / gapColumns);
        long bucket = points.size() > 2 * columns ? Math.max(1, (end - start) / columns) : 0;
        List<String> curves = new ArrayList<>();
        List<Box> gaps = new ArrayList<>();
        List<Missing> missing = new ArrayList<>();
        List<Point> run = new ArrayList<>();
        for (Point p : points) {
            if (!run.isEmpty() && p.at - run.get(run.size() - 1).at > gapAfter) {
                long since = run.get(run.size() - 1).at;
                curves.add(curve(run, scale, bucket));
                gaps.add(scale.column(since, p.at));
                missing.add(new Missing(
                        Said.moment(Instant.ofEpochMilli(since)), Said.duration(Duration.ofMillis(p.at - since))));
                run = new ArrayList<>();
            }
            run.add(p);
        }
        curves.add(curve(run, scale, bucket));

        List<Box> excesses = new ArrayList<>();
        for (Passport.Excursion e : excursions) {
            Instant from = Said.instant(e.from()).orElse(null);
            Instant to = Said.instant(e.to()).orElse(null);
            if (from != null && to != null && to.toEpochMilli() >= start && from.toEpochMilli() <= end) {
                excesses.add(scale.column(Math.max(start, from.toEpochMilli()), Math.min(end, to.toEpochMilli())));
            }
        }
        // trace-service may know of gaps that leave no break here, such as one before the first reading; each is said
        // once.
        for (Passport.Gap gap : known == null ? List.<Passport.Gap>of() : known) {
            long from = Said.instant(gap.from()).map(Instant::toEpochMilli).orElse(start);
            if (from < start || from >= end) {
                missing.add(new Missing(Said.moment(gap.from()), Said.duration(Duration.ofMinutes(gap.minutes()))));
            }
        }
        return new TemperatureChart(
                curves,
                band(min, max, scale),
                across(start, end, scale),
                up(scale, min, max),
                excesses,
                gaps,
                missing.subList(0, Math.min(6, missing.size())),
                rows(points, start, end),
                Said.celsius(low),
                Said.celsius(high),
                Said.moment(Instant.ofEpochMilli(start)),
                Said.moment(Instant.ofEpochMilli(end)),
                points.size());
    }

    /** A pause four times as long as usual, and at least ten minutes, is a gap. */
    private static long gapThreshold(List<Point> points) {
        long[] steps = new long[points.size() - 1];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = points.get(i + 1).at - points.get(i).at;
        }
        java.util.Arrays.sort(steps);
        return Math.max(4 * steps[steps.length / 2], 10 * 60_000L);
    }

    /**
     * Path data; thinned to the coldest and warmest reading per bucket, so that no peak is lost.
     *
     * @param width of a bucket in milliseconds; 0 = keep every reading
     */
    private static String curve(List<Point> run, Scale scale, long width) {
        List<Point> kept = run;
        if (width > 0 && run.size() > 2) {
            kept = new ArrayList<>();
            int i = 0;
            while (i < run.size()) {
                long bucket = run.get(i).at / width;
                Point low = run.get(i);
                Point high = low;
                while (i < run.size() && run.get(i).at / width == bucket) {
                    Point p = run.get(i++);
                    low = p.celsius < low.celsius ? p : low;
                    high = p.celsius > high.celsius ? p : high;
                }
                kept.add(low.at <= high.at ? low : high);
                if (low != high) {
                    kept.add(low.at <= high.at ? high : low);
                }
            }
        }
        StringBuilder d = new StringBuilder();
        for (Point p : kept) {
            d.append(d.length() == 0 ? 'M' : 'L')
                    .append(scale.x(p.at))
                    .append(' ')
                    .append(scale.y(p.celsius));
        }
        return kept.size() == 1 ? d.append("h.1").toString() : d.toString();
    }

    private static Box band(Double min, Double max, Scale scale) {
        if (min == null && max == null) {
            return null;
        }
        double upper = max == null ? TOP : scale.yOf(max);
        double lower = min == null ? BOTTOM : scale.yOf(min);
        return new Box(round(LEFT), round(upper), round(RIGHT - LEFT), round(Math.max(1, lower - upper)));
    }

    private static List<When> across(long start, long end, Scale scale) {
        List<When> ticks = new ArrayList<>();
        String above = "";
        for (TimeAxis.Tick tick : TimeAxis.between(Instant.ofEpochMilli(start), Instant.ofEpochMilli(end))) {
            double x = scale.xOf(tick.at().toEpochMilli());
            String anchor = x < LEFT + EDGE ? "start" : x > RIGHT - EDGE ? "end" : "middle";
            ticks.add(new When(round(x), anchor, tick.label(), tick.context().equals(above) ? "" : tick.context()));
            above = tick.context();
        }
        return ticks;
    }

    private static List<Tick> up(Scale scale, Double min, Double max) {
        List<Tick> ticks = new ArrayList<>();
        double span = scale.top - scale.bottom;
        double step = 1;
        for (double s : new double[] {1, 2, 5, 10, 20, 50}) {
            step = s;
            if (span / s <= 5) {
                break;
            }
        }
        for (double v = Math.ceil(scale.bottom / step) * step; v <= scale.top; v += step) {
            double clear = span * 0.07;
            boolean crowded = min != null && Math.abs(v - min) < clear || max != null && Math.abs(v - max) < clear;
            if (!crowded) {
                ticks.add(new Tick(scale.y(v), Said.number(v), false));
            }
        }
        if (min != null) {
            ticks.add(new Tick(scale.y(min), Said.number(min), true));
        }
        if (max != null) {
            ticks.add(new Tick(scale.y(max), Said.number(max), true));
        }
        return ticks;
    }

    private static List<Row> rows(List<Point> points, long start, long end) {
        List<Row> rows = new ArrayList<>();
        long width = (end - start) / ROWS + 1;
        int i = 0;
        for (int r = 0; r < ROWS; r++) {
            long until = start + (r + 1) * width;
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            int count = 0;
            for (; i < points.size() && points.get(i).at < until; i++, count++) {
                low = Math.min(low, points.get(i).celsius);
                high = Math.max(high, points.get(i).celsius);
            }
            Instant from = Instant.ofEpochMilli(start + r * width);
            rows.add(new Row(
                    Said.shortDay(from) + ", " + Said.clock(from),
                    count == 0 ? "" : Said.celsius(low),
                    count == 0 ? "" : Said.celsius(high),
                    count));
        }
        return rows;
    }

    private record Scale(long start, long end, double bottom, double top) {
        double xOf(long at) {
            return LEFT + (RIGHT - LEFT) * (at - start) / (end - start);
        }

        double yOf(double celsius) {
            return BOTTOM - (BOTTOM - TOP) * (celsius - bottom) / (top - bottom);
        }

        String x(long at) {
            return round(xOf(at));
        }

        String y(double celsius) {
            return round(yOf(celsius));
        }

        Box column(long from, long to) {
            double width = Math.max(1.5, xOf(to) - xOf(from));
            return new Box(round(xOf(from)), round(TOP), round(width), round(BOTTOM - TOP));
        }
    }

    private static String round(double v) {
        String text = String.format(Locale.ROOT, "%.1f", v);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
