package io.waymark.simulator.logger.table;

import io.waymark.sdk.Quantity;
import io.waymark.simulator.logger.Names;
import io.waymark.simulator.logger.NotALoggerFile;
import java.io.IOException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the columns of a table probably mean, from their names and first rows. A guess that could be wrong without anybody noticing is not made:
 * which of day and month comes first, the zone of local times, °C or °F. Then the refusal names the option that says it.
 */
final class Guess {
    private static final int SAMPLED = 400;
    private static final int LAST_HEADER = 60;
    private static final double MOST_OF_THEM = 0.8;
    private static final Pattern TIME_OF_DAY =
            Pattern.compile("[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?( ?[AaPp]\\.?[Mm]\\.?)?");
    private static final Pattern NUMBER =
            Pattern.compile("[+\\-\u2212]?[0-9]{1,20}(?:[.,][0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?");
    private static final Pattern TIME_NAME =
            Pattern.compile(".*(time|date|stamp|zeit|datum|heure|fecha|hora|when).*|ts|dt|utc|epoch.*");
    private static final Pattern LOGGER_NAME = Pattern.compile(
            "(device|logger|serial|sensor|instrument)[ _-]?(id|no|nr|number|serial|name)?\\.?|serialnumber|sn|s/n");

    private record Shape(int line, List<String> header, List<Integer> time, TimeFormat format, boolean zoned) {}

    private final Records.Source table;
    private final Choices choices;
    private final boolean named;
    private final List<Records.Cells> sample = new ArrayList<>();

    private Guess(Records.Source table, Choices choices, boolean named) {
        this.table = table;
        this.choices = choices;
        this.named = named;
    }

    /**
     * The mapping of a table.
     *
     * @param named whether a person named the logger; then no column does
     * @throws NotALoggerFile with what a person has to say first
     */
    static Mapping of(Records.Source table, Choices choices, boolean named) throws IOException {
        return new Guess(table, choices, named).mapping();
    }

    /** Where the header of this mapping stands, counted in rows that are not blank; -1 when it is not among the first. */
    static int headerRow(Records.Source table, List<String> header) throws IOException {
        try (Records records = table.open()) {
            int row = 0;
            for (Records.Cells cells = records.next(); cells != null && row <= LAST_HEADER; cells = records.next()) {
                if (cells.blank()) continue;
                if (names(cells).equals(header)) return row;
                row++;
            }
        }
        return -1;
    }

    private Mapping mapping() throws IOException {
        try (Records records = table.open()) {
            while (sample.size() < SAMPLED) {
                Records.Cells cells = records.next();
                if (cells == null) break;
                if (!cells.blank()) sample.add(cells);
            }
        }
        if (sample.size() < 2) throw new NotALoggerFile("a table needs a header and a row below it");
        Shape shape = shape();
        List<Records.Cells> rows = sample.subList(shape.line() + 1, sample.size());
        boolean comma = false;
        boolean point = false;
        List<Integer> numbers = new ArrayList<>();
        for (int column = 0; column < shape.header().size(); column++) {
            if (shape.time().contains(column) || share(rows, column, Guess::isNumber) < MOST_OF_THEM) continue;
            numbers.add(column);
            for (Records.Cells row : rows) {
                comma |= row.cell(column).indexOf(',') >= 0;
                point |= row.cell(column).indexOf('.') >= 0;
            }
        }
        char decimal = comma && !point && table.commaMayBeDecimal() ? ',' : '.';
        Integer logger = named ? null : logger(rows, shape);
        List<Mapping.Value> values = values(shape, numbers, logger);
        ZoneId zone = choices.zone();
        if (zone == null && !shape.zoned()) {
            String names = shape.time().stream().map(shape.header()::get).collect(Collectors.joining(" "));
            // "time (UTC)" is UTC, "time (UTC+2)" is not.
            if (!names.toLowerCase(Locale.ROOT).matches(".*(utc|gmt)(?! ?[+-]).*"))
                throw new NotALoggerFile(
                        "its times have no zone: say which with --zone, for example --zone Europe/Oslo or --zone UTC");
            zone = ZoneOffset.UTC;
        }
        return new Mapping(
                shape.header(), shape.time(), shape.format(), shape.zoned() ? null : zone, decimal, values, logger);
    }

