package io.waymark.trace.condition;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.MerkleHash;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Rules that are in force together, as data. Equal rule sets have equal bytes (FORMAT.md §5.4), and their digest stands in the ledger.
 *
 * @param name       of all its versions, [a-z0-9-], 1 to 40
 * @param version    1, 2, 3 …: the highest that is in force counts
 * @param fromMillis readings taken before are not looked at, ms since 1970 UTC
 * @param gapMinutes two values of a sensor further apart say nothing of the time between: it is told as a gap
 * @param gtins      whose lots it is about; empty = of all
 * @param sites      whose devices it is about; empty = of all
 */
public record RuleSet(
        String name,
        int version,
        long fromMillis,
        long gapMinutes,
        List<String> gtins,
        List<String> sites,
        List<Rule> rules) {
    private static final String MAGIC = "waymark-rules/1";
    private static final int MOST_RULES = 100;
    private static final int MOST_NAMES = 1000;
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,40}");
    private static final long YEAR_10000 = 253_402_300_800_000L;

    public RuleSet {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name must be 1 to 40 of a-z 0-9 -");
        }
        if (version < 1) {
            throw new IllegalArgumentException("version must be 1 or more");
        }
        if (fromMillis < 0 || fromMillis >= YEAR_10000) {
            throw new IllegalArgumentException("fromMillis must be a time from 1970 to 9999");
        }
        if (gapMinutes < 1 || gapMinutes > 31 * 24 * 60) {
            throw new IllegalArgumentException("gapMinutes must be 1 to " + 31 * 24 * 60);
        }
        gtins = names("gtins", gtins, "[0-9]{14}");
        sites = names("sites", sites, "[a-z0-9-]{1,32}");
        if (rules == null
                || rules.isEmpty()
                || rules.size() > MOST_RULES
                || rules.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("rules must be 1 to " + MOST_RULES);
        }
        rules = List.copyOf(rules);
        Set<String> ids = new HashSet<>();
        for (Rule rule : rules) {
            if (!ids.add(rule.id())) {
                throw new IllegalArgumentException("two rules have the id " + rule.id());
            }
        }
    }

    private static List<String> names(String field, List<String> names, String pattern) {
        List<String> all = names == null ? List.of() : names;
        if (all.size() > MOST_NAMES || !all.stream().allMatch(n -> n != null && n.matches(pattern))) {
            throw new IllegalArgumentException(field + " must be at most " + MOST_NAMES + " of " + pattern);
        }
        return all.stream().distinct().sorted().toList();
    }

    /** Whether a rule of it is about such subjects. */
    public boolean watches(Rule.About about) {
        return rules.stream().anyMatch(r -> r.about() == about);
    }

    /** FORMAT.md §5.4. */
    public byte[] bytes() {
        CborWriter out = new CborWriter().map(8);
        out.integer(0).text(MAGIC);
        out.integer(1).text(name);
        out.integer(2).integer(version);
        out.integer(3).integer(fromMillis);
        out.integer(4).integer(gapMinutes);
        out.integer(5).array(gtins.size());
        gtins.forEach(out::text);
        out.integer(6).array(sites.size());
        sites.forEach(out::text);
        out.integer(7).array(rules.size());
        for (Rule rule : rules) {
            List<Long> numbers = rule.numbers();
            out.array(4)
                    .integer(rule.kind().ordinal())
                    .text(rule.id())
                    .integer(rule.about().ordinal())
                    .array(numbers.size());
            for (Long number : numbers) {
                if (number == null) {
                    out.nul();
                } else {
                    out.integer(number);
                }
            }
        }
        return out.toBytes();
    }

    /** SHA-256 of {@link #bytes()}: what the ledger's statement with subject "rule" holds. */
    public byte[] digest() {
        return MerkleHash.sha256(bytes());
    }

    /** @throws MalformedException for other bytes than {@link #bytes()} writes */
    public static RuleSet parse(byte[] bytes) throws MalformedException {
        CborReader in = new CborReader(bytes);
        int keys = in.map();
        try {
            require(keys == 8 && in.integer() == 0 && in.text().equals(MAGIC), "not " + MAGIC);
            require(in.integer() == 1, "no name");
            String name = in.text();
            require(in.integer() == 2, "no version");
            int version = Math.toIntExact(in.integer());
            require(in.integer() == 3, "no beginning");
            long from = in.integer();
            require(in.integer() == 4, "no gap");
            long gap = in.integer();
            require(in.integer() == 5, "no gtins");
            List<String> gtins = texts(in);
            require(in.integer() == 6, "no sites");
            List<String> sites = texts(in);
            require(in.integer() == 7, "no rules");
            List<Rule> rules = new ArrayList<>();
            for (int n = in.array(); n > 0; n--) {
                in.array(4);
                int kind = Math.toIntExact(in.unsigned());
                String id = in.text();
                int about = Math.toIntExact(in.unsigned());
                List<Long> numbers = new ArrayList<>();
                for (int m = in.array(); m > 0; m--) {
                    if (in.isNull()) {
                        in.nul();
                        numbers.add(null);
                    } else {
                        numbers.add(in.integer());
                    }
                }
                require(
                        kind < Rule.Kind.values().length && about < Rule.About.values().length,
                        "a rule of no known kind");
                rules.add(Rule.of(Rule.Kind.values()[kind], id, Rule.About.values()[about], numbers));
            }
            in.end();
            RuleSet set = new RuleSet(name, version, from, gap, gtins, sites, rules);
            require(set.gtins.equals(gtins) && set.sites.equals(sites), "names are not in order");
            return set;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new MalformedException(MalformedException.Reason.VALUE_NOT_ALLOWED, 0, e.getMessage());
        }
    }

    private static List<String> texts(CborReader in) throws MalformedException {
        List<String> texts = new ArrayList<>();
        for (int n = in.array(); n > 0; n--) {
            texts.add(in.text());
        }
        return texts;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException(what);
        }
    }
}
