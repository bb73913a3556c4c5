package io.waymark.simulator.world;

import java.time.Duration;
import java.time.Instant;

/**
 * A refrigerated space: it holds a set point with the saw-tooth of a compressor, drifts with the time of day, and may fail for a while.
 * Noise comes from a hash of seed and time, not from a running random source: the same moment always gives the same value.
 */
public final class Climate {
    private final double setPointCelsius;
    private final double swingCelsius;
    private final long seed;
    private final Instant failsAt;
    private final Duration outage;
    private final double outsideCelsius;

    private Climate(double setPoint, double swing, long seed, Instant failsAt, Duration outage, double outside) {
        this.setPointCelsius = setPoint;
        this.swingCelsius = swing;
        this.seed = seed;
        this.failsAt = failsAt;
        this.outage = outage;
        this.outsideCelsius = outside;
    }

    /** A space that keeps {@code setPoint} °C within about ± {@code swing} K. */
    public static Climate steady(double setPoint, double swing, long seed) {
        return new Climate(setPoint, swing, seed, Instant.MAX, Duration.ZERO, setPoint);
    }

    /** The same space, but its cooling stands still from {@code failsAt} for {@code outage} while it is {@code outside} °C around it. */
    public Climate failing(Instant failsAt, Duration outage, double outside) {
        return new Climate(setPointCelsius, swingCelsius, seed, failsAt, outage, outside);
    }

    /** Air temperature at {@code time}, °C. */
    public double celsius(Instant time) {
        double minutes = time.getEpochSecond() / 60.0;
        double compressor = swingCelsius * 0.6 * Math.sin(2 * Math.PI * minutes / 47);
        double day = swingCelsius * 0.3 * Math.sin(2 * Math.PI * (minutes - 540) / 1440);
        double base = setPointCelsius + compressor + day + swingCelsius * 0.25 * noise(time);
        return base + (outsideCelsius - setPointCelsius) * warming(time);
    }

    /** Relative humidity, %: high in cold rooms, falling a little when the compressor dries the air. */
    public double relativeHumidity(Instant time) {
        return 86
                + 5 * Math.sin(2 * Math.PI * time.getEpochSecond() / 60.0 / 47 + 1.2)
                + 1.5 * noise(time.plusSeconds(7));
    }

    // Newton's law of cooling with a time constant of 100 minutes up and 40 minutes down: insulated walls warm slowly,
    // a running unit pulls down fast.
    private double warming(Instant time) {
        if (time.isBefore(failsAt)) return 0;
        double during =
                Math.min(outage.toMinutes(), Duration.between(failsAt, time).toMinutes());
        double peak = 1 - Math.exp(-during / 100.0);
        double after = Math.max(0, Duration.between(failsAt.plus(outage), time).toMinutes());
        return peak * Math.exp(-after / 40.0);
    }

    /** A number in −1…1 that depends on seed and second only (SplitMix64 finaliser). */
    private double noise(Instant time) {
        long z = seed * 0x9E3779B97F4A7C15L + time.getEpochSecond();
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >> 11) * 0x1.0p-52;
    }
}
