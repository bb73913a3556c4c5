package io.waymark.simulator.logger.table;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import io.waymark.simulator.logger.NotALoggerFile;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A CSV file whose encoding and separator were found out: UTF-8, UTF-16 (by its byte order mark, or by the zero bytes that Latin text has in it)
 * or windows-1252; comma, semicolon, tab or bar; LF, CR LF or CR alone; quotes after RFC 4180.
 */
final class Csv implements Records.Source {
    private static final Charset WINDOWS = Charset.forName("windows-1252");
    private static final int PROBED = 1 << 16;
    private static final int MOST_COLUMNS = 1_000;
    private static final int LONGEST_CELL = 100_000;
    private static final int SAMPLED = 60;
    private static final Map<Character, String> SEPARATORS =
            Map.of(',', "commas", ';', "semicolons", '\t', "tabs", '|', "bars");

    private final Path file;
    private final Charset charset;
    private final int mark;
    private final char separator;

    private Csv(Path file, Charset charset, int mark, char separator) {
        this.file = file;
        this.charset = charset;
        this.mark = mark;
        this.separator = separator;
    }

    /** @throws NotALoggerFile when this is no text */
    static Csv of(Path file) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(PROBED);
        }
        Charset charset;
        int mark = 0;
        if (begins(start, 0xef, 0xbb, 0xbf)) {
            charset = StandardCharsets.UTF_8;
            mark = 3;
        } else if (begins(start, 0xff, 0xfe)) {
            charset = StandardCharsets.UTF_16LE;
            mark = 2;
        } else if (begins(start, 0xfe, 0xff)) {
            charset = StandardCharsets.UTF_16BE;
            mark = 2;
        } else {
            charset = unmarked(file, start);
        }
        requireText(file, charset, mark);
        char best = ',';
        int most = 0;
        for (char candidate : new char[] {',', ';', '\t', '|'}) {
            int score = score(new Csv(file, charset, mark, candidate));
            if (score > most) {
                most = score;
                best = candidate;
            }
        }
        if (most == 0) throw new NotALoggerFile("no separator (comma, semicolon, tab, bar) makes two columns of it");
        return new Csv(file, charset, mark, best);
    }

    @Override
    public boolean commaMayBeDecimal() {
        return separator != ',';
    }

    @Override
    public String described() {
        return "CSV, " + charset + ", separated by " + SEPARATORS.get(separator);
    }

    @Override
    public Records open() throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), PROBED);
        in.skipNBytes(mark);
        CsvReader<CsvRecord> reader = CsvReader.builder()
                .fieldSeparator(separator)
                .skipEmptyLines(true)
                .allowExtraFields(true)
                .allowMissingFields(true)
                .maxBufferSize(4 * LONGEST_CELL)
                .build(
                        CsvRecordHandler.builder()
                                .maxFields(MOST_COLUMNS)
                                .maxFieldSize(LONGEST_CELL)
                                .maxRecordSize(2 * LONGEST_CELL)
                                .build(),
                        strict(in));
        CloseableIterator<CsvRecord> records = reader.iterator();
        return new Records() {
            @Override
            public @Nullable Cells next() throws IOException {
                try {
                    if (!records.hasNext()) return null;
                    CsvRecord record = records.next();
                    return new Cells(record.getStartingLineNumber(), record.getFields());
                } catch (CsvParseException e) {
                    throw new NotALoggerFile("not readable as CSV: " + reason(e), e);
                } catch (UncheckedIOException e) {
                    throw unreadable(e);
                }
            }

            @Override
            public void close() throws IOException {
                records.close();
            }
        };
    }

    private static String reason(CsvParseException e) {
        String cause = e.getCause() == null ? "" : ": " + e.getCause().getMessage();
        return e.getMessage() + cause;
    }

    private IOException unreadable(UncheckedIOException e) {
        if (e.getCause() instanceof CharacterCodingException) return new NotALoggerFile("not text in " + charset, e);
        return new IOException("reading " + file + ": " + e.getMessage(), e);
    }

    private Reader strict(InputStream in) {
        return strict(in, charset);
    }

    private static Reader strict(InputStream in, Charset charset) {
        return new BufferedReader(
                new InputStreamReader(
                        in,
                        charset.newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)),
                PROBED);
    }

    private static boolean begins(byte[] bytes, int... with) {
        if (bytes.length < with.length) return false;
        for (int i = 0; i < with.length; i++) if ((bytes[i] & 0xff) != with[i]) return false;
        return true;
    }

    private static Charset unmarked(Path file, byte[] start) throws IOException {
        int even = 0;
        int odd = 0;
        for (int i = 0; i < start.length; i++) {
            if (start[i] != 0) continue;
            if (i % 2 == 0) even++;
            else odd++;
        }
        // Digits, separators and line ends have one zero byte of two in UTF-16.
        if (start.length >= 8 && odd > start.length / 4 && even == 0) return StandardCharsets.UTF_16LE;
        if (start.length >= 8 && even > start.length / 4 && odd == 0) return StandardCharsets.UTF_16BE;
        char[] block = new char[PROBED];
        try (Reader reader = strict(Files.newInputStream(file), StandardCharsets.UTF_8)) {
            while (reader.read(block) >= 0) {
                // Reads to the end: one wrong byte anywhere decides.
            }
            return StandardCharsets.UTF_8;
        } catch (CharacterCodingException e) {
            return WINDOWS;
        }
    }

    /** No control characters but tab and line ends: what has others is no table, whatever encoding it happens to fit. */
    private static void requireText(Path file, Charset charset, int mark) throws IOException {
        char[] block = new char[PROBED];
        long at = 0;
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(mark);
            Reader reader = strict(in, charset);
            for (int n = reader.read(block); n >= 0; n = reader.read(block)) {
                for (int i = 0; i < n; i++) {
                    char c = block[i];
                    if (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f)
                        throw new NotALoggerFile("not a table: character " + (at + i + 1) + " is a control character");
                }
                at += n;
            }
            if (at == 0) throw new NotALoggerFile("the file is empty");
        } catch (CharacterCodingException e) {
            throw new NotALoggerFile("not a table: not text in " + charset, e);
        }
    }

    /** Rows that have the commonest number of columns, of the first ones, times that number; 0 when that is one. */
    private static int score(Csv csv) throws IOException {
        int[] rows = new int[MOST_COLUMNS + 1];
        try (Records records = csv.open()) {
            for (int i = 0; i < SAMPLED; i++) {
                Records.Cells cells = records.next();
                if (cells == null) break;
                if (!cells.blank()) rows[cells.cells().size()]++;
            }
        } catch (NotALoggerFile e) {
            return 0; // with this separator it is no table
        }
        int columns = 0;
        for (int n = 2; n <= MOST_COLUMNS; n++)
            if (rows[n] > 0 && (columns == 0 || rows[n] >= rows[columns])) columns = n;
        if (columns == 0) return 0;
        int others = Arrays.stream(rows).sum() - rows[columns];
        return Math.max(1, rows[columns] * 100 - others) * 10 + Math.min(columns, 9);
    }
}
