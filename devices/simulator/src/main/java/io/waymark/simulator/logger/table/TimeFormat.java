package io.waymark.simulator.logger.table;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a column writes moments. Each reads one order of year, month and day, and none guesses. */
public enum TimeFormat {
    /** 2026-11-20T08:00:00Z, 2026-11-20 08:00, 2026/11/20 8:00:00.5 PM, with or without offset. */
    YEAR_FIRST("year-first"),
    /** 20.11.2026 08:00, 20/11/26 8:00 PM. */
    DAY_FIRST("day-first"),
    /** 11/20/2026 8:00 AM. */
    MONTH_FIRST("month-first"),
    /** Seconds since 1970 UTC, with or without fraction. */
    EPOCH_SECONDS("epoch-seconds"),
    /** Milliseconds since 1970 UTC. */
    EPOCH_MILLIS("epoch-millis");

    // Nothing here can backtrack far: every part is bounded and followed by a character it cannot contain.
    private static final Pattern MOMENT = Pattern.compile("([0-9]{1,4})([-./])([0-9]{1,2})\\2([0-9]{1,4})"
            + "(?:(?:T| {1,3})([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
            + "(?: ?([AaPp])\\.?[Mm]\\.?)?"
            + "(?: ?(Z|z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{9,10}(?:\\.[0-9]{1,9})?");
    private static final Pattern MILLIS = Pattern.compile("[0-9]{12,13}");

    private final String text;

    TimeFormat(String text) {
        this.text = text;
    }

    /** As in mappings and options. */
    public String text() {
        return text;
    }

    public static TimeFormat ofText(String text) {
        for (TimeFormat one : values()) if (one.text.equals(text)) return one;
        throw new IllegalArgumentException("time format \"" + text + "\" is none of year-first, day-first, month-first,"
                + " epoch-seconds, epoch-millis");
    }

    /** What a cell says. @param instant null when it has no zone of its own. */
    record Read(@Nullable Instant instant, @Nullable LocalDateTime local) {
        boolean zoned() {
            return instant != null;
        }
    }

    /** @return null when the text is not of this format */
    @Nullable
    Read read(String cell) {
        if (cell.length() > 60) return null;
        try {
            return switch (this) {
                case EPOCH_SECONDS -> {
                    if (!SECONDS.matcher(cell).matches()) yield null;
                    long millis = new java.math.BigDecimal(cell)
                            .movePointRight(3)
                            .setScale(0, java.math.RoundingMode.HALF_UP)
                            .longValueExact();
                    yield new Read(Instant.ofEpochMilli(millis), null);
                }
                case EPOCH_MILLIS ->
                    MILLIS.matcher(cell).matches() ? new Read(Instant.ofEpochMilli(Long.parseLong(cell)), null) : null;
                default -> calendar(cell);
            };
        } catch (DateTimeException e) {
            return null;
        }
    }

    private @Nullable Read calendar(String cell) {
        Matcher m = MOMENT.matcher(cell);
        if (!m.matches()) return null;
        String first = m.group(1);
        String last = m.group(4);
        boolean yearFirst = first.length() == 4;
        if (yearFirst != (this == YEAR_FIRST)) return null;
        if (yearFirst ? last.length() > 2 : first.length() > 2 || last.length() != 2 && last.length() != 4) return null;
        int a = Integer.parseInt(first);
        int b = Integer.parseInt(m.group(3));
        int c = Integer.parseInt(last);
        LocalDate date =
                switch (this) {
                    case YEAR_FIRST -> LocalDate.of(a, b, c);
                    case DAY_FIRST -> LocalDate.of(c < 100 ? 2000 + c : c, b, a);
                    default -> LocalDate.of(c < 100 ? 2000 + c : c, a, b);
                };
        LocalTime time = LocalTime.MIDNIGHT;
        if (m.group(5) != null) {
            int hour = Integer.parseInt(m.group(5));
            if (m.group(9) != null) {
                if (hour < 1 || hour > 12) return null;
                hour = hour % 12 + (m.group(9).toLowerCase(Locale.ROOT).equals("p") ? 12 : 0);
            }
            int second = m.group(7) == null ? 0 : Integer.parseInt(m.group(7));
            int nano = m.group(8) == null ? 0 : Integer.parseInt((m.group(8) + "00000000").substring(0, 9));
            time = LocalTime.of(hour, Integer.parseInt(m.group(6)), second, nano);
        }
        LocalDateTime local = date.atTime(time);
        String offset = m.group(10);
        if (offset == null) return new Read(null, local);
        ZoneOffset zone = Character.isLetter(offset.charAt(0)) ? ZoneOffset.UTC : ZoneOffset.of(offset);
        return new Read(local.toInstant(zone), null);
    }

    /**
     * The instant of a cell, or why there is none.
     *
     * @param zone of cells without one
     * @throws IllegalArgumentException with the reason
     */
    Instant instant(String cell, @Nullable ZoneId zone) {
        Read read = read(cell);
        if (read == null) throw new IllegalArgumentException("is not a time (" + text + ")");
        if (read.instant() != null) return read.instant();
        LocalDateTime local = java.util.Objects.requireNonNull(read.local(), "either or");
        if (zone == null) throw new IllegalArgumentException("has no time zone");
        List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
        if (offsets.size() != 1)
            throw new IllegalArgumentException(
                    (offsets.isEmpty() ? "never was" : "was twice") + " in " + zone + " (the clocks changed)");
        return local.toInstant(offsets.get(0));
    }
}
