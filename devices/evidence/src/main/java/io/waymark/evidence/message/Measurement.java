package io.waymark.evidence.message;

/**
 * One measured value: {@code value · 10^exponent} in the quantity's unit. Integers only, so that Java and browser show the same text.
 *
 * @param quantity 1 temperature °C, 2 relative humidity %, 3 shock g, 4 light lx, 5 door (0 closed, 1 open), 6 tilt, 7 battery mV,
 *                 8 tamper, 9 pressure Pa, 10 CO2 ppm
 * @param exponent see {@link #defaultExponent(int)}
 * @param sensor   which of the device's sensors, 0 the first
 * @param flags    as the sensor gave them, 0 none
 */
public record Measurement(int quantity, long value, int exponent, int sensor, int flags) {
    public static final int TEMPERATURE = 1;
    public static final int HUMIDITY = 2;
    public static final int SHOCK = 3;
    public static final int LIGHT = 4;
    public static final int DOOR = 5;
    public static final int TILT = 6;
    public static final int BATTERY = 7;
    public static final int TAMPER = 8;
    public static final int PRESSURE = 9;
    public static final int CO2 = 10;

    /** With the quantity's default exponent, the first sensor, no flags. */
    public Measurement(int quantity, long value) {
        this(quantity, value, defaultExponent(quantity), 0, 0);
    }

    /** −2 for temperature, humidity and shock, else 0. */
    public static int defaultExponent(int quantity) {
        return quantity >= TEMPERATURE && quantity <= SHOCK ? -2 : 0;
    }
}
