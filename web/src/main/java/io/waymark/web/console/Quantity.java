package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** The quantities of FORMAT.md in words: what a number of a reading means. */
final class Quantity {
    static final int TEMPERATURE = 1;
    private static final String[] NAMES = {
        "", "temperature", "humidity", "shock", "light", "door", "tilt", "battery", "tamper", "pressure", "CO₂"
    };
    private static final String[] UNITS = {"", "°C", "%", "g", "lx", "", "", "mV", "", "Pa", "ppm"};

    private Quantity() {}

    /** {@code value × 10^exponent} in °C or whatever the unit is. */
    static BigDecimal value(long value, int exponent) {
        return BigDecimal.valueOf(value).scaleByPowerOfTen(Math.max(-12, Math.min(12, exponent)));
    }

    /** "temperature 3.2 °C", "door open". */
    static String said(int quantity, long value, int exponent) {
        boolean known = quantity > 0 && quantity < NAMES.length;
        String name = known ? NAMES[quantity] : "quantity " + quantity;
        if (quantity == 5) {
            return value == 0 ? "door closed" : "door open";
        }
        if (quantity == 8) {
            return value == 0 ? "not tampered with" : "tampered with";
        }
        return name + " " + number(value, exponent) + unit(quantity);
    }

    /** "60 × temperature 3.2 to 4.1 °C", for a series as trace-service tells it; what it is called when it holds nothing. */
    static String range(JsonNode series) {
        int quantity = series.path("quantity").asInt();
        int exponent = series.path("exponent").asInt();
        long low = Long.MAX_VALUE;
        long high = Long.MIN_VALUE;
        for (JsonNode value : series.path("values")) {
            low = Math.min(low, value.asLong());
            high = Math.max(high, value.asLong());
        }
        int count = series.path("values").size();
        return count == 0
                ? "empty series"
                : count + "\u00a0× " + said(quantity, low, exponent)
                        + (low == high ? "" : " to " + number(high, exponent) + unit(quantity));
    }

    private static String number(long value, int exponent) {
        return value(value, exponent)
                .setScale(Math.max(0, Math.min(2, -exponent)), RoundingMode.HALF_UP)
                .toPlainString()
                .replace('-', '\u2212');
    }

    private static String unit(int quantity) {
        boolean known = quantity > 0 && quantity < UNITS.length;
        return known && !UNITS[quantity].isEmpty() ? "\u00a0" + UNITS[quantity] : "";
    }
}
