package io.waymark.evidence.proof;

import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.message.Envelope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Key bindings and revocations that are proved to stand in the log, and whose word an envelope is by them. */
public final class Keys {
    private record Bound(KeyBinding binding, long index) {}

    private record Revoked(Revocation revocation, long index) {}

    /** What was found about one signature. */
    public record Judgement(Outcome outcome, String seen) {}

    // By stream id and kid, and each entry of the log once however often the file repeats it: work grows with the file,
    // not with its square.
    private final Map<ByteBuffer, List<Bound>> bindings = new HashMap<>();
    private final Map<ByteBuffer, List<Revoked>> revocations = new HashMap<>();
    private final Set<Long> seen = new HashSet<>();
    private final Map<ByteBuffer, Long> anchors = new HashMap<>();

    public void add(KeyBinding binding, long index) {
        if (seen.add(index)) {
            bindings.computeIfAbsent(name(binding.streamId(), binding.key().kid()), any -> new ArrayList<>())
                    .add(new Bound(binding, index));
        }
    }

    public void add(Revocation revocation, long index) {
        if (seen.add(index)) {
            revocations
                    .computeIfAbsent(name(revocation.streamId(), revocation.kid()), any -> new ArrayList<>())
                    .add(new Revoked(revocation, index));
        }
    }

    /** What messages may name as older than themselves: a checkpoint that the log's key has signed. */
    public void anchored(VerifiedCheckpoint older) {
        anchors.put(ByteBuffer.wrap(Sha256.of(older.note().getBytes(StandardCharsets.UTF_8))), older.size());
    }

    /** Whether this key is bound to this stream. */
    public boolean binds(byte[] streamId, byte[] kid) {
        return bindings.containsKey(name(streamId, kid));
    }

    /**
     * @param role  the role that may sign such a message
     * @param index where the message's entry or link stands: validity is judged by places in the log, never by clocks
     */
    public Judgement judge(Envelope envelope, String role, long index) {
        Judgement first = null;
        for (Bound bound : bindings.getOrDefault(name(envelope.head().id(), envelope.kid()), List.of())) {
            Judgement judgement = judge(bound, envelope, role, index);
            if (judgement.outcome() == Outcome.PASS) {
                return judgement;
            }
            first = first == null ? judgement : first;
        }
        return first != null
                ? first
                : new Judgement(
                        Outcome.CANNOT_TELL,
                        "no key binding for key " + hex(envelope.kid()) + " of stream "
                                + hex(envelope.head().id()));
    }

    private Judgement judge(Bound bound, Envelope envelope, String role, long index) {
        KeyBinding binding = bound.binding();
        String who = shown(binding.organisation()) + ", " + binding.role() + " key kept by " + binding.keeper();
        if (bound.index() >= index) {
            return new Judgement(
                    Outcome.FAIL, who + ", bound at index " + bound.index() + ", not before index " + index);
        }
        if (!binding.role().equals(role)) {
            return new Judgement(Outcome.FAIL, who + ", but a key of role " + role + " is needed");
        }
        if (envelope.head().epoch() < binding.firstEpoch()) {
            return new Judgement(
                    Outcome.FAIL,
                    who + ", bound from epoch " + binding.firstEpoch() + ", message of epoch "
                            + envelope.head().epoch());
        }
        List<Revoked> revoked =
                revocations.getOrDefault(name(binding.streamId(), binding.key().kid()), List.of());
        for (Revoked r : revoked) {
            if (r.index() < index) {
                return new Judgement(
                        Outcome.FAIL,
                        who + ", revoked at index " + r.index() + ": "
                                + shown(r.revocation().reason()));
            }
        }
        if (!envelope.verifies(binding.key())) {
            return new Judgement(Outcome.FAIL, who + ": the signature does not fit");
        }
        Long suspect = suspectFrom(revoked);
        if (suspect != null && suspect <= index) {
            return new Judgement(
                    Outcome.CANNOT_TELL,
                    who + ", signature fits, but the key is suspect from index " + suspect + "; "
                            + signedAfter(envelope, suspect));
        }
        return new Judgement(Outcome.PASS, who + ", bound at index " + bound.index());
    }

    /** The lowest index that a revocation names: a later one may reach further back. */
    private static @Nullable Long suspectFrom(List<Revoked> revoked) {
        Long lowest = null;
        for (Revoked r : revoked) {
            Long from = r.revocation().suspectFrom();
            lowest = lowest == null || (from != null && from < lowest) ? from : lowest;
        }
        return lowest;
    }

    // The message was signed between its anchor and its inclusion. Only an inclusion before the suspicion shows that it was
    // signed before it; an anchor can show that it was not, and nothing else.
    private String signedAfter(Envelope envelope, long suspectFrom) {
        byte[] anchor = envelope.head().anchor();
        if (anchor == null) {
            return "it names nothing that it was signed after";
        }
        Long size = anchors.get(ByteBuffer.wrap(anchor));
        if (size == null) {
            return "what it was signed after is not here";
        }
        return "it was signed after the log had " + size + " entries"
                + (size > suspectFrom ? ", surely in the suspect time" : ", before or in the suspect time");
    }

    private static ByteBuffer name(byte[] streamId, byte[] kid) {
        return ByteBuffer.allocate(24).put(streamId).put(kid).flip();
    }

    /** Text from the file, short enough to be repeated in every check. */
    static String shown(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
