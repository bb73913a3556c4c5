package io.waymark.trace.ledger;

import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The log as files of one folder, named as C2SP tlog-tiles names them, so that any web server or CDN can serve it. All but
 * {@code checkpoint} and {@code hand-overs} are immutable.
 *
 * <p>Written in the order entry bundles, tiles from the lowest level, checkpoint, each kind durable before the next: whatever checkpoint the
 * folder shows, also after a power cut, everything under it is there. Publishing again what a crash interrupted writes the same bytes; a file
 * that holds other bytes is never replaced. One publisher a folder; thread-safe, one caller writes at a time.
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
final class PublishedFiles implements Remembers {
    private static final String CHECKPOINT = "checkpoint";
    private static final String UNFINISHED = ".new";

    Drill drill = Drill.NONE;

    /** What is published of the log's keys beside a checkpoint. */
    Function<VerifiedCheckpoint, Optional<byte[]>> handOvers = checkpoint -> Optional.empty();

    /** From so many entries on, publishing leaves the disk half of the time to others: the commits use the same one. */
    private static final long MUCH = 65_536;

    private static final int BREATH = 64;

    private final Path folder;
    private final Supplier<NoteVerifier> verifier;
    private final RightEdge.PageSource pages;
    private final Set<Path> touched = new LinkedHashSet<>();
    private volatile VerifiedCheckpoint shown;
    private volatile String fault = "";
    private volatile boolean closed;
    private volatile long written;
    private boolean much;
    private long breath = System.nanoTime();

    /** @param verifier asked when first needed: the log's key is read at its start */
    PublishedFiles(Path folder, Supplier<NoteVerifier> verifier, RightEdge.PageSource pages) {
        this.folder = folder;
        this.verifier = verifier;
        this.pages = pages;
    }

