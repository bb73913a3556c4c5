package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import io.waymark.sdk.Quantity;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decimal text of a file as a measurement: in decimal arithmetic throughout, so that 4.6 in the file is 4.6 in the ledger. */
public final class Quantities {
    /** Digits after the point that a reading keeps; a file with more is rounded half-even, once. */
    static final int MOST_DECIMALS = 6;

    private static final BigDecimal FAHRENHEIT_ZERO = new BigDecimal(32);
    private static final BigDecimal KELVIN_ZERO = new BigDecimal("273.15");
    private static final BigDecimal LARGEST = new BigDecimal("1e12");

    /** Units per quantity, the one of the ledger first. */
    private static final Map<Quantity, List<String>> UNITS = Map.of(
            Quantity.TEMPERATURE, List.of("C", "F", "K"),
            Quantity.HUMIDITY, List.of("%"),
            Quantity.SHOCK, List.of("g"),
            Quantity.LIGHT, List.of("lx"),
            Quantity.PRESSURE, List.of("Pa", "hPa", "mbar", "kPa"),
            Quantity.CO2, List.of("ppm"),
            Quantity.BATTERY, List.of("mV", "V"));

    private Quantities() {}

    /** Units in which a quantity can be read, the ledger's own first; none when it cannot be read from a file. */
    public static List<String> units(Quantity quantity) {
        return UNITS.getOrDefault(quantity, List.of());
    }

    /** The quantity of a name such as "temperature"; null when there is none that a file can give. */
    public static @Nullable Quantity named(String name) {
        for (Quantity quantity : Quantity.values()) {
            if (quantity.name().toLowerCase(Locale.ROOT).equals(name) && UNITS.containsKey(quantity)) return quantity;
        }
        return null;
    }

    /**
     * The measurement of a value in a unit of {@link #units}. Conversions are exact and then rounded once: °F to one decimal more than the
     * file has (at least two), from which the file's value can be computed back.
     *
     * @throws IllegalArgumentException with the reason, when the value cannot be one of this quantity
     */
    public static Measurement measurement(Quantity quantity, String unit, BigDecimal value, int sensor) {
        if (value.abs().compareTo(LARGEST) > 0 || value.scale() > 400 || value.precision() > 400)
            throw new IllegalArgumentException("a value beyond all bounds");
        BigDecimal converted =
                switch (unit) {
                    case "F" ->
                        value.subtract(FAHRENHEIT_ZERO)
                                .multiply(BigDecimal.valueOf(5))
                                .divide(
                                        BigDecimal.valueOf(9),
                                        Math.min(MOST_DECIMALS, Math.max(2, value.scale() + 1)),
                                        RoundingMode.HALF_EVEN);
                    case "K" -> value.subtract(KELVIN_ZERO);
                    case "hPa", "mbar" -> value.movePointRight(2);
                    case "kPa", "V" -> value.movePointRight(3);
                    default -> value;
                };
        possible(quantity, converted);
        if (converted.scale() > MOST_DECIMALS) converted = converted.setScale(MOST_DECIMALS, RoundingMode.HALF_EVEN);
        BigDecimal plain = converted.signum() == 0 ? BigDecimal.ZERO : converted.stripTrailingZeros();
        int exponent = quantity.exponent();
        int scale = Math.max(plain.scale(), -exponent);
        return new Measurement(
                quantity.code(), plain.setScale(scale).unscaledValue().longValueExact(), -scale, sensor, 0);
    }

    private static void possible(Quantity quantity, BigDecimal value) {
        switch (quantity) {
            case TEMPERATURE -> between(value, "-273.15", "2000", "°C");
            case HUMIDITY -> between(value, "0", "100", "%");
            case LIGHT, PRESSURE, CO2, BATTERY -> between(value, "0", "1e9", "");
            default -> {}
        }
    }

    private static void between(BigDecimal value, String least, String most, String unit) {
        if (value.compareTo(new BigDecimal(least)) < 0 || value.compareTo(new BigDecimal(most)) > 0)
            throw new IllegalArgumentException(value.round(new MathContext(9)).toPlainString() + " " + unit
                    + " is impossible (" + least + " to " + most + ")");
    }

    /** The value as text, in the ledger's unit. */
    static String said(Measurement measurement) {
        return BigDecimal.valueOf(measurement.value(), -measurement.exponent()).toPlainString();
    }
}
