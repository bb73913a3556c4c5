package io.waymark.simulator.logger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.waymark.simulator.logger.Import.Answer;
import io.waymark.simulator.logger.Import.Format;
import io.waymark.simulator.logger.Import.Request;
import io.waymark.simulator.logger.table.Choices;
import io.waymark.simulator.story.StoryConfig;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens before anything is sent; the installation here refuses everything. */
class ImportTest {
    private static final Choices MACHINE =
            new Choices(ZoneId.of("UTC"), null, List.of(Choices.Column.of("value=temperature:F")));

    @TempDir
    Path folder;

    private Answer run(Request request) throws IOException, InterruptedException {
        HttpServer refuses = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        refuses.createContext("/", exchange -> {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        refuses.start();
        try {
            URI http = URI.create("http://127.0.0.1:" + refuses.getAddress().getPort());
            return Import.run(
                    request,
                    new StoryConfig(
                            folder.resolve("fleet"), http, http, "tcp://127.0.0.1:1", null, "token", 1, 0, false),
                    "mill",
                    line -> {});
        } finally {
            refuses.stop(0);
        }
    }

    private static Request dry(Path file, Choices choices, Path mapping) {
        return new Request(file, Format.AUTO, mapping, choices, null, false, false, true);
    }

    @Test
    void aDryRunTellsOfARealReportAndSendsNothing() throws Exception {
        Answer answer = run(dry(SharedData.fridgeTag(), Choices.NONE, null));
        assertEquals("fridge-tag-2", answer.file().format());
        assertEquals(120, answer.samples());
        assertEquals(0, answer.published());
        assertEquals(2, answer.proved().size());
        assertTrue(
                answer.proved().get(1).startsWith("Nothing about earlier reports"),
                answer.proved().toString());
        assertFalse(Files.exists(folder.resolve("fleet")), "a dry run left something");
        assertEquals(
                "biovoice",
                run(dry(SharedData.bioVoice(), Choices.NONE, null)).file().format());
    }

    @Test
    void aDryRunCountsWhatEveryColumnSays() throws Exception {
        Path mapping = folder.resolve("machine.json");
        Answer answer = run(dry(SharedData.machineTemperature(), MACHINE, mapping));
        Summary summary = answer.summary();
        assertEquals(22_695, summary.read());
        assertEquals(22_683, summary.fresh());
        // The recorder's clock was put back an hour: twelve times come twice, with other values.
        assertEquals(12, summary.rejected());
        assertEquals(Instant.parse("2013-12-02T21:15:00Z"), summary.first());
        assertEquals(Instant.parse("2014-02-19T15:25:00Z"), summary.last());
        Summary.Column column = summary.columns().iterator().next();
        assertEquals("value (from F)", column.name());
        assertEquals(22_683, column.count());
        assertEquals(new BigDecimal("-16.619599"), column.min());
        assertTrue(
                summary.reasons().get(0).reason().contains("a row above has other values"),
                summary.reasons().toString());
        // The mapping says it the next time.
        byte[] json = Files.readAllBytes(mapping);
        Answer again = run(dry(SharedData.machineTemperature(), Choices.NONE, mapping));
        assertEquals(answer.mapping(), again.mapping());
        assertArrayEquals(json, assertNotNullMapping(again).json());
    }

    private static io.waymark.simulator.logger.table.Mapping assertNotNullMapping(Answer answer) {
        assertNotNull(answer.mapping());
        return answer.mapping();
    }

    @Test
    void rejectedRowsStopAnImportUnlessTold() throws Exception {
        Path file = Files.writeString(
                folder.resolve("t.csv"),
                "time,temp_c\n2026-01-01T00:00Z,4\n2026-01-01T00:05Z,warm\n2026-01-01T00:10Z,4\n2026-01-01T00:10Z,5\n1970-01-01T00:10Z,5\n"
                        + "2999-01-01T00:10Z,5\n2026-01-01T00:15Z,4\n2026-01-01T00:20Z,4\n2026-01-01T00:00Z,4.00\n");
        Summary summary = run(dry(file, Choices.NONE, null)).summary();
        assertEquals(9, summary.read());
        assertEquals(4, summary.rejected());
        assertEquals(1, summary.repeated());
        assertEquals(4, summary.fresh());
        List<String> reasons = new ArrayList<>();
        summary.reasons().forEach(r -> reasons.add(r.line() + " " + r.reason()));
        assertEquals(
                List.of(
                        "3 \"warm\" is not a number",
                        "5 at 2026-01-01T00:10:00Z a row above has other values than 5.00",
                        "6 1970-01-01T00:10:00Z is not between 1980 and tomorrow",
                        "7 2999-01-01T00:10:00Z is not between 1980 and tomorrow"),
                reasons);
        NotALoggerFile refused = assertThrows(
                NotALoggerFile.class,
                () -> run(new Request(file, Format.AUTO, null, Choices.NONE, null, false, false, false)));
        assertTrue(refused.getMessage().startsWith("4 of 9 rows are rejected (line 3: "), refused.getMessage());
        assertTrue(refused.getMessage().contains("nothing was imported"), refused.getMessage());
    }

    @Test
    void aReportOfAnotherKeyIsRefusedBeforeAnythingIsSent() throws Exception {
        ReportMaker maker = new ReportMaker();
        FridgeTag2 first = FridgeTag2.read(maker.report(), null);
        new PinnedKeys(folder.resolve("fleet/import/pinned-keys")).remember(first, "ab".repeat(32));
        Path forged = Files.write(folder.resolve("forged.txt"), new ReportMaker().report());
        assertTrue(assertThrows(NotALoggerFile.class, () -> run(Request.of(forged)))
                .getMessage()
                .contains("another key than earlier ones"));
        Answer told = run(new Request(forged, Format.AUTO, null, Choices.NONE, null, false, true, true));
        assertTrue(told.proved().get(1).contains("you said"), told.proved().toString());
        Path genuine = Files.write(folder.resolve("genuine.txt"), maker.report());
        assertTrue(run(dry(genuine, Choices.NONE, null)).proved().get(1).startsWith("The key is the one of earlier"));
    }

    @Test
    void aLoggerIsReadInOneZone() throws Exception {
        Path file = Files.writeString(folder.resolve("t.csv"), "serial,time,temp_c\n7,2026-01-01 00:00,4\n");
        Choices oslo = new Choices(ZoneId.of("Europe/Oslo"), null, List.of());
        // Nobody but the installation refuses it.
        assertThrows(
                io.waymark.simulator.organisation.TraceClient.Refused.class,
                () -> run(new Request(file, Format.AUTO, null, oslo, null, false, false, false)));
        NotALoggerFile refused = assertThrows(
                NotALoggerFile.class, () -> run(dry(file, new Choices(ZoneId.of("UTC"), null, List.of()), null)));
        assertTrue(
                refused.getMessage().startsWith("earlier files of this logger were read in zone Europe/Oslo"),
                refused.getMessage());
        // And the header's mapping is remembered, with the zone.
        assertEquals("Europe/Oslo", run(dry(file, Choices.NONE, null)).file().zone());
    }

    @Test
    void aFileOfTheWrongFormatIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("t.csv"), "time,temp_c\n2026-01-01T00:00Z,4\n");
        for (Format format : List.of(Format.FRIDGE_TAG_2, Format.BIOVOICE))
            assertThrows(
                    NotALoggerFile.class,
                    () -> run(new Request(file, format, null, Choices.NONE, null, false, false, true)));
    }
}
