package io.waymark.trace.condition;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One rule of a {@link RuleSet}. Numbers are integers in the unit that the name says, so that every reader evaluates the same; milli is a
 * thousandth of the quantity's unit (FORMAT.md §5.1: of 1 °C for temperature). The order of {@link #numbers()} is that of FORMAT.md §5.4.
 * Constructors refuse what cannot be: {@link IllegalArgumentException} with a sentence for whoever wrote the rule.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Rule.Limit.class, name = "limit"),
    @JsonSubTypes.Type(value = Rule.Kinetic.class, name = "kinetic"),
    @JsonSubTypes.Type(value = Rule.Budget.class, name = "budget"),
    @JsonSubTypes.Type(value = Rule.Fence.class, name = "fence"),
    @JsonSubTypes.Type(value = Rule.Place.class, name = "place"),
    @JsonSubTypes.Type(value = Rule.Range.class, name = "range"),
    @JsonSubTypes.Type(value = Rule.Stuck.class, name = "stuck"),
    @JsonSubTypes.Type(value = Rule.Jump.class, name = "jump"),
    @JsonSubTypes.Type(value = Rule.Dead.class, name = "dead"),
    @JsonSubTypes.Type(value = Rule.Drift.class, name = "drift"),
    @JsonSubTypes.Type(value = Rule.Departure.class, name = "departure"),
    @JsonSubTypes.Type(value = Rule.Calibrated.class, name = "calibrated"),
    @JsonSubTypes.Type(value = Rule.Silent.class, name = "silent")
})
public sealed interface Rule {
    /** Most years anything may last, in minutes: ten. */
    long LONGEST = 10L * 366 * 24 * 60;

    /** Name within the rule set, [a-z0-9-], 1 to 40. */
    String id();

    /** Whose findings these are. */
    About about();

    /** What it measures, FORMAT.md §5.1; of rules about other things, temperature. */
    default int quantity() {
        return 1;
    }

    /** What its findings are called, and how it is told apart in bytes. */
    default Kind kind() {
        return Kind.of(this);
    }

    /** Its fields in the order of FORMAT.md §5.4; null where one is left out. */
    List<Long> numbers();

    /** What a rule watches: a device with all its sensors, or a lot with all that is measured about it. */
    enum About {
        device,
        lot
    }

    /** The kinds, in the order of their numbers in FORMAT.md §5.4: from 0. */
    enum Kind {
        limit,
        kinetic,
        budget,
        fence,
        place,
        range,
        stuck,
        jump,
        dead,
        drift,
        departure,
        calibrated,
        silent;

        static Kind of(Rule rule) {
            if (rule instanceof Limit) return limit;
            if (rule instanceof Kinetic) return kinetic;
            if (rule instanceof Budget) return budget;
            if (rule instanceof Fence) return fence;
            if (rule instanceof Place) return place;
            if (rule instanceof Range) return range;
            if (rule instanceof Stuck) return stuck;
            if (rule instanceof Jump) return jump;
            if (rule instanceof Dead) return dead;
            if (rule instanceof Drift) return drift;
            if (rule instanceof Departure) return departure;
            if (rule instanceof Calibrated) return calibrated;
            return silent;
        }
    }

    /**
     * Outside the limits for some time: of one stretch without interruption, or all stretches together.
     *
     * @param minutes         0 = the first value outside is enough (tamper, light, shock)
     * @param hysteresisMilli a stretch ends when the value is this much inside again
     * @param cumulative      count all time outside, not one stretch's
     * @param perMinutes      with cumulative: count anew in every such span of the calendar (multiples since 1970 UTC; 1440 = a day); 0 =
     *                        never anew
     * @param ignoreMinutes   nothing counts so long after a sensor's first value: a logger that comes from a warm shelf
     */
    record Limit(
            String id,
            About about,
            int quantity,
            Long lowMilli,
            Long highMilli,
            long minutes,
            long hysteresisMilli,
            boolean cumulative,
            long perMinutes,
            long ignoreMinutes)
            implements Rule {
        public Limit {
            named(id, about);
            measured(id, quantity);
            limits(id, lowMilli, highMilli);
            within(id, "minutes", minutes, 0, LONGEST);
            within(id, "hysteresisMilli", hysteresisMilli, 0, 1_000_000);
            within(id, "perMinutes", perMinutes, 0, LONGEST);
            within(id, "ignoreMinutes", ignoreMinutes, 0, LONGEST);
            if (!cumulative && perMinutes != 0) {
                throw wrong(id, "perMinutes goes with cumulative");
            }
        }

        @Override
        public List<Long> numbers() {
            return Arrays.asList(
                    (long) quantity,
                    lowMilli,
                    highMilli,
                    minutes,
                    hysteresisMilli,
                    cumulative ? 1L : 0L,
                    perMinutes,
                    ignoreMinutes);
        }
    }

