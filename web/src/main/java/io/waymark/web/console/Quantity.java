package io.waymark.web.console;

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
        String number = value(value, exponent)
                .setScale(Math.max(0, Math.min(2, -exponent)), RoundingMode.HALF_UP)
                .toPlainString()
                .replace('-', '\u2212');
        return (name + " " + number + "\u00a0" + (known ? UNITS[quantity] : "")).strip();
    }
}
