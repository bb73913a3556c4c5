package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Groups 7 to 13: what a sensor says. Encoders, and decoders over whole messages and over disclosures. FORMAT.md §5.1. */
public final class Reading {
    public static final int POSITION = 7;
    public static final int ASSOCIATIONS = 8;
    public static final int MEASUREMENTS = 9;
    public static final int SERIES = 10;
    public static final int IMAGES = 12;
    public static final int CALIBRATION = 13;

    private Reading() {}

    public static Group position(Position position) {
        // [lat, lon, ?accuracy m, ?source, ?altitude dm]; an absent value before a present one is null
        Integer[] optional = {position.accuracyMetres(), position.source(), position.altitudeDm()};
        int last = 3;
        while (last > 0 && optional[last - 1] == null) {
            last--;
        }
        int count = last;
        return Group.of(POSITION, out -> {
            out.array(2 + count).integer(position.latE7()).integer(position.lonE7());
            for (int i = 0; i < count; i++) {
                if (optional[i] == null) {
                    out.nul();
                } else {
                    out.integer(optional[i]);
                }
            }
        });
    }

    public static Group associations(List<Association> associations) {
        return Group.of(ASSOCIATIONS, out -> {
            out.array(associations.size());
            for (Association a : associations) {
                out.array(2).unsigned(a.key());
                if (a.number() != null) {
                    out.unsigned(a.number());
                } else if (a.text() != null) {
                    out.text(a.text());
                } else if (a.bytes() != null) {
                    out.bytes(a.bytes());
                }
            }
        });
    }

    public static Group measurements(List<Measurement> measurements) {
        // [quantity, value, ?exponent, ?sensor, ?flags]; what has its default value is left out from the end
        return Group.of(MEASUREMENTS, out -> {
            out.array(measurements.size());
            for (Measurement m : measurements) {
                int count = 5;
                if (m.flags() == 0) {
                    count = m.sensor() != 0 ? 4 : m.exponent() != Measurement.defaultExponent(m.quantity()) ? 3 : 2;
                }
                out.array(count).unsigned(m.quantity()).integer(m.value());
                if (count > 2) {
                    out.integer(m.exponent());
                }
                if (count > 3) {
                    out.unsigned(m.sensor());
                }
                if (count > 4) {
                    out.unsigned(m.flags());
                }
            }
        });
    }

    public static Group series(List<Series> series) {
        // [quantity, offset s, step s, [first, differences …], ?exponent, ?sensor]
        return Group.of(SERIES, out -> {
            out.array(series.size());
            for (Series s : series) {
                int count = s.sensor() != 0 ? 6 : s.exponent() != Measurement.defaultExponent(s.quantity()) ? 5 : 4;
                out.array(count)
                        .unsigned(s.quantity())
                        .unsigned(s.offsetSeconds())
                        .unsigned(s.stepSeconds());
                out.array(s.values().length);
                long previous = 0;
                for (long value : s.values()) {
                    out.integer(Math.subtractExact(value, previous));
                    previous = value;
                }
                if (count > 4) {
                    out.integer(s.exponent());
                }
                if (count > 5) {
                    out.unsigned(s.sensor());
                }
            }
        });
    }

    /** @param sha256 digests of whole images, 32 bytes each */
    public static Group images(List<byte[]> sha256) {
        return Group.of(IMAGES, out -> {
            out.array(sha256.size());
            sha256.forEach(out::bytes);
        });
    }

    /** @param sha256 digest of the calibration certificate, 32 bytes */
    public static Group calibration(byte[] sha256) {
        return Group.of(CALIBRATION, out -> out.bytes(sha256));
    }

    /** Group 14: a reading that says only that the device lives. Stands alone. */
    public static Group noContent() {
        return Group.of(MessageType.NO_CONTENT, CborWriter::nul);
    }

    public static List<Measurement> measurements(SignedMessage message) {
        return checked(message.group(MEASUREMENTS), Reading::decodeMeasurements).orElse(List.of());
    }

    /** Empty when the group was withheld or is not there. */
    public static List<Measurement> measurements(Disclosure disclosure) {
        return checked(disclosure.group(MEASUREMENTS), Reading::decodeMeasurements)
                .orElse(List.of());
    }

    public static List<Series> series(SignedMessage message) {
        return checked(message.group(SERIES), Reading::decodeSeries).orElse(List.of());
    }

    public static List<Series> series(Disclosure disclosure) {
        return checked(disclosure.group(SERIES), Reading::decodeSeries).orElse(List.of());
    }

    public static Optional<Position> position(SignedMessage message) {
        return checked(message.group(POSITION), Reading::decodePosition);
    }

    public static Optional<Position> position(Disclosure disclosure) {
        return checked(disclosure.group(POSITION), Reading::decodePosition);
    }

    public static List<Association> associations(SignedMessage message) {
        return checked(message.group(ASSOCIATIONS), Reading::decodeAssociations).orElse(List.of());
    }

    public static List<Association> associations(Disclosure disclosure) {
        return checked(disclosure.group(ASSOCIATIONS), Reading::decodeAssociations)
                .orElse(List.of());
    }

    /** SHA-256 of the images a reading refers to. */
    public static List<byte[]> images(SignedMessage message) {
        return checked(message.group(IMAGES), Reading::decodeImages).orElse(List.of());
    }