    /**
     * The mean kinetic temperature (Haynes) of the newest stretch of time is too high. It never hides an excursion: that is a limit's to
     * find.
     *
     * @param windowMinutes   the stretch; 1440 for cold goods, 43200 for goods at room temperature (USP)
     * @param measuredMinutes nothing is said before so much of it was measured
     * @param joulePerMole    activation energy; 0 = 83144, for goods whose own is not known
     */
    record Kinetic(String id, About about, long highMilli, long windowMinutes, long measuredMinutes, long joulePerMole)
            implements Rule {
        public Kinetic {
            named(id, about);
            within(id, "highMilli", highMilli, -273_000, 1_000_000);
            within(id, "windowMinutes", windowMinutes, 60, LONGEST);
            within(id, "measuredMinutes", measuredMinutes, 1, windowMinutes);
            joulePerMole = joulePerMole == 0 ? 83_144 : joulePerMole;
            within(id, "joulePerMole", joulePerMole, 1_000, 1_000_000);
        }

        @Override
        public List<Long> numbers() {
            return List.of(highMilli, windowMinutes, measuredMinutes, joulePerMole);
        }
    }

    /** How long a lot may be outside the limits in all, over all its custody legs: the time out of refrigeration that its maker allows. */
    record Budget(String id, Long lowMilli, Long highMilli, long minutes) implements Rule {
        public Budget {
            named(id, About.lot);
            limits(id, lowMilli, highMilli);
            within(id, "minutes", minutes, 0, LONGEST);
        }

        @Override
        public About about() {
            return About.lot;
        }

        @Override
        public List<Long> numbers() {
            return Arrays.asList(lowMilli, highMilli, minutes);
        }
    }

    /**
     * A device has to stay inside an area, or outside of it. A position whose circle reaches over the border says neither.
     *
     * @param inside    true: it has to be inside
     * @param minutes   how long it may be on the wrong side
     * @param cornersE7 latitude and longitude in turn, 10^-7 degrees, 3 to 200 corners, closed by itself; not over a pole or the date line
     */
    record Fence(String id, boolean inside, long minutes, List<Long> cornersE7) implements Rule {
        public Fence {
            named(id, About.device);
            within(id, "minutes", minutes, 0, LONGEST);
            if (holey(cornersE7) || cornersE7.size() % 2 != 0 || cornersE7.size() < 6 || cornersE7.size() > 400) {
                throw wrong(id, "cornersE7 needs 3 to 200 pairs of latitude and longitude");
            }
            cornersE7 = List.copyOf(cornersE7);
            for (int i = 0; i < cornersE7.size(); i++) {
                long most = i % 2 == 0 ? 900_000_000L : 1_800_000_000L;
                within(id, i % 2 == 0 ? "latitude" : "longitude", cornersE7.get(i), -most, most);
            }
        }

        @Override
        public About about() {
            return About.device;
        }

        @Override
        public List<Long> numbers() {
            List<Long> all = new ArrayList<>(List.of(inside ? 1L : 0L, minutes));
            all.addAll(cornersE7);
            return all;
        }
    }

    /** While a lot rests at a place that a signed step names, what is measured about it must be measured there. */
    record Place(String id, long metres) implements Rule {
        public Place {
            named(id, About.lot);
            within(id, "metres", metres, 1, 1_000_000);
        }

        @Override
        public About about() {
            return About.lot;
        }

        @Override
        public List<Long> numbers() {
            return List.of(metres);
        }
    }

