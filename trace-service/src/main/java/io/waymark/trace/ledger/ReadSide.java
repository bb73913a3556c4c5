package io.waymark.trace.ledger;

import io.waymark.evidence.log.Tiles;
import java.util.Optional;

/**
 * What readers are given: pages of the log from its published files, byte for byte as any web server in front gives them. Only what is not
 * published yet, or whose file is gone, is asked of the database.
 *
 * <p>Nothing is verified and nothing kept: a file that somebody altered reaches the reader as it is, and the reader finds it.
 */
final class ReadSide implements Tiles.TileSource {
    private final Optional<PublishedFiles> files;
    private final StoredPages stored;

    ReadSide(Optional<PublishedFiles> files, StoredPages stored) {
        this.files = files;
        this.stored = stored;
    }

    @Override
    public byte[] tile(int level, long index, int width) {
        return page(level, index, width);
    }

    /**
     * A tile, or for level −1 an entry bundle, cut to {@code width}; less when its file is damaged.
     *
     * @throws IllegalStateException when neither holds so much
     */
    byte[] page(int level, long number, int width) {
        return files.flatMap(f -> f.page(level, number, width)).orElseGet(() -> stored.page(level, number, width));
    }
}
