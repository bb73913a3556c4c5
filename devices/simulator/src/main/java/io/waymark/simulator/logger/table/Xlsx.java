package io.waymark.simulator.logger.table;

import io.waymark.simulator.logger.NotALoggerFile;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.dhatim.fastexcel.reader.Cell;
import org.dhatim.fastexcel.reader.CellType;
import org.dhatim.fastexcel.reader.ReadableWorkbook;
import org.dhatim.fastexcel.reader.ReadingOptions;
import org.dhatim.fastexcel.reader.Row;
import org.jspecify.annotations.Nullable;

/**
 * The first sheet of an XLSX workbook. Everything in the file was unpacked once against limits before a parser saw it, so what it can cost is
 * bounded whatever its compression ratio.
 */
final class Xlsx implements Records.Source {
    private static final long LARGEST_FILE = 256L << 20;
    private static final int MOST_PARTS = 2_000;
    private static final long LARGEST_SHEET = 1L << 30;
    /** The parser keeps all of it in memory. */
    private static final long LARGEST_TEXTS = 64L << 20;

    private static final int MOST_COLUMNS = 1_000;
    private static final MathContext EXCEL = new MathContext(15); // digits that Excel shows and means
    private static final BigDecimal DAY_MILLIS = new BigDecimal(86_400_000);
    private static final BigDecimal LAST_DAY = new BigDecimal(2_958_466); // 10000-01-01
    private static final LocalDateTime ZERO = LocalDateTime.of(1899, 12, 30, 0, 0);
    private static final LocalDateTime ZERO_1904 = LocalDateTime.of(1904, 1, 1, 0, 0);
    private static final BigDecimal MARCH_1900 = new BigDecimal(61);

    private final Path file;

    private Xlsx(Path file) {
        this.file = file;
    }

    /** Whether a file may be one, to tell formats apart: a zip archive. */
    static boolean looksLike(byte[] start) {
        return start.length > 3 && start[0] == 'P' && start[1] == 'K' && start[2] <= 7 && start[3] <= 8;
    }

    /** @throws NotALoggerFile when it is no workbook, or unpacks to more than is read here */
    static Xlsx of(Path file) throws IOException {
        if (Files.size(file) > LARGEST_FILE)
            throw new NotALoggerFile("a workbook of more than " + (LARGEST_FILE >> 20) + " MiB: export it as CSV");
        Set<String> names = new HashSet<>();
        long total = 0;
        byte[] block = new byte[1 << 16];
        try (ZipFile zip = new ZipFile(file.toFile())) {
            if (zip.size() > MOST_PARTS)
                throw new NotALoggerFile("a zip archive of " + zip.size() + " parts; no workbook has that many");
            for (Enumeration<? extends ZipEntry> parts = zip.entries(); parts.hasMoreElements(); ) {
                ZipEntry part = parts.nextElement();
                String name = part.getName().toLowerCase(Locale.ROOT);
                if (!names.add(name)) throw new NotALoggerFile("a zip archive with two parts of one name");
                // All but sheets is read into memory by the parser, in forms some times larger.
                long limit = name.startsWith("xl/worksheets/") ? LARGEST_SHEET : LARGEST_TEXTS;
                long bytes = 0;
                try (InputStream in = zip.getInputStream(part)) {
                    if (in == null) continue;
                    for (int n = in.read(block); n >= 0; n = in.read(block)) {
                        if (bytes == 0) requireNoDoctype(block, n);
                        bytes += n;
                        total += n;
                        if (bytes > limit || total > LARGEST_SHEET)
                            throw new NotALoggerFile(
                                    "a workbook that unpacks to more than " + (limit >> 20) + " MiB in one part, or "
                                            + (LARGEST_SHEET >> 20) + " MiB in all: export it as CSV");
                    }
                }
            }
        } catch (ZipException | IllegalArgumentException e) {
            throw new NotALoggerFile("a zip archive that cannot be read: " + e.getMessage(), e);
        } catch (java.io.EOFException e) {
            throw new NotALoggerFile("a zip archive that was cut off", e);
        }
        if (!names.contains("xl/workbook.xml")) throw new NotALoggerFile("a zip archive, but no XLSX workbook");
        return new Xlsx(file);
    }

    @Override
    public boolean commaMayBeDecimal() {
        return true;
    }

    @Override
    public String described() {
        return "XLSX, first sheet";
    }