    /**
     * No such sensor can mean such a value. It is told, and no other rule of the set is asked about it: the time counts as not measured.
     */
    record Range(String id, int quantity, Long lowMilli, Long highMilli) implements OfDevice {
        public Range {
            named(id, About.device);
            measured(id, quantity);
            limits(id, lowMilli, highMilli);
        }

        @Override
        public List<Long> numbers() {
            return Arrays.asList((long) quantity, lowMilli, highMilli);
        }
    }

    /** A sensor gives exactly the same value, three times at least, for so long. */
    record Stuck(String id, int quantity, long minutes) implements OfDevice {
        public Stuck {
            named(id, About.device);
            measured(id, quantity);
            within(id, "minutes", minutes, 1, LONGEST);
        }

        @Override
        public List<Long> numbers() {
            return List.of((long) quantity, minutes);
        }
    }

    /** Two values of a sensor, one after the other, differ by more than the thing can change; under a minute counts as a minute. */
    record Jump(String id, int quantity, long milliPerMinute) implements OfDevice {
        public Jump {
            named(id, About.device);
            measured(id, quantity);
            within(id, "milliPerMinute", milliPerMinute, 1, 1_000_000_000L);
        }

        @Override
        public List<Long> numbers() {
            return List.of((long) quantity, milliPerMinute);
        }
    }

    /** Values that a broken sensor gives (0, 327.67, 85, −127), so many in a row. */
    record Dead(String id, int quantity, long readings, List<Long> valuesMilli) implements OfDevice {
        public Dead {
            named(id, About.device);
            measured(id, quantity);
            within(id, "readings", readings, 1, 10_000);
            if (holey(valuesMilli) || valuesMilli.isEmpty() || valuesMilli.size() > 20) {
                throw wrong(id, "valuesMilli needs 1 to 20 values");
            }
            valuesMilli = List.copyOf(valuesMilli);
        }

        @Override
        public List<Long> numbers() {
            List<Long> all = new ArrayList<>(List.of((long) quantity, readings));
            all.addAll(valuesMilli);
            return all;
        }
    }

    /**
     * Two sensors that are at the same place tell different things.
     *
     * @param about         device: two sensors of one; lot: two devices that measure the same lot
     * @param milli         allowed difference, of the median over {@code pairs}
     * @param pairs         so many newest pairs of values, 3 to 101
     * @param withinMinutes two values further apart in time are no pair
     */
    record Drift(String id, About about, int quantity, long milli, long pairs, long withinMinutes) implements Rule {
        public Drift {
            named(id, about);
            measured(id, quantity);
            within(id, "milli", milli, 1, 1_000_000_000L);
            within(id, "pairs", pairs, 3, 101);
            within(id, "withinMinutes", withinMinutes, 1, 24 * 60);
        }

        @Override
        public List<Long> numbers() {
            return List.of((long) quantity, milli, pairs, withinMinutes);
        }
    }

    /**
     * A sensor is for hours where it usually is not: the median of its newest hours is further from the median of its past than {@code
     * milliSigmas}
     * of the past's own scatter (1.4826 times the median absolute deviation). Nothing is known of the time to come, and nothing of the
     * goods.
     *
     * @param pastHours   0 = 720; hours while it was away do not join the past, for a week
     * @param recentHours 0 = 12; what is shorter is a limit's to find
     * @param milliSigmas 0 = 3000; it is over at half of it
     */
    record Departure(String id, int quantity, long pastHours, long recentHours, long milliSigmas) implements OfDevice {
        public Departure {
            named(id, About.device);
            measured(id, quantity);
            pastHours = pastHours == 0 ? 720 : pastHours;
            recentHours = recentHours == 0 ? 12 : recentHours;
            milliSigmas = milliSigmas == 0 ? 3000 : milliSigmas;
            within(id, "pastHours", pastHours, 72, 24 * 366);
            within(id, "recentHours", recentHours, 1, 72);
            within(id, "milliSigmas", milliSigmas, 500, 100_000);
        }

        @Override
        public List<Long> numbers() {
            return List.of((long) quantity, pastHours, recentHours, milliSigmas);
        }
    }