    interface Decoder<T> {
        T decode(CborReader in) throws MalformedException;
    }

    // Messages and disclosures check the shape of their groups when they are parsed, so these decoders cannot fail on
    // them.
    private static <T> Optional<T> checked(Optional<Group> group, Decoder<T> decoder) {
        if (group.isEmpty()) {
            return Optional.empty();
        }
        try {
            CborReader in = group.get().value();
            return Optional.of(decoder.decode(in));
        } catch (MalformedException e) {
            throw new IllegalStateException("a checked group was changed", e);
        }
    }

    static Position decodePosition(CborReader in) throws MalformedException {
        int at = in.offset();
        int count = in.array();
        if (count < 2 || count > 5) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "position of " + count);
        }
        long lat = in.integer();
        long lon = in.integer();
        if (lat < -900_000_000L || lat > 900_000_000L || lon < -1_800_000_000L || lon > 1_800_000_000L) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "latitude " + lat + ", longitude " + lon);
        }
        Integer[] optional = new Integer[3];
        for (int i = 0; i < count - 2; i++) {
            if (in.isNull() && i < count - 3) {
                in.nul();
            } else {
                optional[i] = i == 2 ? int32(in) : uint31(in);
            }
        }
        return new Position(lat, lon, optional[0], optional[1], optional[2]);
    }

    static List<Association> decodeAssociations(CborReader in) throws MalformedException {
        int count = nonEmpty(in);
        List<Association> associations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            in.array(2);
            int at = in.offset();
            int key = uint31(in);
            associations.add(
                    switch (key) {
                        case Association.SSCC -> Association.sscc(in.unsigned());
                        case Association.SGTIN,
                                Association.BATCH,
                                Association.GRAI,
                                Association.GIAI,
                                Association.GLN -> new Association(key, in.text(), null, null);
                        case Association.OPAQUE -> Association.opaque(in.bytes());
                        default -> throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "association " + key);
                    });
        }
        return associations;
    }

    static List<Measurement> decodeMeasurements(CborReader in) throws MalformedException {
        int count = nonEmpty(in);
        List<Measurement> measurements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = in.offset();
            int fields = in.array();
            if (fields < 2 || fields > 5) {
                throw new MalformedException(Reason.WRONG_LENGTH, at, "measurement of " + fields);
            }
            int quantity = uint31(in);
            long value = in.integer();
            int exponent = fields > 2 ? exponent(in) : Measurement.defaultExponent(quantity);
            int sensor = fields > 3 ? uint31(in) : 0;
            int flags = fields > 4 ? uint31(in) : 0;
            measurements.add(new Measurement(quantity, value, exponent, sensor, flags));
        }
        return measurements;
    }

    static List<Series> decodeSeries(CborReader in) throws MalformedException {
        int count = nonEmpty(in);
        List<Series> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = in.offset();
            int fields = in.array();
            if (fields < 4 || fields > 6) {
                throw new MalformedException(Reason.WRONG_LENGTH, at, "series of " + fields);
            }
            int quantity = uint31(in);
            long offset = in.unsigned();
            int step = uint31(in);
            int valuesAt = in.offset();
            int n = in.array();
            if (n < 1 || n > Series.MAX_VALUES || step < 1) {
                throw new MalformedException(Reason.VALUE_NOT_ALLOWED, valuesAt, n + " values every " + step + " s");
            }
            long[] values = new long[n];
            long value = 0;
            for (int v = 0; v < n; v++) {
                int valueAt = in.offset();
                long difference = in.integer();
                long sum = value + difference;
                if (((value ^ sum) & (difference ^ sum)) < 0) {
                    throw new MalformedException(Reason.INTEGER_OUT_OF_RANGE, valueAt);
                }
                value = sum;
                values[v] = value;
            }
            int exponent = fields > 4 ? exponent(in) : Measurement.defaultExponent(quantity);
            int sensor = fields > 5 ? uint31(in) : 0;
            all.add(new Series(quantity, offset, step, values, exponent, sensor));
        }
        return all;
    }

    static List<byte[]> decodeImages(CborReader in) throws MalformedException {
        int count = nonEmpty(in);
        List<byte[]> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            images.add(in.bytes(32));
        }
        return images;
    }

    static int nonEmpty(CborReader in) throws MalformedException {
        int at = in.offset();
        int count = in.array();
        if (count == 0) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "an empty list");
        }
        return count;
    }

    static int uint31(CborReader in) throws MalformedException {
        int at = in.offset();
        long value = in.unsigned();
        if (value > Integer.MAX_VALUE) {
            throw new MalformedException(Reason.INTEGER_OUT_OF_RANGE, at, "" + value);
        }
        return (int) value;
    }

    private static int int32(CborReader in) throws MalformedException {
        int at = in.offset();
        long value = in.integer();
        if (value != (int) value) {
            throw new MalformedException(Reason.INTEGER_OUT_OF_RANGE, at, "" + value);
        }
        return (int) value;
    }

    private static int exponent(CborReader in) throws MalformedException {
        int at = in.offset();
        long value = in.integer();
        if (value < -18 || value > 18) {
            throw new MalformedException(Reason.VALUE_NOT_ALLOWED, at, "exponent " + value);
        }
        return (int) value;
    }
}
