package io.waymark.evidence.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private final AtomicLong nanos = new AtomicLong();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private String after(boolean terminal) {
        ProgressLine line = new ProgressLine(new PrintStream(err, true, StandardCharsets.UTF_8), terminal, nanos::get);
        for (int second = 1; second <= 25; second++) {
            nanos.addAndGet(1_000_000_000L);
            line.read(100L * second, 5_000 + 100L * second, 10_000);
        }
        line.close();
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aLineEveryTenSecondsInAFile() {
        assertEquals(
                String.format(
                        "6000 of 10000 entries, 60.0 %%, 100 entries/s%n7000 of 10000 entries, 70.0 %%, 100 entries/s%n"),
                after(false));
    }

    @Test
    void oneLineRewrittenOnATerminal() {
        String shown = after(true);
        assertTrue(shown.startsWith("\r5100 of 10000 entries, 51.0 %, 100 entries/s\u001b[K\r5200"), shown);
        assertTrue(shown.endsWith("\r\u001b[K") && !shown.contains("\n"), shown);
    }
}
