package io.waymark.web.words;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * How values are said to people. Times are UTC and say so: a story crosses time zones, and the server does not know the reader's.
 */
public final class Said {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SHORT_DAY =
            DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    private Said() {}

    /** An instant from ISO 8601 text (an offset date-time or a date, then midnight UTC) or from epoch milliseconds; empty for anything else. */
    public static Optional<Instant> instant(JsonNode value) {
        if (value == null || value.isNull() || value.isMissingNode()) {
            return Optional.empty();
        }
        if (value.isNumber()) {
            return Optional.of(Instant.ofEpochMilli(value.asLong()));
        }
        String text = value.asText();
        try {
            return Optional.of(
                    text.length() == 10
                            ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty(); // shown as "time not stated": the page must not fail over one date
        }
    }

    /** "9 June 2026". */
    public static String day(Instant at) {
        return DAY.format(at);
    }

    /** "9 Jun". */
    public static String shortDay(Instant at) {
        return SHORT_DAY.format(at);
    }

    /** "04:10". */
    public static String clock(Instant at) {
        return CLOCK.format(at);
    }

    /** "9 June 2026, 04:10 UTC". */
    public static String moment(Instant at) {
        return day(at) + ", " + clock(at) + " UTC";
    }

    /** As {@link #day}, or an empty text. */
    public static String day(JsonNode value) {
        return instant(value).map(Said::day).orElse("");
    }

    /** As {@link #moment}, or an empty text. */
    public static String moment(JsonNode value) {
        return instant(value).map(Said::moment).orElse("");
    }

    /** "55 min", "4 h 55 min", "3 days 2 h"; rounded to the minute, at least one. */
    public static String duration(Duration length) {
        long minutes = Math.max(1, Math.round(length.toSeconds() / 60.0));
        if (minutes < 60) {
            return minutes + " min";
        }
        if (minutes < 48 * 60) {
            return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
        }
        long hours = Math.round(minutes / 60.0);
        return hours / 24 + " days" + (hours % 24 == 0 ? "" : " " + hours % 24 + " h");
    }

    /** "8 °C", "−1.5 °C", with a true minus sign. */
    public static String celsius(double value) {
        return number(value) + "\u00a0°C";
    }

    /** "8", "−1.5": at most one decimal. */
    public static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        text = text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
        return text.equals("-0") ? "0" : text.replace('-', '\u2212');
    }

    /** "1,234". */
    public static String count(long n) {
        return String.format(Locale.ENGLISH, "%,d", n);
    }

    /** "in_transit" → "In transit". */
    public static String plain(String word) {
        if (word == null || word.isBlank()) {
            return "";
        }
        String text = word.replace('_', ' ').replace('-', ' ').strip();
        return text.isEmpty() ? "" : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
