package io.waymark.trace.admission;

import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.waymark.trace.problem.Problem;
import io.waymark.trace.tenancy.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A table of devices that are to come, as CSV (RFC 4180, UTF-8; comma, semicolon or tab) with a header that names site, name and kind in any order.
 * Every row is judged by itself.
 */
final class DeviceTable {
    static final int MOST_ROWS = 2_000;
    private static final List<String> COLUMNS = List.of("site", "name", "kind");

    /** @param error in the words of whoever made the table; null when the row is good */
    record Row(long line, String site, String name, String kind, String error) {}

    private DeviceTable() {}

    /** @throws Problem 400 when it is no such table at all */
    static List<Row> read(byte[] csv) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(csv))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Problem.malformed("the table is not UTF-8: save it as \"CSV UTF-8\"");
        }
        if (text.startsWith("\ufeff")) {
            text = text.substring(1);
        }
        List<Row> rows = new ArrayList<>();
        Map<String, Integer> columns = null;
        Set<String> seen = new HashSet<>();
        try (CsvReader<CsvRecord> records = CsvReader.builder()
                .fieldSeparator(separator(text))
                .commentStrategy(CommentStrategy.NONE)
                .skipEmptyLines(true)
                .allowExtraFields(true)
                .allowMissingFields(true)
                .allowUnclosedQuote(false)
                .ofCsvRecord(text)) {
            for (CsvRecord record : records) {
                if (columns == null) {
                    columns = columns(record);
                } else if (rows.size() >= MOST_ROWS) {
                    throw Problem.malformed("the table has more than " + MOST_ROWS + " rows: send it in parts");
                } else {
                    rows.add(row(record, columns, seen));
                }
            }
        } catch (CsvParseException e) {
            throw Problem.malformed("the table cannot be read as CSV: " + e.getMessage());
        } catch (java.io.IOException e) {
            throw new IllegalStateException("a text in memory cannot be read", e);
        }
        if (columns == null) {
            throw Problem.malformed("the table is empty: its first line names the columns site, name and kind");
        }
        return rows;
    }

    private static char separator(String text) {
        int end = text.indexOf('\n');
        String header = end < 0 ? text : text.substring(0, end);
        return header.indexOf(';') >= 0 ? ';' : header.indexOf('\t') >= 0 ? '\t' : ',';
    }

    private static Map<String, Integer> columns(CsvRecord header) {
        Map<String, Integer> columns = new HashMap<>();
        for (int i = 0; i < header.getFieldCount(); i++) {
            columns.putIfAbsent(header.getField(i).strip().toLowerCase(Locale.ROOT), i);
        }
        List<String> missing =
                COLUMNS.stream().filter(c -> !columns.containsKey(c)).toList();
        if (!missing.isEmpty()) {
            throw Problem.malformed(
                    "the first line must name the columns site, name and kind; missing: " + String.join(", ", missing));
        }
        return columns;
    }

    private static Row row(CsvRecord record, Map<String, Integer> columns, Set<String> seen) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String column : COLUMNS) {
            int at = columns.get(column);
            String value = at < record.getFieldCount() ? record.getField(at).strip() : "";
            fields.put(column, value.length() > 200 ? value.substring(0, 200) : value);
        }
        String site = fields.get("site");
        String name = fields.get("name");
        String kind = fields.get("kind");
        String error = null;
        if (!Tenant.isName(site)) {
            error = site.isEmpty()
                    ? "the site is missing"
                    : "the site \"" + site + "\" may have 1 to 32 small letters, digits and hyphens only";
        } else if (bad(name, 120)) {
            error = name.isEmpty()
                    ? "the name is missing"
                    : "the name is longer than 120 characters or has control characters";
        } else if (bad(kind, 60)) {
            error = kind.isEmpty()
                    ? "the kind is missing"
                    : "the kind is longer than 60 characters or has control characters";
        } else if (!seen.add(site + "\n" + name)) {
            error = "site and name are those of a row above";
        }
        return new Row(record.getStartingLineNumber(), site, name, kind, error);
    }

    private static boolean bad(String value, int most) {
        return value.isEmpty() || value.length() > most || value.chars().anyMatch(Character::isISOControl);
    }
}
