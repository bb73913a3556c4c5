package io.waymark.trace.condition;

import io.waymark.trace.condition.Episode.End;
import io.waymark.trace.condition.Observation.Fix;
import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.custody.Leg;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What readings mean under a rule set: about one subject (a device, or a lot), taken one after the other. A pure function of what it was
 * given:
 * it asks no clock and no database. Whoever has the same observations in {@link Observation#ORDER}, rules, legs and certificates comes to
 * the
 * same {@link Assessment}, bit for bit: exponentials are {@link StrictMath}'s.
 *
 * <p>The value of a sensor holds until its next one. Between two further apart than the rule set's gap nothing is known: nothing is
 * counted, what
 * lasted ends there with {@link End#gap}, and the gap is told. Not thread-safe. Memory is bounded: {@value #MOST_SENSORS} sensors, 10,000
 * episodes
 * and as many gaps, the windows of the rules; what is beyond is counted.
 */
public final class Evaluation {
    private static final int MOST_SENSORS = 64;
    private static final int MOST_GAPS = 10_000;
    private static final int TEMPERATURE = 1;
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;

    private final RuleSet rules;
    private final Rule.About about;
    private final List<Leg> legs;
    private final List<Calibration> certificates;
    private final long gapMillis;
    private final Stretch.Record episodes = new Stretch.Record();
    private final Deque<Assessment.Gap> gaps = new ArrayDeque<>();
    private final Map<String, Sensor> sensors = new LinkedHashMap<>();
    private final Map<String, Device> devices = new LinkedHashMap<>();
    private final List<BudgetWatch> budgets = new ArrayList<>();
    private final Map<String, Pair> pairs = new HashMap<>();
    private final List<Rule.Range> ranges = new ArrayList<>();
    private final List<Rule.Drift> drifts = new ArrayList<>();
    private Observation last;
    private long leftOut;

    /**
     * @param legs         of the lot; empty for a device
     * @param certificates of the devices
     */
    public Evaluation(RuleSet rules, Rule.About about, List<Leg> legs, List<Calibration> certificates) {
        this.rules = rules;
        this.about = about;
        this.legs = legs;
        this.certificates = certificates;
        gapMillis = rules.gapMinutes() * MINUTE;
        for (Rule rule : rules.rules()) {
            if (rule instanceof Rule.Range range) {
                ranges.add(range);
            }
            if (rule.about() == about) {
                if (rule instanceof Rule.Budget budget) {
                    budgets.add(new BudgetWatch(budget));
                } else if (rule instanceof Rule.Drift drift) {
                    drifts.add(drift);
                }
            }
        }
    }

    /** All of these, in whatever order they come. */
    public static Evaluation of(
            RuleSet rules,
            Rule.About about,
            List<Leg> legs,
            List<Calibration> certificates,
            List<? extends Observation> observations) {
        Evaluation evaluation = new Evaluation(rules, about, legs, certificates);
        observations.stream().sorted(Observation.ORDER).forEach(evaluation::add);
        return evaluation;
    }

    /** Whether it comes after everything that was added. */
    public boolean follows(Observation o) {
        return last == null || Observation.ORDER.compare(last, o) < 0;
    }

    /** @throws IllegalArgumentException when it does not {@link #follows follow}: then evaluate anew, over all */
    public void add(Observation o) {
        if (!follows(o)) {
            throw new IllegalArgumentException(
                    "an observation of " + o.timeMillis() + " after one of " + last.timeMillis());
        }
        last = o;
        if (o.timeMillis() < rules.fromMillis()) {
            return;
        }
        Device device = devices.get(o.device());
        if (device == null) {
            if (devices.size() >= MOST_SENSORS) {
                leftOut++;
                return;
            }
            device = new Device(o.device());
            devices.put(o.device(), device);
        }
        device.heard(o);
        if (o instanceof Fix fix) {
            device.at(fix);
        } else {
            sample(device, (Sample) o);
        }
    }

    private void sample(Device device, Sample s) {
        device.calibrated(s);
        String key = s.device() + '/' + s.sensor() + '/' + s.quantity();
        Sensor sensor = sensors.get(key);
        if (sensor == null) {
            if (sensors.size() >= MOST_SENSORS) {
                leftOut++;
                return;
            }
            sensor = new Sensor(s);
            sensors.put(key, sensor);
        }
        sensor.add(s);
    }

    /** The episodes that began, grew or ended since this was asked last; without those that only a clock sees. */
    public List<Episode> grown() {
        return episodes.grown();
    }

    /**
     * @param asOfMillis the time at which it is asked: who has been silent by then
     */
    public Assessment at(long asOfMillis) {
        List<Episode> all = episodes.all();
        for (Device device : devices.values()) {
            device.silent(asOfMillis, all);
        }
        all.sort(Comparator.comparingLong(Episode::fromMillis)
                .thenComparing(Episode::rule)
                .thenComparing(e -> e.device() == null ? "" : e.device())
                .thenComparingInt(Episode::sensor)
                .thenComparing(e -> e.other() == null ? "" : e.other()));
        List<Assessment.Kinetic> kinetic = new ArrayList<>();
        sensors.values().forEach(s -> s.kinetic(kinetic));
        return new Assessment(
                all,
                List.copyOf(gaps),
                kinetic,
                budgets.stream().map(BudgetWatch::spent).toList(),
                leftOut + episodes.leftOut);
    }

    private Stretch stretch(Rule rule, String device, int sensor, String other, long neededMillis) {
        return new Stretch(rule, device, sensor, other, neededMillis, gapMillis, episodes::keep);
    }

    /** How far outside, in thousandths; 0 = within. */
    private static double outside(double value, Long lowMilli, Long highMilli) {
        double above = highMilli == null ? 0 : value - highMilli / 1000.0;
        double below = lowMilli == null ? 0 : lowMilli / 1000.0 - value;
        return Math.max(0, Math.max(above, below));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** What is known of a device as a whole. */
    private final class Device {
        private final String id;
        private final List<Stretch> calibrated = new ArrayList<>();
        private final List<Rule.Silent> silent = new ArrayList<>();
        private final Map<Rule.Fence, Area> areas = new LinkedHashMap<>();
        private final Map<Rule, Stretch> places = new HashMap<>();
        private long heard = -1;
        private long index;

        Device(String id) {
            this.id = id;
            for (Rule rule : rules.rules()) {
                if (rule.about() != about) {
                    continue;
                }
                if (rule instanceof Rule.Calibrated) {
                    calibrated.add(stretch(rule, id, -1, null, 0));
                } else if (rule instanceof Rule.Silent s) {
                    silent.add(s);
                } else if (rule instanceof Rule.Fence fence) {
                    areas.put(fence, new Area(fence.cornersE7()));
                    places.put(fence, stretch(fence, id, -1, null, fence.minutes() * MINUTE));
                } else if (rule instanceof Rule.Place) {
                    places.put(rule, stretch(rule, id, -1, null, 0));
                }
            }
        }

        void heard(Observation o) {
            if (heard >= 0) {
                for (Rule.Silent rule : silent) {
                    if (o.timeMillis() - heard > rule.minutes() * MINUTE) {
                        // Over with the reading that came: the gap rule is for what is seen, this one is for what is
                        // not.
                        Stretch stretch = new Stretch(
                                rule, id, -1, null, rule.minutes() * MINUTE, Long.MAX_VALUE, episodes::keep);
                        stretch.broken(heard, heard, index, 0);
                        stretch.broken(
                                heard,
                                heard + rule.minutes() * MINUTE,
                                index,
                                (double) (o.timeMillis() - heard) / MINUTE);
                        stretch.whole(o.timeMillis(), o.index());
                    }
                }
            }
            heard = o.timeMillis();
            index = o.index();
        }

        void silent(long asOf, List<Episode> all) {
            for (Rule.Silent rule : silent) {
                if (heard >= 0 && asOf > heard + rule.minutes() * MINUTE) {
                    all.add(new Episode(
                            rule.id(),
                            rule.kind(),
                            id,
                            -1,
                            null,
                            heard,
                            null,
                            null,
                            heard + rule.minutes() * MINUTE,
                            (double) (asOf - heard) / MINUTE,
                            index,
                            index));
                }
            }
        }

        void calibrated(Sample s) {
            if (calibrated.isEmpty()) {
                return;
            }
            boolean valid =
                    Calibration.of(certificates, id, s.timeMillis(), s.calibration()) == Calibration.Status.valid;
            for (Stretch stretch : calibrated) {
                if (valid) {
                    stretch.whole(s.timeMillis(), s.index());
                } else {
                    stretch.broken(s.timeMillis(), s.index(), 0);
                }
            }
        }

        void at(Fix fix) {
            places.forEach((rule, stretch) -> {
                double away;
                Area.Side side;
                if (rule instanceof Rule.Fence fence) {
                    Area area = areas.get(fence);
                    away = Math.abs(area.outside(fix.latE7(), fix.lonE7()));
                    side = area.side(fix);
                    if (!fence.inside() && side != Area.Side.unknown) {
                        side = side == Area.Side.inside ? Area.Side.outside : Area.Side.inside;
                    }
                } else {
                    long allowed = ((Rule.Place) rule).metres();
                    away = Double.MAX_VALUE;
                    boolean declared = false;
                    for (Leg leg : legs) {
                        if (leg.resting()
                                && leg.latE7() != null
                                && leg.lonE7() != null
                                && fix.timeMillis() >= leg.fromMillis()
                                && fix.timeMillis() < leg.toMillis()) {
                            declared = true;
                            away = Math.min(away, Area.metres(fix.latE7(), fix.lonE7(), leg.latE7(), leg.lonE7()));
                        }
                    }
                    if (!declared) {
                        stretch.unknown(fix.timeMillis());
                        return;
                    }
                    side = away - fix.accuracyMetres() > allowed
                            ? Area.Side.outside
                            : away + fix.accuracyMetres() <= allowed ? Area.Side.inside : Area.Side.unknown;
                }
                stretch.bridge(fix.timeMillis());
                switch (side) {
                    case outside ->
                        stretch.broken(
                                fix.timeMillis(),
                                fix.index(),
                                stretch.lasts() ? Math.max(stretch.measure(), away) : away);
                    case inside -> stretch.whole(fix.timeMillis(), fix.index());
                    case unknown -> stretch.unknown(fix.timeMillis());
                }
            });
        }
    }

    /** Something that watches one sensor's values. */
    private interface Watch {
        /** @param before the value before, or null when it is too far away to say anything of the time between */
        void take(Sample s, Sample before);
    }

    /** One quantity of one sensor. */
    private final class Sensor {
        private final List<Watch> always = new ArrayList<>();
        private final List<Watch> credible = new ArrayList<>();
        private final List<KineticWatch> kinetic = new ArrayList<>();
        private final Map<Rule.Range, Stretch> range = new LinkedHashMap<>();
        private final String name;
        private Sample before;
        private Sample beforeCredible;
        private int implausible;

        Sensor(Sample first) {
            name = first.device() + '/' + first.sensor();
            for (Rule.Range rule : ranges) {
                if (rule.quantity() == first.quantity()) {
                    range.put(rule, about == Rule.About.device ? of(rule, first, 0) : null);
                }
            }
            for (Rule rule : rules.rules()) {
                if (rule.about() != about) {
                    continue;
                }
                if (rule instanceof Rule.Limit r && r.quantity() == first.quantity()) {
                    credible.add(r.cumulative() ? new SumWatch(r, first) : new LimitWatch(r, first));
                } else if (rule instanceof Rule.Kinetic r && first.quantity() == TEMPERATURE) {
                    KineticWatch watch = new KineticWatch(r, first);
                    credible.add(watch);
                    kinetic.add(watch);
                } else if (rule instanceof Rule.Departure r && r.quantity() == first.quantity()) {
                    credible.add(new DepartureWatch(r, first));
                } else if (rule instanceof Rule.Stuck r && r.quantity() == first.quantity()) {
                    always.add(stuck(r, first));
                } else if (rule instanceof Rule.Dead r && r.quantity() == first.quantity()) {
                    always.add(dead(r, first));
                } else if (rule instanceof Rule.Jump r && r.quantity() == first.quantity()) {
                    credible.add(jump(r, first));
                }
            }
        }

        private Stretch of(Rule rule, Sample s, long neededMillis) {
            return stretch(rule, s.device(), s.sensor(), null, neededMillis);
        }

        void add(Sample s) {
            boolean mayBe = true;
            for (Map.Entry<Rule.Range, Stretch> r : range.entrySet()) {
                boolean broken =
                        outside(s.value(), r.getKey().lowMilli(), r.getKey().highMilli()) > 0;
                mayBe &= !broken;
                if (r.getValue() != null) {
                    if (broken) {
                        r.getValue().broken(s.timeMillis(), s.index(), s.value());
                    } else {
                        r.getValue().whole(s.timeMillis(), s.index());
                    }
                }
            }
            Sample near = near(before, s);
            for (Watch watch : always) {
                watch.take(s, near);
            }
            before = s;
            if (!mayBe) {
                implausible++;
                return;
            }
            Sample nearCredible = near(beforeCredible, s);
            if (beforeCredible != null && nearCredible == null) {
                gaps.add(new Assessment.Gap(
                        s.device(),
                        s.sensor(),
                        s.quantity(),
                        beforeCredible.timeMillis(),
                        s.timeMillis(),
                        implausible));
                if (gaps.size() > MOST_GAPS) {
                    gaps.removeFirst();
                    leftOut++;
                }
            }
            implausible = 0;
            for (Watch watch : credible) {
                watch.take(s, nearCredible);
            }
            for (BudgetWatch budget : budgets) {
                if (s.quantity() == TEMPERATURE) {
                    budget.take(s, nearCredible);
                }
            }
            for (Rule.Drift drift : drifts) {
                if (drift.quantity() == s.quantity()) {
                    compare(drift, this, s);
                }
            }
            beforeCredible = s;
        }

        private Sample near(Sample earlier, Sample s) {
            return earlier != null && s.timeMillis() - earlier.timeMillis() <= gapMillis ? earlier : null;
        }

        void kinetic(List<Assessment.Kinetic> all) {
            kinetic.forEach(k -> k.told().ifPresent(all::add));
        }
    }

    /** One stretch outside, with hysteresis. */
    private final class LimitWatch implements Watch {
        private final Rule.Limit rule;
        private final Stretch stretch;
        private final long counts;
        private double furthest;
        private boolean high;

        LimitWatch(Rule.Limit rule, Sample first) {
            this.rule = rule;
            stretch = stretch(rule, first.device(), first.sensor(), null, rule.minutes() * MINUTE);
            counts = first.timeMillis() + rule.ignoreMinutes() * MINUTE;
        }

        @Override
        public void take(Sample s, Sample before) {
            if (s.timeMillis() < counts) {
                return;
            }
            stretch.bridge(s.timeMillis());
            double outside = outside(s.value(), rule.lowMilli(), rule.highMilli());
            if (outside > 0) {
                if (!stretch.lasts() || outside > outside(furthest, rule.lowMilli(), rule.highMilli())) {
                    furthest = s.value();
                }
                high = rule.highMilli() != null && s.value() > rule.highMilli() / 1000.0;
                stretch.broken(s.timeMillis(), s.index(), furthest);
            } else if (stretch.lasts() && notYetBack(rule, high, s.value())) {
                stretch.broken(s.timeMillis(), s.index(), furthest);
            } else {
                stretch.whole(s.timeMillis(), s.index());
            }
        }
    }

    private static boolean notYetBack(Rule.Limit rule, boolean high, double value) {
        return high
                ? value > (rule.highMilli() - rule.hysteresisMilli()) / 1000.0
                : value < (rule.lowMilli() + rule.hysteresisMilli()) / 1000.0;
    }

    /** All stretches outside together, in one span of the calendar or in all. */
    private final class SumWatch implements Watch {
        private final Rule.Limit rule;
        private final Stretch stretch;
        private final long counts;
        private final long per;
        private boolean outside;
        private boolean high;
        private long span = Long.MIN_VALUE;
        private long sum;
        private long from;
        private long firstIndex;

        SumWatch(Rule.Limit rule, Sample first) {
            this.rule = rule;
            // How long is counted here, so the stretch needs none; and a gap does not end what is a sum.
            stretch = new Stretch(rule, first.device(), first.sensor(), null, 0, Long.MAX_VALUE, episodes::keep);
            counts = first.timeMillis() + rule.ignoreMinutes() * MINUTE;
            per = rule.perMinutes() * MINUTE;
        }

        @Override
        public void take(Sample s, Sample before) {
            if (s.timeMillis() < counts) {
                return;
            }
            if (before != null && outside) {
                long at = before.timeMillis();
                while (at < s.timeMillis()) {
                    span(at);
                    long to = per == 0 ? s.timeMillis() : Math.min(s.timeMillis(), (span + 1) * per);
                    count(at, to, s.index());
                    at = to;
                }
            } else if (before == null) {
                outside = false;
            }
            span(s.timeMillis());
            double by = outside(s.value(), rule.lowMilli(), rule.highMilli());
            if (by > 0) {
                outside = true;
                high = rule.highMilli() != null && s.value() > rule.highMilli() / 1000.0;
                if (sum == 0 && rule.minutes() == 0) {
                    count(s.timeMillis(), s.timeMillis(), s.index());
                }
            } else {
                outside = outside && notYetBack(rule, high, s.value());
            }
        }

        private void span(long at) {
            long now = per == 0 ? 0 : Math.floorDiv(at, per);
            if (now != span) {
                if (span != Long.MIN_VALUE) {
                    stretch.end((span + 1) * per, End.over);
                }
                span = now;
                sum = 0;
                firstIndex = -1;
            }
        }

        private void count(long at, long to, long index) {
            if (firstIndex < 0) {
                from = at;
                firstIndex = index;
            }
            sum += to - at;
            if (sum >= rule.minutes() * MINUTE) {
                stretch.broken(from, to, index, (double) sum / MINUTE);
            }
        }
    }

    /** The mean kinetic temperature of a window that moves on by a 120th of itself. */
    private final class KineticWatch implements Watch {
        private static final int STEPS = 120;
        private final Rule.Kinetic rule;
        private final String device;
        private final int sensor;
        private final Stretch stretch;
        private final double kelvin;
        private final long width;
        private final long[] step = new long[STEPS];
        private final double[] aged = new double[STEPS];
        private final long[] millis = new long[STEPS];
        private double wholeAged;
        private long wholeMillis;
        private double celsius = Double.NaN;
        private long measured;

        KineticWatch(Rule.Kinetic rule, Sample first) {
            this.rule = rule;
            device = first.device();
            sensor = first.sensor();
            stretch = stretch(rule, device, sensor, null, 0);
            kelvin = MeanKineticTemperature.kelvin(rule.joulePerMole());
            width = rule.windowMinutes() * MINUTE / STEPS;
            Arrays.fill(step, -1);
        }

        @Override
        public void take(Sample s, Sample before) {
            if (s.value() <= -MeanKineticTemperature.ZERO_CELSIUS) {
                return;
            }
            if (before != null && before.value() > -MeanKineticTemperature.ZERO_CELSIUS) {
                double slow = MeanKineticTemperature.rate(kelvin, before.value());
                double fast = MeanKineticTemperature.rate(kelvin, s.value());
                double span = s.timeMillis() - before.timeMillis();
                long at = before.timeMillis();
                while (at < s.timeMillis()) {
                    long to = Math.min(s.timeMillis(), (at / width + 1) * width);
                    double middle = ((at - before.timeMillis()) + (to - before.timeMillis())) / 2.0 / span;
                    add(at / width, (slow + (fast - slow) * middle) * (to - at), to - at);
                    at = to;
                }
            }
            long newest = s.timeMillis() / width;
            double sum = 0;
            measured = 0;
            for (int i = 0; i < STEPS; i++) {
                if (step[i] > newest - STEPS && step[i] <= newest) {
                    sum += aged[i];
                    measured += millis[i];
                }
            }
            celsius = measured == 0 ? Double.NaN : MeanKineticTemperature.celsius(kelvin, sum / measured);
            if (measured >= rule.measuredMinutes() * MINUTE && celsius > rule.highMilli() / 1000.0) {
                stretch.bridge(s.timeMillis());
                stretch.broken(
                        s.timeMillis(), s.index(), stretch.lasts() ? Math.max(stretch.measure(), celsius) : celsius);
            } else {
                stretch.whole(s.timeMillis(), s.index());
            }
        }

        private void add(long at, double rates, long span) {
            int i = (int) (at % STEPS);
            if (step[i] != at) {
                step[i] = at;
                aged[i] = 0;
                millis[i] = 0;
            }
            aged[i] += rates;
            millis[i] += span;
            wholeAged += rates;
            wholeMillis += span;
        }

        java.util.Optional<Assessment.Kinetic> told() {
            return wholeMillis == 0 || Double.isNaN(celsius)
                    ? java.util.Optional.empty()
                    : java.util.Optional.of(new Assessment.Kinetic(
                            rule.id(),
                            device,
                            sensor,
                            celsius,
                            measured,
                            MeanKineticTemperature.celsius(kelvin, wholeAged / wholeMillis),
                            wholeMillis));
        }
    }

    /**
     * Hours as they usually are against the newest ones. Medians of medians: a door left open for an hour, or a tenth of the past, moves
     * neither.
     */
    private final class DepartureWatch implements Watch {
        private static final double SIGMA = 1.4826;
        private static final int LEAST_PAST = 72;
        private static final int AWAY_AT_MOST = 7 * 24;
        private static final long CALM = 24 * HOUR;
        /** A sensor that never moves has no scatter: then this many units count as one sigma. */
        private static final double LEAST_SIGMA = 0.1;

        private final Rule.Departure rule;
        private final Stretch stretch;
        private final Deque<Double> past = new ArrayDeque<>();
        private final Deque<Double> recent = new ArrayDeque<>();
        private final List<Double> ofHour = new ArrayList<>();
        private long hour = -1;
        private boolean away;
        private int awayHours;
        private long calmSince = -1;
        private double furthest;

        DepartureWatch(Rule.Departure rule, Sample first) {
            this.rule = rule;
            stretch = new Stretch(rule, first.device(), first.sensor(), null, 0, Long.MAX_VALUE, episodes::keep);
        }

        @Override
        public void take(Sample s, Sample before) {
            long now = s.timeMillis() / HOUR;
            if (hour >= 0 && now != hour) {
                hourEnds(s);
                if (before == null) {
                    recent.clear();
                    if (stretch.lasts()) {
                        stretch.end((hour + 1) * HOUR, End.gap);
                    }
                    away = false;
                    calmSince = -1;
                }
            }
            hour = now;
            if (ofHour.size() < 3600) {
                ofHour.add(s.value());
            }
        }

        private void hourEnds(Sample s) {
            double value = median(doubles(ofHour));
            ofHour.clear();
            recent.add(value);
            if (recent.size() > rule.recentHours()) {
                recent.removeFirst();
            }
            if (past.size() >= LEAST_PAST && recent.size() == rule.recentHours()) {
                double usual = median(doubles(past));
                double scatter = median(
                        past.stream().mapToDouble(v -> Math.abs(v - usual)).toArray());
                double sigmas = (median(doubles(recent)) - usual) / Math.max(LEAST_SIGMA, SIGMA * scatter) * 1000;
                boolean was = away;
                away = Math.abs(sigmas) > (away ? rule.milliSigmas() / 2.0 : rule.milliSigmas());
                awayHours = away ? awayHours + 1 : 0;
                if (away) {
                    if (!stretch.lasts() || Math.abs(sigmas / 1000) > Math.abs(furthest)) {
                        furthest = sigmas / 1000;
                    }
                    calmSince = -1;
                    stretch.broken(s.timeMillis(), s.index(), furthest);
                } else if (was) {
                    calmSince = s.timeMillis();
                }
            }
            if (!away && stretch.lasts() && s.timeMillis() - calmSince >= CALM) {
                stretch.end(calmSince, End.over);
            }
            if (!away || awayHours > AWAY_AT_MOST) {
                past.add(value);
                if (past.size() > rule.pastHours()) {
                    past.removeFirst();
                }
            }
        }

        private static double[] doubles(java.util.Collection<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }

    private Watch stuck(Rule.Stuck rule, Sample first) {
        Stretch stretch = stretch(rule, first.device(), first.sensor(), null, 0);
        return new Watch() {
            private long since;
            private long index;
            private int same;

            @Override
            public void take(Sample s, Sample before) {
                if (before == null || before.value() != s.value()) {
                    since = s.timeMillis();
                    index = s.index();
                    same = 1;
                    stretch.whole(s.timeMillis(), s.index());
                    return;
                }
                same++;
                if (same >= 3 && s.timeMillis() - since >= rule.minutes() * MINUTE) {
                    stretch.broken(since, s.timeMillis(), s.index(), (double) (s.timeMillis() - since) / MINUTE);
                } else {
                    stretch.unknown(s.timeMillis());
                }
            }
        };
    }

    private Watch dead(Rule.Dead rule, Sample first) {
        Stretch stretch = stretch(rule, first.device(), first.sensor(), null, 0);
        return new Watch() {
            private long since;
            private int same;

            @Override
            public void take(Sample s, Sample before) {
                boolean dead = rule.valuesMilli().stream().anyMatch(v -> v / 1000.0 == s.value());
                if (!dead) {
                    same = 0;
                    stretch.whole(s.timeMillis(), s.index());
                    return;
                }
                if (same == 0 || before == null) {
                    since = s.timeMillis();
                    same = 0;
                }
                same++;
                if (same >= rule.readings()) {
                    stretch.broken(since, s.timeMillis(), s.index(), s.value());
                } else {
                    stretch.unknown(s.timeMillis());
                }
            }
        };
    }

    private Watch jump(Rule.Jump rule, Sample first) {
        Stretch stretch = stretch(rule, first.device(), first.sensor(), null, 0);
        return (s, before) -> {
            double minutes = before == null ? 1 : Math.max(1, (double) (s.timeMillis() - before.timeMillis()) / MINUTE);
            double rate = before == null ? 0 : (s.value() - before.value()) / minutes;
            if (Math.abs(rate) > rule.milliPerMinute() / 1000.0) {
                stretch.broken(before.timeMillis(), s.timeMillis(), s.index(), rate);
            } else {
                stretch.whole(s.timeMillis(), s.index());
            }
        };
    }

    /** Two sensors and the newest differences between them, the first by name minus the other. */
    private final class Pair {
        private final Stretch stretch;
        private final Deque<Double> differences = new ArrayDeque<>();
        private double furthest;

        Pair(Rule.Drift rule, Sample s, String other) {
            stretch = new Stretch(rule, s.device(), s.sensor(), other, 0, Long.MAX_VALUE, episodes::keep);
        }

        void add(Rule.Drift rule, double difference, Sample s) {
            differences.add(difference);
            if (differences.size() > rule.pairs()) {
                differences.removeFirst();
            }
            if (differences.size() < rule.pairs()) {
                return;
            }
            double median =
                    median(differences.stream().mapToDouble(Double::doubleValue).toArray());
            if (Math.abs(median) > rule.milli() / 1000.0) {
                if (!stretch.lasts() || Math.abs(median) > Math.abs(furthest)) {
                    furthest = median;
                }
                stretch.broken(s.timeMillis(), s.index(), furthest);
            } else {
                stretch.whole(s.timeMillis(), s.index());
            }
        }
    }

    private void compare(Rule.Drift rule, Sensor mine, Sample s) {
        for (Sensor other : sensors.values()) {
            Sample theirs = other.beforeCredible;
            if (other == mine
                    || theirs == null
                    || theirs.quantity() != s.quantity()
                    || theirs.device().equals(s.device()) != (about == Rule.About.device)
                    || s.timeMillis() - theirs.timeMillis() > rule.withinMinutes() * MINUTE) {
                continue;
            }
            boolean first = mine.name.compareTo(other.name) < 0;
            Sample a = first ? s : theirs;
            Sample b = first ? theirs : s;
            String names = rule.id() + ' ' + (first ? mine.name + ' ' + other.name : other.name + ' ' + mine.name);
            pairs.computeIfAbsent(names, n -> new Pair(rule, a, b.device() + '/' + b.sensor()))
                    .add(rule, a.value() - b.value(), s);
        }
    }

    /** Times that do not overlap, added in the order of their ends. */
    private static final class Times {
        private final ArrayList<long[]> spans = new ArrayList<>();

        /** How much of {@code within} is new by it. */
        long add(long from, long to, Times within) {
            long before = 0;
            while (!spans.isEmpty() && spans.get(spans.size() - 1)[1] >= from) {
                long[] top = spans.remove(spans.size() - 1);
                before += within == null ? 0 : within.overlap(top[0], top[1]);
                from = Math.min(from, top[0]);
                to = Math.max(to, top[1]);
            }
            spans.add(new long[] {from, to});
            return within == null ? 0 : within.overlap(from, to) - before;
        }

        long overlap(long from, long to) {
            long sum = 0;
            for (long[] span : spans) {
                sum += Math.max(0, Math.min(to, span[1]) - Math.max(from, span[0]));
            }
            return sum;
        }

        long sum() {
            return spans.stream().mapToLong(s -> s[1] - s[0]).sum();
        }
    }

    /** Time out of the limits of a lot, over its legs. */
    private final class BudgetWatch {
        private final Rule.Budget rule;
        private final Stretch stretch;
        private final Times outside = new Times();
        private final Times measured = new Times();
        private final Times custody = new Times();
        private long spent;
        private long from = -1;

        BudgetWatch(Rule.Budget rule) {
            this.rule = rule;
            stretch = new Stretch(rule, null, -1, null, 0, Long.MAX_VALUE, episodes::keep);
            if (legs.isEmpty()) {
                custody.add(0, Leg.OPEN, null);
            }
            legs.stream()
                    .sorted(Comparator.comparingLong(Leg::toMillis))
                    .forEach(l -> custody.add(l.fromMillis(), l.toMillis(), null));
        }

        void take(Sample s, Sample before) {
            if (before == null || before.timeMillis() == s.timeMillis()) {
                return;
            }
            measured.add(before.timeMillis(), s.timeMillis(), null);
            if (Evaluation.outside(before.value(), rule.lowMilli(), rule.highMilli()) == 0) {
                return;
            }
            long more = outside.add(before.timeMillis(), s.timeMillis(), custody);
            if (more > 0 && from < 0) {
                from = before.timeMillis();
            }
            spent += more;
            if (spent > rule.minutes() * MINUTE) {
                stretch.broken(from, s.timeMillis(), s.index(), (double) spent / MINUTE);
            }
        }

        Assessment.Spent spent() {
            List<Assessment.OfLeg> each = new ArrayList<>();
            for (Leg leg : legs) {
                each.add(new Assessment.OfLeg(
                        leg.holder(),
                        leg.place(),
                        leg.fromMillis(),
                        leg.toMillis(),
                        outside.overlap(leg.fromMillis(), leg.toMillis()),
                        measured.overlap(leg.fromMillis(), leg.toMillis())));
            }
            return new Assessment.Spent(
                    rule.id(),
                    rule.minutes() * MINUTE,
                    spent,
                    rule.minutes() * MINUTE - spent,
                    each,
                    outside.sum() - spent);
        }
    }
}