    /** The first row of names with rows of times and numbers below it. */
    private Shape shape() throws IOException {
        for (int line = 0; line < Math.min(LAST_HEADER, sample.size() - 1); line++) {
            List<String> header = names(sample.get(line));
            if (header.stream().filter(n -> !n.isEmpty()).count() < 2) continue;
            if (header.stream().anyMatch(n -> isNumber(n) || isMoment(n))) continue;
            List<Records.Cells> rows = sample.subList(line + 1, sample.size());
            Shape shape = time(line, header, rows);
            if (shape == null) continue;
            for (int column = 0; column < header.size(); column++) {
                String name = header.get(column);
                if (shape.time().contains(column)) continue;
                if (share(rows, column, Guess::isNumber) >= MOST_OF_THEM
                        || choices.columns().stream().anyMatch(c -> c.name().equals(name))) return shape;
            }
        }
        throw new NotALoggerFile("no header with a column of times and one of numbers below it was found in the first "
                + Math.min(LAST_HEADER, sample.size()) + " rows");
    }

    private @Nullable Shape time(int line, List<String> header, List<Records.Cells> rows) throws IOException {
        List<Integer> order = new ArrayList<>();
        for (boolean named : new boolean[] {true, false})
            for (int column = 0; column < header.size(); column++)
                if (TIME_NAME
                                .matcher(header.get(column).toLowerCase(Locale.ROOT))
                                .matches()
                        == named) order.add(column);
        for (int column : order) {
            boolean named = TIME_NAME
                    .matcher(header.get(column).toLowerCase(Locale.ROOT))
                    .matches();
            List<TimeFormat> fitting = new ArrayList<>();
            for (TimeFormat format : TimeFormat.values()) {
                boolean epoch = format == TimeFormat.EPOCH_SECONDS || format == TimeFormat.EPOCH_MILLIS;
                if (epoch && !named) continue; // any long number would do
                if (share(rows, column, cell -> format.read(cell) != null) >= MOST_OF_THEM) fitting.add(format);
            }
            if (fitting.isEmpty()) continue;
            TimeFormat format = choices.format() != null && fitting.contains(choices.format())
                    ? choices.format()
                    : one(fitting, line, column, header.get(column));
            List<Integer> columns = List.of(column);
            if (share(rows, column, cell -> cell.indexOf(':') < 0 || cell.endsWith("T00:00")) == 1
                    && format.ordinal() <= TimeFormat.MONTH_FIRST.ordinal()) {
                Integer day = other(rows, header, column);
                if (day != null) columns = List.of(column, day);
            }
            List<Integer> both = columns;
            boolean zoned = rows.stream()
                    .map(row -> format.read(joined(row, both)))
                    .filter(Objects::nonNull)
                    .allMatch(TimeFormat.Read::zoned);
            return new Shape(line, header, columns, format, zoned);
        }
        return null;
    }

    private static @Nullable Integer other(List<Records.Cells> rows, List<String> header, int date) {
        for (int column = 0; column < header.size(); column++)
            if (column != date
                    && share(rows, column, cell -> TIME_OF_DAY.matcher(cell).matches()) >= MOST_OF_THEM) return column;
        return null;
    }

