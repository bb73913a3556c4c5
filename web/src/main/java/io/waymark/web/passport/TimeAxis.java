package io.waymark.web.passport;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where a time axis has its ticks, and what stands at them: round times in UTC, as many as fit, no two alike. */
final class TimeAxis {
    /** The most steps between ticks: a label needs a quarter of the axis at its widest. */
    private static final int MOST = 4;

    private static final List<Step> STEPS = List.of(
            new Step(1, ChronoUnit.SECONDS),
            new Step(5, ChronoUnit.SECONDS),
            new Step(15, ChronoUnit.SECONDS),
            new Step(30, ChronoUnit.SECONDS),
            new Step(1, ChronoUnit.MINUTES),
            new Step(2, ChronoUnit.MINUTES),
            new Step(5, ChronoUnit.MINUTES),
            new Step(10, ChronoUnit.MINUTES),
            new Step(15, ChronoUnit.MINUTES),
            new Step(30, ChronoUnit.MINUTES),
            new Step(1, ChronoUnit.HOURS),
            new Step(2, ChronoUnit.HOURS),
            new Step(3, ChronoUnit.HOURS),
            new Step(6, ChronoUnit.HOURS),
            new Step(12, ChronoUnit.HOURS),
            new Step(1, ChronoUnit.DAYS),
            new Step(2, ChronoUnit.DAYS),
            new Step(4, ChronoUnit.DAYS),
            new Step(7, ChronoUnit.DAYS),
            new Step(14, ChronoUnit.DAYS),
            new Step(1, ChronoUnit.MONTHS),
            new Step(2, ChronoUnit.MONTHS),
            new Step(3, ChronoUnit.MONTHS),
            new Step(6, ChronoUnit.MONTHS),
            new Step(1, ChronoUnit.YEARS),
            new Step(2, ChronoUnit.YEARS),
            new Step(5, ChronoUnit.YEARS),
            new Step(10, ChronoUnit.YEARS),
            new Step(20, ChronoUnit.YEARS),
            new Step(50, ChronoUnit.YEARS),
            new Step(100, ChronoUnit.YEARS),
            new Step(1000, ChronoUnit.YEARS),
            new Step(10_000, ChronoUnit.YEARS));

    private TimeAxis() {}

    /**
     * A tick. {@code context} completes the label: the date of a time of day, the year of a day; ticks of one context need it once.
     * Empty where the label says all.
     */
    record Tick(Instant at, String label, String context) {}

    private record Step(int count, ChronoUnit unit) {
        long seconds() {
            return count * unit.getDuration().getSeconds();
        }

        /** The last multiple at or before {@code at}. */
        ZonedDateTime floor(ZonedDateTime at) {
            ZonedDateTime day = at.truncatedTo(ChronoUnit.DAYS);
            if (unit == ChronoUnit.DAYS) {
                return day.minusDays(Math.floorMod(day.toLocalDate().toEpochDay(), count));
            }
            if (unit == ChronoUnit.MONTHS) {
                return day.withDayOfMonth(1).minusMonths((day.getMonthValue() - 1) % count);
            }
            if (unit == ChronoUnit.YEARS) {
                return day.withDayOfYear(1).minusYears(Math.floorMod(day.getYear(), count));
            }
            return at.truncatedTo(ChronoUnit.SECONDS).minusSeconds(at.get(ChronoField.SECOND_OF_DAY) % seconds());
        }
    }

    /** The ticks from {@code start} to {@code end}, at least one, in order; {@code start} itself where no round time lies between. */
    static List<Tick> between(Instant start, Instant end) {
        long span = end.getEpochSecond() - start.getEpochSecond();
        Step step = STEPS.stream()
                .filter(s -> span <= MOST * s.seconds())
                .findFirst()
                .orElse(STEPS.get(STEPS.size() - 1));
        List<Tick> ticks = new ArrayList<>();
        ZonedDateTime at = step.floor(start.atZone(ZoneOffset.UTC));
        for (int i = 0; i <= 2 * MOST && !at.toInstant().isAfter(end); i++) {
            if (!at.toInstant().isBefore(start)) {
                ticks.add(tick(at, step.unit));
            }
            at = at.plus(step.count, step.unit);
        }
        return ticks.isEmpty() ? List.of(tick(start.atZone(ZoneOffset.UTC), ChronoUnit.SECONDS)) : ticks;
    }

    private static Tick tick(ZonedDateTime at, ChronoUnit unit) {
        if (unit == ChronoUnit.YEARS) {
            return new Tick(at.toInstant(), said("uuuu", at), "");
        }
        if (unit == ChronoUnit.MONTHS) {
            return new Tick(at.toInstant(), said("MMM", at), said("uuuu", at));
        }
        if (unit == ChronoUnit.DAYS) {
            return new Tick(at.toInstant(), said("d MMM", at), said("uuuu", at));
        }
        return new Tick(
                at.toInstant(), said(unit == ChronoUnit.SECONDS ? "HH:mm:ss" : "HH:mm", at), said("d MMM uuuu", at));
    }

    private static String said(String pattern, ZonedDateTime at) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(at);
    }
}