    @Override
    public Records open() throws IOException {
        ReadableWorkbook book;
        Stream<Row> stream;
        Iterator<Row> rows;
        boolean from1904;
        try {
            book = new ReadableWorkbook(file.toFile(), new ReadingOptions(true, false));
        } catch (RuntimeException | IOException e) {
            throw unreadable(e);
        }
        try {
            from1904 = book.isDate1904();
            stream = book.getFirstSheet().openStream();
            rows = stream.iterator();
        } catch (RuntimeException | IOException e) {
            book.close();
            throw unreadable(e);
        }
        return new Records() {
            @Override
            public @Nullable Cells next() throws IOException {
                try {
                    if (!rows.hasNext()) return null;
                    Row row = rows.next();
                    if (row.getCellCount() > MOST_COLUMNS)
                        throw new NotALoggerFile(
                                "row " + row.getRowNum() + " has more than " + MOST_COLUMNS + " columns");
                    List<String> cells = new ArrayList<>(row.getCellCount());
                    for (int i = 0; i < row.getCellCount(); i++)
                        cells.add(row.getOptionalCell(i)
                                .map(c -> text(c, from1904))
                                .orElse(""));
                    return new Cells(row.getRowNum(), cells);
                } catch (RuntimeException e) {
                    throw unreadable(e);
                }
            }

            @Override
            public void close() throws IOException {
                stream.close();
                book.close();
            }
        };
    }

    // The parser throws what its XML reader and its own casts happen to throw; whatever it is, the file is to blame.
    private static NotALoggerFile unreadable(Exception e) {
        return new NotALoggerFile(
                "the workbook cannot be read: "
                        + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                e);
    }

    private static void requireNoDoctype(byte[] block, int length) throws NotALoggerFile {
        String start = new String(block, 0, Math.min(length, 4096), java.nio.charset.StandardCharsets.ISO_8859_1);
        if (start.contains("<!DOCTYPE"))
            throw new NotALoggerFile("a workbook with a document type declaration; Excel writes none");
    }

    private static String text(Cell cell, boolean from1904) {
        CellType type = cell.getType();
        String raw = cell.getRawValue();
        if (type == CellType.NUMBER || type == CellType.FORMULA && isNumber(raw)) {
            if (raw == null || raw.length() > 400) return "";
            BigDecimal number;
            try {
                number = new BigDecimal(raw);
            } catch (NumberFormatException e) {
                return raw;
            }
            if (Math.abs((long) number.scale()) > 400) return raw;
            if (isMoment(cell.getDataFormatId(), cell.getDataFormatString())) return moment(number, from1904);
            BigDecimal plain = number.round(EXCEL).stripTrailingZeros();
            return Math.abs(plain.scale()) > 30 ? raw : plain.toPlainString();
        }
        if (type == CellType.EMPTY || type == CellType.ERROR) return "";
        String text = cell.getText();
        return text == null ? "" : text;
    }

    private static boolean isNumber(@Nullable String raw) {
        return raw != null && raw.matches("[+-]?[0-9]{1,20}(?:\\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?");
    }

    /** ECMA-376 §18.8.30: formats 14 to 22, 45 to 47 are dates and times; others by their letters. */
    private static boolean isMoment(@Nullable Integer id, @Nullable String format) {
        if (id != null && (id >= 14 && id <= 22 || id >= 45 && id <= 47)) return true;
        if (format == null || format.length() > 255) return false;
        String letters = format.toLowerCase(Locale.ROOT).replaceAll("\"[^\"]*\"|\\\\.|\\[(?!h|m|s)[^\\]]*]", "");
        return letters.matches(".*[ymdhs].*") && !letters.contains("general");
    }

    private static String moment(BigDecimal serial, boolean from1904) {
        if (serial.signum() < 0 || serial.compareTo(LAST_DAY) > 0) return serial.toPlainString();
        long millis =
                serial.multiply(DAY_MILLIS).setScale(0, RoundingMode.HALF_UP).longValueExact();
        if (serial.compareTo(BigDecimal.ONE) < 0) {
            // A time of day alone.
            return LocalDateTime.of(2000, 1, 1, 0, 0)
                    .plus(millis, ChronoUnit.MILLIS)
                    .toLocalTime()
                    .toString();
        }
        // Before March 1900 Excel counts a day that never was; no logger is that old.
        if (!from1904 && serial.compareTo(MARCH_1900) < 0) return serial.toPlainString();
        return (from1904 ? ZERO_1904 : ZERO).plus(millis, ChronoUnit.MILLIS).toString();
    }
}
