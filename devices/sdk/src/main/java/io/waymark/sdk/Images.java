package io.waymark.sdk;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.message.Group;
import io.waymark.evidence.message.MessageType;
import io.waymark.evidence.message.Reading;
import io.waymark.evidence.message.SignedMessage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Images whose bytes the store has not confirmed. The manifest is an ordinary signed message; the chunks are unsigned, because each is
 * checked against the manifest's digests.
 *
 * <p>An image is kept until the platform has answered with an empty bitmap of missing chunks. Neither a PUBACK nor the manifest's receipt
 * is that answer.
 */
final class Images {
    static final int CHUNK = 32 * 1024;
    private static final int MAX_CHUNKS = 512;
    static final int LARGEST = CHUNK * MAX_CHUNKS;

    private static final int DIGEST = 20;
    private static final int BYTES = 21;
    private static final int MEDIA_TYPE = 22;
    private static final int CHUNK_BYTES = 23;
    private static final int CHUNK_DIGESTS = 24;
    private static final int PIXELS = 25;

    private static final String BLOB = ".img";
    private static final String MANIFEST = ".manifest";

    /** A chunk to publish on {@code i/{sha256hex}/{number}}. */
    record Chunk(String sha256Hex, int number, byte[] bytes) {}

    /** What to do for the images now. @param manifests wires to publish again, so that the platform says what is missing */
    record Work(List<Chunk> chunks, List<byte[]> manifests) {}

    private enum Phase {
        /** The manifest has no receipt yet, or was published again to hear what is missing. */
        ASKING,
        SENDING,
        /** Everything missing was sent; the bitmap will tell. */
        WAITING
    }

    private static final class Upload {
        final String sha256Hex;
        final Outbox.Key manifest;
        final byte[] manifestWire;
        final int chunks;
        final BitSet missing = new BitSet();
        Phase phase;
        int cursor;
        long since;

        Upload(String sha256Hex, Outbox.Key manifest, byte[] manifestWire, int chunks, Phase phase) {
            this.sha256Hex = sha256Hex;
            this.manifest = manifest;
            this.manifestWire = manifestWire;
            this.chunks = chunks;
            this.phase = phase;
            this.missing.set(0, chunks);
        }
    }

    private final Path folder;
    private final Outbox outbox;
    private final Duration patience;
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

    /** Finds what an earlier run left, after the outbox has been opened. */
    static Images open(Path folder, Outbox outbox, Duration patience) throws IOException {
        Files.createDirectories(folder);
        Images images = new Images(folder, outbox, patience);
        images.recover();
        return images;
    }

    private Images(Path folder, Outbox outbox, Duration patience) {
        this.folder = folder;
        this.outbox = outbox;
        this.patience = patience;
    }

    int count() {
        return uploads.size();
    }

    /**
     * The manifest's groups, after the bytes are durable.
     *
     * @param width 0 = unknown
     */
    List<Group> keep(byte[] image, String mediaType, Observation context, int width, int height) throws IOException {
        if (image.length == 0 || image.length > LARGEST)
            throw new IllegalArgumentException("an image of " + image.length + " bytes; 1 to " + LARGEST);
        byte[] digest = DeviceChain.sha256(image);
        int chunks = (image.length + CHUNK - 1) / CHUNK;
        byte[] digests = new byte[32 * chunks];
        for (int i = 0; i < chunks; i++) System.arraycopy(DeviceChain.sha256(slice(image, i)), 0, digests, 32 * i, 32);
        DeviceKeys.writeDurably(folder.resolve(hex(digest) + BLOB), image);
        List<Group> groups = new ArrayList<>();
        if (context.position() != null) groups.add(Reading.position(context.position()));
        if (!context.associations().isEmpty()) groups.add(Reading.associations(context.associations()));
        groups.add(Group.of(DIGEST, out -> out.bytes(digest)));
        groups.add(Group.of(BYTES, out -> out.unsigned(image.length)));
        groups.add(Group.of(MEDIA_TYPE, out -> out.text(mediaType)));
        groups.add(Group.of(CHUNK_BYTES, out -> out.unsigned(CHUNK)));
        groups.add(Group.of(CHUNK_DIGESTS, out -> out.bytes(digests)));
        if (width > 0 && height > 0)
            groups.add(Group.of(PIXELS, out -> out.array(2).unsigned(width).unsigned(height)));
        return groups;
    }

    /** After the manifest is durable in the outbox. Its file is written only now: a manifest that never got its number must not exist. */
    void announced(byte[] manifestWire) throws IOException {
        Upload upload = upload(manifestWire, Phase.ASKING);
        DeviceKeys.writeDurably(folder.resolve(upload.sha256Hex + MANIFEST), manifestWire);
        uploads.put(upload.sha256Hex, upload);
    }

