package io.waymark.trace.passport;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/**
 * The passport as JSON. Field names are a contract with {@code web}; nothing secret is in it.
 *
 * @param laterStepsLeftOut how many of the newest steps are not among {@code steps} and not in the proof file; 0 but for very long stories
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
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
        long laterStepsLeftOut,
        Condition condition,
        List<Certificate> certificates,
        List<String> corrections,
        Proof proof) {

    /** Domain: the maker's claim, not proved by us. */
    public record Maker(String name, String domain, String country) {}

    /** Band: do-not-use (a line is bad), look-closer (one is caution), consistent (label and story are good), else cannot-say. */
    public record Answer(String band, List<Line> lines) {}

    /** Line: label, story, object or condition. State: good, caution, bad or cannot-say. */
    public record Line(String line, String state, String reason) {}

    /** Where the item is today; for a lot only best-before is known. */
    public record Today(
            String holder,
            String holderKind,
            String state,
            Instant since,
            LocalDate bestBefore,
            boolean recalled,
            Scanned scans) {}

    /** Scans of this code. */
    public record Scanned(long total, long phones, Instant first) {}

    /**
     * One signed step. Digest: hex; index: of its link in the ledger; keeper: who holds the signing key; place as coarse as its owner
     * allows; suspect: the key was revoked as compromised, and may have been in other hands when the step was recorded.
     */
    public record Step(
            long n,
            String bizStep,
            Instant time,
            String actor,
            String place,
            Double lat,
            Double lon,
            String note,
            String keeper,
            String signedBy,
            String digest,
            long index,
            boolean correction,
            boolean suspect) {}

    /**
     * Points: [milliseconds, °C, ledger index]. Of the readings, suspect ones were recorded when their key may have been in other hands. Mean
     * kinetic temperature: null when nothing was measured over any time.
     */
    public record Condition(
            Double minCelsius,
            Double maxCelsius,
            List<List<Number>> points,
            List<Excursion> excursions,
            long readings,
            long suspectReadings,
            List<Device> devices,
            List<Gap> gaps,
            Double meanKineticCelsius,
            Long measuredMinutes) {}

    /** A stretch outside the limits. */
    public record Excursion(Instant from, Instant to, double peakCelsius, long minutes) {}

    /** A stretch without readings. */
    public record Gap(Instant from, Instant to, long minutes) {}

    /** A sensor's device, by its public label. */
    public record Device(String id, String name, String keeper, String label) {}

    /** A certificate of the goods. */
    public record Certificate(String name, String issuer, LocalDate validUntil, String kind, String digest) {}

    /**
     * The checkpoint the proof file is made against. Root: base64. Witnesses: how many have cosigned it, of the list that the operator keeps
     * and {@code witnessed} tells more of; the note has their lines.
     */
    public record Proof(long size, String root, String note, int witnesses, Witnessed witnessed) {}

    /** The operator's list: {@code needed} of {@code entities} must cosign, {@code survives} may be dishonest; by: who has, keys: with which keys. */
    public record Witnessed(int entities, int needed, int survives, List<String> by, List<String> keys) {}
}
