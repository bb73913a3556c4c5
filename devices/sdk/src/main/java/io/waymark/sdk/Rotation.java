package io.waymark.sdk;

import io.waymark.evidence.receipt.Receipt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a device stands between two signing keys: nowhere; the next key is announced and has no receipt yet; or the next key signs, and what
 * the old one signed is still being delivered. Kept in the file {@code rekey}, so that a device that dies at any point goes on from there.
 *
 * <p>The platform ends the old key with the first message under the new one, by their places in the log. So the device switches only when it
 * holds a receipt for the announcement, and publishes nothing under the new key while something under the old one waits for its receipt.
 */
final class Rotation {
    private static final String FILE = "rekey";
    private static final String ANNOUNCED = "announced";
    private static final String SWITCHED = "switched";

    private final Path file;
    private final DeviceKeys keys;
    private volatile Outbox.@Nullable Key announced;
    private volatile Outbox.@Nullable Key switched;

    private Rotation(Path file, DeviceKeys keys) {
        this.file = file;
        this.keys = keys;
    }

    /** Goes on where an earlier run stopped. Before the chain is opened: what it signs first must be under the right key. */
    static Rotation open(Path folder, DeviceKeys keys, Outbox outbox) throws IOException {
        Rotation rotation = new Rotation(folder.resolve(FILE), keys);
        if (!Files.exists(rotation.file)) return rotation;
        String[] words = Files.readString(rotation.file).strip().split(" ");
        if (words.length != 3) throw new IOException(FILE + " is damaged: remove it, and rotate the key again");
        Outbox.Key at = new Outbox.Key(Long.parseLong(words[1]), Long.parseLong(words[2]));
        if (words[0].equals(SWITCHED)) {
            rotation.switched = at;
            if (keys.hasNext()) keys.switchToNext(); // died between the file and the key
        } else if (outbox.isPending(at)) {
            rotation.announced = at;
        } else {
            // Lost with a damaged outbox. The key stays prepared, for the next announcement.
            Files.delete(rotation.file);
        }
        return rotation;
    }

    boolean underWay() {
        return announced != null || switched != null;
    }

    /** To be called when the announcement is durable and before it is published. */
    void announcedAt(Outbox.Key at) throws IOException {
        write(ANNOUNCED, at);
        announced = at;
    }

    /** Whether this receipt, which is genuine, says that the platform has the announcement. */
    boolean isConfirmedBy(Receipt receipt) {
        Outbox.Key at = announced;
        return at != null
                && receipt.ranges().stream()
                        .anyMatch(r -> r.epoch() == at.epoch() && r.from() <= at.seq() && at.seq() <= r.to());
    }

    /** The next key signs from this number on. Under the chain's lock: no number is signed meanwhile. */
    void switchAt(Outbox.Key first) throws IOException {
        write(SWITCHED, first);
        switched = first;
        announced = null;
        keys.switchToNext();
    }

    /** The first number under the new key while old ones may be outstanding, else null. */
    Outbox.@Nullable Key switched() {
        return switched;
    }

    /** Nothing that the old key signed is to be delivered any more. */
    void delivered() throws IOException {
        Files.deleteIfExists(file);
        switched = null;
    }

    private void write(String stage, Outbox.Key at) throws IOException {
        DeviceKeys.writeDurably(file, (stage + " " + at.epoch() + " " + at.seq()).getBytes(StandardCharsets.US_ASCII));
    }
}
