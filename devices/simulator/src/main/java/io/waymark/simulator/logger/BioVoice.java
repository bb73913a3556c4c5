package io.waymark.simulator.logger;

import io.waymark.evidence.message.Measurement;
import io.waymark.sdk.Quantity;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * A BioVoice {@code .bv} file of a temperature logger such as the T301. Numbers are nibbles, the low one first, one in each byte; the values stand
 * behind a header of 409 bytes and end with the word "dataend".
 *
 * <p>Only what is known is read: values with temperature alone, none below zero. How this maker writes values below zero, and temperature
 * with humidity, is seen in no file at hand; such a file is refused, and its CSV export can be imported as a table.
 */
public final class BioVoice implements LoggerFile {
    /** A hundred times what the logger's memory gives. */
    static final int LARGEST = 16 << 20;

    private static final int START = 28;
    private static final int STOP = 36;
    private static final int INTERVAL = 52;
    private static final int UNIT = 60;
    private static final int MEAN = 141;
    private static final int NAME = 253;
    private static final int NAME_LENGTH = 22;
    private static final int POINTS = 401;
    private static final int VALUES = 409;
    private static final int VALUE = 4;
    private static final int LARGEST_POSITIVE = 0x7fff;
    private static final byte[] END = "dataend".getBytes(StandardCharsets.US_ASCII);
    private static final long FIRST_DAY = 946_684_800; // 2000-01-01
    private static final long LONGEST_INTERVAL = 86_400;

    private final byte[] bytes;
    private final String serial;
    private final String model;
    private final long start;
    private final long interval;
    private final int points;
    private final String unit;

    /** Whether a file may be one, to tell formats apart: nibbles where the header has numbers. */
    static boolean looksLike(byte[] start) {
        if (start.length < NAME) return false;
        for (int i = 0; i < NAME; i++) if ((start[i] & 0xf0) != 0) return false;
        return true;
    }

    /** @throws NotALoggerFile saying what does not fit together */
    public static BioVoice read(byte[] bytes) throws NotALoggerFile {
        return new BioVoice(bytes);
    }

    private BioVoice(byte[] bytes) throws NotALoggerFile {
        if (bytes.length > LARGEST)
            throw new NotALoggerFile("a .bv file of " + bytes.length + " bytes; at most " + LARGEST);
        if (bytes.length < VALUES + VALUE + END.length)
            throw new NotALoggerFile("a .bv file that ends within its header");
        this.bytes = bytes;
        serial = String.valueOf(number(8, 8));
        model = text();
        start = number(START, 8);
        long stop = number(STOP, 8);
        interval = number(INTERVAL, 8);
        unit = switch (bytes[UNIT]) {
            case 12 -> "C";
            case 15 -> "F";
            default -> throw new NotALoggerFile("the .bv header's unit is neither C nor F");
        };
        long count = number(POINTS, 8);
        if (interval < 1 || interval > LONGEST_INTERVAL)
            throw new NotALoggerFile("the .bv header's interval is " + interval + " s");
        if (start < FIRST_DAY || stop < start)
            throw new NotALoggerFile("the .bv header's times are " + start + " to " + stop);
        if (count < 1 || count != (stop - start) / interval + 1)
            throw new NotALoggerFile("the .bv header counts " + count + " values; its times and interval make "
                    + ((stop - start) / interval + 1));
        long end = VALUES + count * VALUE;
        if (end + END.length > bytes.length)
            throw new NotALoggerFile("the .bv file ends before its " + count + " values do: it was cut off");
        points = (int) count;
        for (int i = 0; i < END.length; i++)
            if (bytes[(int) end + i] != END[i])
                throw new NotALoggerFile(
                        "after " + count + " temperatures the .bv file does not say \"dataend\": it has other values"
                                + " than temperature alone, which are not known here. Export it as CSV and import that");
        requireMean();
    }

    @Override
    public String format() {
        return "biovoice";
    }

    @Override
    public String logger() {
        return Names.folder("biovoice", serial);
    }

    @Override
    public String title() {
        return "BioVoice " + (model.isEmpty() ? "" : model + " ") + serial;
    }

    @Override
    public List<String> proved() {
        return List.of();
    }

    @Override
    public List<String> notProved() {
        return List.of(
                "Anything about its origin: a .bv file is not signed, and whoever has it can change it. Its header's count, times and mean fit its"
                        + " values, which a careful forger sees to.",
                "That the sensor and the logger's clock were right.",
                "Where the logger was and who had it.");
    }

    @Override
    public List<String> notes() {
        return List.of("Every " + interval + " s from " + Instant.ofEpochSecond(start) + "; the header's mean is "
                + BigDecimal.valueOf(longOf(MEAN, 4), 1) + " °" + unit + ".");
    }

    @Override
    public String column(Measurement measurement) {
        return "temperature";
    }

    @Override
    public String zone() {
        return ""; // seconds since 1970
    }

    @Override
    public void rows(Rows to) throws IOException {
        for (int i = 0; i < points; i++) {
            try {
                Measurement value =
                        Quantities.measurement(Quantity.TEMPERATURE, unit, BigDecimal.valueOf(tenths(i), 1), 0);
                to.row(new Row(i + 1L, (start + i * interval) * 1000, List.of(value)));
            } catch (IllegalArgumentException e) {
                to.rejected(i + 1L, String.valueOf(e.getMessage()));
            }
        }
    }

    private void requireMean() throws NotALoggerFile {
        long sum = 0;
        for (int i = 0; i < points; i++) sum += tenths(i);
        BigDecimal mean = BigDecimal.valueOf(sum).divide(BigDecimal.valueOf(points), 3, RoundingMode.HALF_UP);
        BigDecimal stated = BigDecimal.valueOf(number(MEAN, 4));
        if (mean.subtract(stated).abs().compareTo(BigDecimal.ONE) > 0)
            throw new NotALoggerFile("the .bv header's mean is " + stated.movePointLeft(1) + ", that of its values "
                    + mean.movePointLeft(1).setScale(2, RoundingMode.HALF_UP)
                    + ": header and values are not of one recording");
    }

    private long tenths(int i) throws NotALoggerFile {
        long value = number(VALUES + i * VALUE, VALUE);
        if (value > LARGEST_POSITIVE)
            throw new NotALoggerFile(
                    "value " + (i + 1) + " may be below zero, and how this maker writes that is not known here."
                            + " Export the file as CSV and import that");
        return value;
    }

    private long number(int at, int nibbles) throws NotALoggerFile {
        for (int i = 0; i < nibbles; i++)
            if ((bytes[at + i] & 0xf0) != 0)
                throw new NotALoggerFile("byte " + (at + i) + " of the .bv file is not a nibble");
        return longOf(at, nibbles);
    }

    private long longOf(int at, int nibbles) {
        long value = 0;
        for (int i = nibbles - 1; i >= 0; i--) value = value << 4 | bytes[at + i];
        return value;
    }

    private String text() {
        int end = NAME;
        while (end < NAME + NAME_LENGTH && bytes[end] > ' ' && bytes[end] <= '~') end++;
        return new String(bytes, NAME, end - NAME, StandardCharsets.US_ASCII);
    }
}