    /** Day or month first: every row of the file is asked, because the first days of a month fit both. */
    private TimeFormat one(List<TimeFormat> fitting, int line, int column, String name) throws IOException {
        if (fitting.size() == 1) return fitting.get(0);
        Map<TimeFormat, Long> reads = new LinkedHashMap<>();
        long dots = 0;
        long count = 0;
        try (Records records = table.open()) {
            int row = 0;
            for (Records.Cells cells = records.next(); cells != null; cells = records.next()) {
                if (cells.blank() || row++ <= line) continue;
                String cell = cells.cell(column);
                count++;
                if (cell.indexOf('.') > 0 && cell.indexOf('.') < 3) dots++;
                for (TimeFormat format : fitting) if (format.read(cell) != null) reads.merge(format, 1L, Long::sum);
            }
        }
        long most = reads.values().stream().mapToLong(n -> n).max().orElse(0);
        List<TimeFormat> best =
                fitting.stream().filter(f -> reads.getOrDefault(f, 0L) == most).toList();
        if (best.size() == 1) return best.get(0);
        // Dates with dots have the day first wherever they are written.
        if (dots == count && best.contains(TimeFormat.DAY_FIRST)) return TimeFormat.DAY_FIRST;
        throw new NotALoggerFile(
                "dates in column \"" + Names.shown(name)
                        + "\" can be read with the day or with the month first: say --time-format day-first or --time-format month-first");
    }

    private List<Mapping.Value> values(Shape shape, List<Integer> numbers, @Nullable Integer logger)
            throws NotALoggerFile {
        List<Mapping.Value> values = new ArrayList<>();
        Map<Quantity, Integer> sensors = new LinkedHashMap<>();
        for (Choices.Column choice : choices.columns())
            if (!shape.header().contains(choice.name()))
                throw new NotALoggerFile("there is no column \"" + Names.shown(choice.name()) + "\" but "
                        + shape.header().stream()
                                .map(n -> "\"" + Names.shown(n) + "\"")
                                .collect(Collectors.joining(", ")));
        for (int column = 0; column < shape.header().size(); column++) {
            if (shape.time().contains(column)) continue;
            String name = shape.header().get(column);
            Choices.Column choice = choices.columns().stream()
                    .filter(c -> c.name().equals(name))
                    .findFirst()
                    .orElse(null);
            if (choice == null && (!numbers.contains(column) || Objects.equals(column, logger))) continue;
            Quantity quantity = choice == null ? quantity(name) : null;
            if (choice == null && quantity == null) continue;
            Mapping.Value value;
            try {
                value = choice != null
                        ? Mapping.value(column, choice.quantity(), choice.unit(), 0)
                        : Mapping.value(
                                column,
                                Objects.requireNonNull(quantity).name().toLowerCase(Locale.ROOT),
                                unit(name, quantity),
                                0);
            } catch (IllegalArgumentException e) {
                throw new NotALoggerFile(
                        "column \"" + Names.shown(name) + "\": " + e.getMessage() + ": say --column \""
                                + Names.shown(name) + "="
                                + Objects.requireNonNull(quantity).name().toLowerCase(Locale.ROOT) + ":UNIT\"",
                        e);
            }
            int sensor = sensors.merge(value.quantity(), 1, Integer::sum) - 1;
            values.add(new Mapping.Value(column, value.quantity(), value.unit(), sensor));
        }
        if (values.isEmpty())
            throw new NotALoggerFile("no column says what it measures: say it of one, for example --column \""
                    + Names.shown(shape.header().get(numbers.get(numbers.size() - 1))) + "=temperature:C\"");
        return values;
    }

    /** A column with one text in all rows seen, named like a device's number. */
    private static @Nullable Integer logger(List<Records.Cells> rows, Shape shape) throws NotALoggerFile {
        for (int column = 0; column < shape.header().size(); column++) {
            if (!LOGGER_NAME
                    .matcher(shape.header().get(column).toLowerCase(Locale.ROOT))
                    .matches()) continue;
            int at = column;
            Set<String> all = rows.stream().map(r -> r.cell(at)).collect(Collectors.toCollection(HashSet::new));
            all.remove("");
            if (all.size() > 1)
                throw new NotALoggerFile("column \""
                        + Names.shown(shape.header().get(column)) + "\" names several loggers: give each a file of"
                        + " its own; or say with --logger whose rows these are, if it means something else");
            if (all.size() == 1) return column;
        }
        return null;
    }

