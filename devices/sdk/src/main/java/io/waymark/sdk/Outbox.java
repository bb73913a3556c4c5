package io.waymark.sdk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The messages nobody has given a receipt for yet, and the end of the chain they belong to, in append-only files.
 *
 * <p>A message record <em>is</em> the chain's new end: one write and one fsync make both durable, so a power cut can never leave a used
 * sequence number without its message or the reverse. Concurrent callers share an fsync ({@link #sync}).
 *
 * <p>What is found at {@link #open} decides how the chain goes on ({@link Recovery}): a torn tail was never published (publishing waits for
 * the fsync) and its numbers are used again; a hole anywhere else means that published numbers may be lost, so the caller must begin a
 * new epoch.
 *
 * <p>Bounded: when the files hold {@code maxBytes}, {@link #append} refuses. Nothing is ever dropped to make room, because a reading that
 * was taken is evidence; the caller hears of it and can stop measuring or sound an alarm.
 */
// A record rotted at the very end of the newest file cannot be told from a torn write, and its number would be used
// twice.
// The price of not writing a second file per message; the ledger shows such a case as an equivocation of this device.
final class Outbox implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Outbox.class.getName());

    // segment = "WMOUTBX1" ‖ record*          named by a rising number; the first record is a HEAD
    // record  = length(4) ‖ CRC-32C(4) ‖ body  both big-endian; length = body's bytes; the CRC is over the body
    // body    = kind(1) ‖
    //   1 HEAD     epoch(8) ‖ next seq(8) ‖ has prev(1) ‖ prev(32)
    //   2 MESSAGE  epoch(8) ‖ seq(8) ‖ digest(32) ‖ wire
    //   3 COVERED  epoch(8) ‖ from(8) ‖ to(8)
    //   4 RECEIPT  COSE bytes of the newest receipt: the anchor of later messages
    private static final byte[] MAGIC = {'W', 'M', 'O', 'U', 'T', 'B', 'X', '1'};
    private static final int RECORD_HEADER = 8;
    private static final byte HEAD = 1;
    private static final byte MESSAGE = 2;
    private static final byte COVERED = 3;
    private static final byte RECEIPT = 4;
    private static final int MESSAGE_PREFIX = 1 + 8 + 8 + 32;
    private static final int MAX_BODY = 1 << 20;
    private static final int DIGEST = 32;
    private static final String SUFFIX = ".outbox";

    /** Identity of a message within its device. */
    record Key(long epoch, long seq) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byEpoch = Long.compare(epoch, other.epoch);
            return byEpoch != 0 ? byEpoch : Long.compare(seq, other.seq);
        }
    }

    /** The end of the chain. @param prev digest of the message before {@code nextSeq}; null when {@code nextSeq} is 0 */
    record Head(long epoch, long nextSeq, byte @Nullable [] prev) {}

    /** What {@link #open} found. */
    enum Recovery {
        /** No files: a new device, or one whose outbox was taken away. */
        EMPTY,
        /** Every byte accounted for. */
        CLEAN,
        /** The last write was cut off and has been removed; it was never published. */
        TORN_TAIL,
        /** Something other than the end was unreadable: numbers that were published may be missing. */
        DAMAGED
    }

    private record Place(Segment segment, long offset, int wireLength, byte[] digest) {}

    private static final class Segment {
        final long number;
        final Path file;
        final FileChannel channel;
        long size;
        int pending;

        Segment(long number, Path file, FileChannel channel) {
            this.number = number;
            this.file = file;
            this.channel = channel;
        }
    }

    private final Path folder;
    private final long maxBytes;
    private final long segmentBytes;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final NavigableMap<Long, Segment> segments = new TreeMap<>();
    private final ConcurrentSkipListMap<Key, Place> pending = new ConcurrentSkipListMap<>();

    /** Held for one fsync at a time; always taken before {@link #appendLock}. */
    private final Object syncLock = new Object();

    private final Object appendLock = new Object();
    private @Nullable Segment active;
    private @Nullable Head head;
    private byte @Nullable [] newestReceipt;
    private Recovery recovery = Recovery.EMPTY;
    private long bytes;
    private long appended;
    private volatile long synced;
    private volatile @Nullable IOException broken;

    /**
     * Opens or creates the outbox in a folder and takes it for this process.
     *
     * @throws IOException also when another process or object has it open
     */
    static Outbox open(Path folder, long maxBytes, long segmentBytes) throws IOException {
        Files.createDirectories(folder);
        return new Outbox(folder, maxBytes, segmentBytes);
    }

    private Outbox(Path folder, long maxBytes, long segmentBytes) throws IOException {
        this.folder = folder;
        this.maxBytes = maxBytes;
        this.segmentBytes = segmentBytes;
        this.lockChannel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            this.lock = lockChannel.tryLock();
            if (lock == null) throw new IOException("outbox " + folder.getFileName() + " is open in another process");
            recover();
        } catch (OverlappingFileLockException e) {
            lockChannel.close();
            throw new IOException("outbox " + folder.getFileName() + " is already open in this process", e);
        } catch (IOException | RuntimeException e) {
            closeSegments();
            lockChannel.close();
            throw e;
        }
    }

    Recovery recovery() {
        return recovery;
    }

    /** The chain's end as the files remember it; empty when they remember nothing. */
    Optional<Head> head() {
        synchronized (appendLock) {
            return Optional.ofNullable(head);
        }
    }

    Optional<byte[]> newestReceipt() {
        synchronized (appendLock) {
            return Optional.ofNullable(newestReceipt);
        }
    }

    long bytes() {
        synchronized (appendLock) {
            return bytes;
        }
    }

    int pendingCount() {
        return pending.size();
    }

    /** Identities without a receipt, oldest first. */
    List<Key> pending() {
        return List.copyOf(pending.keySet());
    }

    /** Identities without a receipt from..to of an epoch, oldest first, at most {@code most}; also of those that are not durable yet. */
    List<Key> pending(long epoch, long from, long to, int most) {
        return pending.subMap(new Key(epoch, from), true, new Key(epoch, to), true).keySet().stream()
                .limit(most)
                .toList();
    }

    boolean isPending(Key key) {
        return pending.containsKey(key);
    }

    Optional<byte[]> digest(Key key) {
        return Optional.ofNullable(pending.get(key)).map(Place::digest);
    }

    /**
     * Starts a new epoch in a file of its own; durable on return. Also the first step of a new device, with epoch 0.
     */
    void beginEpoch(long epoch) throws IOException {
        synchronized (syncLock) {
            synchronized (appendLock) {
                requireSound();
                head = new Head(epoch, 0, null);
                roll();
            }
        }
    }

    /**
     * Writes one message, which becomes the chain's end. Not durable until {@link #sync} with the returned ticket; must not be published
     * before.
     *
     * @throws OutboxFullException nothing was written and the chain has not moved
     * @throws IllegalStateException when epoch and seq are not the chain's next
     */
    long append(long epoch, long seq, byte[] digest, byte[] wire) throws IOException {
        if (digest.length != DIGEST) throw new IllegalArgumentException("digest of " + digest.length + " bytes");
        if (wire.length > MAX_BODY - MESSAGE_PREFIX)
            throw new IllegalArgumentException("message of " + wire.length + " bytes");
        rollIfFull();
        synchronized (appendLock) {
            requireSound();
            if (head == null || head.epoch() != epoch || head.nextSeq() != seq)
                throw new IllegalStateException("epoch " + epoch + " seq " + seq + " is not next after " + head);
            Segment active = active();
            int length = MESSAGE_PREFIX + wire.length;
            if (bytes + RECORD_HEADER + length > maxBytes) throw new OutboxFullException(bytes, maxBytes);
            ByteBuffer body = ByteBuffer.allocate(length);
            body.put(MESSAGE).putLong(epoch).putLong(seq).put(digest).put(wire).flip();
            long at = write(body);
            pending.put(new Key(epoch, seq), new Place(active, at + MESSAGE_PREFIX, wire.length, digest.clone()));
            active.pending++;
            head = new Head(epoch, seq + 1, digest.clone());
            return ++appended;
        }
    }

    /**
     * Returns when everything up to the ticket is on the disk. Callers that wait at the same time share one fsync.
     *
     * @throws IOException the disk refused; this outbox then refuses everything until it is opened again, because after a failed fsync
     *     nobody knows what was written
     */
    void sync(long ticket) throws IOException {
        if (synced >= ticket) return;
        synchronized (syncLock) {
            if (synced >= ticket) return;
            long upTo;
            FileChannel channel;
            synchronized (appendLock) {
                requireSound();
                upTo = appended;
                channel = active().channel;
            }
            try {
                channel.force(false);
            } catch (IOException e) {
                broken = e;
                throw e;
            }
            synced = upTo;
        }
    }

    /** The stored bytes of a message; empty when it has left the outbox meanwhile. */
    Optional<byte[]> wire(Key key) throws IOException {
        Place place = pending.get(key);
        if (place == null) return Optional.empty();
        ByteBuffer buffer = ByteBuffer.allocate(place.wireLength());
        try {
            readFully(place.segment().channel, buffer, place.offset());
        } catch (java.nio.channels.ClosedChannelException e) {
            if (pending.get(key) == null) return Optional.empty(); // covered between the look-up and the read
            throw e;
        }
        return Optional.of(buffer.array());
    }

    /**
     * Forgets the messages from..to of an epoch. Not synced: after a crash they are published again, which is harmless.
     *
     * @return how many left
     */
    int cover(long epoch, long from, long to) throws IOException {
        synchronized (appendLock) {
            requireSound();
            var covered = pending.subMap(new Key(epoch, from), true, new Key(epoch, to), true);
            if (covered.isEmpty()) return 0;
            ByteBuffer body = ByteBuffer.allocate(1 + 24);
            body.put(COVERED).putLong(epoch).putLong(from).putLong(to).flip();
            write(body);
            int count = forget(covered);
            deleteOldSegments();
            return count;
        }
    }

    /** Keeps the newest receipt for the anchor of later messages. Not synced: losing it makes an anchor older, not wrong. */
    void keepReceipt(byte[] cose) throws IOException {
        if (cose.length > MAX_BODY - 1) throw new IllegalArgumentException("receipt of " + cose.length + " bytes");
        synchronized (appendLock) {
            requireSound();
            newestReceipt = cose.clone();
            ByteBuffer body = ByteBuffer.allocate(1 + cose.length);
            body.put(RECEIPT).put(cose).flip();
            write(body);
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (syncLock) {
            synchronized (appendLock) {
                if (broken == null && active != null && active.channel.isOpen()) active.channel.force(false);
                broken = new IOException("the outbox is closed");
                closeSegments();
                lock.release();
                lockChannel.close();
            }
        }
    }

    private void closeSegments() throws IOException {
        for (Segment segment : segments.values()) segment.channel.close();
    }

    private void requireSound() throws IOException {
        if (broken != null) throw new IOException("outbox unusable: " + broken.getMessage(), broken);
    }

    private void rollIfFull() throws IOException {
        synchronized (appendLock) {
            if (active != null && active.size < segmentBytes) return;
        }
        synchronized (syncLock) {
            synchronized (appendLock) {
                requireSound();
                if (active == null || active.size < segmentBytes) return;
                roll();
                deleteOldSegments();
            }
        }
    }

    private Segment active() {
        return Objects.requireNonNull(active, "an epoch begins before anything is written");
    }

    /** Under both locks. The new file states the chain's end, so older ones may go when their messages are covered. */
    private void roll() throws IOException {
        try {
            if (active != null) {
                active.channel.force(false);
                synced = appended;
            }
            long number = segments.isEmpty() ? 0 : segments.lastKey() + 1;
            Path file = folder.resolve(String.format("%016x%s", number, SUFFIX));
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
            ownerOnly(file);
            Segment fresh = new Segment(number, file, channel);
            segments.put(number, fresh);
            active = fresh;
            writeFully(channel, ByteBuffer.wrap(MAGIC), 0);
            fresh.size = MAGIC.length;
            bytes += MAGIC.length;
            Head end = Objects.requireNonNull(head, "an epoch begins before its file");
            byte[] prev = end.prev();
            ByteBuffer body = ByteBuffer.allocate(1 + 8 + 8 + 1 + DIGEST);
            body.put(HEAD).putLong(end.epoch()).putLong(end.nextSeq());
            body.put((byte) (prev == null ? 0 : 1)).put(prev == null ? new byte[DIGEST] : prev);
            write(body.flip());
            if (newestReceipt != null) {
                ByteBuffer receipt = ByteBuffer.allocate(1 + newestReceipt.length);
                write(receipt.put(RECEIPT).put(newestReceipt).flip());
            }
            channel.force(true);
            syncFolder(folder);
        } catch (IOException e) {
            broken = e;
            throw e;
        }
    }

    /** Under appendLock. @return the body's offset in the active file */
    private long write(ByteBuffer body) throws IOException {
        int length = body.remaining();
        ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER + length);
        record.putInt(length).putInt(crc(body.duplicate())).put(body).flip();
        Segment active = active();
        long at = active.size;
        try {
            writeFully(active.channel, record, at);
        } catch (IOException e) {
            try {
                active.channel.truncate(at); // a half-written record must not be followed by a whole one
            } catch (IOException second) {
                e.addSuppressed(second);
                broken = e;
            }
            throw e;
        }
        active.size += RECORD_HEADER + length;
        bytes += RECORD_HEADER + length;
        return at + RECORD_HEADER;
    }

    private int forget(NavigableMap<Key, Place> covered) {
        int count = 0;
        for (var i = covered.entrySet().iterator(); i.hasNext(); ) {
            i.next().getValue().segment().pending--;
            i.remove();
            count++;
        }
        return count;
    }

    /** Only from the oldest on: a COVERED record must not disappear before the messages it covers. */
    private void deleteOldSegments() throws IOException {
        while (segments.size() > 1) {
            Segment oldest = segments.firstEntry().getValue();
            if (oldest == active || oldest.pending > 0) return;
            // OPEN: a message that is refused for good (it never gets a receipt) keeps its file. Copying it forward
            // would free the rest.
            oldest.channel.close();
            Files.deleteIfExists(oldest.file);
            bytes -= oldest.size;
            segments.remove(oldest.number);
        }
    }

    private void recover() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> listing = Files.list(folder)) {
            listing.filter(p -> p.getFileName().toString().matches("[0-9a-f]{16}\\" + SUFFIX))
                    .sorted()
                    .forEach(files::add);
        }
        if (files.isEmpty()) return;
        recovery = Recovery.CLEAN;
        for (int i = 0; i < files.size(); i++) {
            Path file = files.get(i);
            long number = Long.parseLong(file.getFileName().toString().substring(0, 16), 16);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Segment segment = new Segment(number, file, channel);
            segments.put(number, segment);
            read(segment, i == files.size() - 1);
            bytes += segment.size;
        }
        active = segments.lastEntry().getValue();
        if (recovery == Recovery.TORN_TAIL && active.size <= MAGIC.length) {
            // The newest file was cut before its HEAD was durable; the files before it say where the chain ends.
            segments.remove(active.number);
            active.channel.close();
            Files.delete(active.file);
            active = segments.isEmpty() ? null : segments.lastEntry().getValue();
            if (active == null) recovery = Recovery.EMPTY;
        }
        if (head == null && recovery != Recovery.EMPTY) recovery = Recovery.DAMAGED;
        // A killed process leaves bytes that only the system's cache has; what is published from here on must be on the
        // disk.
        if (active != null) active.channel.force(true);
        deleteOldSegments();
        if (recovery != Recovery.CLEAN) LOG.log(Level.WARNING, "outbox {0}: {1}", folder.getFileName(), recovery);
    }

    private void read(Segment segment, boolean newest) throws IOException {
        long length = segment.channel.size();
        ByteBuffer magic = ByteBuffer.allocate(MAGIC.length);
        if (length < MAGIC.length) {
            endOfWhole(segment, 0, newest);
            return;
        }
        readFully(segment.channel, magic, 0);
        if (!java.util.Arrays.equals(magic.array(), MAGIC)) {
            if (newest && zeroFrom(segment.channel, 0)) endOfWhole(segment, 0, true);
            else {
                recovery = Recovery.DAMAGED;
                segment.size = length;
            }
            return;
        }
        long at = MAGIC.length;
        boolean skipped = false;
        ByteBuffer header = ByteBuffer.allocate(RECORD_HEADER);
        while (at < length) {
            if (length - at < RECORD_HEADER) break;
            header.clear();
            readFully(segment.channel, header, at);
            int bodyLength = header.getInt(0);
            if (bodyLength < 1 || bodyLength > MAX_BODY || bodyLength > length - at - RECORD_HEADER) break;
            ByteBuffer body = ByteBuffer.allocate(bodyLength);
            readFully(segment.channel, body, at + RECORD_HEADER);
            body.flip();
            if (crc(body.duplicate()) != header.getInt(4)) {
                if (at + RECORD_HEADER + bodyLength == length) break;
                skipped = true; // go on: whole messages behind a bad record are still evidence
            } else {
                apply(segment, body, at + RECORD_HEADER);
            }
            at += RECORD_HEADER + bodyLength;
        }
        if (skipped) recovery = Recovery.DAMAGED;
        if (at == length) {
            segment.size = length;
        } else if (newest && (looksTorn(segment.channel, at, length))) {
            endOfWhole(segment, at, true);
        } else {
            recovery = Recovery.DAMAGED;
            segment.size = length;
        }
    }

    /**
     * A torn write is the start of one batch of records, possibly with pages that never arrived (zeros). A whole record behind the break
     * would mean that the break is not the end.
     */
    private static boolean looksTorn(FileChannel channel, long from, long length) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(RECORD_HEADER);
        if (length - from < RECORD_HEADER) return true;
        readFully(channel, header, from);
        int bodyLength = header.getInt(0);
        if (bodyLength == 0) return zeroFrom(channel, from);
        return bodyLength > 0 && bodyLength <= MAX_BODY && from + RECORD_HEADER + bodyLength >= length;
    }

    private static boolean zeroFrom(FileChannel channel, long from) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(64 * 1024);
        long at = from;
        while (channel.read(chunk, at) > 0) {
            chunk.flip();
            at += chunk.remaining();
            while (chunk.hasRemaining()) if (chunk.get() != 0) return false;
            chunk.clear();
        }
        return true;
    }

    private void endOfWhole(Segment segment, long at, boolean newest) throws IOException {
        segment.size = at;
        if (!newest) {
            recovery = Recovery.DAMAGED;
            return;
        }
        segment.channel.truncate(at);
        segment.channel.force(true);
        if (recovery == Recovery.CLEAN) recovery = Recovery.TORN_TAIL;
    }

    private void apply(Segment segment, ByteBuffer body, long bodyAt) {
        byte kind = body.get();
        switch (kind) {
            case HEAD -> {
                long epoch = body.getLong();
                long next = body.getLong();
                boolean hasPrev = body.get() == 1;
                byte[] prev = new byte[DIGEST];
                body.get(prev);
                advance(new Head(epoch, next, hasPrev ? prev : null));
            }
            case MESSAGE -> {
                Key key = new Key(body.getLong(), body.getLong());
                byte[] digest = new byte[DIGEST];
                body.get(digest);
                Place old = pending.put(key, new Place(segment, bodyAt + MESSAGE_PREFIX, body.remaining(), digest));
                if (old != null) old.segment().pending--;
                segment.pending++;
                advance(new Head(key.epoch(), key.seq() + 1, digest));
            }
            case COVERED -> {
                long epoch = body.getLong();
                forget(pending.subMap(new Key(epoch, body.getLong()), true, new Key(epoch, body.getLong()), true));
            }
            case RECEIPT -> {
                newestReceipt = new byte[body.remaining()];
                body.get(newestReceipt);
            }
            default -> recovery = Recovery.DAMAGED; // written by a later release: its numbers are unknown to us
        }
    }

    private void advance(Head seen) {
        if (head == null
                || seen.epoch() > head.epoch()
                || (seen.epoch() == head.epoch() && seen.nextSeq() > head.nextSeq())) head = seen;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        while (bytes.hasRemaining()) at += channel.write(bytes, at);
    }

    private static void readFully(FileChannel channel, ByteBuffer into, long at) throws IOException {
        while (into.hasRemaining()) {
            int n = channel.read(into, at);
            if (n < 0) throw new IOException("outbox file ended early");
            at += n;
        }
    }

    /** Makes a file's name durable, not only its bytes. */
    static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** 0600 where the file system knows it. */
    static void ownerOnly(Path file) throws IOException {
        if (Files.getFileStore(file).supportsFileAttributeView("posix"))
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** For callers whose own signatures cannot carry an IOException. */
    static UncheckedIOException unchecked(String doing, IOException e) {
        return new UncheckedIOException(Objects.requireNonNull(doing) + ": " + e.getMessage(), e);
    }
}
