package io.waymark.simulator.replay;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Samples of one recorded logger file: CSV with a header, a time column and a value column, any order of columns.
 *
 * @param samples in file order
 */
public record LoggerFile(List<Sample> samples) {
    /** A value at a moment; the unit is the column's, °C for temperature columns. */
    public record Sample(Instant time, double value) {}

    private static final int MAX_SAMPLES = 5_000_000;
    private static final int MAX_LINE = 10_000;
    private static final List<DateTimeFormatter> LOCAL_TIMES = List.of(
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"),
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm"),
            DateTimeFormatter.ISO_LOCAL_DATE_TIME);

    public LoggerFile {
        samples = List.copyOf(samples);
    }

    /**
     * Reads a file. The time column is the first whose name contains "time" or "date"; the value column the first named like a
     * temperature or "value". Times without a zone are read as UTC.
     *
     * @throws NotALoggerFile with line and reason, when anything cannot be read; nothing is skipped silently
     */
    public static LoggerFile read(Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            String header = lines.readLine();
            if (header == null) throw new NotALoggerFile(file + " is empty");
            if (header.length() > MAX_LINE)
                throw new NotALoggerFile(file + " line 1: longer than " + MAX_LINE + " characters");
            String separator = header.contains(";") ? ";" : header.contains("\t") ? "\t" : ",";
            String[] names = header.replace("\uFEFF", "").split(separator, -1);
            int time = column(names, "time", "date");
            int value = column(names, "temp", "value", "celsius");
            if (time < 0 || value < 0) {
                throw new NotALoggerFile(file
                        + " line 1: needs a column named like \"time\" and one like \"temperature\" or \"value\", saw: "
                        + String.join(", ", names));
            }
            List<Sample> samples = new ArrayList<>();
            int number = 1;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) continue;
                if (samples.size() == MAX_SAMPLES)
                    throw new NotALoggerFile(file + ": more than " + MAX_SAMPLES + " samples");
                String[] cells = line.length() > MAX_LINE ? new String[0] : line.split(separator, -1);
                if (cells.length <= Math.max(time, value)) {
                    throw new NotALoggerFile(file + " line " + number + ": " + cells.length
                            + " columns where the header has " + names.length);
                }
                samples.add(new Sample(
                        instant(file, number, cells[time].trim()), number(file, number, cells[value].trim())));
            }
            if (samples.isEmpty()) throw new NotALoggerFile(file + " has a header but no samples");
            return new LoggerFile(samples);
        } catch (MalformedInputException e) {
            throw new NotALoggerFile(file + " is not UTF-8 text; save it as CSV in UTF-8");
        }
    }

    private static int column(String[] names, String... like) {
        for (String wanted : like) {
            for (int i = 0; i < names.length; i++) {
                if (names[i].toLowerCase(Locale.ROOT).contains(wanted)) return i;
            }
        }
        return -1;
    }

    private static double number(Path file, int line, String text) throws NotALoggerFile {
        try {
            double value = Double.parseDouble(text);
            if (Double.isFinite(value)) return value;
        } catch (NumberFormatException e) {
            // Falls through to the one message for both causes.
        }
        throw new NotALoggerFile(file + " line " + line + ": \"" + text + "\" is not a number");
    }

    private static Instant instant(Path file, int line, String text) throws NotALoggerFile {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException zoneless) {
            for (DateTimeFormatter format : LOCAL_TIMES) {
                try {
                    return LocalDateTime.parse(text, format).toInstant(ZoneOffset.UTC);
                } catch (DateTimeException next) {
                    // Another format may fit.
                }
            }
        }
        throw new NotALoggerFile(
                file + " line " + line + ": \"" + text + "\" is not a time such as 2026-11-20T08:00:00Z");
    }

    /** The file is not what this reads; the message says where and what was expected. */
    public static final class NotALoggerFile extends IOException {
        NotALoggerFile(String message) {
            super(message);
        }
    }
}
