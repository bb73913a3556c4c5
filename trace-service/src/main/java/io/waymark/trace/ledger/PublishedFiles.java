package io.waymark.trace.ledger;

import io.waymark.evidence.log.InvalidNoteException;
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
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The log as files of one folder, named as C2SP tlog-tiles names them, so that any web server or CDN can serve it. All but
 * {@code checkpoint} are immutable.
 *
 * <p>Written in the order entry bundles, tiles from the lowest level, checkpoint, each kind durable before the next: whatever checkpoint the
 * folder shows, also after a power cut, everything under it is there. Publishing again what a crash interrupted writes the same bytes; a file
 * that holds other bytes is never replaced. Not thread-safe: one publisher a folder.
 *
 * @see <a href="https://c2sp.org/tlog-tiles">C2SP tlog-tiles</a>
 */
final class PublishedFiles implements Remembers {
    private static final String CHECKPOINT = "checkpoint";
    private static final String UNFINISHED = ".new";

    Drill drill = Drill.NONE;

    private final Path folder;
    private final Supplier<NoteVerifier> verifier;
    private final RightEdge.PageSource pages;
    private final Set<Path> touched = new LinkedHashSet<>();

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
        Optional<VerifiedCheckpoint> shown = checkpoint();
        if (shown.isEmpty() || shown.get().size() == 0) {
            return Optional.empty();
        }
        long size = shown.get().size();
        if (size > head.size()) {
            return Optional.of("folder " + folder + " shows " + size + " entries, the database ends at " + head.size()
                    + ": restored from an old backup?");
        }
        return Arrays.equals(shown.get().root(), Tiles.root(size, stored))
                ? Optional.empty()
                : Optional.of("folder " + folder + " shows another history of the first " + size + " entries");
    }

    /**
     * Brings the folder from the checkpoint it shows to {@code next}.
     *
     * @throws IllegalStateException when a file that should be written exists with other bytes, or the folder shows more than {@code next}
     */
    void publish(VerifiedCheckpoint next) throws IOException {
        long from = checkpoint().map(VerifiedCheckpoint::size).orElse(0L);
        if (from > next.size()) {
            throw new IllegalStateException(
                    "folder " + folder + " shows " + from + " entries, the log has " + next.size());
        }
        if (drill.does(Drill.Sabotage.CHECKPOINT_FIRST)) {
            DurableFile.replace(folder.resolve(CHECKPOINT), next.note());
        }
        pages(-1, from, next.size());
        settle();
        drill.at(Drill.CrashPoint.BUNDLES_PUBLISHED);
        for (int level = 0; next.size() >> (8 * level) > 0; level++) {
            pages(level, from >> (8 * level), next.size() >> (8 * level));
        }
        settle();
        drill.at(Drill.CrashPoint.TILES_PUBLISHED);
        Files.createDirectories(folder);
        DurableFile.replace(folder.resolve(CHECKPOINT), next.note());
        drill.at(Drill.CrashPoint.CHECKPOINT_PUBLISHED);
        for (int level = -1; level < 0 || from >> (8 * level) > 0; level++) {
            collect(level, from >> (8 * Math.max(level, 0)), next.size() >> (8 * Math.max(level, 0)));
        }
    }

    /** The pages of a level that a tree grown from {@code from} to {@code to} hashes (level −1: entries) has new or wider. */
    private void pages(int level, long from, long to) throws IOException {
        if (from == to) {
            return;
        }
        for (long number = from >> 8; number <= to >> 8; number++) {
            int width = (int) Math.min(Tiles.WIDTH, to - (number << 8));
            if (width > 0) {
                immutable(place(level, number, width), pages.page(level, number, width));
            }
        }
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