    static @Nullable Quantity quantity(String name) {
        String low = name.toLowerCase(Locale.ROOT);
        if (low.matches(".*(dew ?point|taupunkt|set ?point|limit|alarm|min\\b|max\\b).*")) return null;
        if (low.matches(".*(temp|celsius|fahrenheit|°c|°f|\u00bac|℃|℉).*")) return Quantity.TEMPERATURE;
        if (low.matches(".*(humid|feucht|(^|[^a-z])rh([^a-z]|$)).*")) return Quantity.HUMIDITY;
        if (low.matches(".*(co2|co₂|carbon dioxide).*")) return Quantity.CO2;
        if (low.matches(".*(pressure|luftdruck).*|(.*[^a-z])?(hpa|kpa|mbar)([^a-z].*)?")) return Quantity.PRESSURE;
        if (low.matches(".*(light|lux|illumin).*|(.*[^a-z])?lx([^a-z].*)?")) return Quantity.LIGHT;
        if (low.matches(".*(shock|accel|impact).*")) return Quantity.SHOCK;
        if (low.matches(".*(battery|batterie).*")) return Quantity.BATTERY;
        return null;
    }

    static @Nullable String unit(String name, Quantity quantity) {
        String low = name.toLowerCase(Locale.ROOT);
        return switch (quantity) {
            case TEMPERATURE ->
                low.matches(".*(celsius|°c|\u00bac|℃).*|.*[^a-z0-9]c[)\\]]?")
                        ? "C"
                        : low.matches(".*(fahrenheit|°f|\u00baf|℉).*|.*[^a-z0-9]f[)\\]]?")
                                ? "F"
                                : low.matches(".*kelvin.*|.*[^a-z0-9]k[)\\]]?") ? "K" : null;
            case PRESSURE ->
                low.contains("hpa")
                        ? "hPa"
                        : low.contains("kpa")
                                ? "kPa"
                                : low.contains("mbar") ? "mbar" : low.matches(".*[^a-z]pa([^a-z].*)?") ? "Pa" : null;
            case BATTERY -> low.contains("mv") ? "mV" : low.matches(".*[^a-z0-9]v[)\\]]?|.*volt.*") ? "V" : null;
            default -> null;
        };
    }

    static List<String> names(Records.Cells cells) {
        List<String> names =
                new ArrayList<>(cells.cells().stream().map(String::strip).toList());
        while (!names.isEmpty() && names.get(names.size() - 1).isEmpty()) names.remove(names.size() - 1);
        return names;
    }

    static String joined(Records.Cells row, List<Integer> columns) {
        String first = row.cell(columns.get(0));
        if (columns.size() == 1) return first;
        String day = first.endsWith("T00:00") ? first.substring(0, first.length() - 6) : first;
        return day + " " + row.cell(columns.get(1));
    }

    private static double share(List<Records.Cells> rows, int column, java.util.function.Predicate<String> fits) {
        int filled = 0;
        int fitting = 0;
        for (Records.Cells row : rows) {
            String cell = row.cell(column);
            if (Table.absent(cell)) continue;
            filled++;
            if (fits.test(cell)) fitting++;
        }
        return filled == 0 ? 0 : (double) fitting / filled;
    }

    static boolean isNumber(String cell) {
        return cell.length() <= 60 && NUMBER.matcher(Table.withoutUnit(cell)).matches();
    }

    private static boolean isMoment(String cell) {
        return TimeFormat.YEAR_FIRST.read(cell) != null
                || TimeFormat.DAY_FIRST.read(cell) != null
                || TimeFormat.MONTH_FIRST.read(cell) != null;
    }
}
