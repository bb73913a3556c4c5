package io.waymark.trace.ledger;

import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.util.Optional;

/** Somebody outside the database who knows what this log has shown: asked before the log is signed on. */
interface Remembers {
    /**
     * Why the log must not be signed on from this head; empty when nothing speaks against it, or nobody answers in time.
     *
     * @param pages the stored tiles under {@code head}
     */
    Optional<String> objection(NoteVerifier log, VerifiedCheckpoint head, Tiles.TileSource pages)
            throws IOException, InterruptedException;
}
