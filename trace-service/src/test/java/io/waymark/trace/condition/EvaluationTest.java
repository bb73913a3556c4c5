package io.waymark.trace.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.trace.condition.Episode.End;
import io.waymark.trace.condition.Observation.Fix;
import io.waymark.trace.condition.Observation.Sample;
import io.waymark.trace.condition.Rule.About;
import io.waymark.trace.custody.Leg;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final long T = 1_780_000_000_000L / 3_600_000 * 3_600_000;
    private static final long MINUTE = 60_000;

    private static Sample at(long minute, double celsius) {
        return of("d", 0, minute, celsius);
    }

    private static Sample of(String device, int sensor, long minute, double value) {
        return new Sample(T + minute * MINUTE, minute, sensor, device, sensor, 1, value, null);
    }

    private static List<Sample> every(int step, double... values) {
        List<Sample> all = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            all.add(at((long) i * step, values[i]));
        }
        return all;
    }

    private static RuleSet set(Rule... rules) {
        return new RuleSet("cold", 1, 0, 120, null, null, List.of(rules));
    }

    private static Rule.Limit warm(long minutes, long hysteresis) {
        return new Rule.Limit("warm", About.device, 1, 2000L, 8000L, minutes, hysteresis, false, 0, 0);
    }

    private static Assessment device(RuleSet rules, List<? extends Observation> all) {
        return Evaluation.of(rules, About.device, List.of(), List.of(), all).at(0);
    }

    private static List<Episode> episodes(Rule rule, List<? extends Observation> all) {
        return device(set(rule), all).episodes();
    }

    private static long minute(Long millis) {
        return (millis - T) / MINUTE;
    }

    // ---- limits ----

    @Test
    void aShortTimeOutsideIsNoExcursion() {
        assertEquals(List.of(), episodes(warm(30, 0), every(10, 4, 9, 9, 4, 4)));
    }

    @Test
    void aLongOneIsRaisedWithTheReadingThatMakesItLong() {
        Episode e = episodes(warm(30, 0), every(10, 4, 9, 11, 9, 9, 9, 8, 4)).get(0);
        assertEquals(10, minute(e.fromMillis()));
        assertEquals(40, minute(e.raisedMillis()));
        assertEquals(60, minute(e.toMillis()), "the limit itself is inside");
        assertEquals(11, e.measure());
        assertEquals(End.over, e.end());
    }

    @Test
    void hysteresisKeepsOneExcursionOne() {
        List<Sample> flapping = every(10, 9, 7.9, 9, 7.9, 9, 7.4, 7);
        assertEquals(3, episodes(warm(0, 0), flapping).size());
        List<Episode> one = episodes(warm(0, 500), flapping);
        assertEquals(1, one.size());
        assertEquals(50, minute(one.get(0).toMillis()));
    }

    @Test
    void coldCountsAsWell() {
        assertEquals(-3.0, episodes(warm(0, 0), every(10, 4, 1, -3, 4)).get(0).measure());
    }

    @Test
    void tamperLightAndShockAreRaisedAtOnce() {
        Rule light = new Rule.Limit("light", About.device, 4, null, 50_000L, 0, 0, false, 0, 0);
        Sample flash = new Sample(T, 1, 0, "d", 0, 4, 800, null);
        Episode e = episodes(light, List.of(flash)).get(0);
        assertEquals(T, e.raisedMillis());
        assertNull(e.toMillis());
    }

    @Test
    void whileALoggerStartsNothingCounts() {
        Rule patient = new Rule.Limit("warm", About.device, 1, null, 8000L, 0, 0, false, 0, 30);
        assertEquals(List.of(), episodes(patient, every(10, 22, 15, 9, 5, 5)));
        assertEquals(
                30, minute(episodes(patient, every(10, 22, 15, 12, 9, 5)).get(0).fromMillis()));
    }

    @Test
    void shortTimesOutsideAddUp() {
        Rule sum = new Rule.Limit("sum", About.device, 1, null, 8000L, 30, 0, true, 0, 0);
        Episode e = episodes(sum, every(10, 9, 4, 9, 4, 9, 4, 9, 4)).get(0);
        assertEquals(0, minute(e.fromMillis()));
        assertEquals(50, minute(e.raisedMillis()));
        assertEquals(40, e.measure());
    }

    @Test
    void aDailySumBeginsAnewAtMidnight() {
        Rule daily = new Rule.Limit("day", About.device, 1, null, 8000L, 60, 0, true, 1440, 0);
        long midnight = (T / 86_400_000 + 1) * 86_400_000;
        List<Sample> all = new ArrayList<>();
        for (int i = -5; i <= 4; i++) {
            all.add(new Sample(midnight + i * 10 * MINUTE, 100 + i, 0, "d", 0, 1, 9, null));
        }
        assertEquals(List.of(), episodes(daily, all), "50 minutes before midnight, 40 after");
        all.add(new Sample(midnight + 60 * MINUTE, 200, 0, "d", 0, 1, 9, null));
        assertEquals(midnight, episodes(daily, all).get(0).fromMillis());
    }

    @Test
    void nothingIsSaidOfTheTimeNobodyMeasured() {
        Assessment a = device(set(warm(60, 0)), List.of(at(0, 9), at(30, 9), at(300, 9), at(330, 9)));
        assertEquals(List.of(), a.episodes());
        assertEquals(1, a.gaps().size());
        assertEquals(30, minute(a.gaps().get(0).fromMillis()));
        assertEquals(300, minute(a.gaps().get(0).toMillis()));
        Episode e =
                episodes(warm(30, 0), List.of(at(0, 9), at(30, 9), at(300, 4))).get(0);
        assertEquals(End.gap, e.end());
        assertEquals(30, minute(e.toMillis()));
    }

    // ---- mean kinetic temperature, budget ----

    @Test
    void theMeanKineticTemperatureOfAWindowForgetsWhatIsBefore() {
        Rule day = new Rule.Kinetic("mkt", About.device, 8000, 1440, 60, 83_144);
        List<Sample> all = new ArrayList<>();
        for (int i = 0; i < 96; i++) {
            all.add(at(30L * i, i < 16 ? 25 : 5));
        }
        Assessment a = device(set(day), all);
        assertEquals(5, a.kinetic().get(0).celsius(), 1e-9, "the newest day was cold throughout");
        assertEquals(1, a.episodes().size(), "the first one was not");
        assertTrue(a.kinetic().get(0).wholeCelsius() > 10, () -> a.kinetic().toString());
        // By hand: 23.75 h at the rate of 5 °C, 7.75 h at 25 °C and half an hour between.
        double k = 83_144 / 8.3144;
        double cold = Math.exp(-k / 278.15);
        double hot = Math.exp(-k / 298.15);
        double whole = (7.5 * hot + 39.5 * cold + 0.5 * (hot + cold) / 2) / 47.5;
        assertEquals(-k / Math.log(whole) - 273.15, a.kinetic().get(0).wholeCelsius(), 1e-9);
    }

    @Test
    void theBudgetIsSummedOverTheLegsAndWhatRemainsIsTold() {
        RuleSet rules = set(new Rule.Budget("tor", 2000L, 8000L, 60));
        List<Leg> legs = List.of(leg("maker", 0, 60), leg("carrier", 60, 200), leg("shop", 200, 300));
        List<Sample> all = List.of(
                at(0, 4), at(30, 9), at(50, 4), at(70, 10), at(90, 4), at(195, 4), at(290, 9), at(295, 9), at(310, 4));
        Assessment a = Evaluation.of(rules, About.lot, legs, List.of(), all).at(0);
        Assessment.Spent spent = a.budgets().get(0);
        assertEquals(50 * MINUTE, spent.spentMillis());
        assertEquals(10 * MINUTE, spent.remainingMillis());
        assertEquals(10 * MINUTE, spent.outsideLegs(), "after the shop sold it");
        assertEquals(
                List.of(20L, 20L, 10L),
                spent.legs().stream().map(l -> l.spentMillis() / MINUTE).toList());
        assertEquals(60, spent.legs().get(0).measuredMillis() / MINUTE);
        assertEquals(List.of(), a.episodes());
    }

    @Test
    void twoLoggersOnOneLotDoNotCountAMomentTwice() {
        RuleSet rules = set(new Rule.Budget("tor", null, 8000L, 25));
        List<Sample> all =
                List.of(of("a", 0, 0, 9), of("b", 0, 5, 9), of("a", 0, 20, 4), of("b", 0, 30, 4), of("a", 0, 40, 4));
        Assessment a =
                Evaluation.of(rules, About.lot, List.of(), List.of(), all).at(0);
        assertEquals(30 * MINUTE, a.budgets().get(0).spentMillis());
        assertEquals(30, a.episodes().get(0).measure());
        assertNull(a.episodes().get(0).device());
        assertEquals(30, minute(a.episodes().get(0).raisedMillis()));
    }

    private static Leg leg(String holder, long from, long to) {
        return new Leg(holder, "", null, null, true, null, T + from * MINUTE, T + to * MINUTE);
    }

    // ---- where ----

    private static Fix fix(long minute, double lat, double lon, double accuracy) {
        return new Fix(T + minute * MINUTE, minute, 0, "d", Math.round(lat * 1e7), Math.round(lon * 1e7), accuracy);
    }

    @Test
    void aCircleOverTheBorderIsNeitherInsideNorOutside() {
        // About 1.1 km by 0.6 km.
        List<Long> corners = List.of(
                600_000_000L,
                100_000_000L,
                600_000_000L,
                100_100_000L,
                600_100_000L,
                100_100_000L,
                600_100_000L,
                100_000_000L);
        Area area = new Area(corners);
        assertEquals(Area.Side.inside, area.side(fix(0, 60.005, 10.005, 100)));
        assertEquals(Area.Side.unknown, area.side(fix(0, 60.005, 10.005, 400)));
        assertEquals(Area.Side.outside, area.side(fix(0, 60.005, 10.02, 100)));
        assertEquals(-278, area.outside(600_050_000L, 100_050_000L), 2);

        Rule fence = new Rule.Fence("yard", true, 20, corners);
        List<Fix> trip = List.of(
                fix(0, 60.005, 10.005, 10),
                fix(10, 60.005, 10.0101, 50),
                fix(20, 60.005, 10.02, 10),
                fix(30, 60.005, 10.0101, 50),
                fix(40, 60.005, 10.03, 10),
                fix(50, 60.005, 10.005, 10));
        Episode e = episodes(fence, trip).get(0);
        assertEquals(20, minute(e.fromMillis()), "not when it was unknown");
        assertEquals(40, minute(e.raisedMillis()));
        assertEquals(50, minute(e.toMillis()));
        assertEquals(List.of(), episodes(new Rule.Fence("far", false, 0, corners), trip.subList(2, 5)));
        assertEquals(
                1,
                episodes(new Rule.Fence("far", false, 0, corners), trip.subList(0, 2))
                        .size());
    }

    @Test
    void aDeviceElsewhereThanItsLotIsTold() {
        Leg hall = new Leg("maker", "hall", 600_000_000L, 100_000_000L, true, null, T, T + 100 * MINUTE);
        Leg road = new Leg("maker", "", 600_000_000L, 100_000_000L, false, null, T + 100 * MINUTE, Leg.OPEN);
        List<Fix> all = List.of(fix(0, 60, 10, 50), fix(50, 60.1, 10, 50), fix(60, 60, 10, 50), fix(150, 61, 10, 50));
        List<Episode> found = Evaluation.of(
                        set(new Rule.Place("there", 1000)), About.lot, List.of(hall, road), List.of(), all)
                .at(0)
                .episodes();
        assertEquals(1, found.size());
        assertEquals(50, minute(found.get(0).fromMillis()));
        assertEquals(11_120, found.get(0).measure(), 20);
    }

    // ---- plausibility ----

    @Test
    void whatNoSensorCanMeanIsToldAndNothingElseIsMadeOfIt() {
        Assessment a = device(
                set(new Rule.Range("range", 1, -60_000L, 100_000L), warm(0, 0)), every(50, 4, 327.67, 327.67, 4, 4));
        assertEquals(List.of("range"), a.episodes().stream().map(Episode::rule).toList());
        assertEquals(2, a.gaps().get(0).implausible());
        assertEquals(150, minute(a.gaps().get(0).toMillis()));
    }

    @Test
    void aStuckSensorIsTold() {
        Rule stuck = new Rule.Stuck("stuck", 1, 60);
        Episode e = episodes(stuck, every(30, 4, 5, 5, 5, 5, 6)).get(0);
        assertEquals(30, minute(e.fromMillis()));
        assertEquals(90, minute(e.raisedMillis()));
        assertEquals(150, minute(e.toMillis()));
        assertEquals(List.of(), episodes(stuck, every(30, 4, 5, 5, 6, 5, 5)));
        assertEquals(List.of(), episodes(stuck, List.of(at(0, 5), at(110, 5))), "two values say nothing");
    }

    @Test
    void aJumpIsTold() {
        Episode e = episodes(new Rule.Jump("jump", 1, 2000), every(1, 4, 5, 15, 15, 16))
                .get(0);
        assertEquals(10, e.measure());
        assertEquals(2, minute(e.raisedMillis()));
        assertEquals(List.of(), episodes(new Rule.Jump("jump", 1, 2000), every(10, 4, 15, 4)));
    }

    @Test
    void aDeadSensorIsTold() {
        Rule dead = new Rule.Dead("dead", 1, 3, List.of(0L, 327_670L));
        assertEquals(List.of(), episodes(dead, every(10, 4, 0, 0, 4)), "freezing for a while is not dead");
        Episode e = episodes(dead, every(10, 4, 0, 0, 0, 0, 4)).get(0);
        assertEquals(10, minute(e.fromMillis()));
        assertEquals(30, minute(e.raisedMillis()));
        assertEquals(
                327.67, episodes(dead, every(10, 327.67, 327.67, 327.67)).get(0).measure());
    }

    @Test
    void aSensorThatDriftsAwayFromItsNeighbourIsTold() {
        List<Sample> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(of("d", 0, 10L * i, 5 + i % 3));
            all.add(of("d", 1, 10L * i + 1, 5 + i % 3 + (i < 20 ? 0 : 1.5)));
        }
        Episode e = episodes(new Rule.Drift("drift", About.device, 1, 1000, 9, 5), all)
                .get(0);
        assertEquals("d", e.device());
        assertEquals(0, e.sensor());
        assertEquals("d/1", e.other());
        assertEquals(-1.5, e.measure(), 1e-9);
        assertTrue(minute(e.raisedMillis()) > 200 && minute(e.raisedMillis()) < 300);
        List<Sample> two = all.stream()
                .map(s -> of("d" + s.sensor(), s.sensor(), (s.timeMillis() - T) / MINUTE, s.value()))
                .toList();
        assertEquals(
                1,
                Evaluation.of(
                                set(new Rule.Drift("drift", About.lot, 1, 1000, 9, 5)),
                                About.lot,
                                List.of(),
                                List.of(),
                                two)
                        .at(0)
                        .episodes()
                        .size());
    }

    @Test
    void aCertificateThatRanOutPutsTheReadingsOutOfCalibration() {
        Calibration c = new Calibration("d", "aa", T, T + 60 * MINUTE);
        assertEquals(Calibration.Status.valid, Calibration.of(List.of(c), "d", T, null));
        assertEquals(Calibration.Status.valid, Calibration.of(List.of(c), "d", T, "aa"));
        assertEquals(Calibration.Status.out_of_calibration, Calibration.of(List.of(c), "d", T, "bb"));
        assertEquals(Calibration.Status.out_of_calibration, Calibration.of(List.of(c), "d", T + 60 * MINUTE, null));
        assertEquals(Calibration.Status.unknown, Calibration.of(List.of(c), "e", T, null));
        Episode e = Evaluation.of(
                        set(new Rule.Calibrated("cal")), About.device, List.of(), List.of(c), every(20, 4, 4, 4, 4, 4))
                .at(0)
                .episodes()
                .get(0);
        assertEquals(60, minute(e.fromMillis()));
    }

    @Test
    void aSilentDeviceIsToldWhileItIsSilentAndAfter() {
        RuleSet rules = set(new Rule.Silent("silent", 60));
        Evaluation e = Evaluation.of(rules, About.device, List.of(), List.of(), every(30, 4, 4));
        assertEquals(List.of(), e.at(T + 90 * MINUTE).episodes());
        Episode silent = e.at(T + 91 * MINUTE).episodes().get(0);
        assertEquals(30, minute(silent.fromMillis()));
        assertEquals(90, minute(silent.raisedMillis()));
        assertNull(silent.toMillis());
        e.add(at(200, 4));
        Episode over = e.at(T + 201 * MINUTE).episodes().get(0);
        assertEquals(silent.fromMillis(), over.fromMillis());
        assertEquals(200, minute(over.toMillis()));
        assertEquals(List.of(over), e.grown());
    }

    @Test
    void whatWasBeforeTheRulesIsNotLookedAt() {
        RuleSet later = new RuleSet("cold", 1, T + 30 * MINUTE, 120, null, null, List.of(warm(0, 0)));
        assertEquals(
                30,
                minute(device(later, every(10, 9, 9, 9, 9)).episodes().get(0).fromMillis()));
    }

    // ---- in whatever portions ----

    private static final RuleSet EVERYTHING = set(
            warm(20, 300),
            new Rule.Limit("sum", About.device, 1, null, 8000L, 45, 0, true, 1440, 30),
            new Rule.Kinetic("mkt", About.device, 6500, 1440, 60, 83_144),
            new Rule.Range("range", 1, -60_000L, 100_000L),
            new Rule.Stuck("stuck", 1, 30),
            new Rule.Jump("jump", 1, 500),
            new Rule.Dead("dead", 1, 2, List.of(0L, 327_670L)),
            new Rule.Drift("drift", About.device, 1, 1500, 5, 15),
            new Rule.Departure("usual", 1, 100, 3, 2500),
            new Rule.Calibrated("cal"),
            new Rule.Silent("silent", 90),
            new Rule.Fence(
                    "yard",
                    true,
                    10,
                    List.of(600_000_000L, 100_000_000L, 600_100_000L, 100_000_000L, 600_050_000L, 100_100_000L)),
            new Rule.Budget("tor", 2000L, 8000L, 100),
            new Rule.Place("there", 500),
            new Rule.Drift("apart", About.lot, 1, 1500, 5, 15));

    @Test
    void asTheyArriveAndAllAtOnceComeToTheSame() {
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        System.out.println("seed " + seed + " (repeat with -Dwaymark.seed=" + seed + ")");
        long late = 0;
        long found = 0;
        for (int round = 0; round < 25; round++) {
            Random random = new Random(seed + round);
            About about = random.nextBoolean() ? About.device : About.lot;
            List<Leg> legs = about == About.device
                    ? List.of()
                    : List.of(
                            new Leg("a", "", 600_050_000L, 100_050_000L, true, null, T, T + 4000 * MINUTE),
                            new Leg("b", "", null, null, false, null, T + 4000 * MINUTE, Leg.OPEN));
            List<Calibration> certificates = List.of(new Calibration("d0", "aa", T, T + 3000 * MINUTE));
            List<Observation> arriving = series(random, about);
            for (int i = 0; i + 40 < arriving.size(); i += 20 + random.nextInt(200)) {
                Collections.shuffle(arriving.subList(i, i + random.nextInt(40)), random);
            }
            Following following = new Following();
            List<Observation> stored = new ArrayList<>();
            List<Episode> told = new ArrayList<>();
            for (int from = 0; from < arriving.size(); ) {
                int to = Math.min(arriving.size(), from + 1 + random.nextInt(30));
                List<Observation> fresh = arriving.subList(from, to);
                stored.addAll(fresh);
                Following.Change change = following.take(
                        fresh, () -> Evaluation.of(EVERYTHING, about, legs, certificates, stored), Long.MIN_VALUE);
                if (change.anew()) {
                    told.clear();
                    late++;
                }
                for (Episode e : change.episodes()) {
                    told.removeIf(o -> o.sameSubject(e) && o.fromMillis() == e.fromMillis());
                    told.add(e);
                }
                from = to;
            }
            long asOf = T + 100_000 * MINUTE;
            Assessment anew =
                    Evaluation.of(EVERYTHING, about, legs, certificates, stored).at(asOf);
            assertTrue(anew.equals(following.at(asOf)), "seed " + seed + " round " + round);
            List<Episode> seen = Evaluation.of(EVERYTHING, about, legs, certificates, stored)
                    .at(Long.MIN_VALUE)
                    .episodes();
            assertTrue(
                    told.size() == seen.size() && told.containsAll(seen),
                    seen.size() + " episodes, told " + told.size() + ", seed " + seed + " round " + round);
            found += seen.size();
        }
        assertTrue(late > 25 && found > 100, late + " late, " + found + " found, seed " + seed);
    }

    private static List<Observation> series(Random random, About about) {
        List<Observation> all = new ArrayList<>();
        double value = 5;
        long time = T;
        for (int i = 0; i < 800; i++) {
            time += random.nextInt(100) == 0 ? 3 * 3_600_000L : random.nextInt(20) * MINUTE;
            value = random.nextInt(40) == 0 ? 9 : random.nextInt(6) == 0 ? value : value + random.nextGaussian() * 0.7;
            double told =
                    random.nextInt(150) == 0 ? 327.67 : random.nextInt(60) == 0 ? 0 : Math.round(value * 10) / 10.0;
            String device = about == About.device ? "d0" : "d" + random.nextInt(2);
            all.add(
                    random.nextInt(8) == 0
                            ? new Fix(
                                    time,
                                    i,
                                    0,
                                    device,
                                    600_050_000L + random.nextInt(120_000) - 60_000,
                                    100_050_000L + random.nextInt(160_000) - 80_000,
                                    random.nextInt(300))
                            : new Sample(
                                    time,
                                    i,
                                    0,
                                    device,
                                    random.nextInt(2),
                                    1,
                                    told,
                                    random.nextInt(9) == 0 ? "bb" : null));
        }
        return all;
    }

    @Test
    void valuesOfOneMomentThatContradictEachOtherAreOneEpisode() {
        List<Sample> all = List.of(at(0, 9), of("d", 0, 0, 4), of("d", 0, 0, 9), at(10, 4));
        List<Sample> told = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            told.add(new Sample(
                    all.get(i).timeMillis(), i, 0, "d", 0, 1, all.get(i).value(), null));
        }
        assertEquals(1, episodes(warm(0, 0), told).size());
    }

    @Test
    void oneThatComesLateIsNotAddedAtTheEnd() {
        Evaluation e = Evaluation.of(set(warm(0, 0)), About.device, List.of(), List.of(), every(10, 4, 4));
        assertThrows(IllegalArgumentException.class, () -> e.add(at(5, 9)));
    }

    // ---- bytes ----

    @Test
    void aRuleSetHasOneEncoding() throws Exception {
        assertEquals(EVERYTHING, RuleSet.parse(EVERYTHING.bytes()));
        RuleSet named = new RuleSet(
                "cold", 1, 5, 120, List.of("09506000134352"), List.of("hall", "attic"), List.of(warm(1, 0)));
        assertEquals(List.of("attic", "hall"), named.sites());
        assertEquals(named, RuleSet.parse(named.bytes()));
        long seed = Long.getLong("waymark.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] sound = EVERYTHING.bytes();
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = sound.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            try {
                org.junit.jupiter.api.Assertions.assertArrayEquals(
                        bytes, RuleSet.parse(bytes).bytes(), "seed " + seed);
            } catch (MalformedException refused) {
                // as it should be
            }
        }
    }

    @Test
    void rulesThatCannotBeAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Rule.Limit("x", About.device, 1, null, null, 0, 0, false, 0, 0));
        assertThrows(
                IllegalArgumentException.class, () -> new Rule.Limit("x", About.device, 1, 5L, 5L, 0, 0, false, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Rule.Limit("x", null, 1, 5L, null, 0, 0, false, 0, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Rule.Limit("x", About.device, 1, 5L, null, 0, 0, false, 9, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Rule.Limit("X", About.device, 1, 5L, null, 0, 0, false, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Rule.Fence("x", true, 0, List.of(1L, 2L, 3L, 4L)));
        assertThrows(IllegalArgumentException.class, () -> set(warm(0, 0), warm(1, 0)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RuleSet("cold", 1, 0, 120, List.of("1"), null, List.of(warm(0, 0))));
    }
}
