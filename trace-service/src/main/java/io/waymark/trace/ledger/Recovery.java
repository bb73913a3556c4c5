package io.waymark.trace.ledger;

import io.waymark.evidence.audit.Audit;
import io.waymark.evidence.audit.AuditReport;
import io.waymark.evidence.audit.LogFiles;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.key.VerificationKey;
import io.waymark.evidence.log.FollowedKey;
import io.waymark.evidence.log.FraudProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.mirror.Mirror;
import io.waymark.evidence.mirror.SignedTiles;
import io.waymark.evidence.proof.Check;
import io.waymark.evidence.proof.Outcome;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Gives a database that lost entries its entries back, from a mirror. Before the first one is written the whole copy is read and compared with
 * the checkpoint this log's key signed, and everybody who remembers this log is asked: what they saw must be the beginning of the copy. Then
 * the missing entries go through the same commits as new ones, so that it may be killed at any moment and run again.
 *
 * <p>The lock file is moved to the mirror's checkpoint first. From then on nothing else than these entries can follow: a start in the middle
 * is refused. Without a lock file none is written, and the log stays read-only until somebody has put one there.
 *
 * <p>What the copy does not have is lost. There is no way to sign on without it: a log whose entries somebody holds a checkpoint of, and that
 * does not have them, has ended, and another one begins.
 */
public final class Recovery {
    /** What a log that lost entries says helps. */
    public static final String OFFER = "docker/waymark recover --from-mirror URL|DIR";

    private static final String ENDED =
            "take a copy that has them all; if there is none this log has ended: keep what is left of it to be read, and begin a new one";

    private static final int TRIES = 20;
    private static final int LARGEST_NOTE = 1 << 20;

    private final DataSource database;
    private final String origin;
    private final Path keyFile;
    private final Path lockFile;
    private final LockFile lock;
    private final Optional<Path> publishTo;
    private final Optional<Path> witnessPolicy;
    private final List<String> mirrors;

    /** The settings of the log, as {@link Ledger} has them; it must not be running. */
    public Recovery(
            DataSource database,
            String origin,
            Path keyFile,
            Path lockFile,
            Optional<Path> publishTo,
            Optional<Path> witnessPolicy,
            List<String> mirrors) {
        this.database = database;
        this.origin = origin;
        this.keyFile = keyFile;
        this.lockFile = lockFile;
        this.lock = new LockFile(lockFile);
        this.publishTo = publishTo;
        this.witnessPolicy = witnessPolicy;
        this.mirrors = List.copyOf(mirrors);
    }

    /** Nothing was written, or what was written is true and incomplete. The message is one line: why, and what can be done. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }

        RefusedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** How far it is; called often, from the calling thread. */
    public interface Progress {
        /** Entries of the copy that were compared with what was signed. */
        void verified(long entries, long of);

        /** Entries the database has. */
        void stored(long entries, long of);
    }

    /** What else follows from entries that come back. */
    public interface Rows {
        /**
         * In the transaction that stores them; may be asked again for the same.
         *
         * @param first index of the first of them
         */
        void restore(Connection c, long first, List<byte[]> entries) throws SQLException;
    }

    /**
     * What was done.
     *
     * @param lost     the database ended here when the loss was first recovered from; equal to {@code size} when nothing was missing
     * @param from     where this run began
     * @param size     entries the log has now
     * @param lockFile whether the lock file holds a checkpoint, so that the log can be written again
     */
    public record Done(long lost, long from, long size, boolean lockFile) {}

    private record Head(long size, VerifiedCheckpoint checkpoint) {}

    /**
     * The log's keys.
     *
     * @param followed  as the database tells them, or the mirror, which may know of later ones
     * @param inForce   the file that holds the newest of them
     * @param untold    hand-overs that the database has no rows of: among what it lost
     */
    private record LogKeys(FollowedKey followed, KeyFile inForce, boolean untold) {
        NoteVerifier log() {
            return followed.log();
        }
    }

