package io.waymark.trace.ledger;

import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One walk over everything stored: every entry is hashed again, every tile on every level compared with what its entries give, and the root
 * with every checkpoint ever signed on the way. An audit that compared roots alone would call a log sound whose entries were edited.
 *
 * <p>Holds one right edge in memory, whatever the log's size. Not thread-safe.
 */
final class StoredLogAudit {
    /** Checkpoints ever signed, one page of them at a time. */
    interface Checkpoints {
        /** Notes of sizes {@code from} < size ≤ {@code to}, ascending by size. */
        List<String> between(long from, long to);
    }

    /** @param index of the first entry that the fault concerns */
    record Fault(long index, String what) {}

    /** Told of every full page, as its entries give it. */
    interface Copies {
        void compare(RightEdge.Page page);
    }

    private final NoteVerifier verifier;
    private final RightEdge.PageSource pages;
    private final Checkpoints checkpoints;
    private final Copies copies;
    private RightEdge edge = RightEdge.empty();

    StoredLogAudit(NoteVerifier verifier, RightEdge.PageSource pages, Checkpoints checkpoints) {
        this(verifier, pages, checkpoints, page -> {});
    }

    /** @param copies what else is to hold these pages */
    StoredLogAudit(NoteVerifier verifier, RightEdge.PageSource pages, Checkpoints checkpoints, Copies copies) {
        this.verifier = verifier;
        this.pages = pages;
        this.checkpoints = checkpoints;
        this.copies = copies;
    }

    /** Entries compared so far. */
    long position() {
        return edge.size();
    }

    /**
     * Goes on to the end of the next bundle, or to {@code end} where that comes first.
     *
     * @param end a committed size, not less than {@link #position}
     * @return what is wrong; after a fault the walk cannot go on
     * @throws StoredPages.UnreadableException when the database does not answer; the walk is of no more use
     */
    Optional<Fault> step(VerifiedCheckpoint end) {
        long from = edge.size();
        long to = Math.min(end.size(), (from >> 8) + 1 << 8);
        if (from == to) {
            return Optional.empty();
        }
        List<byte[]> entries;
        try {
            int width = (int) (to - (from >> 8 << 8));
            entries = StoredPages.entries(pages.page(-1, from >> 8, width)).subList((int) (from & 255), width);
        } catch (StoredPages.UnreadableException e) {
            throw e;
        } catch (IllegalStateException damaged) {
            return fault(from, damaged.getMessage());
        }
        long at = from;
        for (String note : checkpoints.between(from, to)) {
            VerifiedCheckpoint signed;
            try {
                signed = verifier.checkpoint(note);
            } catch (InvalidNoteException e) {
                return fault(at, "a stored checkpoint does not verify: " + e.getMessage());
            }
            Optional<Fault> wrong = append(entries.subList((int) (at - from), (int) (signed.size() - from)));
            if (wrong.isPresent()) {
                return wrong;
            }
            at = signed.size();
            if (!Arrays.equals(edge.root(), signed.root())) {
                return fault(
                        from,
                        "entries " + from + " to " + (at - 1) + " or earlier ones do not give the root signed at size "
                                + at);
            }
        }
        Optional<Fault> wrong = append(entries.subList((int) (at - from), (int) (to - from)));
        if (wrong.isEmpty() && to == end.size() && !Arrays.equals(edge.root(), end.root())) {
            return fault(from, "the entries do not give the root signed at size " + to);
        }
        return wrong.or(() -> to == end.size() ? unfinishedTiles() : Optional.empty());
    }

    private Optional<Fault> append(List<byte[]> entries) {
        for (RightEdge.Page page : edge.append(entries)) {
            // What is not full here is still growing; the last of each level is compared at the end.
            if (page.level() >= 0 && page.width() == Tiles.WIDTH) {
                Optional<Fault> wrong = compare(page);
                if (wrong.isPresent()) {
                    return wrong;
                }
            }
            if (page.width() == Tiles.WIDTH) {
                copies.compare(page);
            }
        }
        return Optional.empty();
    }

    private Optional<Fault> unfinishedTiles() {
        return edge.unfinishedTiles().stream()
                .map(this::compare)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<Fault> compare(RightEdge.Page page) {
        long first = page.number() << 8 << (8 * page.level());
        byte[] stored;
        try {
            stored = pages.page(page.level(), page.number(), page.width());
        } catch (StoredPages.UnreadableException e) {
            throw e;
        } catch (IllegalStateException missing) {
            return fault(first, missing.getMessage());
        }
        int wrong = Arrays.mismatch(stored, page.bytes());
        if (wrong < 0) {
            return Optional.empty();
        }
        return fault(
                first + ((long) (wrong / 32) << (8 * page.level())),
                "tile " + page.level() + "/" + page.number() + ", hash " + wrong / 32 + " is not that of its entries");
    }

    private static Optional<Fault> fault(long index, String what) {
        return Optional.of(new Fault(index, what));
    }
}
