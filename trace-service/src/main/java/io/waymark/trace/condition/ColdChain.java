package io.waymark.trace.condition;

import static io.waymark.trace.organisation.Database.instant;
import static io.waymark.trace.organisation.Database.list;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The temperatures recorded about an item, against its limits.
 *
 * @param points     by time; all of them, see {@link #drawn}
 * @param excursions stretches outside the limits, per sensor, by time
 * @param gaps       times without any reading, longer than {@link #GAP}, between the first and the last point
 * @param mean       empty when nothing was measured over any time
 * @param devices    stream ids that measured, lower-case hex
 */
public record ColdChain(
        List<Point> points,
        List<Excursion> excursions,
        List<Gap> gaps,
        Optional<MeanKineticTemperature> mean,
        Set<String> devices) {
    /** Longest time between two readings that is not called a gap. */
    public static final Duration GAP = Duration.ofHours(2);

    private static final int MOST_POINTS = 50_000;
    private static final int TEMPERATURE = 1;

    /** One temperature; index = where its reading stands in the ledger; suspect: its key may have been in other hands by then. */
    public record Point(Instant at, double celsius, long index, String device, int sensor, boolean suspect) {}

    /** From the first reading outside to the first one inside again, or to the last one outside when none followed within {@link #GAP}. */
    public record Excursion(Instant from, Instant to, double peakCelsius, long minutes) {}

    /** Nobody measured. */
    public record Gap(Instant from, Instant to, long minutes) {}

    /**
     * Reads on the passport's connection. Limits in 0.01 °C, null = none.
     *
     * @param parties slugs of those whose devices are believed to have been near: anybody's device could name any batch or unit
     */
    public static ColdChain of(
            Connection c, List<Window> windows, Collection<String> parties, Integer minCenti, Integer maxCenti)
            throws SQLException {
        List<Point> points = list(
                c,
                "SELECT DISTINCT m.at, m.value, m.exponent, m.sensor, m.ordinal, g.ledger_index, encode(m.stream_id, 'hex') AS device, "
                        + "coalesce(k.suspect_from <= g.ledger_index, false) AS suspect "
                        + "FROM unnest(?, ?, ?) AS w (subject, f, t) "
                        + "JOIN trace.message_subject s ON s.subject = w.subject "
                        + "JOIN trace.message g ON g.stream_id = s.stream_id AND g.epoch = s.epoch AND g.seq = s.seq "
                        + "JOIN trace.measurement m ON m.stream_id = s.stream_id AND m.epoch = s.epoch AND m.seq = s.seq "
                        + "LEFT JOIN trace.stream_key k ON k.stream_id = g.stream_id AND k.kid = g.kid "
                        + "WHERE s.tenant_id = ANY (?) AND m.quantity = " + TEMPERATURE
                        + " AND m.at >= to_timestamp(w.f) AND m.at <= to_timestamp(w.t) "
                        + "ORDER BY m.at, g.ledger_index, m.ordinal LIMIT " + MOST_POINTS,
                r -> new Point(
                        instant(r, "at"),
                        r.getLong("value") * Math.pow(10, r.getInt("exponent")),
                        r.getLong("ledger_index"),
                        r.getString("device"),
                        r.getInt("sensor"),
                        r.getBoolean("suspect")),
                Window.subjects(windows),
                Window.starts(windows),
                Window.ends(windows),
                parties.toArray(String[]::new));
        Set<String> devices = new LinkedHashSet<>();
        points.forEach(p -> devices.add(p.device()));
        return new ColdChain(
                points,
                excursions(points, minCenti, maxCenti),
                gaps(points),
                MeanKineticTemperature.of(points),
                devices);
    }

    /** How many readings are suspect. */
    public long suspectReadings() {
        return points.stream()
                .filter(Point::suspect)
                .mapToLong(Point::index)
                .distinct()
                .count();
    }

    static List<Excursion> excursions(List<Point> points, Integer minCenti, Integer maxCenti) {
        Map<String, List<Point>> bySensor = new HashMap<>();
        for (Point p : points) {
            bySensor.computeIfAbsent(p.device() + "/" + p.sensor(), k -> new ArrayList<>())
                    .add(p);
        }
        List<Excursion> found = new ArrayList<>();
        for (List<Point> sensor : bySensor.values()) {
            Point first = null;
            Point last = null;
            double peak = 0;
            for (Point p : sensor) {
                if (first != null && Duration.between(last.at(), p.at()).compareTo(GAP) > 0) {
                    found.add(excursion(first, last.at(), peak));
                    first = null;
                }
                boolean outside = outside(p.celsius(), minCenti, maxCenti) > 0;
                if (outside && first == null) {
                    first = p;
                    peak = p.celsius();
                }
                if (outside && outside(p.celsius(), minCenti, maxCenti) > outside(peak, minCenti, maxCenti)) {
                    peak = p.celsius();
                }
                if (!outside && first != null) {
                    found.add(excursion(first, p.at(), peak));
                    first = null;
                }
                last = p;
            }
            if (first != null) {
                found.add(excursion(first, last.at(), peak));
            }
        }
        found.sort(java.util.Comparator.comparing(Excursion::from));
        return found;
    }

    private static Excursion excursion(Point first, Instant end, double peak) {
        return new Excursion(
                first.at(),
                end,
                peak,
                Math.round(Duration.between(first.at(), end).toSeconds() / 60.0));
    }

    /** How far outside, in °C; 0 = inside. */
    private static double outside(double celsius, Integer minCenti, Integer maxCenti) {
        double below = minCenti == null ? 0 : minCenti / 100.0 - celsius;
        double above = maxCenti == null ? 0 : celsius - maxCenti / 100.0;
        // A value on the limit is inside; powers of ten leave a rounding error of some 1e-15.
        double most = Math.max(below, above);
        return most > 1e-9 ? most : 0;
    }

    private static List<Gap> gaps(List<Point> points) {
        List<Gap> gaps = new ArrayList<>();
        for (int i = 1; i < points.size(); i++) {
            Duration silence =
                    Duration.between(points.get(i - 1).at(), points.get(i).at());
            if (silence.compareTo(GAP) > 0) {
                gaps.add(new Gap(points.get(i - 1).at(), points.get(i).at(), silence.toMinutes()));
            }
        }
        return gaps;
    }

    /** At most about {@code most} points to draw: of each stretch its coldest and its warmest, so that no excursion is smoothed away. */
    public List<Point> drawn(int most) {
        if (points.size() <= most) {
            return points;
        }
        List<Point> drawn = new ArrayList<>();
        int stretch = (int) Math.ceil(points.size() * 2.0 / most);
        for (int from = 0; from < points.size(); from += stretch) {
            List<Point> some = points.subList(from, Math.min(points.size(), from + stretch));
            Point cold = some.get(0);
            Point warm = some.get(0);
            for (Point p : some) {
                cold = p.celsius() < cold.celsius() ? p : cold;
                warm = p.celsius() > warm.celsius() ? p : warm;
            }
            boolean coldFirst = some.indexOf(cold) <= some.indexOf(warm);
            drawn.add(coldFirst ? cold : warm);
            if (cold != warm) {
                drawn.add(coldFirst ? warm : cold);
            }
        }
        return drawn;
    }
}
