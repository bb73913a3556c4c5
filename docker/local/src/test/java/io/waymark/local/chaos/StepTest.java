package io.waymark.local.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.trace.ledger.Drill;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepTest {
    @Test
    void aPlanHasEveryFaultAndEveryCrashPoint() {
        List<Step> all = Step.all();
        int size = all.size();
        assertEquals(Drill.CrashPoint.values().length + Fault.values().length - 1, size);

        for (long seed = 0; seed < 50; seed++) {
            List<Step> plan = FireDrill.plan(all, size + 3, new Random(seed));
            assertEquals(size + 3, plan.size());
            assertEquals(new HashSet<>(all), new HashSet<>(plan.subList(0, size)), "seed " + seed);
        }
        assertEquals(FireDrill.plan(all, 200, new Random(7)), FireDrill.plan(all, 200, new Random(7)));
    }

    @Test
    void tooFewRoundsForThePlanAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> FireDrill.plan(Step.all(), Step.all().size() - 1, new Random(1)));
    }

    @Test
    void aNameIsAFaultACrashPointOrAGroup() {
        assertEquals(List.of(Step.of(Fault.FLIP_MAP)), FireDrill.named(Step.all(), List.of("flip-map")));
        assertEquals(
                List.of(Step.killAt(Drill.CrashPoint.SIGNED)), FireDrill.named(Step.all(), List.of("kill-at-signed")));
        assertEquals(
                Drill.CrashPoint.values().length,
                FireDrill.named(Step.all(), List.of("kills")).size());
        assertTrue(FireDrill.named(Step.all(), List.of("backup", "backup-witness"))
                .contains(Step.of(Fault.BACKUP_WITNESS)));
        assertEquals(
                3,
                FireDrill.named(Step.all(), List.of("backup", "backup-witness")).size());
        assertThrows(IllegalArgumentException.class, () -> FireDrill.named(Step.all(), List.of("flood")));
    }

    @Test
    void everySabotageHasRoundsInWhichItShouldShow() {
        for (Sabotage sabotage : Sabotage.values()) {
            assertTrue(Step.all().containsAll(sabotage.rounds()), sabotage.word());
        }
        assertTrue(Sabotage.values().length >= 7);
    }
}
