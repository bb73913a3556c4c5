package io.waymark.trace.custody;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.waymark.evidence.message.CustodyStep.PublicSummary;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FindingTest {
    private static final Instant T = Instant.parse("2026-06-09T08:00:00Z");
    private static final Standing MADE = Standing.fresh(
                    "https://id.gs1.org/01/09506000134352/21/X", "farm", new byte[32])
            .after(step("commissioning", T, 60, 5), "farm", new byte[32]);

    private static PublicSummary step(String bizStep, Instant time, double lat, double lon) {
        return new PublicSummary(
                bizStep,
                time.toEpochMilli(),
                "a",
                "p",
                Math.round(lat * 1e7),
                Math.round(lon * 1e7),
                null,
                null,
                null,
                null);
    }

    private static List<String> found(Standing before, PublicSummary step, String signer) {
        return Finding.between(before, step, signer, T.plusSeconds(1_000_000)).stream()
                .map(Finding::kind)
                .toList();
    }

    @Test
    void anOrderlyHandoverContradictsNothing() {
        Standing shipped = MADE.after(step("shipping", T.plusSeconds(60), 60, 5), "farm", new byte[32]);
        assertEquals("farm", shipped.holder());
        PublicSummary received = step("receiving", T.plusSeconds(36_000), 56, 10);
        assertEquals(List.of(), found(shipped, received, "shop"));
        assertEquals("shop", shipped.after(received, "shop", new byte[32]).holder());
    }

    @Test
    void receivedByAnotherBeforeAnybodySentIt() {
        assertEquals(
                List.of("received-before-shipped"),
                found(MADE, step("receiving", T.plusSeconds(36_000), 60, 5), "shop"));
    }

    @Test
    void aStepBeforeTheOneItFollows() {
        assertEquals(List.of(), found(MADE, step("storing", T.minusSeconds(300), 60, 5), "farm"));
        assertEquals(List.of("time-order"), found(MADE, step("storing", T.minusSeconds(301), 60, 5), "farm"));
    }

    @Test
    void fasterThanAnAeroplane() {
        // 60°N 5°E to 35°N 139°E is about 8,400 km.
        assertEquals(List.of("too-fast"), found(MADE, step("storing", T.plusSeconds(8 * 3600), 35, 139), "farm"));
        assertEquals(List.of(), found(MADE, step("storing", T.plusSeconds(9 * 3600), 35, 139), "farm"));
    }

    @Test
    void soldTwice() {
        Standing sold = MADE.after(step("retail_selling", T.plusSeconds(60), 60, 5), "farm", new byte[32]);
        assertEquals("sold", sold.state());
        assertEquals(List.of("sold-twice"), found(sold, step("retail_selling", T.plusSeconds(120), 60, 5), "farm"));
        assertEquals(List.of("after-sale"), found(sold, step("shipping", T.plusSeconds(120), 60, 5), "farm"));
    }

    @Test
    void packedIntoAUnitUntilReceived() {
        PublicSummary packing = new PublicSummary(
                "packing", T.toEpochMilli(), "a", "p", null, null, null, null, null, "106141412345678908");
        Standing packed = MADE.after(packing, "farm", new byte[32]);
        assertEquals("https://id.gs1.org/00/106141412345678908", packed.parent());
        assertEquals(
                packed.parent(),
                packed.after(step("loading", T, 60, 5), "truck", new byte[32]).parent());
        assertEquals(
                null,
                packed.after(step("receiving", T, 60, 5), "shop", new byte[32]).parent());
    }
}
