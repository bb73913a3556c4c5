package io.waymark.trace.reading;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.Series;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Whether bytes that arrived are a message of the stream they claim: form, topic, key, signature, and a rekey's own proof. Says nothing about
 * order. What a message changes about keys is {@link KeyChanges}'.
 */
final class Judgement {
    /** A year-9999 clock: later times do not fit a timestamp and mean nothing. */
    private static final long LATEST = 253_402_300_799_999L;

    /** Values of one message that are expanded into rows. */
    static final int MAX_VALUES = 10_000;

    private static final Pattern TOPIC = Pattern.compile("v1/([a-z0-9-]{1,32})/([a-z0-9-]{1,32})/([0-9a-f]{32})/r");

    /** An operator's word that a refused message be taken after all. @param refusedAs the reason that is overruled */
    record Admission(String refusedAs, String reason, String by) {}

    /** A message that is its stream's; or, with {@code refusal}, is not, or comes in a wrong order. {@code admission} mostly null. */
    record Judged(SignedMessage message, Stream stream, String refusal, Admission admission) {
        static Judged refused(String reason) {
            return new Judged(null, null, reason, null);
        }
    }

    private Judgement() {}

    /**
     * A message as it came.
     *
     * @param topic  null where there was none (HTTP)
     * @param tenant without a topic: whose stream it must be of, an organisation's
     * @param admission null, or who takes it although its key was revoked or its epoch is over
     */
    record Arrived(String topic, byte[] wire, String tenant, Admission admission) {}

    /** Judges all of them, signatures in parallel; in order. */
    static List<Judged> of(List<Arrived> all, Streams streams) {
        List<Judged> parsed = each(all).mapToObj(i -> parse(all.get(i).wire())).toList();
        Map<ByteBuffer, List<Stream>> keys = streams.keysOf(parsed.stream()
                .map(Judged::message)
                .filter(Objects::nonNull)
                .map(m -> ByteBuffer.wrap(m.head().id()))
                .distinct()
                .map(ByteBuffer::array)
                .toList());
        return each(all)
                .mapToObj(i -> judge(
                        all.get(i).topic(),
                        parsed.get(i),
                        all.get(i).tenant(),
                        all.get(i).admission(),
                        keys))
                .toList();
    }

    private static IntStream each(List<Arrived> messages) {
        IntStream all = IntStream.range(0, messages.size());
        return messages.size() < Intake.FEW ? all : all.parallel();
    }

    private static Judged parse(byte[] wire) {
        if (wire.length > SignedMessage.MAX_DEVICE_MESSAGE) {
            return Judged.refused("too-large");
        }
        try {
            return new Judged(SignedMessage.parse(wire), null, null, null);
        } catch (MalformedException e) {
            return Judged.refused(
                    "malformed-" + e.reason().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
    }

    private static Judged judge(
            String topic, Judged parsed, String tenant, Admission admission, Map<ByteBuffer, List<Stream>> keys) {
        if (parsed.refusal() != null) {
            return parsed;
        }
        SignedMessage message = parsed.message();
        byte[] id = message.head().id();
        Matcher named = topic == null ? null : TOPIC.matcher(topic);
        if (named != null && !named.matches()) {
            return Judged.refused("wrong-topic");
        }
        if (named != null && !Arrays.equals(HexFormat.of().parseHex(named.group(3)), id)) {
            return Judged.refused("topic-mismatch");
        }
        List<Stream> all = keys.getOrDefault(ByteBuffer.wrap(id), List.of());
        Stream stream =
                all.stream().filter(s -> s.hasKid(message.kid())).findFirst().orElse(null);
        if (stream == null) {
            return Judged.refused("unknown-key");
        }
        if (named == null) {
            if (!stream.tenant().equals(tenant)) {
                return Judged.refused("unknown-key");
            }
        } else if (!named.group(1).equals(stream.tenant()) || !named.group(2).equals(stream.site())) {
            return Judged.refused("wrong-topic");
        }
        boolean device = stream.role().equals(KeyBinding.DEVICE);
        int type = message.head().type();
        if (named != null
                ? !device || type < MessageType.READING || type > MessageType.COMMAND_REPLY
                : device || type != MessageType.STATEMENT) {
            return Judged.refused("wrong-type");
        }
        // By position in the log: what would be included now lies after the revocation, whatever time the message
        // claims.
        if (stream.revoked() && admission == null) {
            return Judged.refused("key-revoked");
        }
        if (message.head().epoch() < stream.firstEpoch()) {
            return Judged.refused("epoch-before-key");
        }
        if (!message.verifies(stream.key())) {
            return Judged.refused("bad-signature");
        }
        if (type == MessageType.REKEY) {
            String refusal = rekey(message, all);
            if (refusal != null) {
                return Judged.refused(refusal);
            }
        }
        // What no row can hold would fail the whole batch, every time it is sent: nobody's readings would get past it.
        if (message.head().seq() == Long.MAX_VALUE) {
            return Judged.refused("sequence-out-of-range");
        }
        if (message.head().timeMillis() > LATEST) {
            return Judged.refused("time-out-of-range");
        }
        if (device
                && type == MessageType.READING
                && Reading.series(message).stream().anyMatch(s -> s.offsetSeconds() > LATEST / 1000)) {
            return Judged.refused("time-out-of-range");
        }
        if (device && type == MessageType.READING && values(message) > MAX_VALUES) {
            return Judged.refused("too-many-values");
        }
        return new Judged(message, stream, null, admission);
    }

    /** Why this rekey of a device with these keys cannot be; null when it can. */
    private static String rekey(SignedMessage message, List<Stream> keys) {
        VerificationKey next = Rekey.provedKey(message).orElse(null);
        if (next == null) {
            return "rekey-not-proved";
        }
        Stream known =
                keys.stream().filter(s -> s.hasKid(next.kid())).findFirst().orElse(null);
        if (known != null) {
            return known.revoked() || !known.key().equals(next) ? "rekey-to-a-revoked-key" : null;
        }
        long live = keys.stream().filter(s -> !s.revoked()).count();
        return live >= Registration.MOST_LIVE_KEYS ? "too-many-keys" : null;
    }

    private static int values(SignedMessage message) {
        int count = Reading.measurements(message).size();
        for (Series series : Reading.series(message)) {
            count += series.values().length;
        }
        return count;
    }
}