    /**
     * @param name what the mirror is called in messages
     * @throws RefusedException when the copy or the database is not the beginning of what was signed, or the copy lacks what somebody saw
     * @throws IOException      when the mirror or a file cannot be read
     */
    public Done from(String name, LogFiles mirror, Rows rows, Progress progress)
            throws RefusedException, IOException, SQLException, InterruptedException {
        LogKeys keys = keys(name, mirror);
        NoteVerifier log = keys.log();
        VerifiedCheckpoint copy = checkpoint(name, mirror, log);
        if (keys.followed().size() > copy.size()) {
            throw new RefusedException("mirror " + name + " tells of a hand-over at "
                    + keys.followed().size() + " entries and shows " + copy.size()
                    + ": let it copy on, or if it does not, take another");
        }
        Optional<VerifiedCheckpoint> locked = locked(log);
        requireStopped();
        Head head = head(log);
        if (locked.isPresent() && locked.get().size() > copy.size()) {
            throw tooShort(name, copy.size(), locked.get().size(), "lock file " + lockFile);
        }

        audit(name, mirror, keys.followed(), copy, progress);
        Copy tiles = new Copy(name, mirror, copy);
        try {
            if (locked.isPresent() && !begins(locked.get(), copy, tiles)) {
                throw fork("lock file " + lockFile, locked.get(), name, copy, tiles.hashes());
            }
            if (head.size() > 0 && head.size() <= copy.size() && !begins(head.checkpoint(), copy, tiles)) {
                throw fork("the database", head.checkpoint(), name, copy, tiles.hashes());
            }
            if (head.size() > copy.size()) {
                StoredPages stored = new StoredPages(database::getConnection, true);
                if (!begins(copy, head.checkpoint(), stored)) {
                    throw fork(
                            "mirror " + name,
                            copy,
                            "the database",
                            head.checkpoint(),
                            Tiles.hashes(head.size(), stored));
                }
                return new Done(head.size(), head.size(), head.size(), locked.isPresent());
            }
            askOthers(name, log, copy, tiles);
        } catch (UncheckedIOException e) {
            throw unreadable(name, e);
        }

        if (keys.untold() && head.size() == copy.size()) {
            throw damaged("it has all entries, and not the keys they tell of", null);
        }
        if (locked.isPresent()) {
            lock.write(copy.note());
        }
        long lost = begin(head.size(), copy.size());
        Head from = keys.untold() ? resigned(head, keys) : head;
        replay(name, from, copy, tiles, keys, rows, progress);
        end();
        return new Done(lost, head.size(), copy.size(), locked.isPresent());
    }

    /** The key in force, those before it, and the file that holds its secret. */
    private LogKeys keys(String name, LogFiles mirror) throws RefusedException, SQLException, IOException {
        LogKeyFiles files = LogKeyFiles.beside(KeyFile.at(keyFile));
        SigningKey key = KeyFile.read(keyFile)
                .orElseThrow(() -> new RefusedException("the log's key file " + keyFile
                        + " is missing: restore it, without it nothing more can be signed in this log"));
        NoteVerifier own = new NoteSigner(origin, key).verifier();
        LogKeyChain chain;
        try (Connection c = database.getConnection()) {
            chain = LogKeyChain.read(c);
        }
        FollowedKey followed;
        try {
            followed = FollowedKey.of(own, mirror.get(HandOvers.FILE));
        } catch (InvalidNoteException e) {
            if (e.reason() != InvalidNoteException.Reason.UNKNOWN_KEY) {
                throw new RefusedException("mirror " + name + ": " + e.getMessage(), e);
            }
            followed = FollowedKey.alone(own); // older than the newest hand-over, or of another log
        }
        boolean untold =
                followed.handOvers().size() > chain.handOvers(Long.MAX_VALUE).size();
        if (!untold) {
            // A key that is not here is told when the head is looked at.
            NoteVerifier log = chain.inForce()
                    .map(link -> NoteVerifier.of(origin, link.key().key()))
                    .filter(newest -> files.fileOf(newest.key()).isPresent())
                    .map(chain::verifier)
                    .orElse(own);
            followed = new FollowedKey(log, followed.handOvers(), followed.file());
        }
        VerificationKey inForce = followed.log().key();
        KeyFile file = files.fileOf(inForce)
                .orElseThrow(() -> new RefusedException("the log's key in force is "
                        + NoteVerifier.of(origin, inForce).vkey() + ", " + keyFile
                        + " holds one that handed over before: restore the file of the key in force"));
        return new LogKeys(followed, file, untold);
    }