    /**
     * What the folder shows to the world; empty when nothing was published yet.
     *
     * @throws IllegalStateException when its checkpoint is not signed by this log's key
     */
    Optional<VerifiedCheckpoint> checkpoint() throws IOException {
        Path file = folder.resolve(CHECKPOINT);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(verifier.get().checkpoint(Files.readString(file)));
        } catch (InvalidNoteException e) {
            throw new IllegalStateException(
                    "published checkpoint " + file + " is not signed by this log's key: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<String> objection(NoteVerifier log, VerifiedCheckpoint head, Tiles.TileSource stored)
            throws IOException {
        Optional<VerifiedCheckpoint> shown;
        try {
            shown = checkpoint();
        } catch (IllegalStateException e) {
            return Optional.of(e.getMessage());
        }
        if (shown.isEmpty() || shown.get().size() == 0) {
            return Optional.empty();
        }
        long size = shown.get().size();
        if (size > head.size()) {
            return Optional.of("folder " + folder + " shows " + size + " entries, here are " + head.size() + ", "
                    + (size - head.size()) + " fewer: restored from an old backup? Get them back with "
                    + Recovery.OFFER);
        }
        return Arrays.equals(shown.get().root(), Tiles.root(size, stored))
                ? Optional.empty()
                : Optional.of("folder " + folder + " shows another history of the first " + size + " entries");
    }

    /**
     * Readers are given the folder's files from here on, if they are those of this log.
     *
     * @throws IllegalStateException when they are not; readers then are given nothing of them
     */
    void open(VerifiedCheckpoint head, Tiles.TileSource stored) throws IOException {
        Optional<String> objection = objection(verifier.get(), head, stored);
        if (objection.isPresent()) {
            throw new IllegalStateException(objection.get());
        }
        shown = checkpoint().orElse(null);
    }

    /** Another process writes: its newest checkpoint is taken over, once {@link #open} found the folder to be this log's. */
    void follow() throws IOException {
        if (shown != null) {
            shown = checkpoint().orElse(shown);
        }
    }

    /** The checkpoint that readers find in the folder; empty while there is none of this log. */
    Optional<VerifiedCheckpoint> shown() {
        return Optional.ofNullable(shown);
    }

    /** The note as the file has it now; empty while there is none of this log, or when it cannot be read. */
    Optional<String> note() {
        try {
            return shown == null ? Optional.empty() : Optional.of(Files.readString(folder.resolve(CHECKPOINT)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Which file the newest whole comparison found not to be what was signed, if one was. */
    Optional<String> fault() {
        return fault.isEmpty() ? Optional.empty() : Optional.of(fault);
    }

    /** Files written since the start. */
    long written() {
        return written;
    }

    /**
     * A tile, or for level −1 an entry bundle, as its file has it now, cut to {@code width}; nothing is verified, readers do that. A file
     * that was damaged may give less. Empty when that much is not published, or the file is gone.
     */
    Optional<byte[]> page(int level, long number, int width) {
        VerifiedCheckpoint state = shown;
        int published = state == null ? 0 : Tiles.width(Math.max(level, 0), number, state.size());
        if (width > published) {
            return Optional.empty();
        }
        // A partial file goes when its page is full: whoever looked at the checkpoint before that finds the full one.
        return read(place(level, number, published))
                .or(() -> published < Tiles.WIDTH ? read(place(level, number, Tiles.WIDTH)) : Optional.empty())
                .map(bytes -> StoredPages.first(level, bytes, width));
    }

    private static Optional<byte[]> read(Path file) {
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Ends a {@link #publish} that is under way; what it wrote is taken up by the next. */
    void close() {
        closed = true;
    }

    /**
     * Brings the folder from the checkpoint it shows to {@code next}.
     *
     * @throws IllegalStateException when a file that should be written exists with other bytes, or the folder shows more than {@code next}
     */
    synchronized void publish(VerifiedCheckpoint next) throws IOException {
        long from = checkpoint().map(VerifiedCheckpoint::size).orElse(0L);
        if (from > next.size()) {
            throw new IllegalStateException(
                    "folder " + folder + " shows " + from + " entries, the log has " + next.size());
        }
        if (drill.does(Drill.Sabotage.CHECKPOINT_FIRST)) {
            DurableFile.replace(folder.resolve(CHECKPOINT), next.note());
        }
        much = next.size() - from > MUCH;
        pages(-1, from, next.size());
        settle();
        drill.at(Drill.CrashPoint.BUNDLES_PUBLISHED);
        for (int level = 0; next.size() >> (8 * level) > 0; level++) {
            pages(level, from >> (8 * level), next.size() >> (8 * level));
        }
        settle();
        drill.at(Drill.CrashPoint.TILES_PUBLISHED);
        Files.createDirectories(folder);
        // Before the first checkpoint that a reader cannot verify without it.
        handOvers(next);
        DurableFile.replace(folder.resolve(CHECKPOINT), next.note());
        shown = next;
        drill.at(Drill.CrashPoint.CHECKPOINT_PUBLISHED);
        for (int level = -1; level < 0 || from >> (8 * level) > 0; level++) {
            collect(level, from >> (8 * Math.max(level, 0)), next.size() >> (8 * Math.max(level, 0)));
        }
    }

    private void handOvers(VerifiedCheckpoint next) throws IOException {
        Optional<byte[]> told = handOvers.apply(next);
        Path file = folder.resolve(HandOvers.FILE);
        if (told.isPresent() && !(Files.exists(file) && Arrays.equals(Files.readAllBytes(file), told.get()))) {
            DurableFile.replace(file, told.get());
        }
    }

    /** The pages of a level that a tree grown from {@code from} to {@code to} hashes (level −1: entries) has new or wider. */
    private void pages(int level, long from, long to) throws IOException {
        if (from == to) {
            return;
        }
        for (long number = from >> 8; number <= to >> 8; number++) {
            int width = (int) Math.min(Tiles.WIDTH, to - (number << 8));
            if (closed) {
                throw new IllegalStateException("stopped before all was published");
            }
            if (width > 0) {
                byte[] page = pages.page(level, number, width);
                if (level < 0) {
                    requireHashed(number, page);
                } else if (level > 0) {
                    requireRoots(level, number, (int) Math.max(0, from - (number << 8)), page);
                }
                immutable(place(level, number, width), page);
            }
        }
    }

    /** What is published is there for good: an entry that was altered in the database must not get here before the audit finds it. */
    private void requireHashed(long number, byte[] bundle) {
        List<byte[]> entries = StoredPages.entries(bundle);
        byte[] hashes = pages.page(0, number, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            if (!Arrays.equals(MerkleHash.leaf(entries.get(i)), 0, 32, hashes, 32 * i, 32 * i + 32)) {
                throw new IllegalStateException("stored entry " + ((number << 8) + i)
                        + " is not the one that was signed: nothing more is published");
            }
        }
    }

    /** Likewise for the hashes of a tile above the lowest, from this one on: each is the root of a full tile below. */
    private void requireRoots(int level, long number, int first, byte[] tile) {
        for (int i = first; i < tile.length / 32; i++) {
            byte[] below = pages.page(level - 1, (number << 8) + i, Tiles.WIDTH);
            CompactTree tree = new CompactTree();
            for (int at = 0; at < below.length; at += 32) {
                tree.append(Arrays.copyOfRange(below, at, at + 32));
            }
            if (!Arrays.equals(tree.root(), 0, 32, tile, 32 * i, 32 * i + 32)) {
                throw new IllegalStateException("stored tile " + (level - 1) + "/" + ((number << 8) + i)
                        + " is not the one that was signed: nothing more is published");
            }
        }
    }

    /** A walk over the files that are under the checkpoint now; empty while there is none of this log. */
    Optional<Comparison> compare() {
        return shown().filter(state -> state.size() > 0).map(Comparison::new);
    }

    /** Compares files with the pages they are copies of. A file that is gone is written anew, one with other bytes never. */
    final class Comparison {
        private static final int MOST_TOLD = 100;

        private final VerifiedCheckpoint state;
        private final List<String> wrong = new ArrayList<>();
        private long compared;

        private Comparison(VerifiedCheckpoint state) {
            this.state = state;
        }

        /** A full page, as the log's entries give it; nothing happens when it is not published. */
        void full(RightEdge.Page page) {
            if (published(page.level(), page.number()) == Tiles.WIDTH) {
                file(place(page.level(), page.number(), Tiles.WIDTH), page.bytes());
            }
        }

        /** The pages that were not full under the checkpoint this walk began with. Those that are meanwhile are compared in the next. */
        void rightEdge(RightEdge.PageSource source) {
            for (int level = -1; level <= 0 || state.size() >> (8 * level) > 0; level++) {
                long number = state.size() >> (8 * Math.max(level, 0)) >> 8;
                int width = published(level, number);
                Path file = place(level, number, Math.max(width, 1));
                if (width > 0 && Files.exists(file)) {
                    file(file, source.page(level, number, width));
                }
            }
        }

        private int published(int level, long number) {
            return Tiles.width(Math.max(level, 0), number, state.size());
        }

        private void file(Path file, byte[] right) {
            compared++;
            try {
                byte[] there = Files.exists(file) ? Files.readAllBytes(file) : null;
                if (there == null) {
                    tell(file + " was gone");
                    restore(file, right);
                } else if (!Arrays.equals(there, right)) {
                    int at = Arrays.mismatch(there, right);
                    tell(file + " has another byte " + at);
                }
            } catch (IOException e) {
                tell(file + " cannot be read: " + e);
            }
        }

        private void tell(String what) {
            if (wrong.size() < MOST_TOLD) {
                wrong.add(what);
            }
        }

        long compared() {
            return compared;
        }

        /** What was found is told from now on. @return whether it is something that was not told before */
        boolean conclude() {
            String before = fault;
            fault = wrong.isEmpty() ? "" : wrong.get(0);
            return !fault.isEmpty() && !fault.equals(before);
        }

        /** One line for each, the first hundred. */
        List<String> wrong() {
            return List.copyOf(wrong);
        }
    }

    private synchronized void restore(Path file, byte[] bytes) throws IOException {
        immutable(file, bytes);
        settle();
    }

    private Path place(int level, long number, int width) {
        return folder.resolve(level < 0 ? Tiles.entriesPath(number, width) : Tiles.path(level, number, width));
    }

    private void immutable(Path file, byte[] bytes) throws IOException {
        if (Files.exists(file)) {
            if (!Arrays.equals(Files.readAllBytes(file), bytes)) {
                throw new IllegalStateException(
                        "published file " + file + " holds other bytes than the log: somebody altered one of the two");
            }
            return;
        }
        Path parent = file.getParent();
        for (Path made = parent; !Files.isDirectory(made); made = made.getParent()) {
            touched.add(made.toAbsolutePath().getParent());
        }
        Files.createDirectories(parent);
        Path aside = parent.resolve(file.getFileName() + UNFINISHED);
        try (FileChannel channel = FileChannel.open(
                aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        drill.at(Drill.CrashPoint.PAGE_ASIDE);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
        touched.add(parent);
        if (++written % BREATH == 0) {
            breathe();
        }
    }

    private void breathe() throws IOException {
        try {
            if (much) {
                TimeUnit.NANOSECONDS.sleep(System.nanoTime() - breath);
            }
            breath = System.nanoTime();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Makes the names of all files written since the last call durable. */
    private void settle() throws IOException {
        for (Path directory : touched) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
        touched.clear();
    }

    /** Deletes the partial forms of a page that is now full; readers of an older checkpoint fall back to the full one. */
    private void collect(int level, long from, long to) throws IOException {
        long number = from >> 8;
        if ((from & 255) != 0 && to >> 8 > number) {
            deletePartials(place(level, number, 1).getParent());
            drill.at(Drill.CrashPoint.PARTIALS_COLLECTED);
        }
    }

    /** Deletes what runs that ended in the middle left behind. Reads every name of the folder: seconds for a log of ten million. */
    void tidy() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.getFileName().toString().endsWith(UNFINISHED)) {
                    Files.delete(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                String name = directory.getFileName().toString();
                if (name.endsWith(".p")
                        && Files.exists(directory.resolveSibling(name.substring(0, name.length() - 2)))) {
                    deletePartials(directory);
                    return FileVisitResult.SKIP_SUBTREE;
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void deletePartials(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> partials = Files.list(directory)) {
            for (Path partial : partials.toList()) {
                Files.delete(partial);
            }
        }
        Files.delete(directory);
    }
}
