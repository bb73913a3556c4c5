package io.waymark.local.chaos;

import java.util.Locale;

/** What is done to the ledger, or to those it depends on, in one round. */
enum Fault {
    KILL("kills", "SIGKILL at a named point"),
    POSTGRES_KILLED("database", "SIGKILL to every process of PostgreSQL"),
    COMMIT_CUT_BEFORE("database", "the connection is cut when COMMIT is sent: it was not executed"),
    COMMIT_CUT_AFTER("database", "the connection is cut when COMMIT was executed: its answer is lost"),
    DISK_FULL_DATABASE("disk-full", "no room for the ledger's tables"),
    DISK_FULL_FILES("disk-full", "no room for the published files"),
    SECOND_WRITER("writers", "a second process on the same database; then the first is killed"),
    PAUSED_WRITER("writers", "the writer is stopped (SIGSTOP), loses its lock, another writes, the first goes on"),
    EPOCH_FENCED("writers", "another epoch is in the head while the writer has its lock"),
    BACKUP_LOCK_FILE("backup", "an old backup of everything but the lock file"),
    BACKUP_WITNESS("backup", "an old backup of everything; only the witnesses remember"),
    BACKUP_FILES(
            "backup", "an old backup of database and lock file, no witness answers; only the published files remember"),
    WITNESS_DOWN("witness", "SIGKILL to all witnesses"),
    WITNESS_SLOW("witness", "all witnesses answer later than anybody waits"),
    WITNESS_BAD_SIGNATURE("witness", "one witness signs wrong"),
    WITNESS_WRONG_ROOT("witness", "one witness cosigns another tree"),
    WITNESS_BOASTS("witness", "one witness claims to have seen more and does not show it"),
    SPLIT_VIEW("witness", "the log's key signs a second history and shows it to a witness"),
    FLIP_ENTRY("flips", "one bit of a stored entry"),
    FLIP_TILE("flips", "one bit of a stored tile"),
    FLIP_MAP("flips", "one bit of a stored link tag"),
    FLIP_PUBLISHED("flips", "one bit of a published file"),
    FLIP_MIRROR("flips", "one bit of a mirror's copy");

    private final String group;
    private final String what;

    Fault(String group, String what) {
        this.group = group;
        this.what = what;
    }

    String group() {
        return group;
    }

    String what() {
        return what;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
