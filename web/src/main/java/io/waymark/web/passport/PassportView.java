package io.waymark.web.passport;

import com.fasterxml.jackson.databind.JsonNode;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.words.Said;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A passport ready for the template: nothing is null that the template does not test for, everything is already said in figures people read. */
public record PassportView(
        DigitalLink link,
        Band band,
        List<Line> lines,
        String name,
        String description,
        String picture,
        String makerName,
        String makerDomain,
        String makerCountry,
        Today today,
        List<Step> first,
        List<Step> middle,
        List<Step> last,
        int stepCount,
        long laterLeftOut,
        RouteMap map,
        TemperatureChart chart,
        String limits,
        String meanKinetic,
        String measured,
        List<Excess> excesses,
        long readings,
        List<Sensor> devices,
        List<Certificate> certificates,
        List<Correction> corrections,
        String treeSize,
        String root,
        String note,
        int witnesses,
        int listed,
        int needed,
        boolean photographed) {

    private static final int SHOWN = 7;
    private static final int MOST_STEPS = 200;
    private static final Set<String> PICTURES = Set.of("fish", "coffee", "medicine", "fruit", "bottle", "dairy", "box");

    /** The code's band; never a word about the thing. */
    public enum Band {
        CONSISTENT("good"),
        LOOK_CLOSER("caution"),
        DO_NOT_USE("bad"),
        CANNOT_SAY("cannot-say");

        private final String state;

        Band(String state) {
            this.state = state;
        }

        /** Colour and icon. */
        public String state() {
            return state;
        }

        /** The band as answered, but never calmer than the lines: "the story holds" needs a good label and a good story. */
        static Band of(String word, List<Line> lines) {
            for (Band band : values()) {
                if (band.name().replace('_', '-').equalsIgnoreCase(word)) {
                    return band == CONSISTENT && !holds(lines) ? CANNOT_SAY : band;
                }
            }
            return LOOK_CLOSER; // a word this page does not know is no reason for calm
        }

        private static boolean holds(List<Line> lines) {
            return lines.stream()
                    .filter(l -> l.line().equals("label") || l.line().equals("story"))
                    .allMatch(l -> l.state().equals("good"));
        }
    }

    public record Line(String line, String state, String reason) {}

    public record Today(
            String holder,
            String holderKind,
            String state,
            String since,
            String bestBefore,
            boolean expired,
            boolean recalled,
            long scans,
            long phones,
            String firstScan) {}

    public record Step(
            int number,
            String bizStep,
            String word,
            String day,
            String moment,
            String iso,
            String actor,
            String place,
            String note,
            String keeper,
            String signedBy,
            String digest,
            String index,
            boolean correction) {

        /** What to call a step whose word the pages do not know. */
        public String otherwise() {
            return word.isEmpty() ? "?" : Said.plain(word);
        }
    }

    public record Excess(boolean warm, String limit, String duration, String day, String peak) {}

    public record Certificate(
            String name, String issuer, String validUntil, boolean expired, boolean verified, String digest) {}

    /** Devices of one name and one keeper, counted: a story often has a row of equal loggers. */
    public record Sensor(String name, String keeper, int count) {}

    public record Correction(String when, String who, String was, String now, String why) {}

    /** @param photographed whether a photo of the item is registered, as far as is known */
    public static PassportView of(Passport p, DigitalLink link, boolean photographed, Instant now) {
        List<Step> steps = new ArrayList<>();
        for (Passport.Step step :
                p.steps().subList(0, Math.min(MOST_STEPS, p.steps().size()))) {
            steps.add(step(step, steps.size() + 1));
        }
        List<Line> lines = lines(p.answer().lines());
        boolean fold = steps.size() > SHOWN;
        Passport.Condition c = p.condition();
        boolean mean = c != null && c.meanKineticCelsius() != null && c.measuredMinutes() != null;
        Passport.Maker maker = p.maker() == null ? new Passport.Maker(null, null, null) : p.maker();
        Passport.Proof proof = p.proof() == null ? new Passport.Proof(0, null, null, 0, null) : p.proof();
        Passport.Witnessed witnessed =
                proof.witnessed() == null ? new Passport.Witnessed(0, 0, List.of()) : proof.witnessed();
        return new PassportView(
                link,
                Band.of(p.answer().band(), lines),
                lines,
                text(p.name(), "GTIN " + link.gtin()),
                text(p.description(), ""),
                picture(p.category()),
                text(maker.name(), ""),
                domain(maker.domain()),
                text(maker.country(), ""),
                today(p.today(), now),
                fold ? steps.subList(0, 3) : steps,
                fold ? steps.subList(3, steps.size() - 4) : List.of(),
                fold ? steps.subList(steps.size() - 4, steps.size()) : List.of(),
                p.steps().size(),
                Math.max(0, p.laterStepsLeftOut()),
                RouteMap.of(p.steps()),
                c == null
                        ? null
                        : TemperatureChart.of(c.points(), c.minCelsius(), c.maxCelsius(), c.excursions(), c.gaps()),
                c == null ? "" : limits(c.minCelsius(), c.maxCelsius()),
                mean ? Said.celsius(c.meanKineticCelsius()) : "",
                mean ? Said.duration(Duration.ofMinutes(c.measuredMinutes())) : "",
                c == null ? List.of() : excesses(c),
                c == null ? 0 : c.readings(),
                c == null ? List.of() : sensors(c.devices()),
                certificates(p.certificates(), now),
                corrections(p.corrections()),
                Said.count(proof.size()),
                text(proof.root(), ""),
                text(proof.note(), ""),
                proof.witnesses(),
                witnessed.entities(),
                witnessed.needed(),
                photographed);
    }

    /** Always the four lines, in the order of the answer; a line the JSON leaves out cannot be said. */
    private static List<Line> lines(List<Passport.Line> given) {
        List<Line> lines = new ArrayList<>();
        for (String name : List.of("label", "story", "object", "condition")) {
            Line line = new Line(name, "cannot-say", "");
            for (Passport.Line g : given) {
                if (name.equals(g.line())) {
                    boolean known = g.state() != null
                            && Set.of("good", "caution", "bad").contains(g.state());
                    line = new Line(name, known ? g.state() : "cannot-say", text(g.reason(), ""));
                }
            }
            lines.add(line);
        }
        return lines;
    }

    private static Today today(Passport.Today t, Instant now) {
        if (t == null) {
            return null;
        }
        Passport.Scans scans = t.scans() == null ? new Passport.Scans(0, 0, null) : t.scans();
        return new Today(
                text(t.holder(), ""),
                Said.plain(t.holderKind()),
                Said.plain(t.state()),
                Said.day(t.since()),
                Said.day(t.bestBefore()),
                Said.instant(t.bestBefore())
                        .map(at -> at.plusSeconds(86_400).isBefore(now))
                        .orElse(false),
                t.recalled(),
                scans.total(),
                scans.phones(),
                Said.day(scans.first()));
    }

    private static Step step(Passport.Step s, int number) {
        Instant at = Said.instant(s.time()).orElse(null);
        return new Step(
                number,
                text(s.bizStep(), ""),
                bareWord(s.bizStep()),
                at == null ? "" : Said.day(at),
                at == null ? "" : Said.moment(at),
                at == null ? "" : at.toString(),
                text(s.actor(), ""),
                text(s.place(), ""),
                text(s.note(), ""),
                text(s.keeper(), ""),
                text(s.signedBy(), text(s.actor(), "")),
                text(s.digest(), ""),
                s.index() == null ? "" : s.index().toString(),
                s.correction());
    }

    private static List<Excess> excesses(Passport.Condition c) {
        List<Excess> list = new ArrayList<>();
        for (Passport.Excursion e : c.excursions()) {
            boolean warm = c.maxCelsius() != null && e.peakCelsius() > c.maxCelsius();
            Double limit = warm ? c.maxCelsius() : c.minCelsius();
            if (limit != null && list.size() < 12) {
                list.add(new Excess(
                        warm,
                        Said.celsius(limit),
                        Said.duration(java.time.Duration.ofMinutes(e.minutes())),
                        Said.day(e.from()),
                        Said.celsius(e.peakCelsius())));
            }
        }
        return list;
    }

    private static List<Sensor> sensors(List<Passport.Device> given) {
        List<Sensor> list = new ArrayList<>();
        for (Passport.Device d : given) {
            String name = text(d.name(), text(d.label(), text(d.id(), "?")));
            String keeper = text(d.keeper(), "");
            int same = 0;
            while (same < list.size()
                    && !(list.get(same).name().equals(name)
                            && list.get(same).keeper().equals(keeper))) {
                same++;
            }
            if (same == list.size()) {
                list.add(new Sensor(name, keeper, 1));
            } else {
                list.set(same, new Sensor(name, keeper, list.get(same).count() + 1));
            }
        }
        return list.subList(0, Math.min(12, list.size()));
    }

    private static List<Certificate> certificates(List<Passport.Certificate> given, Instant now) {
        List<Certificate> list = new ArrayList<>();
        for (Passport.Certificate c : given.subList(0, Math.min(30, given.size()))) {
            list.add(new Certificate(
                    text(c.name(), "?"),
                    text(c.issuer(), ""),
                    Said.day(c.validUntil()),
                    Said.instant(c.validUntil())
                            .map(at -> at.plusSeconds(86_400).isBefore(now))
                            .orElse(false),
                    "verified".equals(c.kind()),
                    text(c.digest(), "")));
        }
        return list;
    }

    private static List<Correction> corrections(List<JsonNode> given) {
        List<Correction> list = new ArrayList<>();
        for (JsonNode c : given.subList(0, Math.min(30, given.size()))) {
            if (c.isTextual()) {
                list.add(new Correction("", "", "", "", c.asText()));
            } else {
                list.add(new Correction(
                        Said.moment(c.has("time") ? c.path("time") : c.path("when")),
                        any(c, "actor", "who", "by"),
                        any(c, "was", "old", "oldValue"),
                        any(c, "now", "new", "newValue"),
                        any(c, "reason", "why", "note", "text")));
            }
        }
        return list;
    }

    private static String any(JsonNode node, String... names) {
        for (String name : names) {
            if (node.path(name).isValueNode() && !node.path(name).isNull()) {
                return node.path(name).asText();
            }
        }
        return "";
    }

    private static String limits(Double min, Double max) {
        if (min != null && max != null) {
            return Said.number(min) + " to " + Said.celsius(max);
        }
        return max != null ? "up to " + Said.celsius(max) : min != null ? "from " + Said.celsius(min) : "";
    }

    /** A category decides only which drawing is shown. */
    static String picture(String category) {
        String c = category == null ? "" : category.toLowerCase(java.util.Locale.ROOT);
        if (PICTURES.contains(c)) {
            return c;
        }
        return c.matches(".*(fish|seafood|salmon|cod|tuna).*")
                ? "fish"
                : c.matches(".*(coffee|tea|bean).*")
                        ? "coffee"
                        : c.matches(".*(drug|medic|pharma|vaccine).*")
                                ? "medicine"
                                : c.matches(".*(fruit|vegetable|berr).*")
                                        ? "fruit"
                                        : c.matches(".*(wine|spirit|oil|drink|beverage).*")
                                                ? "bottle"
                                                : c.matches(".*(milk|cheese|dairy).*") ? "dairy" : "box";
    }

    /** The maker's domain is shown only when it is one: it will be read as an address to trust. */
    private static String domain(String domain) {
        return domain != null && domain.matches("[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63}){1,5}") ? domain : "";
    }

    private static String bareWord(String bizStep) {
        return text(bizStep, "").replaceAll(".*[:/]", "");
    }

    private static String text(String value, String otherwise) {
        if (value == null || value.isBlank()) {
            return otherwise;
        }
        return value.length() > 4000 ? value.substring(0, 4000) + "…" : value;
    }

    /** The code as a query value. */
    public String codeParameter() {
        return java.net.URLEncoder.encode(link.path(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** "3,214". */
    public String readingCount() {
        return Said.count(readings);
    }

    /** Whether the code names one item, not a lot or a product. */
    public boolean item() {
        return link.serial() != null;
    }

    /** All steps there are, those left out here included. */
    public long allSteps() {
        return stepCount + laterLeftOut;
    }

    /** Whether there is a proof to save and to check: it is made of an item's own signed steps. */
    public boolean provable() {
        return item() && stepCount > 0;
    }
}
