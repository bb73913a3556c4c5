package io.waymark.simulator.logger.table;

import io.waymark.evidence.message.Measurement;
import io.waymark.simulator.logger.LoggerFile;
import io.waymark.simulator.logger.Names;
import io.waymark.simulator.logger.NotALoggerFile;
import io.waymark.simulator.logger.Quantities;
import io.waymark.simulator.logger.Row;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A table with a time column, CSV or XLSX, with a mapping of its columns. */
public final class Table implements LoggerFile {
    /** Header of the tables that decoders of BioVoice's .bv files write: the same logger as the binary file's. */
    private static final List<String> BIOVOICE = List.of("device", "sequence", "time_utc", "temperature_celsius");

    private static final Pattern UNIT =
            Pattern.compile("(.*[0-9]) ?(?:°C|°F|℃|℉|C|F|K|%|%RH|lx|ppm|hPa|mbar|kPa|Pa|mV|V|g)");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?[0-9]{1,20}(?:\\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?");
    private static final Set<String> ABSENT = Set.of("", "-", "--", "---", "n/a", "na", "null", "none");

    private final Path file;
    private final Records.Source source;
    private final Mapping mapping;
    private final int headerRow;
    private final String logger;
    private final String title;
    private final boolean ownLogger;

    /** Keeps mappings, by the header they are for. */
    public interface Mappings {
        /** @return JSON of a mapping kept for a table with this header; null = none */
        byte @Nullable [] of(List<String> header) throws IOException;
    }

    private Table(
            Path file, Records.Source source, Mapping mapping, int headerRow, @Nullable String named, String fileSha256)
            throws IOException {
        this.file = file;
        this.source = source;
        this.mapping = mapping;
        this.headerRow = headerRow;
        String serial = mapping.logger() == null ? null : serial(mapping.logger());
        ownLogger = named == null && serial == null;
        if (named != null) {
            logger = Names.folder("table", named);
            title = Names.shown(named);
        } else if (serial != null && mapping.header().equals(BIOVOICE)) {
            logger = Names.folder("biovoice", serial);
            title = "BioVoice " + Names.shown(serial);
        } else if (serial != null) {
            logger = Names.folder("table", serial);
            title = Names.shown(serial);
        } else {
            logger = "file-" + fileSha256.substring(0, 16);
            title = Names.shown(String.valueOf(file.getFileName()));
        }
    }

    /**
     * Opens a table.
     *
     * @param given its mapping; null = one that is kept for its header, else a guess
     * @param choices what a person said; with a given mapping nothing may be said
     * @param logger name of the logger; null = the table's own column, else the file is a logger of its own
     * @throws NotALoggerFile when it is no table, or somebody has to say more
     */
    public static Table open(
            Path file, String sha256, @Nullable Mapping given, Choices choices, @Nullable String logger, Mappings kept)
            throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(8);
        }
        if (start.length == 0) throw new NotALoggerFile("the file is empty");
        Records.Source source = Xlsx.looksLike(start) ? Xlsx.of(file) : Csv.of(file);
        Mapping mapping = given;
        if (mapping == null && choices.equals(Choices.NONE)) mapping = kept(source, kept);
        if (mapping == null) mapping = Guess.of(source, choices, logger != null);
        int row = Guess.headerRow(source, mapping.header());
        if (row < 0)
            throw new NotALoggerFile("the mapping is for a table with other columns: "
                    + mapping.header().stream().map(Names::shown).collect(Collectors.joining(", ")));
        return new Table(file, source, mapping, row, logger, sha256);
    }

    private static @Nullable Mapping kept(Records.Source source, Mappings kept) throws IOException {
        try (Records records = source.open()) {
            int row = 0;
            for (Records.Cells cells = records.next(); cells != null && row < 60; cells = records.next()) {
                if (cells.blank()) continue;
                row++;
                byte[] json = kept.of(Guess.names(cells));
                if (json != null) return Mapping.ofJson(json);
            }
        }
        return null;
    }

    public Mapping mapping() {
        return mapping;
    }

    /** Encoding and separator, for people. */
    public String described() {
        return source.described();
    }

    @Override
    public String format() {
        return "table";
    }

    @Override
    public String logger() {
        return logger;
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public List<String> proved() {
        return List.of();
    }

    @Override
    public List<String> notProved() {
        return List.of(
                "Anything about its origin: the table is not signed, and whoever has it can change it.",
                "That the sensor and the logger's clock were right, or that no row was left out.",
                "Where the logger was and who had it.");
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add(described() + ".");
        notes.add("Time: "
                + mapping.time().stream()
                        .map(c -> "\"" + Names.shown(mapping.header().get(c)) + "\"")
                        .collect(Collectors.joining(" and "))
                + ", " + mapping.format().text()
                + (mapping.zone() == null ? ", zone in every row." : ", read in zone " + mapping.zone() + "."));
        List<String> left = new ArrayList<>();
        for (int column = 0; column < mapping.header().size(); column++) {
            int at = column;
            if (!mapping.time().contains(column)
                    && !Objects.equals(mapping.logger(), column)
                    && mapping.values().stream().noneMatch(v -> v.column() == at))
                left.add("\"" + Names.shown(mapping.header().get(column)) + "\"");
        }
        if (!left.isEmpty()) notes.add("Columns left out: " + String.join(", ", left) + ".");
        if (ownLogger)
            notes.add(
                    "The table does not name its logger, so this file is one of its own: name it with --logger to have later files of the"
                            + " same logger add to it.");
        return List.copyOf(notes);
    }

    @Override
    public String column(Measurement measurement) {
        for (Mapping.Value value : mapping.values())
            if (value.quantity().code() == measurement.quantity() && value.sensor() == measurement.sensor())
                return mapping.header().get(value.column())
                        + (value.unit()
                                        .equals(Quantities.units(value.quantity())
                                                .get(0))
                                ? ""
                                : " (from " + value.unit() + ")");
        throw new IllegalArgumentException(measurement + " is of no column");
    }

    @Override
    public String zone() {
        return mapping.zone() == null ? "" : mapping.zone().getId();
    }

    @Override
    public void rows(Rows to) throws IOException {
        try (Records records = source.open()) {
            int row = 0;
            String serial = null;
            for (Records.Cells cells = records.next(); cells != null; cells = records.next()) {
                if (cells.blank() || row++ <= headerRow) continue;
                if (mapping.logger() != null) {
                    String here = cells.cell(mapping.logger());
                    if (serial == null) serial = here;
                    if (!here.equals(serial)) {
                        to.rejected(
                                cells.line(),
                                "it is of logger \"" + Names.shown(here) + "\", the rows before are of \""
                                        + Names.shown(serial) + "\": give each logger a file of its own");
                        continue;
                    }
                }
                Row read;
                try {
                    read = read(cells);
                } catch (IllegalArgumentException e) {
                    to.rejected(cells.line(), String.valueOf(e.getMessage()));
                    continue;
                }
                to.row(read);
            }
        }
    }

    private Row read(Records.Cells cells) {
        String when = Guess.joined(cells, mapping.time());
        Instant time;
        try {
            time = mapping.format().instant(when, mapping.zone());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + Names.shown(when) + "\" " + e.getMessage(), e);
        }
        TreeMap<Integer, Measurement> measured = new TreeMap<>();
        for (Mapping.Value value : mapping.values()) {
            String cell = cells.cell(value.column());
            if (absent(cell)) continue;
            measured.put(
                    value.column(),
                    Quantities.measurement(value.quantity(), value.unit(), number(cell, value), value.sensor()));
        }
        if (measured.isEmpty()) throw new IllegalArgumentException("it has no value");
        return new Row(cells.line(), time.toEpochMilli(), List.copyOf(measured.values()));
    }

    private BigDecimal number(String cell, Mapping.Value value) {
        String plain = withoutUnit(cell);
        if (!plain.equals(cell)) {
            String unit = cell.substring(plain.length())
                    .strip()
                    .replaceAll("[°RH]", "")
                    .replace("℃", "C")
                    .replace("℉", "F");
            if (!unit.equals(value.unit()))
                throw new IllegalArgumentException("\"" + Names.shown(cell) + "\" is not in " + value.unit());
        }
        plain = plain.replace('\u2212', '-');
        if (mapping.decimal() == ',' && plain.indexOf('.') < 0) plain = plain.replace(',', '.');
        if (!NUMBER.matcher(plain).matches())
            throw new IllegalArgumentException("\"" + Names.shown(cell) + "\" is not a number"
                    + (plain.indexOf(',') >= 0 ? " with a decimal point" : ""));
        return new BigDecimal(plain);
    }

    private String serial(int column) throws IOException {
        try (Records records = source.open()) {
            int row = 0;
            for (Records.Cells cells = records.next(); cells != null; cells = records.next())
                if (!cells.blank() && row++ > headerRow) return cells.cell(column);
        }
        throw new NotALoggerFile("a header and no row below it");
    }

    static boolean absent(String cell) {
        return ABSENT.contains(cell.toLowerCase(Locale.ROOT));
    }

    /** "4.6 °C" without its unit; other texts as they are. */
    static String withoutUnit(String cell) {
        if (cell.length() > 60) return cell;
        var matcher = UNIT.matcher(cell);
        return matcher.matches() ? matcher.group(1) : cell;
    }

    @Override
    public String toString() {
        return file + " (" + described() + ")";
    }
}
