package io.waymark.web.passport;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * The public view of one object, as trace-service answers {@code GET /api/passports}. Members it leaves out are null or empty here;
 * unknown members are ignored. Times are ISO 8601 text, or epoch milliseconds.
 *
 * @param laterStepsLeftOut how many of the newest steps are neither among {@code steps} nor in the proof file; absent is 0
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Passport(
        String uri,
        String gtin,
        String lot,
        String serial,
        String name,
        String description,
        String category,
        Maker maker,
        Answer answer,
        Today today,
        List<Step> steps,
        Condition condition,
        List<Certificate> certificates,
        List<JsonNode> corrections,
        Proof proof,
        long laterStepsLeftOut) {

    public Passport {
        steps = steps == null ? List.of() : List.copyOf(steps);
        certificates = certificates == null ? List.of() : List.copyOf(certificates);
        corrections = corrections == null ? List.of() : List.copyOf(corrections);
        answer = answer == null ? new Answer(null, null) : answer;
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Maker(String name, String domain, String country) {}

    /** {@code band}: consistent, look-closer, do-not-use or cannot-say. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Answer(String band, List<Line> lines) {
        public Answer {
            lines = lines == null ? List.of() : List.copyOf(lines);
        }
    }

    /** {@code line}: label, story, object, condition; {@code state}: good, caution, bad, cannot-say. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Line(String line, String state, String reason) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Today(
            String holder,
            String holderKind,
            String state,
            JsonNode since,
            JsonNode bestBefore,
            boolean recalled,
            Scans scans) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Scans(long total, long phones, JsonNode first) {}

    /** One custody step. {@code keeper} says who holds the signing key: file, hsm, browser, platform. {@code digest} is hex, {@code index} the link's place in the log. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Step(
            long n,
            String bizStep,
            JsonNode time,
            String actor,
            String place,
            Double lat,
            Double lon,
            String note,
            String keeper,
            String signedBy,
            String digest,
            Long index,
            boolean correction) {}

    /** Points are [epoch ms, °C, index in the log]. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Condition(
            Double minCelsius,
            Double maxCelsius,
            List<List<Double>> points,
            List<Excursion> excursions,
            long readings,
            List<Device> devices,
            List<Gap> gaps,
            Double meanKineticCelsius,
            Long measuredMinutes) {
        public Condition {
            points = points == null ? List.of() : points;
            excursions = excursions == null ? List.of() : List.copyOf(excursions);
            devices = devices == null ? List.of() : List.copyOf(devices);
        }
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Excursion(JsonNode from, JsonNode to, double peakCelsius, long minutes) {}

    /** A stretch without readings. A null list of gaps means that trace-service did not look for any. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Gap(JsonNode from, JsonNode to, long minutes) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Device(String id, String name, String keeper, String label) {}

    /** {@code kind}: evidenced (a document is attached) or verified (the issuer signed). */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Certificate(String name, String issuer, JsonNode validUntil, String kind, String digest) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Proof(long size, String root, String note, int witnesses, Witnessed witnessed) {}

    /** The operator's list of witnesses; null or of 0 entities without one. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Witnessed(int entities, int needed, List<String> by) {}
}
