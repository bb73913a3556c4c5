package io.waymark.trace.passport;

import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import io.waymark.trace.condition.ColdChain;
import io.waymark.trace.passport.Passport.Answer;
import io.waymark.trace.passport.Passport.Line;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The answer's four lines in plain words. Bad beats caution; without either, the band is consistent only when label and story are both good,
 * else it cannot say. The band speaks of the code, never of the thing in the hand.
 */
final class AnswerLines {
    static final String GOOD = "good";
    static final String CAUTION = "caution";
    static final String BAD = "bad";
    static final String CANNOT_SAY = "cannot-say";

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH);

    private AnswerLines() {}

    static Answer answer(List<Line> lines) {
        return new Answer(band(lines), lines);
    }

    private static String band(List<Line> lines) {
        if (lines.stream().anyMatch(l -> l.state().equals(BAD))) {
            return "do-not-use";
        }
        if (lines.stream().anyMatch(l -> l.state().equals(CAUTION))) {
            return "look-closer";
        }
        // "Consistent" is a finding: it needs the label and the story, the two lines that rest on signatures alone.
        Set<String> good = lines.stream()
                .filter(l -> l.state().equals(GOOD))
                .map(Line::line)
                .collect(Collectors.toSet());
        return good.containsAll(Set.of("label", "story")) ? "consistent" : "cannot-say";
    }

    /** @param checks of the proof of the first step alone */
    static Line label(Story story, List<Check> checks, Map<Story.Signer, KeyBinding> bindings) {
        String maker = story.goods().makerName();
        Optional<Check> failed = with(Outcome.FAIL, checks);
        Story.Step first = story.steps().isEmpty() ? null : story.steps().get(0);
        KeyBinding key =
                first == null ? null : first.signer().map(bindings::get).orElse(null);
        boolean makersKey = key != null
                && key.role().equals(KeyBinding.ORGANISATION)
                && first.tenant().equals(story.item().maker())
                && first.summary()
                        .filter(s -> s.bizStep().equals("commissioning"))
                        .isPresent();
        if (failed.isPresent() || checks.isEmpty()) {
            return new Line(
                    "label",
                    BAD,
                    "The signature that should bind this label to " + maker + " does not hold"
                            + failed.map(c -> " (" + c.name() + ")").orElse("") + ".");
        }
        if (!makersKey) {
            return new Line("label", BAD, "This label was not issued by " + maker + ".");
        }
        if (first.suspect()) {
            return new Line(
                    "label",
                    CAUTION,
                    "The key that signed this label was reported stolen: whether " + maker
                            + " itself signed, nobody can say.");
        }
        Optional<Check> open = with(Outcome.CANNOT_TELL, checks);
        if (open.isPresent()) {
            return new Line("label", CANNOT_SAY, unknown(open.get()));
        }
        if (story.scans().suspicious()) {
            return new Line(
                    "label",
                    CAUTION,
                    "This code has been seen on many phones in far places. The label may have been copied.");
        }
        return new Line(
                "label",
                GOOD,
                key.keeper().equals("platform")
                        ? "Label issued for " + maker + ": signed by the platform for " + maker + ", signature valid."
                        : "Label issued by " + maker + ", signature valid.");
    }

    /** @param checks of the proof of all steps */
    static Line story(Story story, List<Check> checks, Map<Story.Signer, KeyBinding> bindings) {
        Optional<Check> failed = with(Outcome.FAIL, checks);
        if (failed.isPresent()) {
            return new Line(
                    "story",
                    BAD,
                    "A signed step does not hold: " + failed.get().name() + " failed for "
                            + failed.get().lookedAt() + ".");
        }
        for (String severity : List.of(BAD, CAUTION)) {
            List<Story.Finding> found = story.findings().stream()
                    .filter(f -> f.severity().equals(severity))
                    .toList();
            if (!found.isEmpty()) {
                Story.Finding f = found.get(0);
                String more = found.size() > 1 ? " (and " + (found.size() - 1) + " more)" : "";
                return new Line("story", severity, "Step " + (f.n() + 1) + ": " + f.detail() + more + ".");
            }
        }
        List<Story.Step> suspect =
                story.steps().stream().filter(Story.Step::suspect).toList();
        if (!suspect.isEmpty()) {
            Story.Step step = suspect.get(0);
            String more = suspect.size() > 1 ? " (and " + (suspect.size() - 1) + " more)" : "";
            return new Line(
                    "story",
                    CAUTION,
                    "Step " + (step.n() + 1) + more + ": signed with a key that " + step.signedBy()
                            + " reported stolen. Who signed, nobody can say.");
        }
        Optional<Check> open = with(Outcome.CANNOT_TELL, checks);
        if (open.isPresent()) {
            return new Line("story", CANNOT_SAY, unknown(open.get()));
        }
        if (story.stepsLeftOut() > 0) {
            return new Line(
                    "story",
                    CANNOT_SAY,
                    "Only the first " + story.steps().size() + " steps are shown and checked here; "
                            + story.stepsLeftOut() + " later ones are left out.");
        }
        Set<String> parties = new TreeSet<>();
        Set<String> forWhom = new TreeSet<>();
        for (Story.Step step : story.steps()) {
            KeyBinding key = step.signer().map(bindings::get).orElse(null);
            boolean platform = key != null && key.keeper().equals("platform");
            // The platform's signatures count as one party, for however many it signs: they are one keeper's.
            parties.add(platform ? "~platform" : step.tenant());
            if (platform) {
                forWhom.add(step.signedBy());
            }
        }
        String by = forWhom.isEmpty() ? "" : " Signed by the platform for " + String.join(", ", forWhom) + ".";
        if (parties.size() < 2) {
            String only = forWhom.isEmpty() ? story.steps().get(0).signedBy() : "one party";
            return new Line(
                    "story", CANNOT_SAY, "Only " + only + " has signed so far: nobody else confirms the story." + by);
        }
        return new Line(
                "story",
                GOOD,
                "No contradiction in " + story.steps().size() + " signed steps by " + parties.size() + " parties."
                        + by);
    }

    static Line object() {
        return new Line("object", CANNOT_SAY, "Whether this item is the one the code was made for: not checked.");
    }

    /** @param readings how many signed readings the points come from */
    static Line condition(Story.Goods goods, ColdChain chain, long readings, LocalDate today) {
        if (goods.expiry() != null && goods.expiry().isBefore(today)) {
            return new Line("condition", BAD, "Best before " + DAY.format(goods.expiry()) + ": that date has passed.");
        }
        if (chain.points().isEmpty()) {
            return new Line("condition", CANNOT_SAY, "No sensor recorded this item's temperature.");
        }
        if (goods.minCenti() == null && goods.maxCenti() == null) {
            return new Line(
                    "condition",
                    CANNOT_SAY,
                    readings + " signed readings, but the maker has set no temperature limits.");
        }
        int allowed = goods.maxMinutesOutside() == null ? 0 : goods.maxMinutesOutside();
        Optional<ColdChain.Excursion> longest =
                chain.excursions().stream().max(java.util.Comparator.comparingLong(ColdChain.Excursion::minutes));
        if (longest.isPresent()) {
            boolean over = longest.get().minutes() > allowed;
            String more =
                    chain.excursions().size() > 1 ? " " + chain.excursions().size() + " such times in all." : "";
            return new Line(
                    "condition",
                    over ? BAD : CAUTION,
                    sentence(longest.get(), goods)
                            + (over
                                    ? ": longer than the " + allowed + " minutes its maker allows."
                                    : ", within the time its maker allows.")
                            + more
                            + (chain.suspectReadings() > 0
                                    ? " " + chain.suspectReadings()
                                            + " readings were signed with a key that was reported stolen."
                                    : ""));
        }
        if (chain.suspectReadings() > 0) {
            return new Line(
                    "condition",
                    CAUTION,
                    "Within limits, but " + chain.suspectReadings() + " of " + readings
                            + " readings were signed with a key that was reported stolen: whether the sensor wrote them, nobody can say.");
        }
        if (!chain.gaps().isEmpty()) {
            ColdChain.Gap gap = chain.gaps().stream()
                    .max(java.util.Comparator.comparingLong(ColdChain.Gap::minutes))
                    .orElseThrow();
            return new Line(
                    "condition",
                    CAUTION,
                    "Within limits whenever it was measured, but nobody measured for " + span(gap.minutes()) + " from "
                            + day(gap.from()) + ".");
        }
        return new Line(
                "condition",
                GOOD,
                "Temperature kept within " + limits(goods) + " in " + readings + " signed readings.");
    }

    private static String sentence(ColdChain.Excursion e, Story.Goods goods) {
        boolean warm = goods.maxCenti() != null && e.peakCelsius() > goods.maxCenti() / 100.0;
        double limit = (warm ? goods.maxCenti() : goods.minCenti()) / 100.0;
        return (warm ? "Warmer than " : "Colder than ") + degrees(limit) + " for " + span(e.minutes()) + " on "
                + day(e.from()) + " (" + degrees(e.peakCelsius()) + ")";
    }

    private static String limits(Story.Goods goods) {
        if (goods.minCenti() == null) {
            return "at most " + degrees(goods.maxCenti() / 100.0);
        }
        if (goods.maxCenti() == null) {
            return "at least " + degrees(goods.minCenti() / 100.0);
        }
        return degrees(goods.minCenti() / 100.0) + " to " + degrees(goods.maxCenti() / 100.0);
    }

    private static String degrees(double celsius) {
        String number = String.format(Locale.ENGLISH, "%.1f", celsius);
        return (number.endsWith(".0") ? number.substring(0, number.length() - 2) : number) + " °C";
    }

    private static String span(long minutes) {
        if (minutes < 60) {
            return minutes + " min";
        }
        if (minutes < 48 * 60) {
            return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
        }
        return Math.round(minutes / 1440.0) + " days";
    }

    private static String day(Instant at) {
        return DAY.format(at.atOffset(ZoneOffset.UTC));
    }

    private static Optional<Check> with(Outcome outcome, List<Check> checks) {
        return checks.stream().filter(c -> c.outcome() == outcome).findFirst();
    }

    private static String unknown(Check check) {
        return "What is needed to check the " + check.name() + " of " + check.lookedAt() + " is not here.";
    }
}