    /** What a device measures counts only while a calibration certificate of it is valid; a reading that names one needs that one. */
    record Calibrated(String id) implements OfDevice {
        public Calibrated {
            named(id, About.device);
        }

        @Override
        public List<Long> numbers() {
            return List.of();
        }
    }

    /** A device that measured once measures nothing for so long. */
    record Silent(String id, long minutes) implements OfDevice {
        public Silent {
            named(id, About.device);
            within(id, "minutes", minutes, 1, LONGEST);
        }

        @Override
        public List<Long> numbers() {
            return List.of(minutes);
        }
    }

    /** Rules that only a device can break. */
    sealed interface OfDevice extends Rule permits Range, Stuck, Jump, Dead, Departure, Calibrated, Silent {
        @Override
        default About about() {
            return About.device;
        }
    }

    /** @throws IllegalArgumentException when the numbers are not those of the kind */
    static Rule of(Kind kind, String id, About about, List<Long> n) {
        try {
            Rule rule =
                    switch (kind) {
                        case limit ->
                            new Limit(
                                    id,
                                    about,
                                    Math.toIntExact(n.get(0)),
                                    n.get(1),
                                    n.get(2),
                                    n.get(3),
                                    n.get(4),
                                    n.get(5) == 1,
                                    n.get(6),
                                    n.get(7));
                        case kinetic -> new Kinetic(id, about, n.get(0), n.get(1), n.get(2), n.get(3));
                        case budget -> new Budget(id, n.get(0), n.get(1), n.get(2));
                        case fence -> new Fence(id, n.get(0) == 1, n.get(1), n.subList(2, n.size()));
                        case place -> new Place(id, n.get(0));
                        case range -> new Range(id, Math.toIntExact(n.get(0)), n.get(1), n.get(2));
                        case stuck -> new Stuck(id, Math.toIntExact(n.get(0)), n.get(1));
                        case jump -> new Jump(id, Math.toIntExact(n.get(0)), n.get(1));
                        case dead -> new Dead(id, Math.toIntExact(n.get(0)), n.get(1), n.subList(2, n.size()));
                        case drift -> new Drift(id, about, Math.toIntExact(n.get(0)), n.get(1), n.get(2), n.get(3));
                        case departure -> new Departure(id, Math.toIntExact(n.get(0)), n.get(1), n.get(2), n.get(3));
                        case calibrated -> new Calibrated(id);
                        case silent -> new Silent(id, n.get(0));
                    };
            if (!rule.numbers().equals(n) || rule.about() != about) {
                throw wrong(id, "has other fields than a " + kind + " rule");
            }
            return rule;
        } catch (IndexOutOfBoundsException | ArithmeticException | NullPointerException e) {
            throw wrong(id, "has other fields than a " + kind + " rule");
        }
    }

    private static boolean holey(List<Long> numbers) {
        return numbers == null || numbers.stream().anyMatch(Objects::isNull);
    }

    private static void named(String id, About about) {
        if (id == null || !Names.ID.matcher(id).matches()) {
            throw new IllegalArgumentException("a rule's id must be 1 to 40 of a-z 0-9 -");
        }
        if (about == null) {
            throw wrong(id, "about must be device or lot");
        }
    }

    private static void measured(String id, int quantity) {
        within(id, "quantity", quantity, 1, 10);
    }

    private static void limits(String id, Long low, Long high) {
        if (low == null && high == null) {
            throw wrong(id, "needs lowMilli, highMilli or both");
        }
        for (Long limit : new Long[] {low, high}) {
            if (limit != null) {
                within(id, "a limit", limit, -1_000_000_000_000L, 1_000_000_000_000L);
            }
        }
        if (low != null && high != null && low >= high) {
            throw wrong(id, "lowMilli must be less than highMilli");
        }
    }

    private static void within(String id, String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw wrong(id, field + " must be " + least + " to " + most);
        }
    }

    private static IllegalArgumentException wrong(String id, String what) {
        return new IllegalArgumentException("rule " + id + ": " + what);
    }

    /** Holds the pattern: a field of an interface would be public. */
    final class Names {
        private static final Pattern ID = Pattern.compile("[a-z0-9-]{1,40}");

        private Names() {}
    }
}
