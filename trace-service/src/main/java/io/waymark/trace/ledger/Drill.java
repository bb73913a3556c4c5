package io.waymark.trace.ledger;

/**
 * A fire drill's hold on the ledger: where {@code waymark chaos ledger} kills its process, and which safety that drill and {@code waymark
 * chaos ingest} may take away to see that their own checks notice. The ledger of a service has {@link #NONE}; no setting gives it another.
 */
public interface Drill {
    /** Nothing happens. */
    Drill NONE = point -> {};

    /** Moments after which a killed process leaves something half done, in the order of the work. */
    enum CrashPoint {
        /** The lock and a new epoch are held, nothing was compared yet. */
        EPOCH_TAKEN,
        /** Every entry of a commit has its index, nothing is written. */
        PLACED,
        /** All rows are written and the checkpoint is signed, COMMIT is not sent. */
        SIGNED,
        /** COMMIT is acknowledged, the lock file has the checkpoint before. */
        COMMITTED,
        /** The lock file has the checkpoint, nobody was answered. */
        LOCK_FILE_WRITTEN,
        /** A map head is made for an index, its commit has not begun to write. */
        MAP_HEAD_MADE,
        /** A map head is committed, no proof was given from it. */
        MAP_HEAD_COMMITTED,
        /** The witnesses have cosigned, nobody was shown it. */
        COSIGNED,
        /** A page lies beside its place, under another name. */
        PAGE_ASIDE,
        /** The folder has the bundles of the next checkpoint, not its tiles. */
        BUNDLES_PUBLISHED,
        /** The folder has everything but the checkpoint. */
        TILES_PUBLISHED,
        /** The folder shows the checkpoint, partial pages of before are still there. */
        CHECKPOINT_PUBLISHED,
        /** Partial pages that became full are deleted. */
        PARTIALS_COLLECTED
    }

    /** What a drill may break on purpose. Each makes the ledger unsafe. */
    enum Sabotage {
        /** Every entry has a name of its own: what is sent again stands twice. */
        DEDUPE_OFF,
        /** Callers are answered before COMMIT. */
        ANSWER_BEFORE_COMMIT,
        /** The signed checkpoint is shown before COMMIT. */
        SIGN_BEFORE_COMMIT,
        /** Neither the advisory lock nor the head's size and epoch hold a second writer back. */
        LOCK_OFF,
        /** The lock file is not compared with the head. */
        LOCK_FILE_OFF,
        /** Witnesses and published files are not asked before this process signs. */
        MEMORY_OFF,
        /** The published checkpoint is replaced before the pages under it are there. */
        CHECKPOINT_FIRST,
        /** A second entry under a taken identity is answered with the index of the first. */
        EQUIVOCATION_ACCEPTED,
        /** COMMIT is acknowledged before it is on the disk. */
        COMMIT_NOT_DURABLE
    }

    /** Called when the ledger is there; need not return. */
    void at(CrashPoint point);

    default boolean does(Sabotage sabotage) {
        return false;
    }
}
