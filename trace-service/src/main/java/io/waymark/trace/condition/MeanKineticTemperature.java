package io.waymark.trace.condition;

import io.waymark.trace.condition.ColdChain.Point;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The one constant temperature that would have aged the goods as much as the recorded ones did (Haynes 1971; USP &lt;1160&gt;). It never
 * replaces
 * the excursions: a hot hour hardly moves it.
 *
 * @param celsius  of the sensor that gives the highest
 * @param measured time that counts: between two readings of that sensor not further apart than {@link ColdChain#GAP}
 */
public record MeanKineticTemperature(double celsius, Duration measured) {
    /** Activation energy 83.144 kJ/mol, the default of USP, over the gas constant 8.3144 J/(mol K). */
    private static final double KELVIN = kelvin(83_144);

    static final double ZERO_CELSIUS = 273.15;

    /** Activation energy over the gas constant. */
    static double kelvin(long joulePerMole) {
        return joulePerMole / 8.3144;
    }

    /** How fast goods age at a temperature, in a unit of its own. The same on every machine: {@link StrictMath}. */
    static double rate(double kelvin, double celsius) {
        return StrictMath.exp(-kelvin / (celsius + ZERO_CELSIUS));
    }

    /** The temperature at which goods age as fast. */
    static double celsius(double kelvin, double rate) {
        return -kelvin / StrictMath.log(rate) - ZERO_CELSIUS;
    }

    /** A sensor's sums: e^(−K/T) over time, in seconds. */
    private static final class Sum {
        private Point last;
        private double aged;
        private double seconds;

        void add(Point next) {
            Duration apart = last == null ? Duration.ZERO : Duration.between(last.at(), next.at());
            if (apart.compareTo(ColdChain.GAP) <= 0) {
                // Between two readings the rate goes straight from one to the other.
                double span = apart.toMillis() / 1000.0;
                aged += span * (last == null ? 0 : (rate(KELVIN, last.celsius()) + rate(KELVIN, next.celsius())) / 2);
                seconds += span;
            }
            last = next;
        }

        MeanKineticTemperature mean() {
            return new MeanKineticTemperature(
                    MeanKineticTemperature.celsius(KELVIN, aged / seconds), Duration.ofSeconds(Math.round(seconds)));
        }
    }

    /** @param points by time; empty when no sensor measured over any time, or a temperature is not above absolute zero */
    static Optional<MeanKineticTemperature> of(List<Point> points) {
        Map<String, Sum> sensors = new HashMap<>();
        for (Point p : points) {
            if (!(p.celsius() > -ZERO_CELSIUS)) {
                return Optional.empty();
            }
            sensors.computeIfAbsent(p.device() + "/" + p.sensor(), any -> new Sum())
                    .add(p);
        }
        return sensors.values().stream()
                .filter(s -> s.seconds > 0)
                .map(Sum::mean)
                .max(Comparator.comparingDouble(MeanKineticTemperature::celsius));
    }
}