    /** What is due, at most {@code most} chunks; called often, from one thread. */
    Work due(int most) throws IOException {
        List<Chunk> chunks = new ArrayList<>();
        List<byte[]> manifests = new ArrayList<>();
        long now = System.nanoTime();
        for (Upload upload : uploads.values()) {
            if (outbox.isPending(upload.manifest))
                continue; // its receipt comes first: chunks without a known manifest are refused
            synchronized (upload) {
                boolean patient = now - upload.since < patience.toNanos();
                if (upload.phase == Phase.ASKING && upload.since == 0) {
                    upload.since = now;
                    manifests.add(upload.manifestWire);
                } else if (upload.phase == Phase.ASKING && !patient) {
                    upload.phase = Phase.SENDING;
                    upload.cursor = 0;
                } else if (upload.phase == Phase.WAITING && !patient) {
                    upload.phase = Phase.ASKING;
                    upload.since = now;
                    manifests.add(upload.manifestWire);
                }
                while (upload.phase == Phase.SENDING && chunks.size() < most) {
                    int next = upload.missing.nextSetBit(upload.cursor);
                    if (next < 0) {
                        upload.phase = Phase.WAITING;
                        upload.since = now;
                        break;
                    }
                    chunks.add(new Chunk(upload.sha256Hex, next, chunk(upload, next)));
                    upload.cursor = next + 1;
                }
            }
        }
        return new Work(chunks, manifests);
    }

    /**
     * The platform's answer on {@code d/img}: CBOR [sha256, n, bitmap], bit i % 8 (from the lowest) of byte i / 8 set = chunk i is missing;
     * no bit set = the image is complete. n is the number of chunks, 0 when the answerer does not know it.
     *
     * @throws MalformedException for other bytes
     */
    void answered(byte[] answer) throws MalformedException, IOException {
        CborReader in = new CborReader(answer);
        in.array(3);
        String sha256Hex = hex(in.bytes(32));
        long n = in.unsigned();
        BitSet missing = BitSet.valueOf(in.bytes());
        in.end();
        Upload upload = uploads.get(sha256Hex);
        if (upload == null || (n != 0 && n != upload.chunks)) return; // another device's, or long done
        missing.clear(upload.chunks, Math.max(upload.chunks, missing.length()));
        synchronized (upload) {
            upload.missing.clear();
            upload.missing.or(missing);
            if (missing.isEmpty()) {
                uploads.remove(sha256Hex);
                Files.deleteIfExists(folder.resolve(sha256Hex + MANIFEST));
                Files.deleteIfExists(folder.resolve(sha256Hex + BLOB));
            } else if (upload.phase != Phase.SENDING) {
                upload.phase = Phase.SENDING;
                upload.cursor = 0;
            }
        }
    }

    /** A new connection: chunks published on the old one may be lost. */
    void reconnected() {
        for (Upload upload : uploads.values()) {
            synchronized (upload) {
                upload.phase = Phase.ASKING;
                upload.since = 0;
            }
        }
    }

    private void recover() throws IOException {
        List<Path> blobs;
        try (Stream<Path> files = Files.list(folder)) {
            blobs = files.filter(f -> f.getFileName().toString().endsWith(BLOB)).toList();
        }
        for (Path blob : blobs) {
            String hex = blob.getFileName().toString().replace(BLOB, "");
            Path manifest = folder.resolve(hex + MANIFEST);
            byte[] wire = Files.exists(manifest) ? Files.readAllBytes(manifest) : manifestInOutbox(hex);
            if (wire == null) {
                Files.delete(blob); // the crash came before its manifest was signed: the caller was told nothing
                continue;
            }
            if (!Files.exists(manifest)) DeviceKeys.writeDurably(manifest, wire);
            uploads.put(hex, upload(wire, Phase.ASKING));
        }
    }

    private byte @Nullable [] manifestInOutbox(String hex) throws IOException {
        for (Outbox.Key key : outbox.pending()) {
            byte[] wire = outbox.wire(key).orElse(null);
            if (wire == null) continue;
            SignedMessage message = parse(wire);
            if (message.head().type() == MessageType.IMAGE_MANIFEST && hex.equals(hex(digest(message)))) return wire;
        }
        return null;
    }

    private Upload upload(byte[] manifestWire, Phase phase) throws IOException {
        SignedMessage message = parse(manifestWire);
        try {
            int chunks = message.group(CHUNK_DIGESTS).orElseThrow().value().bytes().length / 32;
            return new Upload(
                    hex(digest(message)),
                    new Outbox.Key(message.head().epoch(), message.head().seq()),
                    manifestWire,
                    chunks,
                    phase);
        } catch (MalformedException e) {
            throw new IOException("a manifest of our own cannot be read: " + e.getMessage(), e);
        }
    }

    private byte[] chunk(Upload upload, int number) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve(upload.sha256Hex + BLOB).toFile(), "r")) {
            long at = (long) number * CHUNK;
            byte[] bytes = new byte[(int) Math.min(CHUNK, file.length() - at)];
            file.seek(at);
            file.readFully(bytes);
            return bytes;
        }
    }

    private static byte[] slice(byte[] image, int number) {
        return java.util.Arrays.copyOfRange(image, number * CHUNK, Math.min(image.length, (number + 1) * CHUNK));
    }

    private static byte[] digest(SignedMessage manifest) throws IOException {
        try {
            return manifest.group(DIGEST).orElseThrow().value().bytes(32);
        } catch (MalformedException e) {
            throw new IOException("a manifest of our own cannot be read: " + e.getMessage(), e);
        }
    }

    private static SignedMessage parse(byte[] wire) throws IOException {
        try {
            return SignedMessage.parse(wire);
        } catch (MalformedException e) {
            throw new IOException("a message of our own cannot be read: " + e.getMessage(), e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
