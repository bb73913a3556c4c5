package io.waymark.simulator.logger.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.simulator.logger.LoggerFile;
import io.waymark.simulator.logger.NotALoggerFile;
import io.waymark.simulator.logger.Row;
import io.waymark.simulator.logger.SharedData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableTest {
    private static final Choices UTC = new Choices(ZoneId.of("UTC"), null, List.of());

    @TempDir
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("table"), bytes);
    }

    private Table table(String text, Choices choices) throws IOException {
        return table(file(text.getBytes(StandardCharsets.UTF_8)), choices);
    }

    private static Table table(Path file, Choices choices) throws IOException {
        return Table.open(file, "ab".repeat(32), null, choices, null, header -> null);
    }

    /** "time value value", and "line: reason" for rejected rows. */
    private static List<String> rows(LoggerFile file) throws IOException {
        List<String> all = new ArrayList<>();
        file.rows(new LoggerFile.Rows() {
            @Override
            public void row(Row row) {
                all.add(Instant.ofEpochMilli(row.timeMillis()) + " "
                        + row.measurements().stream()
                                .map(m -> m.quantity() + "/" + m.sensor() + "=" + m.value() + "e" + m.exponent())
                                .collect(Collectors.joining(" ")));
            }

            @Override
            public void rejected(long line, String reason) {
                all.add(line + ": " + reason);
            }
        });
        return all;
    }

    private String refusal(String text, Choices choices) {
        return assertThrows(NotALoggerFile.class, () -> rows(table(text, choices)))
                .getMessage();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"UTF-8", "UTF-8 mark", "UTF-16LE", "UTF-16LE mark", "UTF-16BE", "UTF-16BE mark", "windows-1252"})
    void encodingsAreFoundOut(String encoding) throws IOException {
        Charset charset = Charset.forName(encoding.split(" ")[0]);
        for (String separator : List.of(",", ";", "\t", "|")) {
            for (String end : List.of("\n", "\r\n", "\r")) {
                String text =
                        "Zeit (UTC),Kühlraum °C,Bemerkung\n2026-01-02 03:04:05,4.5,warm\n2026-01-02 03:09:05,-1,kühl\n"
                                .replace(",", separator)
                                .replace("\n", end);
                Table table = table(
                        file(((encoding.endsWith("mark") ? "\uFEFF" : "") + text).getBytes(charset)), Choices.NONE);
                assertEquals(
                        List.of("2026-01-02T03:04:05Z 1/0=450e-2", "2026-01-02T03:09:05Z 1/0=-100e-2"),
                        rows(table),
                        table.described());
                assertEquals("Kühlraum °C", table.mapping().header().get(1));
            }
        }
    }

    @Test
    void severalColumnsWithUnitsAndAPreamble() throws IOException {
        Table table = table(
                "Report of logger 7\nMade by,somebody\n\nNo.,Date,Time,Temp 1 (°F),Temp 2 (°C),Humidity %RH,Pressure hPa,Dew point °C\n"
                        + "1,20.11.2026,08:00:00,41.0,4.25,55.5,1013.25,1\n2,20.11.2026,08:05:00,40.0 °F,--,56,1013,1\n",
                UTC);
        assertEquals(
                List.of(
                        "2026-11-20T08:00:00Z 1/0=500e-2 1/1=425e-2 2/0=5550e-2 9/0=101325e0",
                        "2026-11-20T08:05:00Z 1/0=444e-2 2/0=5600e-2 9/0=101300e0"),
                rows(table));
        assertTrue(
                table.notes().toString().contains("Columns left out: \"No.\", \"Dew point °C\""),
                table.notes().toString());
        assertEquals("UTC", table.zone());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-11-20T08:00:00Z|2026-11-20T08:00:00Z",
                "2026-11-20T08:00:00.250+02:00|2026-11-20T06:00:00.250Z",
                "2026-11-20 08:00|2026-11-20T08:00:00Z",
                "2026/11/20 8:00:30|2026-11-20T08:00:30Z",
                "20.11.2026 08:00|2026-11-20T08:00:00Z",
                "20-11-26 08:00|2026-11-20T08:00:00Z",
                "11/20/2026 8:00:30 PM|2026-11-20T20:00:30Z",
                "11/20/2026 12:00 AM|2026-11-20T00:00:00Z",
                "1795161600|2026-11-20T08:00:00Z",
                "1795161600.5|2026-11-20T08:00:00.500Z",
                "1795161600250|2026-11-20T08:00:00.250Z",
            })
    void timesInTheCommonForms(String cell, String instant) throws IOException {
        assertEquals(List.of(instant + " 1/0=450e-2"), rows(table("time;temp_c\n" + cell + ";4,5\n", UTC)));
    }

    @Test
    void whatCouldBeWrongUnnoticedIsNotGuessed() throws IOException {
        assertTrue(refusal("time,temp_c\n2026-11-20 08:00,4\n", Choices.NONE).contains("--zone"));
        assertTrue(refusal("time (UTC+2),temp_c\n2026-11-20 08:00,4\n", Choices.NONE)
                .contains("--zone"));
        assertTrue(refusal("time,temperature\n2026-11-20T08:00Z,4\n", Choices.NONE)
                .contains("--column \"temperature=temperature:UNIT\""));
        assertTrue(refusal("time,value\n2026-11-20T08:00Z,4\n", Choices.NONE)
                .contains("--column \"value=temperature:C\""));
        assertTrue(refusal("time,temp_c\n03/04/2026 08:00,4\n05/06/2026 08:00,4\n", UTC)
                .contains("--time-format day-first"));
        // A later row decides, however far down it is.
        String rows = "03/04/2026 08:00,4\n".repeat(1000);
        assertEquals(
                TimeFormat.DAY_FIRST,
                table("time,temp_c\n" + rows + "13/04/2026 08:00,4\n", UTC)
                        .mapping()
                        .format());
        assertEquals(
                List.of("2026-03-04T07:00:00Z 1/0=400e-2"),
                rows(table(
                        "time,value\n03/04/2026 08:00,277.15\n",
                        new Choices(
                                ZoneId.of("Europe/Oslo"),
                                TimeFormat.MONTH_FIRST,
                                List.of(Choices.Column.of("value=temperature:K"))))));
    }

    @Test
    void rowsThatCannotBeReadAreRejectedWithLineAndReason() throws IOException {
        List<String> rows = rows(table(
                "device,time,temp_c,rh\nA,2026-01-01 00:00,4.0,50\nA,2026-03-29 02:30,4.0,50\nA,soon,4.0,50\nA,2026-01-01 00:10,warm,50\n"
                        + "A,2026-01-01 00:15,-300,50\nA,2026-01-01 00:20,,\nA,2026-01-01 00:30,4.0,101\n"
                        + "A,2026-01-01 00:35\nA,2026-01-01 00:40,\"1,5\",50\nA,2026-01-01 00:45,40 F,50\n"
                        + "A,2026-01-01 00:50,4.0,50\n".repeat(40)
                        + "A,2026-10-25 02:30,4.0,50\n",
                new Choices(ZoneId.of("Europe/Oslo"), null, List.of())));
        assertEquals("2025-12-31T23:00:00Z 1/0=400e-2 2/0=5000e-2", rows.get(0));
        assertEquals("3: \"2026-03-29 02:30\" never was in Europe/Oslo (the clocks changed)", rows.get(1));
        assertEquals("4: \"soon\" is not a time (year-first)", rows.get(2));
        assertEquals("5: \"warm\" is not a number", rows.get(3));
        assertEquals("6: -300 °C is impossible (-273.15 to 2000)", rows.get(4));
        assertEquals("7: it has no value", rows.get(5));
        assertEquals("8: 101 % is impossible (0 to 100)", rows.get(6));
        assertEquals("9: it has no value", rows.get(7));
        assertEquals("10: \"1,5\" is not a number with a decimal point", rows.get(8));
        assertEquals("11: \"40 F\" is not in C", rows.get(9));
        assertEquals("52: \"2026-10-25 02:30\" was twice in Europe/Oslo (the clocks changed)", rows.get(50));
    }

    @Test
    void twoLoggersInOneTableAreNotOne() throws IOException {
        assertTrue(refusal("device,time,temp_c\nA,2026-01-01T00:00Z,4\nB,2026-01-01T00:00Z,5\n", UTC)
                .contains("names several loggers"));
        List<String> late = rows(table(
                "device,time,temp_c\n" + "A,2026-01-01T00:00Z,4\n".repeat(1000) + "B,2026-01-01T00:00Z,5\n", UTC));
        assertTrue(late.get(1000).startsWith("1002: it is of logger \"B\""), late.get(1000));
    }

    @Test
    void aMappingIsTheSameBytesAlwaysAndIsForItsHeader() throws IOException {
        String text = "time,temp_c,device\n2026-11-20 08:00,4,X 1\n";
        Table guessed = table(text, UTC);
        byte[] json = guessed.mapping().json();
        assertArrayEquals(json, table(text, UTC).mapping().json());
        Mapping read = Mapping.ofJson(json);
        assertEquals(guessed.mapping(), read);
        assertArrayEquals(json, read.json());
        // Kept, it answers what the guess would have asked.
        Table kept = Table.open(
                file(text.getBytes(StandardCharsets.UTF_8)),
                "ab".repeat(32),
                null,
                Choices.NONE,
                null,
                header -> header.equals(read.header()) ? json : null);
        assertEquals(rows(guessed), rows(kept));
        Path other = file("time,temp_f,device\n2026-11-20 08:00,4,X 1\n".getBytes(StandardCharsets.UTF_8));
        assertTrue(assertThrows(
                        NotALoggerFile.class,
                        () -> Table.open(other, "ab".repeat(32), read, Choices.NONE, null, header -> null))
                .getMessage()
                .contains("other columns"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"waymark-table-mapping\":2}",
                "{\"waymark-table-mapping\":1,\"header\":[\"a\",\"b\"],\"time\":{\"columns\":[0],\"format\":\"soon\",\"zone\":null},\"values\":[{\"column\":1,\"quantity\":\"temperature\",\"unit\":\"C\"}]}",
                "{\"waymark-table-mapping\":1,\"header\":[\"a\",\"b\"],\"time\":{\"columns\":[2],\"format\":\"year-first\"},\"values\":[{\"column\":1,\"quantity\":\"temperature\",\"unit\":\"C\"}]}",
                "{\"waymark-table-mapping\":1,\"header\":[\"a\",\"b\"],\"time\":{\"columns\":[0],\"format\":\"year-first\"},\"values\":[{\"column\":1,\"quantity\":\"temperature\",\"unit\":\"X\"}]}",
                "{\"waymark-table-mapping\":1,\"header\":[\"a\",\"b\"],\"time\":{\"columns\":[0],\"format\":\"year-first\",\"zone\":\"Nowhere\"},\"values\":[{\"column\":1,\"quantity\":\"temperature\",\"unit\":\"C\"}]}",
                "{\"waymark-table-mapping\":1,\"header\":[\"a\",\"b\"],\"time\":{\"columns\":[0],\"format\":\"year-first\"},\"values\":[{\"column\":1,\"quantity\":\"temperature\",\"unit\":\"C\"}],\"more\":1}",
                "{\"waymark-table-mapping\":1,\"waymark-table-mapping\":1}",
                "{\"waymark-table-mapping\":1} {}"
            })
    void aWrongMappingIsRefused(String json) {
        assertThrows(NotALoggerFile.class, () -> Mapping.ofJson(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void fahrenheitIsComputedInDecimals() throws IOException {
        StringBuilder text = new StringBuilder("time,temp_f\n");
        for (int tenths = -600; tenths <= 2200; tenths++)
            text.append(tenths + 1_700_000_000L)
                    .append(',')
                    .append(tenths < 0 ? "-" : "")
                    .append(Math.abs(tenths) / 10)
                    .append('.')
                    .append(Math.abs(tenths) % 10)
                    .append('\n');
        List<String> rows = rows(table(text.toString(), UTC));
        for (int tenths = -600; tenths <= 2200; tenths++) {
            String row = rows.get(tenths + 600);
            long centi = Long.parseLong(row.replaceAll(".*=(-?[0-9]+)e-2", "$1"));
            // Nearest hundredth of (F − 32) · 5/9, and from it the file's tenth again.
            assertTrue(Math.abs(9 * centi - (tenths - 320) * 50L) * 2 <= 9, row);
            assertEquals(tenths, Math.round(centi * 9 / 50.0 + 320), row);
        }
    }

    @Test
    void realTablesAreReadWhole() throws IOException {
        List<String> decoded = rows(table(SharedData.bioVoiceDecoded(), Choices.NONE));
        assertEquals(3091, decoded.size());
        assertEquals("2020-06-09T17:30:56Z 1/0=2380e-2", decoded.get(3090));
        List<String> machine = rows(table(
                SharedData.machineTemperature(),
                new Choices(ZoneId.of("UTC"), null, List.of(Choices.Column.of("value=temperature:F")))));
        assertEquals(22_695, machine.size());
        assertEquals("2013-12-02T21:15:00Z 1/0=23315179e-6", machine.get(0));
    }

    @Test
    void aWorkbookIsReadLikeATable() throws IOException {
        Path book = Workbooks.write(
                folder.resolve("book.xlsx"),
                List.of(
                        List.of("Time", "Temp (°C)", "Note"),
                        List.of(new Workbooks.Moment("45981.333333333336"), "4.5999999999999996", "a"),
                        List.of(new Workbooks.Moment("45981.336805555555"), "-1", ""),
                        List.of(new Workbooks.Moment("45981.340277777781"), "x", "b")));
        Table table =
                table(book, new Choices(ZoneId.of("UTC"), null, List.of(Choices.Column.of("Temp (°C)=temperature:C"))));
        assertEquals(
                List.of(
                        "2025-11-20T08:00:00Z 1/0=460e-2",
                        "2025-11-20T08:05:00Z 1/0=-100e-2",
                        "4: \"x\" is not a number"),
                rows(table));
        assertEquals("XLSX, first sheet", table.described());
    }

    @Test
    void whatUnpacksWithoutEndIsRefusedBeforeItIsParsed() throws IOException {
        Path bomb = folder.resolve("bomb.xlsx");
        Workbooks.bomb(bomb, "xl/sharedStrings.xml", 200L << 20);
        assertTrue(Files.size(bomb) < 1 << 20);
        assertTrue(assertThrows(NotALoggerFile.class, () -> table(bomb, UTC))
                .getMessage()
                .contains("unpacks to more than 64 MiB"));
        Path entities = folder.resolve("entities.xlsx");
        Workbooks.part(
                entities,
                "xl/workbook.xml",
                "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>");
        assertTrue(assertThrows(NotALoggerFile.class, () -> table(entities, UTC))
                .getMessage()
                .contains("document type"));
    }

    @Test
    void hostileTablesAreRefusedOrReadInBoundedTime() throws IOException {
        Choices said = new Choices(ZoneId.of("UTC"), null, List.of());
        List<byte[]> hostile = new ArrayList<>();
        for (String text : List.of(
                "\"",
                "time,temp_c\n\"2026-01-01",
                "time,temp_c\n" + "9".repeat(300_000) + ",4\n",
                "time,temp_c\n2026-01-01T00:00Z," + "9".repeat(90_000) + "\n",
                "time,temp_c\n2026-01-01T00:00Z,1e999999999\n",
                "time,temp_c\n2026-01-01T00:00Z,1e-999999999\n",
                ",".repeat(500_000),
                "\n".repeat(500_000),
                "time,temp_c\n" + "\"\"".repeat(400_000) + "\n",
                "time,temp_c\n99999-01-01T00:00Z,4\n",
                "time,temp_c\n2026-02-30T00:00Z,4\n",
                "(((((((((((((((((((((((((((((((((((,a\n2026-01-01T00:00Z,4\n",
                "time,temp_c\n" + ("2026-01-01T00:00Z" + " ".repeat(5_000) + "x,4\n").repeat(50)))
            hostile.add(text.getBytes(StandardCharsets.UTF_8));
        hostile.add(new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xd8});
        hostile.add(new byte[100_000]);
        hostile.add(new byte[0]);
        for (byte[] bytes : hostile) readsOrRefuses(file(bytes), said);
    }

    @Test
    void fuzzersCorporaAreRefusedOrRead() throws IOException {
        List<Path> all = new ArrayList<>();
        for (String kind : List.of("csv", "zip"))
            try (Stream<Path> files = Files.list(SharedData.path("reliability", kind))) {
                all.addAll(files.sorted().toList());
            }
        for (Path file : all) readsOrRefuses(file, UTC);
        assertTrue(all.size() > 100, all.size() + " files");
    }

    @Test
    void anyBytesBehindAGoodStartAreRefusedOrRead() throws IOException {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("TableTest: -Dwaymark.seed=" + seed);
        Random random = new Random(seed);
        String marks = ",;\"\n\r\t .:-0e+";
        String good = "time,temp_c,rh\n" + "2026-01-01T00:00Z,4.5,50\n".repeat(20);
        Path book = Workbooks.write(
                folder.resolve("book.xlsx"),
                List.of(List.of("Time", "Temp (°C)"), List.of(new Workbooks.Moment("45981.3"), "4.6")));
        byte[] workbook = Files.readAllBytes(book);
        for (int n = 0; n < 600; n++) {
            byte[] bytes = n % 3 == 0 ? workbook.clone() : good.getBytes(StandardCharsets.UTF_8);
            for (int i = random.nextInt(8); i >= 0; i--) {
                int at = random.nextInt(bytes.length);
                bytes[at] = (byte) (n % 2 == 0 ? random.nextInt(256) : marks.charAt(random.nextInt(marks.length())));
            }
            readsOrRefuses(file(bytes), UTC);
        }
    }

    private static void readsOrRefuses(Path file, Choices choices) {
        // Generous: it is there for what would never end.
        Assertions.assertTimeoutPreemptively(
                Duration.ofMinutes(2),
                () -> {
                    try {
                        rows(table(file, choices));
                    } catch (NotALoggerFile refused) {
                        assertTrue(refused.getMessage().length() < 1_000, refused.getMessage());
                        assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
                    }
                },
                file.toString());
    }

    @Test
    void aLargeTableIsStreamed() throws IOException {
        // More rows than a list of them would find room for at the speed of a test; what counts is that none is lost.
        Path large = folder.resolve("large.csv");
        int count = 300_000;
        try (OutputStream out = new java.io.BufferedOutputStream(Files.newOutputStream(large))) {
            out.write("time,temp_c,site\n".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < count; i++)
                out.write((1_600_000_000L + i + ",4.5,a long name of a place\n").getBytes(StandardCharsets.UTF_8));
        }
        long[] rows = new long[1];
        table(large, UTC).rows(new LoggerFile.Rows() {
            @Override
            public void row(Row row) {
                rows[0]++;
            }

            @Override
            public void rejected(long line, String reason) {
                Assertions.fail(line + ": " + reason);
            }
        });
        assertEquals(count, rows[0]);
    }
}