    private static VerifiedCheckpoint checkpoint(String name, LogFiles mirror, NoteVerifier log)
            throws IOException, RefusedException {
        byte[] note =
                mirror.get("checkpoint").orElseThrow(() -> new FileNotFoundException(name + " has no checkpoint"));
        if (note.length > LARGEST_NOTE) {
            throw new RefusedException("the checkpoint of mirror " + name + " has " + note.length + " bytes");
        }
        try {
            return log.checkpoint(new String(note, StandardCharsets.UTF_8));
        } catch (InvalidNoteException e) {
            throw new RefusedException(
                    "mirror " + name + " is not a copy of this log, or one of before its key was " + log.vkey() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private Optional<VerifiedCheckpoint> locked(NoteVerifier log) throws IOException, RefusedException {
        Optional<String> kept = lock.read();
        try {
            return kept.isPresent() ? Optional.of(log.checkpoint(kept.get())) : Optional.empty();
        } catch (InvalidNoteException e) {
            throw new RefusedException("lock file " + lockFile + " is not a checkpoint signed by this log's key", e);
        }
    }

    /** So that nobody who waits is told that the log is written elsewhere only after the whole copy was read. */
    private void requireStopped() throws SQLException, RefusedException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement()) {
            boolean free;
            try (ResultSet row = s.executeQuery("SELECT pg_try_advisory_lock(" + Sequencer.LOCK + ")")) {
                row.next();
                free = row.getBoolean(1);
            }
            if (!free) {
                throw new RefusedException("a running service writes this log: stop it first");
            }
            s.execute("SELECT pg_advisory_unlock(" + Sequencer.LOCK + ")");
        }
    }

    /** Where the database ends; its tiles give the root it has signed. */
    private Head head(NoteVerifier log) throws SQLException, RefusedException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                ResultSet row = s.executeQuery("SELECT origin, vkey, size, root, note FROM ledger_head")) {
            if (!row.next() || row.getLong("size") == 0) {
                return new Head(0, null);
            }
            String vkey = row.getString("vkey");
            if (!row.getString("origin").equals(origin)
                    || log.keys().stream().noneMatch(key -> key.vkey().equals(vkey))) {
                throw new RefusedException("the database holds the log " + vkey + ", the key file is of " + log.vkey()
                        + ", and the mirror does not tell that one handed over to the other");
            }
            long size = row.getLong("size");
            byte[] root = row.getBytes("root");
            // In the middle of a recovery over hand-overs the newest key has signed a tree of before it was in force.
            VerifiedCheckpoint signed = NoteVerifier.ofVkey(vkey).checkpoint(row.getString("note"));
            StoredPages pages = new StoredPages(() -> c, false);
            if (signed.size() != size
                    || !Arrays.equals(signed.root(), root)
                    || !Arrays.equals(RightEdge.load(size, pages::page).root(), root)) {
                throw damaged("the stored tiles do not add up to the stored root of size " + size, null);
            }
            return new Head(size, signed);
        } catch (InvalidNoteException | IllegalStateException e) {
            throw damaged(e.getMessage(), e);
        }
    }

    private static RefusedException damaged(String why, Throwable cause) {
        return new RefusedException(
                "the database is damaged (" + why + "): restore a whole copy of it, or begin with an empty one", cause);
    }

    private static void audit(String name, LogFiles mirror, FollowedKey key, VerifiedCheckpoint copy, Progress progress)
            throws IOException, RefusedException {
        AuditReport report = Audit.fromTheStart(mirror, key.log(), copy)
                .with(key)
                .run(List.of(), (read, at, of) -> progress.verified(at, of), Long.MAX_VALUE, state -> {});
        for (Check check : report.checks()) {
            if (check.outcome() != Outcome.PASS) {
                AuditReport.FirstBad first = report.first();
                throw new RefusedException("mirror " + name + " is not what this log signed"
                        + (first == null || first.index() < 0 ? "" : ", first at index " + first.index()) + ": "
                        + check.name() + ", " + check.lookedAt() + ": expected " + check.expected() + ", there is "
                        + check.seen());
            }
        }
    }

    /** The copy's tiles, each hanging below the signed root. */
    private static final class Copy implements Tiles.TileSource {
        private final SignedTiles tiles;
        private final LogFiles files;
        private final long size;

        Copy(String name, LogFiles mirror, VerifiedCheckpoint copy) throws IOException, RefusedException {
            try {
                this.tiles = new SignedTiles(mirror::get, copy);
            } catch (Mirror.RefusedException e) {
                throw new RefusedException("mirror " + name + ": " + e.getMessage(), e);
            }
            this.files = mirror;
            this.size = copy.size();
        }

        /** The entries of a bundle as the mirror has them, not yet compared with their hashes. */
        List<byte[]> bundle(long number) throws IOException, RefusedException {
            String full = Tiles.entriesPath(number, Tiles.WIDTH);
            Optional<byte[]> bytes = files.get(Tiles.entriesPath(number, Tiles.width(0, number, size)));
            if (bytes.isEmpty()) {
                bytes = files.get(full); // A partial file may be gone once the full one is there.
            }
            try {
                return Tiles.entries(bytes.orElseThrow(() -> new FileNotFoundException("there is no " + full)));
            } catch (MalformedException e) {
                throw new RefusedException(full + " of the mirror: " + e.getMessage(), e);
            }
        }

        /** Of a tile that was not full in a smaller tree what there is now: at least as much. Witnesses are asked from several threads. */
        @Override
        public synchronized byte[] tile(int level, long index, int width) {
            return tiles.tile(level, index, Tiles.width(level, index, size));
        }

        HashSource hashes() {
            return Tiles.hashes(size, this);
        }
    }

    private static boolean begins(VerifiedCheckpoint earlier, VerifiedCheckpoint later, Tiles.TileSource tiles) {
        return earlier.size() == 0
                || Arrays.equals(
                        earlier.root(),
                        earlier.size() == later.size() ? later.root() : Tiles.root(earlier.size(), tiles));
    }

    private void askOthers(String name, NoteVerifier log, VerifiedCheckpoint copy, Copy tiles)
            throws IOException, InterruptedException, RefusedException {
        Optional<Witnesses> witnesses = witnessPolicy.map(Witnesses::new);
        try {
            List<Remembers> others = new ArrayList<>();
            witnesses.ifPresent(others::add);
            publishTo.ifPresent(folder -> others.add(new PublishedFiles(folder, () -> log, (level, number, width) -> {
                throw new IllegalStateException("nothing is published here");
            })));
            if (!mirrors.isEmpty()) {
                others.add(new Mirrors(mirrors));
            }
            for (Remembers other : others) {
                Optional<String> objection = other.objection(log, copy, tiles);
                if (objection.isPresent()) {
                    throw new RefusedException("mirror " + name + " does not have what others saw: "
                            + objection.get().replaceAll(": restored from an old backup.*", "") + "; " + ENDED);
                }
            }
        } finally {
            witnesses.ifPresent(Witnesses::close);
        }
    }

    private static RefusedException tooShort(String name, long has, long seen, String who) {
        return new RefusedException("mirror " + name + " has " + has + " entries, " + who + " knows of " + seen + ": "
                + (seen - has) + " are missing; " + ENDED);
    }

    /** Both are signed by this log's key: whoever is shown the two needs to believe nobody. */
    private RefusedException fork(
            String one, VerifiedCheckpoint earlier, String other, VerifiedCheckpoint later, HashSource laterTree)
            throws IOException {
        String kept = "";
        Optional<FraudProof> proof = FraudProof.ofTree(earlier, later, laterTree);
        if (proof.isPresent()) {
            Path file = lockFile.toAbsolutePath()
                    .resolveSibling("fraud")
                    .resolve(later.size() + "-" + HexFormat.of().formatHex(later.root(), 0, 12) + FraudProof.EXTENSION);
            DurableFile.directories(file);
            Path aside = file.resolveSibling(file.getFileName() + ".new");
            Files.write(
                    aside,
                    proof.get().encode(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.SYNC);
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncDirectory(file);
            kept = "; the evidence is " + file;
        }
        return new RefusedException("this log's key has signed two histories: " + one + " (" + earlier.size()
                + " entries) is not a beginning of " + other + " (" + later.size() + " entries)" + kept
                + "; nothing is signed on either: keep both");
    }

    private static RefusedException unreadable(String name, UncheckedIOException e) throws IOException {
        if (e.getCause() instanceof Mirror.RefusedException) {
            return new RefusedException("mirror " + name + ": " + e.getCause().getMessage(), e);
        }
        throw e.getCause();
    }

    /** @return where the database ended when an unfinished recovery began; with none, now */
    private long begin(long from, long to) throws SQLException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement()) {
            long lost = from;
            try (ResultSet row = s.executeQuery("SELECT min(from_size) FROM ledger_recovery WHERE ended_at IS NULL")) {
                if (row.next() && row.getObject(1) != null) {
                    lost = Math.min(lost, row.getLong(1));
                }
            }
            if (lost < to) {
                try (PreparedStatement insert = c.prepareStatement(
                        "INSERT INTO ledger_recovery (from_size, to_size) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
                    insert.setLong(1, lost);
                    insert.setLong(2, to);
                    insert.executeUpdate();
                }
            }
            return lost;
        }
    }

    private void end() throws SQLException {
        try (Connection c = database.getConnection();
                Statement s = c.createStatement()) {
            s.executeUpdate("UPDATE ledger_recovery SET ended_at = now() WHERE ended_at IS NULL");
        }
    }

    /**
     * The entries are put back by commits like any others, which only one key can sign: the newest, which is the one that is here. What it signs of
     * trees of before it was in force is seen by nobody and forgotten with the last of these commits, by {@link #handOvers}. Until then the
     * database has one key that never handed over, so that a start in the middle finds a log that ends before its lock file.
     */
    private Head resigned(Head head, LogKeys keys) throws SQLException, RefusedException {
        NoteSigner newest = new NoteSigner(
                origin,
                keys.inForce().key().orElseThrow(() -> new RefusedException("the key file was taken away meanwhile")));
        if (head.size() == 0) {
            return head;
        }
        try (Connection c = database.getConnection();
                Statement s = c.createStatement();
                PreparedStatement update = c.prepareStatement("UPDATE ledger_head SET vkey = ?, note = ?")) {
            boolean auto = c.getAutoCommit();
            c.setAutoCommit(false);
            try {
                String note = newest.sign(head.checkpoint().checkpoint().text());
                s.execute("SELECT ledger_forget_keys()");
                update.setString(1, newest.verifier().vkey());
                update.setString(2, note);
                update.executeUpdate();
                c.commit();
                return new Head(head.size(), newest.verifier().checkpoint(note));
            } finally {
                c.rollback();
                c.setAutoCommit(auto);
            }
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("what was just signed", e);
        }
    }

    /** With the last entries: the keys are told as the mirror has them, each with the checkpoint that the one before it signed too. */
    private static void handOvers(Connection c, FollowedKey followed) throws SQLException {
        HandOvers told;
        try {
            told = HandOvers.parse(followed.file());
        } catch (MalformedException e) {
            throw new IllegalStateException("hand-overs that were followed before are none", e);
        }
        LogKeyChain.insert(c, logKey(told.first().entry()), told.first().place().leafIndex());
        for (HandOvers.HandOver one : told.handOvers()) {
            LogKeyChain.insert(
                    c, logKey(one.taken().entry()), one.taken().place().leafIndex(), one.note());
        }
        try (PreparedStatement forget = c.prepareStatement("SELECT ledger_forget_checkpoints(?)")) {
            forget.setLong(1, followed.size());
            forget.execute();
        }
    }

    private static LogKey logKey(byte[] entry) {
        try {
            return LogKey.parse(entry);
        } catch (MalformedException e) {
            throw new IllegalStateException("a log key that was read before is none", e);
        }
    }

    private void replay(
            String name, Head head, VerifiedCheckpoint copy, Copy tiles, LogKeys keys, Rows rows, Progress progress)
            throws IOException, RefusedException, InterruptedException {
        if (head.size() == copy.size()) {
            return;
        }
        // The writer keeps a lock file of its own meanwhile: the log's holds the mirror's checkpoint already.
        Path own = lockFile.resolveSibling(lockFile.getFileName() + ".recovery");
        if (head.size() == 0) {
            Files.deleteIfExists(own);
        } else {
            DurableFile.replace(own, head.checkpoint().note());
        }
        try (Sequencer writer =
                new Sequencer(database, origin, new LogKeyFiles(keys.inForce(), Optional.empty()), own, List.of())) {
            writer.start();
            for (long at = head.size(); at < copy.size(); ) {
                List<byte[]> entries = entries(name, at, copy.size(), tiles);
                boolean last = at + entries.size() == copy.size();
                append(writer, at, entries, keys, last, rows);
                at += entries.size();
                progress.stored(at, copy.size());
            }
            if (!Arrays.equals(writer.checkpoint().root(), copy.root())) {
                throw new IllegalStateException("entries that are all the mirror's give another root");
            }
        } catch (UncheckedIOException e) {
            throw unreadable(name, e);
        } catch (ReadOnlyException e) {
            throw new RefusedException("the log cannot be written: " + e.getMessage(), e);
        }
        Files.delete(own);
    }

    /** The next entries, to the end of a bundle; each has the leaf hash that was signed for its place. */
    private static List<byte[]> entries(String name, long from, long size, Copy tiles)
            throws IOException, RefusedException {
        List<byte[]> entries = new ArrayList<>();
        for (long number = from >> 8;
                entries.size() + Tiles.WIDTH <= Sequencer.GROUP && Tiles.width(0, number, size) > 0;
                number++) {
            byte[] hashes = tiles.tile(0, number, 1);
            List<byte[]> bundle = tiles.bundle(number);
            for (int i = number == from >> 8 ? (int) (from & 255) : 0; i < hashes.length / 32; i++) {
                if (i >= bundle.size()
                        || !Arrays.equals(MerkleHash.leaf(bundle.get(i)), 0, 32, hashes, 32 * i, 32 * i + 32)) {
                    throw new RefusedException("mirror " + name + ": entry " + ((number << 8) + i)
                            + " is not the one that was signed, although it was when all were read before");
                }
                entries.add(bundle.get(i));
            }
        }
        return entries;
    }

    private static void append(
            Sequencer writer, long first, List<byte[]> entries, LogKeys keys, boolean last, Rows rows)
            throws InterruptedException, RefusedException {
        List<Submission> submissions = entries.stream().map(Submission::of).toList();
        for (int attempt = 1; ; attempt++) {
            try {
                long[] indexes = writer.append(submissions, (c, at) -> {
                    for (int i = 0; i < at.length; i++) {
                        if (at[i] != first + i) {
                            throw new IllegalStateException("entry " + (first + i) + " stands at " + at[i]);
                        }
                    }
                    own(c, first, entries, !keys.untold());
                    if (keys.untold() && last) {
                        handOvers(c, keys.followed());
                    }
                    rows.restore(c, first, entries);
                });
                if (indexes.length != entries.size()) {
                    throw new IllegalStateException(indexes.length + " of " + entries.size() + " entries stored");
                }
                return;
            } catch (BusyException e) {
                // Also an unknown outcome: the same entries again have the same indexes.
                if (attempt == TRIES) {
                    throw new RefusedException(
                            "the database does not take the entries (" + e.getMessage() + "): run it again", e);
                }
                Thread.sleep(500);
            } catch (ConflictException e) {
                throw new RefusedException("entry " + (first + e.position()) + " of the mirror: " + e.getMessage(), e);
            }
        }
    }

    /** The rows of the ledger's own that follow from its entries. */
    private static void own(Connection c, long first, List<byte[]> entries, boolean logKeys) throws SQLException {
        for (int i = 0; i < entries.size(); i++) {
            if (logKeys && LogKey.is(entries.get(i))) {
                LogKeyChain.insert(c, logKey(entries.get(i)), first + i);
            }
            if (MapHead.is(entries.get(i))) {
                try {
                    LinkMap.insert(c, first + i, MapHead.parse(entries.get(i)));
                } catch (MalformedException e) {
                    throw new IllegalStateException("a map head that was read before is none", e);
                }
            }
        }
    }
}
