package io.waymark.sdk;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.Head;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Rekey;
import io.waymark.evidence.message.SignedMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The device's chain of signed messages: each names its predecessor's digest, so a message that the platform leaves out is missed by
 * everybody who has its successor. The end of the chain lives in the {@link Outbox}; this class signs what comes next.
 *
 * <p>A counter is never guessed. When the outbox is gone or damaged, a new epoch begins; when even the file that counts epochs is gone,
 * the epoch is the time in seconds, which is beyond every counted one.
 */
final class DeviceChain {
    // The highest epoch used so far, as decimal text, or "new" for keys that have not signed yet.
    private static final String EPOCH_FILE = "epoch";
    private static final String NEW = "new";

    static final int REASON_FIRST_START = 1;
    static final int REASON_COUNTER_LOST = 2;
    private static final int BOOT_REASON = 30;
    private static final int BOOT_FIRMWARE = 31;
    private static final int BOOT_LAST_KNOWN = 33;

    /** A message to sign. @param timeMillis null = the clock at signing */
    record Draft(int type, List<Group> groups, @Nullable Long timeMillis) {}

    /** Written, not yet durable: {@link Outbox#sync} with the ticket first. */
    record Written(Sent sent, byte[] wire, long ticket) {}

    private final DeviceKeys keys;
    private final Outbox outbox;
    private final Clock clock;
    private final int clockSource;
    private final @Nullable Long clockUncertaintyMillis;
    private byte @Nullable [] anchor;

    /** Goes on where the outbox ends, or begins an epoch with a boot message; that message is durable on return. */
    static DeviceChain open(
            Path folder, DeviceKeys keys, Outbox outbox, Clock clock, int clockSource, @Nullable Long uncertaintyMillis)
            throws IOException {
        DeviceChain chain = new DeviceChain(keys, outbox, clock, clockSource, uncertaintyMillis);
        chain.begin(folder);
        return chain;
    }

    private DeviceChain(
            DeviceKeys keys, Outbox outbox, Clock clock, int clockSource, @Nullable Long uncertaintyMillis) {
        this.keys = keys;
        this.outbox = outbox;
        this.clock = clock;
        this.clockSource = clockSource;
        this.clockUncertaintyMillis = uncertaintyMillis;
        this.anchor = outbox.newestReceipt().map(DeviceChain::sha256).orElse(null);
    }

    private void begin(Path folder) throws IOException {
        Optional<Outbox.Head> remembered = outbox.head();
        Path file = folder.resolve(EPOCH_FILE);
        String counted = Files.exists(file) ? Files.readString(file).strip() : null;
        boolean intact = remembered.isPresent()
                && (outbox.recovery() == Outbox.Recovery.CLEAN || outbox.recovery() == Outbox.Recovery.TORN_TAIL)
                && counted != null
                && counted.equals(String.valueOf(remembered.get().epoch()));
        int reason = REASON_FIRST_START;
        if (!intact) {
            long epoch;
            if (counted == null) {
                epoch = clock.millis() / 1000;
                if (remembered.isPresent())
                    epoch = Math.max(epoch, remembered.get().epoch() + 1);
                reason = REASON_COUNTER_LOST;
            } else if (counted.equals(NEW) && remembered.isEmpty()) {
                epoch = 0;
            } else {
                long last = counted.equals(NEW) ? 0 : Long.parseLong(counted);
                epoch = Math.max(last, remembered.map(Outbox.Head::epoch).orElse(0L)) + 1;
                reason = REASON_COUNTER_LOST;
            }
            // The file first: a crash in between skips an epoch, the other order could use one twice.
            DeviceKeys.writeDurably(file, String.valueOf(epoch).getBytes(StandardCharsets.US_ASCII));
            outbox.beginEpoch(epoch);
        } else if (remembered.get().epoch() > 0) {
            reason = REASON_COUNTER_LOST;
        }
        if (outbox.head().orElseThrow().nextSeq() == 0) boot(reason, remembered);
    }

    private void boot(int reason, Optional<Outbox.Head> remembered) throws IOException {
        List<Group> groups = new ArrayList<>();
        groups.add(Group.of(BOOT_REASON, out -> out.unsigned(reason)));
        groups.add(Group.of(BOOT_FIRMWARE, out -> out.bytes(firmware())));
        remembered
                .filter(head -> head.nextSeq() > 0)
                .ifPresent(head -> groups.add(Group.of(
                        BOOT_LAST_KNOWN,
                        out -> out.array(2).unsigned(head.epoch()).unsigned(head.nextSeq() - 1))));
        outbox.sync(append(new Draft(MessageType.BOOT, groups, null)).ticket());
    }

    /**
     * Signs the next message and writes it.
     *
     * @throws OutboxFullException the chain has not moved
     */
    @SuppressWarnings("NullAway") // it does not read "byte @Nullable []" from the classes of another module
    synchronized Written append(Draft draft) throws IOException {
        Outbox.Head end = outbox.head().orElseThrow();
        Head head = new Head(
                draft.type(),
                keys.id(),
                end.epoch(),
                end.nextSeq(),
                end.prev(),
                draft.timeMillis() == null ? clock.millis() : draft.timeMillis(),
                clockSource,
                clockUncertaintyMillis,
                anchor);
        SignedMessage message = SignedMessage.sign(head, draft.groups(), keys.signingKey());
        byte[] wire = message.wire();
        if (wire.length > SignedMessage.MAX_DEVICE_MESSAGE)
            throw new IllegalArgumentException("a message of " + wire.length + " bytes; at most 65536");
        long ticket = outbox.append(end.epoch(), end.nextSeq(), message.digest(), wire);
        return new Written(new Sent(end.epoch(), end.nextSeq(), message.digest()), wire, ticket);
    }

    /** Signs the message that announces the next key, by the key in force; written, not yet durable. */
    synchronized Written announce(SigningKey next) throws IOException {
        Outbox.Head end = outbox.head().orElseThrow();
        return append(new Draft(MessageType.REKEY, Rekey.groups(keys.id(), end.epoch(), end.nextSeq(), next), null));
    }

    /** From the next message on the next key signs; nothing is signed while {@code rotation} notes which message that is. */
    synchronized void switchKey(Rotation rotation) throws IOException {
        Outbox.Head end = outbox.head().orElseThrow();
        rotation.switchAt(new Outbox.Key(end.epoch(), end.nextSeq()));
    }

    /** Later messages name this receipt: it proves that they were signed after it. */
    synchronized void anchor(byte[] receipt) {
        anchor = sha256(receipt);
    }

    /** Called with new keys: this device has signed nothing yet. */
    static void markNew(Path folder) throws IOException {
        DeviceKeys.writeDurably(folder.resolve(EPOCH_FILE), NEW.getBytes(StandardCharsets.US_ASCII));
    }

    // A Java device has no firmware image of its own; this names the library that signed.
    private static byte[] firmware() {
        String version = DeviceChain.class.getPackage().getImplementationVersion();
        return sha256(("waymark sdk " + (version == null ? "0" : version)).getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
