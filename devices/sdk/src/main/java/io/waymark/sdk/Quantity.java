package io.waymark.sdk;

import io.waymark.evidence.message.Measurement;

/** What can be measured, each with its one unit. The wire carries integers; {@link #of} rounds half up to the default exponent. */
public enum Quantity {
    /** °C, to 0.01. */
    TEMPERATURE(1),
    /** % relative humidity, to 0.01. */
    HUMIDITY(2),
    /** g, to 0.01. */
    SHOCK(3),
    /** lx. */
    LIGHT(4),
    /** 0 closed, 1 open. */
    DOOR(5),
    /** Degrees. */
    TILT(6),
    /** mV. */
    BATTERY(7),
    /** 0 whole, 1 tampered with. */
    TAMPER(8),
    /** Pa. */
    PRESSURE(9),
    /** ppm. */
    CO2(10);

    private final int code;

    Quantity(int code) {
        this.code = code;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    public int exponent() {
        return Measurement.defaultExponent(code);
    }

    public Measurement of(double value) {
        return of(value, 0);
    }

    /**
     * @param sensor which of the device's sensors, 0 the first
     * @throws IllegalArgumentException for a value that is not finite or too large
     */
    public Measurement of(double value, int sensor) {
        double scaled = value * Math.pow(10, -exponent());
        if (!(Math.abs(scaled) < 1e15)) throw new IllegalArgumentException(this + " of " + value);
        return new Measurement(code, Math.round(scaled), exponent(), sensor, 0);
    }
}
