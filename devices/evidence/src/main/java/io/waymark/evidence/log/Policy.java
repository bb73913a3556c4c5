package io.waymark.evidence.log;

import io.waymark.evidence.log.InvalidNoteException.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whose word makes a checkpoint good: C2SP tlog-policy with one line more, {@code waymark-survives <f>}. The members of the quorum are
 * the n independent entities, k of them must have cosigned, and f of them may be dishonest without two histories ever both passing; a
 * file for which that is not so is refused. FORMAT.md §12.1.
 *
 * @see <a href="https://c2sp.org/tlog-policy">C2SP tlog-policy</a>
 */
public final class Policy {
    public static final int MAX_CHARS = 1 << 18;
    private static final int MAX_DEFINED = 63;
    private static final String NONE = "none";

    /** @param url where the log is, as written in the file */
    public record Log(NoteVerifier key, Optional<String> url) {}

    /**
     * @param name in this file only
     * @param url  submission prefix, as written in the file
     */
    public record Witness(String name, CosignatureVerifier key, Optional<String> url) {}

    /**
     * @param witnessed entities that have cosigned
     * @param missing   entities that have not
     * @param needed    k
     * @param seconds   when the last but k − 1 of them cosigned, by their own clocks, in seconds since 1970 UTC: of the times of the
     *                  entities the k-th newest, of those of an entity's witnesses likewise. 0 when not satisfied or nobody is asked for
     */
    public record Judgement(
            CosignedCheckpoint checkpoint, List<String> witnessed, List<String> missing, int needed, long seconds) {
        public boolean satisfied() {
            return witnessed.size() >= needed;
        }
    }

    private record Group(int needed, List<String> members) {}

    private static final Group NOBODY = new Group(1, List.of());

    private final List<Log> logs = new ArrayList<>();
    private final Map<String, Witness> witnesses = new LinkedHashMap<>();
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final Set<String> members = new HashSet<>();
    private List<String> entities = List.of();
    private int needed;
    private int survives;

    // Compiled once: by line it took 2 KB for an empty one.
    private static final Pattern SPACES = Pattern.compile("[ \t]+");

    private Policy() {}

