package io.waymark.trace.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.trace.problem.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class ReportLimitTest {
    private long now;
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now);
        }
    };

    @Test
    void aFloodOfReportsIsRefusedUntilTimeHasPassed() {
        ReportLimit limit = new ReportLimit(clock, 2);
        assertTrue(limit.allows());
        assertTrue(limit.allows());
        assertFalse(limit.allows());
        now = 30_000;
        assertTrue(limit.allows());
        assertFalse(limit.allows());
    }

    @Test
    void aReportBeyondTheLimitIsNotKept() {
        ScanResource resource = new ScanResource(null, new ReportLimit(clock, 0), null, null, null, null);
        Problem refused = assertThrows(
                Problem.class, () -> resource.report(new ScanResource.Report(null, "smells of paint", "market", null)));
        assertEquals(429, refused.status());
    }
}
