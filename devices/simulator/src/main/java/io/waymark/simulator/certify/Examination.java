package io.waymark.simulator.certify;

import io.waymark.evidence.cbor.CborWriter;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.message.GapDeclaration;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.simulator.certify.Endpoint.Session;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything one device did, and what is wrong with it: the judgements that need no provocation. Ingest's rules in small.
 *
 * <p>Thread-safe: one lock over all; {@link #await} waits on it for what connections bring.
 */
final class Examination implements Endpoint.Listener {
    /** What is judged while the device goes its way, in the order of the report. */
    enum Passive {
        MQTT_5("MQTT 5", true, "CONNECT of protocol level 5"),
        USER_NAME("user name", true, "the device's id, 32 lower-case hex digits"),
        PRESENCE("presence", false, "last will \"0\" and, once connected, \"1\", both retained, on {prefix}/s"),
        SUBSCRIPTION("subscription", true, "{prefix}/d/ack with QoS 1, on every connection"),
        TOPIC("topic", true, "only {prefix}/r, /s, /u/rsp and /i/{sha256}/{chunk}"),
        QOS("QoS", true, "signed messages and chunks with QoS 1, not retained"),
        FORMAT("format", true, "FORMAT.md §4 and §5: at most 64 KiB, known type, its groups and no others"),
        ENCODING("deterministic encoding", true, "FORMAT.md §1: shortest forms, definite lengths, ascending keys"),
        FIELDS_ROOT("fields root", true, "the salted hashes of the groups give the signed root"),
        DEVICE_ID("device id", true, "the id in the message is the one in the topic"),
        SIGNATURE("signature", true, "by the device's key, its kid and algorithm in the header; FORMAT.md §3"),
        NUMBER("one message per number", true, "never two messages under one epoch and seq"),
        RETRY("retry", true, "the same bytes as the first time, signature included"),
        SEQUENCE("sequence", true, "no seq left out within an epoch"),
        PREVIOUS("previous digest", true, "each message names the digest of the one before"),
        EPOCHS("epochs", true, "an epoch begins with seq 0 and a boot message, and none follows in an older one"),
        CLOCK("clock", true, "a clock that claims to be set is not in the future and not before 2020"),
        SERIES("series", false, "no sample later than its message's time"),
        IMAGE("image", false, "chunks as the manifest says, the whole with its digest");

        final String title;
        final boolean required;
        final String expected;

        Passive(String title, boolean required, String expected) {
            this.title = title;
            this.required = required;
            this.expected = expected;
        }
    }

    record Number(long epoch, long seq) implements Comparable<Number> {
        @Override
        public int compareTo(Number other) {
            return epoch != other.epoch ? Long.compare(epoch, other.epoch) : Long.compare(seq, other.seq);
        }

        @Override
        public String toString() {
            return "epoch " + epoch + " seq " + seq;
        }
    }

    /** The first message under a number. */
    static final class Seen {
        final SignedMessage message;
        final boolean verified;
        /** Connections that brought it, one entry per arrival. */
        final List<Integer> sessions = new ArrayList<>();

        Seen(SignedMessage message, boolean verified) {
            this.message = message;
            this.verified = verified;
        }

        Number number() {
            return new Number(message.head().epoch(), message.head().seq());
        }
    }

    /** An image by its manifest. Every second chunk is lost the first {@link #LOSSES} times it comes. */
    private static final class Image {
        final long bytes;
        final long chunkBytes;
        final byte[] digests;
        final byte[][] chunks;
        final int[] losses;
        /** How often each came although it was there. */
        final int[] repeats;

        final BitSet missing = new BitSet();
        /** An answer is on its way: the chunk with the highest number that it asks for has not come yet. */
        boolean answered;
        /** How often the manifest came since. */
        int asked;

        Image(long bytes, long chunkBytes, byte[] digests) {
            this.bytes = bytes;
            this.chunkBytes = chunkBytes;
            this.digests = digests;
            this.chunks = new byte[digests.length / 32][];
            this.losses = new int[chunks.length];
            this.repeats = new int[chunks.length];
            missing.set(0, chunks.length);
        }
    }

    /** An answer may cross with chunks that are on their way; a device that always sends all is seen after so many answers. */
    private static final int LOSSES = 3;

    private static final int ASKED_IN_VAIN = 10;

    private static final Pattern CHUNK = Pattern.compile("i/([0-9a-f]{64})/([0-9]{1,3})");
    private static final long YEAR_2020 = 1_577_836_800_000L;
    /** An examination is minutes long; what comes beyond these is not kept. */
    private static final int MOST_MESSAGES = 20_000;

    private static final int MOST_IMAGES = 16;
    /** A connection that ends early may have had no time to subscribe. */
    private static final int ENOUGH = 10;

    private final String prefix;
    private final String id;
    private final VerificationKey key;
    private final Clock clock;
    private final Duration skew;
    private final Map<Passive, String> wrong = new EnumMap<>(Passive.class);
    private final Map<Passive, Integer> right = new EnumMap<>(Passive.class);
    private final TreeMap<Number, Seen> messages = new TreeMap<>();
    private final Set<String> unreadable = new HashSet<>();
    private final Map<String, Image> images = new LinkedHashMap<>();
    private final Set<Integer> acknowledged = new HashSet<>();
    /** What commands asked for, with how often it had come by then. */
    private final Map<Number, Integer> asked = new HashMap<>();

    private final List<GapDeclaration.Range> declared = new ArrayList<>();
    private @Nullable Session session;
    private boolean subscribed;
    private boolean answering;
    private int newestConnection;
    private int publishes;
    private boolean greeted;
    private long newestEpoch = -1;
    private long newestEpochTime;
    private int resumed;

    /** @param prefix {@code v1/{tenant}/{site}/{id}} */
    Examination(String prefix, VerificationKey key, Clock clock, Duration skew) {
        this.prefix = prefix;
        this.id = prefix.substring(prefix.lastIndexOf('/') + 1);
        this.key = key;
        this.clock = clock;
        this.skew = skew;
    }

    // ---- what connections bring ----

    @Override
    public synchronized void connected(Session s) {
        session = s;
        newestConnection = s.number;
        subscribed = false;
        publishes = 0;
        images.values().forEach(image -> image.answered = false);
        acknowledged.clear();
        judge(Passive.MQTT_5, s.level == 5, "protocol level " + s.level);
        judge(Passive.USER_NAME, id.equals(s.userName), s.userName == null ? "none" : "\"" + s.userName + "\"");
        if (s.willTopic != null)
            judge(
                    Passive.PRESENCE,
                    s.willTopic.equals(prefix + "/s")
                            && s.willRetained
                            && Endpoint.shown(s.willPayload).equals("0"),
                    "last will " + (s.willRetained ? "retained " : "") + "\"" + Endpoint.shown(s.willPayload) + "\" on "
                            + s.willTopic);
        notifyAll();
    }

    @Override
    public synchronized void subscribed(Session s, String filter) {
        if (s == session && s.granted(prefix + "/d/ack") == 1) {
            subscribed = true;
            right.merge(Passive.SUBSCRIPTION, 1, Integer::sum);
        }
        notifyAll();
    }

    @Override
    public synchronized void acknowledged(Session s, int packetId) {
        if (s == session) acknowledged.add(packetId);
        notifyAll();
    }

    @Override
    public synchronized void gone(Session s, String why) {
        if (s == session) {
            if (publishes >= ENOUGH)
                judge(Passive.SUBSCRIPTION, subscribed, publishes + " publishes on a connection without it");
            session = null;
            subscribed = false;
        }
        notifyAll();
    }

    @Override
    public synchronized void published(Session s, String topic, int qos, boolean retained, byte[] payload) {
        if (s == session) publishes++;
        String rest = topic.startsWith(prefix + "/") ? topic.substring(prefix.length() + 1) : "";
        Matcher chunk = CHUNK.matcher(rest);
        boolean known = rest.equals("r") || rest.equals("s") || rest.equals("u/rsp") || chunk.matches();
        judge(Passive.TOPIC, known, "a publish to " + topic);
        if (rest.equals("s")) {
            String shown = Endpoint.shown(payload);
            greeted |= shown.equals("1");
            // A device that only says "1" and has no will would look alive for ever.
            judge(
                    Passive.PRESENCE,
                    retained && (shown.equals("0") || (shown.equals("1") && s.willTopic != null)),
                    (retained ? "retained \"" : "\"") + shown + "\""
                            + (s.willTopic == null ? " without a last will" : ""));
        } else if (known) {
            judge(Passive.QOS, qos == 1 && !retained, "QoS " + qos + (retained ? ", retained" : "") + " on " + topic);
            if (rest.equals("r")) message(s, payload);
            else if (!rest.equals("u/rsp")) chunk(s, chunk.group(1), Integer.parseInt(chunk.group(2)), payload);
        }
        notifyAll();
    }

    private void message(Session s, byte[] wire) {
        SignedMessage message;
        try {
            if (wire.length > SignedMessage.MAX_DEVICE_MESSAGE)
                throw new MalformedException(MalformedException.Reason.TOO_LARGE, 0, wire.length + " bytes");
            message = SignedMessage.parse(wire);
        } catch (MalformedException e) {
            unnumbered(wire);
            judge(
                    switch (e.reason()) {
                        case NOT_SHORTEST, INDEFINITE_LENGTH, KEYS_NOT_ASCENDING, DUPLICATE_KEY -> Passive.ENCODING;
                        case FIELDS_ROOT_MISMATCH -> Passive.FIELDS_ROOT;
                        default -> Passive.FORMAT;
                    },
                    false,
                    e.getMessage() + ", in " + wire.length + " bytes");
            return;
        }
        Head head = message.head();
        Number number = new Number(head.epoch(), head.seq());
        boolean ofADevice = head.type() >= MessageType.READING && head.type() <= MessageType.COMMAND_REPLY;
        judge(Passive.FORMAT, ofADevice, "type " + head.type() + " at " + number);
        judge(Passive.ENCODING, true, "");
        judge(Passive.FIELDS_ROOT, true, "");
        String named = HexFormat.of().formatHex(head.id());
        judge(Passive.DEVICE_ID, named.equals(id), named + " at " + number);
        if (!named.equals(id) || !ofADevice) {
            unnumbered(wire); // a number of another stream, or none at all
            return;
        }
        boolean verified = message.verifies(key);
        judge(Passive.SIGNATURE, verified, "a signature that does not verify, at " + number);
        Seen seen = messages.get(number);
        if (seen == null) {
            if (messages.size() == MOST_MESSAGES) return;
            seen = new Seen(message, verified);
            messages.put(number, seen);
            first(seen);
        } else if (!Arrays.equals(seen.message.digest(), message.digest())) {
            judge(Passive.NUMBER, false, "two messages at " + number);
            return;
        } else {
            judge(Passive.RETRY, Arrays.equals(seen.message.wire(), wire), "other bytes at " + number);
        }
        seen.sessions.add(s.number);
        // A manifest that comes again asks what is missing.
        if (answering && verified && message.head().type() == MessageType.IMAGE_MANIFEST) asked(s, message);
    }

    private void unnumbered(byte[] wire) {
        if (unreadable.size() < MOST_MESSAGES) unreadable.add(HexFormat.of().formatHex(Sha256.of(wire)));
    }

    private void first(Seen seen) {
        Head head = seen.message.head();
        judge(Passive.NUMBER, true, "");
        if (head.epoch() > newestEpoch) {
            newestEpoch = head.epoch();
            newestEpochTime = head.timeMillis();
        } else if (head.epoch() < newestEpoch) {
            // A backlog of the older epoch may come late; what was signed after the newer one began may not.
            Number next = messages.higherKey(seen.number());
            boolean backlog = head.timeMillis() <= newestEpochTime || (next != null && next.epoch() == head.epoch());
            judge(Passive.EPOCHS, backlog, seen.number() + " after epoch " + newestEpoch + " had begun");
        }
        long now = clock.millis();
        if (head.clockSource() != 0) {
            Long uncertainty = head.clockUncertaintyMillis();
            long latest = now + skew.toMillis() + (uncertainty == null ? 0 : Math.min(uncertainty, 86_400_000L));
            judge(
                    Passive.CLOCK,
                    head.timeMillis() <= latest && head.timeMillis() >= YEAR_2020,
                    "clock source " + head.clockSource() + " says " + head.timeMillis() + " ms at " + seen.number()
                            + " when it was " + now);
        } else {
            judge(Passive.CLOCK, true, "");
        }
        for (Series series : Reading.series(seen.message))
            judge(
                    Passive.SERIES,
                    series.offsetSeconds() / series.stepSeconds() >= series.values().length - 1,
                    series.values().length + " samples every " + series.stepSeconds() + " s that begin "
                            + series.offsetSeconds() + " s before the message, at " + seen.number());
        if (head.type() == MessageType.IMAGE_MANIFEST && seen.verified) announce(seen);
        if (head.type() == MessageType.GAP_DECLARATION && seen.verified)
            declared.addAll(GapDeclaration.of(seen.message).ranges());
    }

    private void announce(Seen seen) {
        try {
            Image image = new Image(
                    seen.message.group(21).orElseThrow().value().unsigned(),
                    seen.message.group(23).orElseThrow().value().unsigned(),
                    seen.message.group(24).orElseThrow().value().bytes());
            boolean fits = image.chunkBytes > 0
                    && image.bytes > 0
                    && (image.bytes - 1) / image.chunkBytes + 1 == image.chunks.length;
            judge(
                    Passive.IMAGE,
                    fits,
                    image.chunks.length + " chunk digests for " + image.bytes + " bytes in chunks of "
                            + image.chunkBytes);
            String sha256 = HexFormat.of()
                    .formatHex(seen.message.group(20).orElseThrow().value().bytes(32));
            if (fits && images.size() < MOST_IMAGES) images.putIfAbsent(sha256, image);
        } catch (MalformedException e) {
            throw new IllegalStateException("a manifest that was checked cannot be read", e);
        }
    }

    private void chunk(Session s, String sha256, int number, byte[] bytes) {
        Image image = images.get(sha256);
        if (image == null && images.size() == MOST_IMAGES) return;
        if (image == null || number >= image.chunks.length) {
            judge(Passive.IMAGE, false, "chunk " + number + " of an image without a manifest: " + sha256);
            return;
        }
        byte[] digest = Arrays.copyOfRange(image.digests, 32 * number, 32 * number + 32);
        boolean sound = Arrays.equals(digest, Sha256.of(bytes));
        judge(Passive.IMAGE, sound, "chunk " + number + " of " + sha256 + " is not what its digest says");
        if (!sound) return;
        boolean last = image.missing.length() - 1 == number;
        if (image.chunks[number] != null) {
            image.repeats[number]++;
            return;
        }
        if (last) image.answered = false;
        if (number % 2 == 0 && image.losses[number] < LOSSES) {
            image.losses[number]++;
            if (last) bitmap(s, sha256, image);
            return;
        }
        if (image.losses[number] > 0) resumed++;
        image.chunks[number] = bytes;
        image.missing.clear(number);
        if (image.missing.isEmpty()) {
            byte[] whole = new byte
                    [(int) Arrays.stream(image.chunks).mapToLong(c -> c.length).sum()];
            int at = 0;
            for (byte[] c : image.chunks) {
                System.arraycopy(c, 0, whole, at, c.length);
                at += c.length;
            }
            judge(
                    Passive.IMAGE,
                    whole.length == image.bytes
                            && HexFormat.of().formatHex(Sha256.of(whole)).equals(sha256),
                    "the chunks together are not " + sha256);
        }
        if (last || image.missing.isEmpty()) bitmap(s, sha256, image);
    }

    /**
     * One answer at a time: two that cross make a device send twice, which then is not its fault. Unless it goes on asking, as a device does that has lost
     * the answer.
     */
    private void asked(Session s, SignedMessage manifest) {
        try {
            String sha256 = HexFormat.of()
                    .formatHex(manifest.group(20).orElseThrow().value().bytes(32));
            Image image = images.get(sha256);
            if (image != null && (!image.answered || ++image.asked % ASKED_IN_VAIN == 0)) bitmap(s, sha256, image);
        } catch (MalformedException e) {
            throw new IllegalStateException("a manifest that was checked cannot be read", e);
        }
    }

    /** What is missing, as vision answers it: CBOR [sha256, n, bitmap]. */
    private void bitmap(Session s, String sha256, Image image) {
        image.answered = true;
        image.asked = 0;
        s.deliver(
                prefix + "/d/img",
                new CborWriter()
                        .array(3)
                        .bytes(HexFormat.of().parseHex(sha256))
                        .unsigned(image.chunks.length)
                        .bytes(image.missing.toByteArray())
                        .toBytes());
    }

    private void judge(Passive check, boolean good, String seen) {
        if (good) right.merge(check, 1, Integer::sum);
        else wrong.putIfAbsent(check, seen);
    }

    // ---- what the certification asks ----

    /** Waits for what connections bring. @return false when the time was up first */
    synchronized boolean await(BooleanSupplier condition, Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            long left = end - System.nanoTime();
            if (left <= 0) return false;
            wait(Math.max(1, left / 1_000_000));
        }
        return true;
    }

    /** The connection on which receipts can be delivered; null while there is none. */
    synchronized @Nullable Session subscriber() {
        return subscribed ? session : null;
    }

    synchronized boolean connected() {
        return session != null;
    }

    /** The number of the newest connection, also when it is gone; 0 before the first. */
    synchronized int connectionNumber() {
        return newestConnection;
    }

    synchronized boolean acknowledged(int packetId) {
        return acknowledged.contains(packetId);
    }

    /** Verified, in order. */
    synchronized List<Seen> verified() {
        return messages.values().stream().filter(seen -> seen.verified).toList();
    }

    /** Whether it came on a connection later than this. */
    synchronized boolean cameAfter(Number number, int connection) {
        Seen seen = messages.get(number);
        return seen != null && seen.sessions.stream().anyMatch(s -> s > connection);
    }

    /** Whether anything that verifies came for the first time on a connection later than this. */
    synchronized boolean newAfter(int connection) {
        return messages.values().stream()
                .anyMatch(seen -> seen.verified && seen.sessions.stream().allMatch(s -> s > connection));
    }

    /** Whether it came at least twice on one connection. */
    synchronized boolean cameTwiceOnOne(Number number) {
        Seen seen = messages.get(number);
        return seen != null && new HashSet<>(seen.sessions).size() < seen.sessions.size();
    }

    /** A command asks for it from here on. */
    synchronized void asks(Number number) {
        asked.put(number, arrivals(number));
    }

    /** Whether what a command asks for has come again since, or is declared gone. */
    synchronized boolean answered(Number number) {
        return arrivals(number) > asked.getOrDefault(number, 0)
                || declared.stream()
                        .anyMatch(
                                r -> r.epoch() == number.epoch() && r.from() <= number.seq() && number.seq() <= r.to());
    }

    private int arrivals(Number number) {
        Seen seen = messages.get(number);
        return seen == null ? 0 : seen.sessions.size();
    }

    /** Says of every image what is missing, now and whenever its manifest comes again: once manifests have receipts. */
    synchronized void askForImages() {
        answering = true;
        Session s = session;
        if (s != null) images.forEach((sha256, image) -> bitmap(s, sha256, image));
    }

    synchronized boolean anyImage() {
        return !images.isEmpty();
    }

    synchronized boolean imagesComplete() {
        return images.values().stream().allMatch(image -> image.missing.isEmpty());
    }

    synchronized int resumedChunks() {
        return resumed;
    }

    /** How often a chunk came that was there and had been said to be, by as many answers as chunks are lost. */
    synchronized int repeatedChunks() {
        return (int) images.values().stream()
                .flatMapToInt(image -> Arrays.stream(image.repeats))
                .filter(repeats -> repeats >= LOSSES)
                .count();
    }

    /** The first number that is left out; null when none is. */
    synchronized @Nullable Number leftOut() {
        Number before = null;
        for (Number number : messages.keySet()) {
            if (before != null && before.epoch() == number.epoch() && number.seq() != before.seq() + 1)
                return new Number(number.epoch(), before.seq() + 1);
            before = number;
        }
        return null;
    }

    /** Judges what can be judged only at the end. */
    synchronized List<Check> checks() {
        chain();
        List<Check> checks = new ArrayList<>();
        for (Passive check : Passive.values()) {
            String said = wrong.get(check);
            int times = right.getOrDefault(check, 0);
            if (check == Passive.PRESENCE && said == null && !greeted) times = 0;
            checks.add(new Check(
                    check.title,
                    said != null ? Check.Outcome.FAILED : times > 0 ? Check.Outcome.PASSED : Check.Outcome.NOT_SEEN,
                    check.required,
                    check.expected.replace("{prefix}", prefix),
                    said != null ? said : times > 0 ? times + (times == 1 ? " time" : " times") : notSeen(check)));
        }
        return checks;
    }

    private String notSeen(Passive check) {
        return switch (check) {
            case SERIES -> "the device never sent a series";
            case IMAGE -> "the device never sent an image";
            case PRESENCE -> "the device never announced its presence";
            case RETRY -> "the device never sent a message twice";
            case SEQUENCE, PREVIOUS -> "no two messages in a row could be read";
            default -> "never";
        };
    }

    private void chain() {
        Seen before = null;
        int gaps = 0;
        for (Seen seen : messages.values()) {
            Number number = seen.number();
            boolean sameEpoch = before != null && before.number().epoch() == number.epoch();
            if (before != null && sameEpoch && before.number().seq() + 1 == number.seq()) {
                judge(Passive.SEQUENCE, true, "");
                judge(
                        Passive.PREVIOUS,
                        Arrays.equals(
                                before.message.digest(), seen.message.head().prev()),
                        number + " names another message");
            } else if (before != null && sameEpoch) {
                gaps++;
                // A message that could not be read may have had this number: it is told once, where it was unreadable.
                if (gaps > unreadable.size())
                    judge(Passive.SEQUENCE, false, "nothing between " + before.number() + " and " + number);
            }
            if (number.seq() == 0) {
                judge(
                        Passive.EPOCHS,
                        seen.message.head().type() == MessageType.BOOT,
                        number + " is of type " + seen.message.head().type());
            } else if (before != null && !sameEpoch) {
                judge(Passive.EPOCHS, false, "epoch " + number.epoch() + " begins with seq " + number.seq());
            } else {
                judge(Passive.EPOCHS, true, "");
            }
            before = seen;
        }
    }

    /** A judgement that only whoever waited for it can make. */
    synchronized void refuse(Passive check, String seen) {
        judge(check, false, seen);
    }
}
