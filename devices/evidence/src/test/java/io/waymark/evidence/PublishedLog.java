package io.waymark.evidence;

import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.Tiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A log as it is published: bundles, tiles (partial ones of the last size only), checkpoint. */
public final class PublishedLog {
    private PublishedLog() {}

    public static byte[] entry(int i) {
        return ("entry number " + i).getBytes(StandardCharsets.UTF_8);
    }

    /** @return the new folder with a log of entries that are just text */
    public static Path write(Path folder, int size, NoteSigner signer) throws IOException {
        return write(
                Files.createDirectory(folder.resolve("log" + size)),
                IntStream.range(0, size).mapToObj(PublishedLog::entry).toList(),
                signer);
    }

    /** @return the folder, which now has the log; what it had of an earlier size stays */
    public static Path write(Path log, List<byte[]> all, NoteSigner signer) throws IOException {
        int size = all.size();
        CompactTree tree = new CompactTree();
        List<byte[]> level = new ArrayList<>();
        List<byte[]> entries = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            entries.add(all.get(i));
            byte[] leaf = MerkleHash.leaf(all.get(i));
            level.add(leaf);
            tree.append(leaf);
            if (entries.size() == Tiles.WIDTH || i == size - 1) {
                write(log.resolve(Tiles.entriesPath(i / Tiles.WIDTH, entries.size())), Tiles.bundle(entries));
                entries.clear();
            }
        }
        for (int l = 0; !level.isEmpty(); l++) {
            List<byte[]> above = new ArrayList<>();
            for (int from = 0; from < level.size(); from += Tiles.WIDTH) {
                List<byte[]> tile = level.subList(from, Math.min(level.size(), from + Tiles.WIDTH));
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                tile.forEach(bytes::writeBytes);
                write(log.resolve(Tiles.path(l, from / Tiles.WIDTH, tile.size())), bytes.toByteArray());
                if (tile.size() == Tiles.WIDTH) {
                    CompactTree full = new CompactTree();
                    tile.forEach(full::append);
                    above.add(full.root());
                }
            }
            level = above;
        }
        Files.writeString(
                log.resolve("checkpoint"),
                signer.sign(new Checkpoint(signer.verifier().name(), size, tree.root()).text()));
        return log;
    }

    public static byte[] read(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path path, byte[] bytes) throws IOException {
        Files.createDirectories(path.getParent());
        Files.write(path, bytes);
    }
}
