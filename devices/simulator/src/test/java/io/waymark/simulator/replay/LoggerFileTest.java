package io.waymark.simulator.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoggerFileTest {
    @TempDir
    Path folder;

    @Test
    void readsColumnsInAnyOrderAndZonelessTimesAsUtc() throws IOException {
        LoggerFile file =
                LoggerFile.read(write("temp_c;when time\n4.5;2026-01-02 03:04:05\n-1;2026-01-02T03:09:05Z\n"));
        assertEquals(
                new LoggerFile.Sample(Instant.parse("2026-01-02T03:04:05Z"), 4.5),
                file.samples().get(0));
        assertEquals(-1, file.samples().get(1).value());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a,b\n1,2\n",
                "time,value\n",
                "time,value\nyesterday,4\n",
                "time,value\n2026-01-02T03:04:05Z,warm\n",
                "time,value\n2026-01-02T03:04:05Z,NaN\n",
                "time,value\n2026-01-02T03:04:05Z\n"
            })
    void refusesWithLineAndReason(String content) throws IOException {
        Path file = write(content);
        IOException refusal = assertThrows(LoggerFile.NotALoggerFile.class, () -> LoggerFile.read(file));
        assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
    }

    @Test
    void refusesBytesThatAreNotText() throws IOException {
        Path file = Files.write(folder.resolve("bytes.csv"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThrows(LoggerFile.NotALoggerFile.class, () -> LoggerFile.read(file));
    }

    @Test
    void readsTheRealTransportLoggerWhole() throws IOException {
        Path recorded =
                Path.of(System.getProperty("waymark.data"), "product", "cold", "biovoice_T301_2622930045_decoded.csv");
        if (!Files.exists(recorded)) {
            if (Boolean.getBoolean("waymark.data.required")) Assertions.fail(recorded + " is required and absent");
            Assumptions.abort(recorded + " is absent: the recorded logger was not read");
        }
        LoggerFile file = LoggerFile.read(recorded);
        assertEquals(3091, file.samples().size());
        double warmest = file.samples().stream()
                .mapToDouble(LoggerFile.Sample::value)
                .max()
                .orElseThrow();
        assertEquals(23.8, warmest);
    }

    private Path write(String content) throws IOException {
        return Files.writeString(folder.resolve("logger.csv"), content);
    }
}