    /** Names are UTF-8; a text with U+FFFD in it was decoded from something else and is refused. */
    public static Policy parse(String text) throws InvalidPolicyException {
        if (text.length() > MAX_CHARS) {
            throw new InvalidPolicyException(0, "longer than " + MAX_CHARS);
        }
        Policy policy = new Policy();
        String quorum = null;
        String survives = null;
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            int number = i + 1;
            String line = lines[i];
            int first = -1;
            for (int at = 0; at < line.length(); at++) {
                char c = line.charAt(at);
                if (c < 0x20 && c != '\t' || c == 0x7f || c == 0xfffd) {
                    throw new InvalidPolicyException(number, "a character that is not allowed");
                }
                if (first < 0 && c != ' ' && c != '\t') {
                    first = at;
                }
            }
            if (first < 0 || line.charAt(first) == '#') {
                continue;
            }
            String[] words = SPACES.split(line.substring(first));
            switch (words[0]) {
                case "log" -> policy.log(number, words);
                case "witness" -> policy.witness(number, words);
                case "group" -> policy.group(number, words);
                case "quorum" -> {
                    count(number, words, 2, 2);
                    if (quorum != null) {
                        throw new InvalidPolicyException(number, "a second quorum");
                    }
                    quorum = words[1];
                    policy.quorum(number, quorum);
                }
                case "waymark-survives" -> {
                    count(number, words, 2, 2);
                    if (survives != null) {
                        throw new InvalidPolicyException(number, "a second waymark-survives");
                    }
                    survives = words[1];
                    policy.survives = number(number, survives, 0);
                }
                default -> throw new InvalidPolicyException(number, "an unknown line, \"" + shortened(words[0]) + "\"");
            }
        }
        if (quorum == null) {
            throw new InvalidPolicyException(0, "no quorum");
        }
        policy.requireSafe();
        return policy;
    }

    private void log(int line, String[] words) throws InvalidPolicyException {
        count(line, words, 2, 3);
        NoteVerifier key;
        try {
            key = NoteVerifier.ofVkey(words[1]);
        } catch (IllegalArgumentException e) {
            throw new InvalidPolicyException(line, "the log's key: " + e.getMessage());
        }
        if (logs.size() == MAX_DEFINED
                || logs.stream().anyMatch(known -> known.key().key().equals(key.key()))) {
            throw new InvalidPolicyException(line, "the same log key again, or too many");
        }
        logs.add(new Log(key, url(words, 2)));
    }

    private void witness(int line, String[] words) throws InvalidPolicyException {
        count(line, words, 3, 4);
        CosignatureVerifier key;
        try {
            key = CosignatureVerifier.ofVkey(words[2]);
        } catch (IllegalArgumentException e) {
            throw new InvalidPolicyException(line, "the witness's key: " + e.getMessage());
        }
        requireNew(line, words[1], witnesses.size());
        if (witnesses.values().stream().anyMatch(known -> known.key().sameKey(key))) {
            throw new InvalidPolicyException(line, "the same witness key again");
        }
        witnesses.put(words[1], new Witness(words[1], key, url(words, 3)));
    }

    private void group(int line, String[] words) throws InvalidPolicyException {
        count(line, words, 4, Integer.MAX_VALUE);
        requireNew(line, words[1], groups.size());
        List<String> named = List.of(words).subList(3, words.length);
        for (String member : named) {
            requireKnown(line, member);
            // One witness counts in one way only.
            if (!members.add(member)) {
                throw new InvalidPolicyException(line, "\"" + shortened(member) + "\" is a member twice");
            }
        }
        int k =
                switch (words[2]) {
                    case "all" -> named.size();
                    case "any" -> 1;
                    default -> number(line, words[2], 1);
                };
        if (k > named.size()) {
            throw new InvalidPolicyException(line, k + " of " + named.size());
        }
        groups.put(words[1], new Group(k, named));
    }

    private void quorum(int line, String name) throws InvalidPolicyException {
        if (name.equals(NONE)) {
            return;
        }
        requireKnown(line, name);
        Group group = groups.get(name);
        entities = group == null ? List.of(name) : group.members();
        needed = group == null ? 1 : group.needed();
    }

    /** k ≤ n − f: the dishonest cannot stop the log by keeping silent. 2k − n > f: two quorums have an honest entity in common. */
    private void requireSafe() throws InvalidPolicyException {
        int n = entities.size();
        if (n == 0) {
            if (survives > 0) {
                throw new InvalidPolicyException(0, "without witnesses nothing is survived");
            }
            return;
        }
        if (needed > n - survives || 2 * needed - n <= survives) {
            throw new InvalidPolicyException(
                    0,
                    needed + " of " + n + " entities do not survive " + survives
                            + " dishonest: k <= n - f and 2k - n > f are needed");
        }
        Map<String, String> hosts = new LinkedHashMap<>();
        logs.forEach(log -> hosts.put(host(log.key().name()), "the log"));
        for (String entity : entities) {
            Set<String> own = new HashSet<>();
            hosts(entity, own);
            for (String host : own) {
                String other = hosts.putIfAbsent(host, entity);
                if (other != null) {
                    throw new InvalidPolicyException(
                            0,
                            "\"" + shortened(entity) + "\" is not independent of \"" + shortened(other) + "\": "
                                    + host);
                }
            }
        }
    }

    private void hosts(String name, Set<String> into) {
        Witness witness = witnesses.get(name);
        if (witness != null) {
            into.add(host(witness.key().name()));
        } else {
            group(name).members().forEach(member -> hosts(member, into));
        }
    }

    private Group group(String name) {
        return groups.getOrDefault(name, NOBODY);
    }

    private static String host(String keyName) {
        return keyName.replaceFirst("/.*", "").toLowerCase(Locale.ROOT);
    }

    private void requireNew(int line, String name, int soFar) throws InvalidPolicyException {
        if (soFar == MAX_DEFINED || name.equals(NONE) || witnesses.containsKey(name) || groups.containsKey(name)) {
            throw new InvalidPolicyException(line, "\"" + shortened(name) + "\" is taken, or too many");
        }
    }

    private void requireKnown(int line, String name) throws InvalidPolicyException {
        if (!witnesses.containsKey(name) && !groups.containsKey(name)) {
            throw new InvalidPolicyException(line, "\"" + shortened(name) + "\" is not defined above");
        }
    }

    private static void count(int line, String[] words, int atLeast, int atMost) throws InvalidPolicyException {
        if (words.length < atLeast || words.length > atMost) {
            throw new InvalidPolicyException(line, words.length + " words");
        }
    }

    private static int number(int line, String word, int atLeast) throws InvalidPolicyException {
        if (!word.matches("0|[1-9][0-9]{0,3}") || Integer.parseInt(word) < atLeast) {
            throw new InvalidPolicyException(line, "\"" + shortened(word) + "\" is no number from " + atLeast);
        }
        return Integer.parseInt(word);
    }

    private static Optional<String> url(String[] words, int at) {
        return words.length > at ? Optional.of(words[at]) : Optional.empty();
    }

    private static String shortened(String word) {
        return word.length() > 40 ? word.substring(0, 40) + "…" : word;
    }

    public List<Log> logs() {
        return List.copyOf(logs);
    }

    /** All that are defined, also those the quorum does not ask for. */
    public List<Witness> witnesses() {
        return List.copyOf(witnesses.values());
    }

    /** The n independent entities: names of witnesses, or of groups of one entity's witnesses. Empty: no witness is asked for. */
    public List<String> entities() {
        return entities;
    }

    /** k. */
    public int needed() {
        return needed;
    }

    /** f. */
    public int survives() {
        return survives;
    }

    /** A note of one of this file's logs, with the cosignatures of its witnesses. Its origin says which log. */
    public CosignedCheckpoint read(String note) throws InvalidNoteException {
        String origin = Checkpoint.ofUnverified(note).origin();
        @Nullable InvalidNoteException refused = null;
        for (Log log : logs) {
            if (log.key().name().equals(origin)) {
                try {
                    return read(note, log.key());
                } catch (InvalidNoteException e) {
                    // A log that changed its key has two lines: the other may be the one that signed.
                    if (e.reason() != Reason.UNKNOWN_KEY) {
                        throw e;
                    }
                    refused = e;
                }
            }
        }
        throw refused != null
                ? refused
                : new InvalidNoteException(Reason.UNKNOWN_KEY, "no log of this policy is called \"" + origin + "\"");
    }

    /** A note of a log that the caller knows, for a policy without {@code log} lines. */
    public CosignedCheckpoint read(String note, NoteVerifier log) throws InvalidNoteException {
        return CosignedCheckpoint.read(
                note, log, witnesses.values().stream().map(Witness::key).toList());
    }

    /** Whether this file has witnesses for that log: it lists no log, or one of its keys, the one in force or one that handed over. */
    public boolean lists(NoteVerifier log) {
        List<String> keys = log.keys().stream().map(NoteVerifier::vkey).toList();
        return logs.isEmpty()
                || logs.stream().anyMatch(one -> keys.contains(one.key().vkey()));
    }

    /** Who of the entities has cosigned. Cosignatures of keys that are not in this file do not count. */
    public Judgement judge(CosignedCheckpoint checkpoint) {
        Map<String, Long> times = new HashMap<>();
        checkpoint
                .cosignatures()
                .forEach(cosignature -> times.put(cosignature.by().vkey(), cosignature.seconds()));
        // A log that the file does not list has no witnesses here.
        boolean known = lists(checkpoint.log());
        if (!known) {
            throw new IllegalArgumentException(
                    "the policy does not list " + checkpoint.log().vkey());
        }
        List<String> witnessed =
                entities.stream().filter(e -> time(e, times) > 0).toList();
        List<String> missing =
                entities.stream().filter(e -> !witnessed.contains(e)).toList();
        return new Judgement(checkpoint, witnessed, missing, needed, newest(needed, entities, times));
    }

    /** When this witness, or enough of this group, had cosigned; 0: not. */
    private long time(String name, Map<String, Long> times) {
        Witness witness = witnesses.get(name);
        if (witness != null) {
            return times.getOrDefault(witness.key().vkey(), 0L);
        }
        Group group = group(name);
        return newest(group.needed(), group.members(), times);
    }

    /** The k-th newest of their times; 0 when k is 0 or fewer have cosigned. */
    private long newest(int k, List<String> names, Map<String, Long> times) {
        return names.stream()
                .map(name -> time(name, times))
                .sorted(Comparator.reverseOrder())
                .skip(Math.max(0, k - 1L))
                .findFirst()
                .filter(time -> k > 0)
                .orElse(0L);
    }
}
