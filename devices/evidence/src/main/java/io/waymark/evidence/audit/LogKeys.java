package io.waymark.evidence.audit;

import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.proof.Keys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys a log has bound and revoked so far, and whether its next word about them contradicts an earlier one. */
final class LogKeys {
    /** A key of the log itself, and the index of its entry. */
    record Placed(LogKey key, long index) {}

    private final Keys keys = new Keys();
    private final List<Placed> logKeys = new ArrayList<>();
    private final Map<ByteBuffer, byte[]> commitments = new HashMap<>();

    /** @return what contradicts an earlier entry; null when nothing does. The binding counts either way. */
    @Nullable
    String bind(KeyBinding binding, long index) {
        keys.add(binding, index);
        byte[] before = commitments.putIfAbsent(ByteBuffer.wrap(binding.streamId()), binding.streamCommitment());
        return before == null || Arrays.equals(before, binding.streamCommitment())
                ? null
                : "stream " + hex(binding.streamId()) + " was bound before with another commitment to its secret";
    }

    /** @return what contradicts an earlier entry; null when nothing does. The revocation counts either way. */
    @Nullable
    String revoke(Revocation revocation, long index) {
        boolean known = keys.binds(revocation.streamId(), revocation.kid());
        keys.add(revocation, index);
        Long from = revocation.suspectFrom();
        if (!known) {
            return "key " + hex(revocation.kid()) + " of stream " + hex(revocation.streamId())
                    + " is revoked and was not bound before";
        }
        return from != null && from > index ? "a key is suspect from index " + from + ", which is still to come" : null;
    }

    /**
     * @return what contradicts an earlier entry; null when nothing does. Then it is the key in force from here on
     */
    @Nullable
    String logKey(LogKey key, long index) {
        LogKey before =
                logKeys.isEmpty() ? null : logKeys.get(logKeys.size() - 1).key();
        if (before == null ? key.generation() != 0 : !before.mayHandOverTo(key)) {
            return "log key of generation " + key.generation()
                    + (before == null
                            ? ", with none before it"
                            : ", which generation " + before.generation() + " did not promise");
        }
        logKeys.add(new Placed(key, index));
        return null;
    }

    /** The keys that sign the log, one for each generation. */
    List<Placed> logKeys() {
        return logKeys;
    }

    Keys keys() {
        return keys;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
