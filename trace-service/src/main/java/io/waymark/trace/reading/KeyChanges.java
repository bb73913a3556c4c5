package io.waymark.trace.reading;

import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import io.waymark.trace.device.LoggedKeys;
import io.waymark.trace.device.Registration;
import io.waymark.trace.device.Stream;
import io.waymark.trace.device.Streams;
import io.waymark.trace.ledger.Submission;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the new messages of one commit change about devices' keys: a rekey message binds the key it names; the first message under a key ends
 * every older key of its stream. Both are entries of the same commit, after the messages, so that every place in the log has one set of keys
 * that are good there, and every reader of the log finds the same one. FORMAT.md §5.1.1.
 */
final class KeyChanges {
    private final Streams streams;
    private final Registration registration;

    // By the name under which the entry exists once: two messages may ask for the same one.
    private final Map<ByteBuffer, byte[]> entries = new LinkedHashMap<>();
    private final Set<ByteBuffer> changed = new LinkedHashSet<>();
    private int first;

    KeyChanges(Streams streams, Registration registration) {
        this.streams = streams;
        this.registration = registration;
    }

    /** @param signer the stream with the key that signed the message, which is new to the log */
    void consider(SignedMessage message, Stream signer) {
        if (!signer.role().equals(KeyBinding.DEVICE)) {
            return;
        }
        for (Stream key : streams.keysOf(signer.id())) {
            if (key.bindingIndex() < signer.bindingIndex() && !key.revoked()) {
                add(
                        signer,
                        Revocation.plain(key.id(), key.key().kid(), Revocation.SUPERSEDED)
                                .entry());
            }
        }
        if (message.head().type() == MessageType.REKEY) {
            Rekey.provedKey(message)
                    .filter(next -> streams.keysOf(signer.id()).stream().noneMatch(s -> s.hasKid(next.kid())))
                    .flatMap(next ->
                            registration.successor(signer, next, message.head().epoch()))
                    .ifPresent(entry -> add(signer, entry));
        }
    }

    private void add(Stream signer, byte[] entry) {
        entries.putIfAbsent(ByteBuffer.wrap(Submission.of(entry).identity()), entry);
        changed.add(ByteBuffer.wrap(signer.id()));
    }

    /** To be called once, after everything was considered: the entries go to the end of the commit. */
    void appendTo(List<Submission> submissions) {
        first = submissions.size();
        entries.values().forEach(entry -> submissions.add(Submission.of(entry)));
    }

    /** The rows of these entries, in the sequencer's transaction, after it was made sure that the messages' own keys are good. */
    void rows(Connection c, long[] at) throws SQLException {
        int n = first;
        for (byte[] entry : entries.values()) {
            LoggedKeys.restore(c, at[n++], List.of(entry));
        }
    }

    /** To be called after the commit. */
    void done() {
        changed.forEach(id -> streams.forget(id.array()));
    }
}
