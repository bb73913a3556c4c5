package io.waymark.trace.ledger;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * The one writer of the log. Takes everything that waits, stores it in one transaction, signs, answers, repeats: no timer, so a single
 * client gets one commit's latency and a thousand clients share one fsync.
 *
 * <p>Leadership is a PostgreSQL advisory lock; the epoch in the head fences a writer that lost it unknowingly. The tree's right edge is
 * kept in memory and only replaced after COMMIT is acknowledged.
 */
final class Sequencer implements AutoCloseable {
    /** Entries put into one commit, unless one submission alone is larger. */
    static final int GROUP = 4096;

    /** Largest single submission: a custody step over 65,536 objects. */
    static final int LARGEST = 65_536;

    private static final int QUEUE = 4096;
    private static final int QUEUED_ENTRIES = 4 * LARGEST;
    private static final long PATIENCE_SECONDS = 30;
    static final long LOCK = 0x5761796d61726bL; // "Waymark"
    private static final int KIND_LINK = 0x03;
    /** How many bytes of an identity the index of identities keeps. */
    static final int NAME = 16;

    private static final Logger LOG = Logger.getLogger(Sequencer.class);

    private final DataSource database;
    private final String origin;
    private final LogKeyFiles keyFiles;
    private final LockFile lockFile;
    private final List<Remembers> outside;
    private final BlockingQueue<Pending> queue = new ArrayBlockingQueue<>(QUEUE);
    private final AtomicReference<First> first = new AtomicReference<>();
    private final AtomicInteger queuedEntries = new AtomicInteger();
    private final Thread writer = new Thread(this::run, "ledger-sequencer");

    Drill drill = Drill.NONE;
    volatile CommitTimes times = CommitTimes.NONE;

    private volatile NoteSigner signer;
    private volatile NoteVerifier verifier;
    private volatile LogKeyChain keys = new LogKeyChain(List.of());
    private volatile VerifiedCheckpoint published;
    private volatile String refusal;
    private volatile boolean leading;
    private volatile boolean closed;
    private Pending carried;

    // The writer thread's own.
    private RightEdge edge;
    private long epoch;
    private NoteSigner successor;

    /** @param outside asked, each time this process becomes the writer, before anything is signed */
    Sequencer(DataSource database, String origin, LogKeyFiles keyFiles, Path lockFile, List<Remembers> outside) {
        this.outside = List.copyOf(outside);
        this.database = database;
        this.origin = origin;
        this.keyFiles = keyFiles;
        this.lockFile = new LockFile(lockFile);
    }

    private static final class Pending {
        List<Submission> entries;
        final CommitWork work;
        final CompletableFuture<long[]> answer = new CompletableFuture<>();

        Pending(List<Submission> entries, CommitWork work) {
            this.entries = entries;
            this.work = work;
        }
    }

    /** An entry that says where it stands itself. Made when its commit begins, as its first entry. */
    private record First(LongFunction<Submission> entryAt, Pending pending) {}

    private record Known(long index, byte[] entryHash) {}

    // ---- start ----

    /**
     * Finds or makes the log's key and head, and starts the writer.
     *
     * @throws IllegalStateException when the stored log is not this key's or not of this origin
     */
    void start() {
        try (Connection c = database.getConnection()) {
            boolean auto = c.getAutoCommit();
            c.setAutoCommit(false);
            try {
                open(c);
                c.commit();
            } finally {
                c.rollback();
                c.setAutoCommit(auto);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open the ledger", e);
        }
        writer.setDaemon(true);
        writer.start();
    }

    private void open(Connection c) throws SQLException {
        try (PreparedStatement select =
                        c.prepareStatement("SELECT origin, vkey, size, note FROM ledger_head FOR UPDATE");
                ResultSet head = select.executeQuery()) {
            KeyFile keyFile = keyFiles.inForce();
            boolean exists = head.next();
            long size = exists ? head.getLong("size") : 0;
            if (size > 0 && !head.getString("origin").equals(origin)) {
                throw new IllegalStateException("the stored log is \"" + head.getString("origin")
                        + "\", configured is \"" + origin + "\": a log keeps its name for ever");
            }
            if (size > 0) {
                keys = LogKeyChain.read(c);
                signWith(head.getString("vkey"));
                published = verified(head.getString("note"));
                return;
            }
            SigningKey key = keyFile.key().orElseGet(keyFile::create);
            signer = new NoteSigner(origin, key);
            verifier = signer.verifier();
            String note = signer.sign(new Checkpoint(origin, 0, MerkleHash.EMPTY.clone()).text());
            try (PreparedStatement insert = c.prepareStatement(
                    "INSERT INTO ledger_head (origin, vkey, size, root, epoch, note) VALUES (?, ?, 0, ?, 0, ?) "
                            + "ON CONFLICT (one) DO UPDATE SET origin = excluded.origin, vkey = excluded.vkey, note = excluded.note")) {
                insert.setString(1, origin);
                insert.setString(2, verifier.vkey());
                insert.setBytes(3, MerkleHash.EMPTY.clone());
                insert.setString(4, note);
                insert.executeUpdate();
            }
            published = verified(note);
        }
    }

    /** Takes the secret of the log's key from whichever file holds it: a hand-over that was cut short may have left it under another name. */
    private void signWith(String vkey) {
        NoteVerifier inForce = NoteVerifier.ofVkey(vkey);
        SigningKey key = keyFiles.of(inForce.key()).orElseThrow(() -> {
            KeyFile file = keyFiles.inForce();
            Optional<SigningKey> other = file.key();
            return new IllegalStateException(
                    other.isEmpty()
                            ? "the log has entries but its key file " + file.file()
                                    + " is missing: restore it (expected " + vkey + ")"
                            : "key file " + file.file() + " holds another key ("
                                    + new NoteSigner(origin, other.get())
                                            .verifier()
                                            .vkey() + ") than the log's ("
                                    + vkey + ")");
        });
        signer = new NoteSigner(origin, key);
        verifier = keys.verifier(signer.verifier());
    }

    private VerifiedCheckpoint verified(String note) {
        try {
            return verifier.checkpoint(note);
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("a note of our own does not verify", e);
        }
    }

    // ---- callers ----

    long[] append(List<Submission> entries, CommitWork work) {
        if (entries.size() > LARGEST) {
            throw new IllegalArgumentException(entries.size() + " entries in one submission, at most " + LARGEST);
        }
        refuseIfReadOnly();
        if (closed) {
            throw new BusyException("the ledger is shutting down");
        }
        Pending pending = new Pending(
                drill.does(Drill.Sabotage.DEDUPE_OFF)
                        ? entries.stream().map(Submission::nameless).toList()
                        : entries,
                work);
        boolean room = queuedEntries.addAndGet(entries.size()) <= QUEUED_ENTRIES;
        try {
            if (!room || !queue.offer(pending)) {
                throw new BusyException("the ledger's queue is full");
            }
            // A refusal between the check above and the offer would leave this one waiting for nobody.
            if (refusal != null && queue.remove(pending)) {
                refuseIfReadOnly();
            }
            return pending.answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            queue.remove(pending);
            throw new BusyException("not stored within " + PATIENCE_SECONDS + " s, outcome unknown", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusyException("interrupted, outcome unknown", e);
        } catch (ExecutionException e) {
            throw rethrow(e.getCause());
        } finally {
            queuedEntries.addAndGet(-entries.size());
        }
    }

    /**
     * Appends one entry as the first of a commit, so that what it says of everything before its own index is whole.
     *
     * @param entryAt given that index, on the writer's thread, between two commits; must be quick. One caller at a time
     */
    long appendFirst(LongFunction<Submission> entryAt, CommitWork work) {
        refuseIfReadOnly();
        First mine = new First(entryAt, new Pending(List.of(), work));
        if (!first.compareAndSet(null, mine)) {
            throw new BusyException("another entry waits to be the first of a commit");
        }
        try {
            // Wakes the writer: there may be no other submission.
            append(List.of(), CommitWork.NONE);
            return mine.pending.answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)[0];
        } catch (TimeoutException e) {
            throw new BusyException("not stored within " + PATIENCE_SECONDS + " s, outcome unknown", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusyException("interrupted, outcome unknown", e);
        } catch (ExecutionException e) {
            throw rethrow(e.getCause());
        } finally {
            first.compareAndSet(mine, null);
        }
    }

    private static RuntimeException rethrow(Throwable cause) {
        if (cause instanceof SQLException sql) {
            // Lock not available, cancelled, serialization failure, deadlock: another try may succeed.
            return Set.of("55P03", "57014", "40001", "40P01").contains(String.valueOf(sql.getSQLState()))
                    ? new BusyException("the rows beside the entry are locked", sql)
                    : new IllegalStateException("the rows beside the entry could not be stored", sql);
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
    }

    private void refuseIfReadOnly() {
        String reason = refusal;
        if (reason != null) {
            throw new ReadOnlyException(reason);
        }
    }

    VerifiedCheckpoint checkpoint() {
        return published;
    }

    NoteVerifier verifier() {
        return verifier;
    }

    /** How the log's keys took over from each other up to this checkpoint; empty for a log with its first one. */
    Optional<HandOvers> handOvers(VerifiedCheckpoint upTo, Tiles.TileSource pages) {
        return keys.upTo(upTo, pages);
    }

    LogKeyChain keys() {
        return keys;
    }

    /** Why nothing is signed any more, if so. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Entries that callers wait for. */
    int queued() {
        return queuedEntries.get();
    }

    /** Whether this process is the writer, ready for entries. */
    boolean leading() {
        return leading;
    }

    // ---- the writer thread ----

    private void run() {
        int failures = 0;
        while (!closed && refusal == null) {
            try (Connection c = database.getConnection()) {
                Connection drivers = c.unwrap(Connection.class);
                c.setAutoCommit(false);
                try {
                    if (lead(c)) {
                        logKey(c);
                        leading = true;
                        failures = 0;
                        while (!closed && refusal == null) {
                            List<Pending> batch = take();
                            if (!batch.isEmpty()) {
                                commit(c, batch);
                            }
                        }
                    } else if (refusal == null) {
                        failWaiting(new BusyException("another process writes this log"));
                        pause(500);
                    }
                } finally {
                    leading = false;
                    stepDown(c, drivers);
                }
            } catch (SQLException | RuntimeException e) {
                // The edge that decides: whatever happened, memory is dropped and the head read again. The waiting were
                // told to try again.
                failures++;
                LOG.errorf(e, "ledger writer restarts (failure %d in a row)", failures);
                failWaiting(new BusyException("the ledger's database connection was lost", e));
                pause(Math.min(5000, 100L << Math.min(failures, 6)));
            } catch (Error e) {
                // Nobody knows what still works: nothing is signed until somebody has looked.
                LOG.error("ledger writer ends", e);
                refuse(e);
            }
        }
        failWaiting(
                refusal != null ? new ReadOnlyException(refusal) : new BusyException("the ledger is shutting down"));
    }

    /** Promises the next key when that was not done yet, and hands over to it when somebody asked. Before the log takes anything else. */
    private void logKey(Connection c) throws SQLException {
        if (!keyFiles.promises()) {
            return;
        }
        if (keys.inForce().isEmpty()) {
            LogKey first = new LogKey(
                    0, verifier.key(), LogKey.commitment(keyFiles.nextOrNew().verificationKey()));
            commitLogKey(c, first, (connection, indexes) -> LogKeyChain.insert(connection, first, indexes[0]));
        }
        if (keyFiles.handOverAsked(verifier.key())) {
            Optional<String> objection =
                    handOver(c, keys.inForce().orElseThrow().key());
            if (objection.isPresent()) {
                LOG.errorf("the log keeps its key: %s", objection.get());
                return;
            }
        }
        keyFiles.forget();
    }

    /**
     * One commit with the new key's entry alone, its checkpoint signed by both keys. Until it is acknowledged the key before signs, from then on
     * the new one alone; the files are named after it, whenever that succeeds.
     *
     * @return why nothing was done
     */
    private Optional<String> handOver(Connection c, LogKey inForce) throws SQLException {
        Optional<SigningKey> next = keyFiles.next().key();
        if (next.isEmpty()) {
            return Optional.of("the next one is not in " + keyFiles.next().file());
        }
        LogKey taken = new LogKey(
                inForce.generation() + 1,
                next.get().verificationKey(),
                LogKey.commitment(keyFiles.afterNextOrNew().verificationKey()));
        if (!inForce.mayHandOverTo(taken)) {
            return Optional.of("the key in " + keyFiles.next().file() + " is not the one that entry "
                    + keys.inForce().orElseThrow().index() + " promised");
        }
        NoteVerifier after = verifier.handedOver(taken.key(), edge.size() + 1);
        Optional<String> objection = objection(after, published);
        if (objection.isPresent()) {
            return objection;
        }
        keyFiles.step("made the key after the next");
        successor = new NoteSigner(origin, next.get());
        try {
            commitLogKey(c, taken, (connection, indexes) -> {
                LogKeyChain.insert(connection, taken, indexes[0]);
                LogKeyChain.signedBy(connection, after);
            });
            signer = successor;
            verifier = keys.verifier(signer.verifier());
        } finally {
            successor = null;
        }
        keyFiles.step("committed");
        keyFiles.settle(taken.key());
        LOG.infof("the log's key handed over: entry %d, now %s", edge.size() - 1, verifier.vkey());
        return Optional.empty();
    }

    private void commitLogKey(Connection c, LogKey key, CommitWork work) throws SQLException {
        Pending pending = new Pending(List.of(Submission.of(key.entry())), work);
        commit(c, new ArrayList<>(List.of(pending)));
        if (pending.answer.isCompletedExceptionally()) {
            throw new SQLException(
                    "log key of generation " + key.generation() + " could not be stored",
                    pending.answer.handle((ok, e) -> e).join());
        }
        keys = LogKeyChain.read(c);
        c.rollback();
    }

    /** Everything that waits, at least one, at most {@link #GROUP} entries; empty after a quarter of a second of silence. */
    private List<Pending> take() {
        List<Pending> batch = new ArrayList<>();
        try {
            Pending next = carried != null ? carried : queue.poll(250, TimeUnit.MILLISECONDS);
            carried = null;
            int entries = 0;
            while (next != null) {
                if (!batch.isEmpty() && entries + next.entries.size() > GROUP) {
                    carried = next;
                    break;
                }
                batch.add(next);
                entries += next.entries.size();
                next = batch.size() < GROUP ? queue.poll() : null;
            }
        } catch (InterruptedException e) {
            closed = true;
        }
        return batch;
    }

    private void failWaiting(RuntimeException reason) {
        if (carried != null) {
            carried.answer.completeExceptionally(reason);
            carried = null;
        }
        First head = first.getAndSet(null);
        if (head != null) {
            head.pending.answer.completeExceptionally(reason);
        }
        List<Pending> waiting = new ArrayList<>();
        queue.drainTo(waiting);
        waiting.forEach(p -> p.answer.completeExceptionally(reason));
    }

    private void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Takes the lock, the epoch and the right edge; false when another process holds the lock or the log must not be signed. */
    private boolean lead(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("SET synchronous_commit = " + (drill.does(Drill.Sabotage.COMMIT_NOT_DURABLE) ? "off" : "on"));
            s.execute("SET statement_timeout = '30s'");
            s.execute("SET lock_timeout = '5s'");
            // The writer only looks up by key. A plan made while the tables were small must not read them whole when
            // they
            // are large, and none is worth compiling.
            s.execute("SET enable_seqscan = off");
            s.execute("SET jit = off");
            try (ResultSet locked = s.executeQuery("SELECT pg_try_advisory_lock(" + LOCK + ")")) {
                locked.next();
                if (!locked.getBoolean(1) && !drill.does(Drill.Sabotage.LOCK_OFF)) {
                    return false;
                }
            }
            long size;
            byte[] root;
            String note;
            try (ResultSet head =
                    s.executeQuery("UPDATE ledger_head SET epoch = epoch + 1 RETURNING size, root, epoch, note")) {
                head.next();
                size = head.getLong("size");
                root = head.getBytes("root");
                epoch = head.getLong("epoch");
                note = head.getString("note");
            }
            c.commit();
            drill.at(Drill.CrashPoint.EPOCH_TAKEN);
            keys = LogKeyChain.read(c);
            signWith(LogKeyChain.vkeyOfHead(c));
            keyFiles.settle(verifier.key());

            StoredPages pages = new StoredPages(() -> c, false);
            RightEdge loaded = RightEdge.load(size, pages::page);
            if (!Arrays.equals(loaded.root(), root)) {
                return refuse("the stored tiles do not add up to the stored root of size " + size);
            }
            VerifiedCheckpoint head = verified(note);
            if (head.checkpoint().size() != size
                    || !Arrays.equals(head.checkpoint().root(), root)) {
                return refuse("the stored checkpoint is not of the stored head of size " + size);
            }
            if (!lockFileAgrees(head, pages) || (size > 0 && !othersAgree(head))) {
                return false;
            }
            c.rollback();
            edge = loaded;
            published = head;
            return true;
        }
    }

    private boolean othersAgree(VerifiedCheckpoint head) {
        Optional<String> objection = objection(verifier, head);
        return !closed && (objection.isEmpty() || refuse(objection.get()));
    }

    private Optional<String> objection(NoteVerifier log, VerifiedCheckpoint head) {
        StoredPages pages = new StoredPages(database::getConnection, true); // asked from several threads
        for (Remembers other : drill.does(Drill.Sabotage.MEMORY_OFF) ? List.<Remembers>of() : outside) {
            try {
                Optional<String> objection = other.objection(log, head, pages);
                if (objection.isPresent()) {
                    return objection;
                }
            } catch (IOException e) {
                return Optional.of("what was published cannot be read: " + e.getMessage());
            } catch (InterruptedException e) {
                closed = true;
                return Optional.of("interrupted");
            }
        }
        return Optional.empty();
    }

    private boolean lockFileAgrees(VerifiedCheckpoint head, StoredPages pages) {
        long size = head.checkpoint().size();
        try {
            if (drill.does(Drill.Sabotage.LOCK_FILE_OFF)) {
                return true;
            }
            Optional<String> kept = lockFile.read();
            if (kept.isEmpty()) {
                if (size > 0) {
                    return refuse("lock file " + lockFile + " is missing for a log of " + size
                            + " entries: restore it, or compare /ledger/checkpoint with a witness and save it there");
                }
            } else {
                Checkpoint locked = verifier.checkpoint(kept.get()).checkpoint();
                if (locked.size() > size) {
                    return refuse("the database ends at " + size + " but " + locked.size()
                            + " entries were signed (lock file " + lockFile
                            + "): restored from an old backup? Get them back with " + Recovery.OFFER);
                }
                if (!Arrays.equals(
                        locked.root(),
                        locked.size() == size ? head.checkpoint().root() : Tiles.root(locked.size(), pages))) {
                    return refuse("the database holds another history than the checkpoint of size " + locked.size()
                            + " in lock file " + lockFile);
                }
            }
            lockFile.write(head.note());
            return true;
        } catch (InvalidNoteException e) {
            return refuse("lock file " + lockFile + " is not a checkpoint signed by this log's key");
        } catch (IOException e) {
            return refuse("lock file " + lockFile + " cannot be read or written: " + e);
        }
    }

    /** Ends the signing for good; callers and the health check are told the reason. Always false, for the caller to return. */
    boolean refuse(String reason) {
        refusal = reason;
        LOG.errorf("ledger is read-only: %s", reason);
        return false;
    }

    private void refuse(Error error) {
        refuse("its writer failed, restart the service: " + error);
    }

    private static void stepDown(Connection c, Connection drivers) throws SQLException {
        try (Statement s = c.createStatement()) {
            c.rollback();
            s.execute("SELECT pg_advisory_unlock_all()");
            s.execute("RESET ALL");
            c.commit();
        } catch (SQLException e) {
            // A connection that cannot be cleaned must not go back to the pool with the lock on it. The driver's own is
            // aborted: the pool's (Agroal 3.0) closes nothing then, and counts the connection as taken for ever.
            drivers.abort(Runnable::run);
        }
    }

    private void commit(Connection c, List<Pending> batch) throws SQLException {
        Optional<Pending> head = takeFirst();
        if (head.isPresent()) {
            try {
                // Alone: so there is a checkpoint of the tree that ends with it, and the witnesses' time of that one is
                // its time.
                together(c, List.of(head.get()));
            } catch (SQLException | RuntimeException | Error e) {
                tellAgain(batch, e);
                throw e;
            }
        }
        together(c, batch);
    }

    private void together(Connection c, List<Pending> batch) throws SQLException {
        try {
            long begun = System.nanoTime();
            Map<ByteBuffer, Known> known = new HashMap<>();
            Set<ByteBuffer> tags = new HashSet<>();
            lookUp(c, batch, known, tags);
            List<Submission> fresh = new ArrayList<>();
            Map<Pending, long[]> placed = new HashMap<>();
            for (Pending pending : batch) {
                place(c, pending, batch.size() == 1, fresh, known, tags, placed);
            }
            long rows = System.nanoTime();
            drill.at(Drill.CrashPoint.PLACED);
            RightEdge grown = edge;
            String note = null;
            if (!fresh.isEmpty()) {
                grown = edge.copy();
                note = store(c, grown, fresh, known);
                beforeCommit(note, placed);
            }
            long pages = System.nanoTime();
            c.commit();
            long committed = System.nanoTime();
            drill.at(Drill.CrashPoint.COMMITTED);
            edge = grown;
            if (note != null && !publish(note)) {
                throw new ReadOnlyException(refusal);
            }
            drill.at(Drill.CrashPoint.LOCK_FILE_WRITTEN);
            if (!fresh.isEmpty()) {
                times.committed(
                        fresh.size(), rows - begun, pages - rows, committed - pages, System.nanoTime() - committed);
            }
            placed.forEach((pending, indexes) -> pending.answer.complete(indexes));
        } catch (SQLException | RuntimeException | Error e) {
            if (e instanceof Error error) {
                refuse(error);
            }
            tellAgain(batch, e);
            throw e;
        }
    }

    /** After a failed COMMIT nobody knows; before it nothing is stored. Either way the same answer: try again, identities make it safe. */
    private void tellAgain(List<Pending> batch, Throwable e) {
        RuntimeException again = refusal != null
                ? new ReadOnlyException(refusal)
                : new BusyException("the commit failed or its outcome is unknown", e);
        batch.forEach(p -> p.answer.completeExceptionally(again));
    }

    private void beforeCommit(String note, Map<Pending, long[]> placed) {
        if (drill.does(Drill.Sabotage.SIGN_BEFORE_COMMIT)) {
            published = verified(note);
        }
        if (drill.does(Drill.Sabotage.ANSWER_BEFORE_COMMIT)) {
            placed.forEach((pending, indexes) -> pending.answer.complete(indexes));
        }
        drill.at(Drill.CrashPoint.SIGNED);
    }

    private Optional<Pending> takeFirst() {
        First waiting = first.getAndSet(null);
        if (waiting == null) {
            return Optional.empty();
        }
        try {
            waiting.pending.entries = List.of(waiting.entryAt.apply(edge.size()));
            return Optional.of(waiting.pending);
        } catch (RuntimeException e) {
            waiting.pending.answer.completeExceptionally(e);
            return Optional.empty();
        }
    }

    /**
     * Gives a submission its indexes and runs its work in a savepoint; on failure it alone is undone and told.
     *
     * @param alone nothing else is in this transaction, which then serves as the savepoint and saves two round trips
     */
    private void place(
            Connection c,
            Pending pending,
            boolean alone,
            List<Submission> fresh,
            Map<ByteBuffer, Known> known,
            Set<ByteBuffer> tags,
            Map<Pending, long[]> placed)
            throws SQLException {
        long next = edge.size() + fresh.size();
        long[] indexes = new long[pending.entries.size()];
        List<Submission> mine = new ArrayList<>();
        Map<ByteBuffer, Known> mineKnown = new HashMap<>();
        Set<ByteBuffer> mineTags = new HashSet<>();
        for (int i = 0; i < indexes.length; i++) {
            Submission s = pending.entries.get(i);
            ByteBuffer identity = name(s);
            byte[] hash = MerkleHash.leaf(s.entry());
            Known earlier = mineKnown.getOrDefault(identity, known.get(identity));
            if (earlier != null) {
                if (!Arrays.equals(earlier.entryHash, hash) && !drill.does(Drill.Sabotage.EQUIVOCATION_ACCEPTED)) {
                    pending.answer.completeExceptionally(
                            new ConflictException(i, "entry " + i + ": its identity is taken by another entry"));
                    return;
                }
                indexes[i] = earlier.index;
                continue;
            }
            byte[] tag = linkTag(s.entry());
            if (tag != null && (tags.contains(ByteBuffer.wrap(tag)) || !mineTags.add(ByteBuffer.wrap(tag)))) {
                pending.answer.completeExceptionally(
                        new ConflictException(i, "entry " + i + ": its link tag is taken by another entry"));
                return;
            }
            indexes[i] = next + mine.size();
            mine.add(s);
            mineKnown.put(identity, new Known(indexes[i], hash));
        }
        if (pending.work != CommitWork.NONE) {
            Savepoint before = alone ? null : c.setSavepoint();
            try {
                pending.work.in(inTransaction(c), indexes.clone());
                if (before != null) {
                    c.releaseSavepoint(before);
                }
            } catch (SQLException | RuntimeException | Error e) {
                if (before != null) {
                    c.rollback(before);
                } else {
                    c.rollback();
                }
                pending.answer.completeExceptionally(e);
                return;
            }
        }
        fresh.addAll(mine);
        known.putAll(mineKnown);
        tags.addAll(mineTags);
        placed.put(pending, indexes);
    }

    /** Writes pages, indexes and head; returns the note, which must not leave before COMMIT. */
    private String store(Connection c, RightEdge grown, List<Submission> fresh, Map<ByteBuffer, Known> known)
            throws SQLException {
        long oldSize = grown.size();
        List<RightEdge.Page> pages =
                grown.append(fresh.stream().map(Submission::entry).toList());
        byte[] root = grown.root();
        String text = new Checkpoint(origin, grown.size(), root).text();
        String note = successor == null ? signer.sign(text) : signer.handOver(text, successor);

        List<RightEdge.Page> bundles = pages.stream().filter(p -> p.level() < 0).toList();
        List<RightEdge.Page> tiles = pages.stream().filter(p -> p.level() >= 0).toList();
        List<byte[]> tags = new ArrayList<>();
        List<Long> tagged = new ArrayList<>();
        for (int i = 0; i < fresh.size(); i++) {
            byte[] tag = linkTag(fresh.get(i).entry());
            if (tag != null) {
                tags.add(tag);
                tagged.add(oldSize + i);
            }
        }
        try (PreparedStatement store = c.prepareStatement(tags.isEmpty() ? STORE : STORE_WITH_LINKS)) {
            int n = 0;
            store.setArray(++n, longs(c, bundles.stream().map(RightEdge.Page::number)));
            store.setArray(++n, shorts(c, bundles.stream().map(RightEdge.Page::width)));
            store.setArray(++n, bytes(c, bundles.stream().map(RightEdge.Page::bytes)));
            store.setArray(++n, shorts(c, tiles.stream().map(RightEdge.Page::level)));
            store.setArray(++n, longs(c, tiles.stream().map(RightEdge.Page::number)));
            store.setArray(++n, shorts(c, tiles.stream().map(RightEdge.Page::width)));
            store.setArray(++n, bytes(c, tiles.stream().map(RightEdge.Page::bytes)));
            store.setArray(++n, bytes(c, fresh.stream().map(Sequencer::nameBytes)));
            store.setArray(
                    ++n, longs(c, fresh.stream().map(s -> known.get(name(s)).index())));
            if (!tags.isEmpty()) {
                store.setArray(++n, bytes(c, tags.stream()));
                store.setArray(++n, longs(c, tagged.stream()));
            }
            store.setLong(++n, grown.size());
            store.setString(++n, note);
            store.setLong(++n, grown.size());
            store.setBytes(++n, root);
            store.setString(++n, note);
            store.setLong(++n, oldSize);
            store.setLong(++n, epoch);
            try (ResultSet written = store.executeQuery()) {
                written.next();
                if (written.getLong("head") != 1 && !drill.does(Drill.Sabotage.LOCK_OFF)) {
                    throw new SQLException("the head moved: another writer leads");
                }
                expect(bundles.size(), written, "bundle");
                expect(tiles.size(), written, "tile");
                expect(fresh.size(), written, "identity");
                expect(tags.size(), written, "tag");
                expect(1, written, "checkpoint");
            }
        }
        return note;
    }

    // One statement, because each costs a round trip while everybody waits; each part tells how many rows it wrote. A
    // page that is not
    // wider than the stored one writes none, a name or tag that is there fails: the stored log would be ahead of its
    // head.
    private static final String STORE = store("");
    private static final String STORE_WITH_LINKS =
            store("tag AS (INSERT INTO ledger_link_tag (tag, index) SELECT * FROM unnest(?, ?) RETURNING 1),");

    private static String store(String links) {
        return """
                WITH bundle AS (
                  INSERT INTO ledger_bundle (number, width, entries) SELECT * FROM unnest(?, ?, ?)
                  ON CONFLICT (number) DO UPDATE SET width = excluded.width, entries = excluded.entries
                  WHERE ledger_bundle.width < excluded.width RETURNING 1
                ), tile AS (
                  INSERT INTO ledger_tile (level, number, width, hashes) SELECT * FROM unnest(?, ?, ?, ?)
                  ON CONFLICT (level, number) DO UPDATE SET width = excluded.width, hashes = excluded.hashes
                  WHERE ledger_tile.width < excluded.width RETURNING 1
                ), identity AS (
                  INSERT INTO ledger_identity (identity, index) SELECT * FROM unnest(?, ?) RETURNING 1
                ), %s checkpoint AS (
                  INSERT INTO ledger_checkpoint (size, note) VALUES (?, ?) RETURNING 1
                ), head AS (
                  UPDATE ledger_head SET size = ?, root = ?, note = ?, committed_at = now() WHERE size = ? AND epoch = ? RETURNING 1
                )
                SELECT (SELECT count(*) FROM bundle) AS bundle, (SELECT count(*) FROM tile) AS tile,
                       (SELECT count(*) FROM identity) AS identity, %s AS tag,
                       (SELECT count(*) FROM checkpoint) AS checkpoint, (SELECT count(*) FROM head) AS head""".formatted(links, links.isEmpty() ? "0" : "(SELECT count(*) FROM tag)");
    }

    private static void expect(int rows, ResultSet written, String table) throws SQLException {
        if (written.getLong(table) != rows) {
            throw new SQLException(written.getLong(table) + " rows of " + rows + " written (" + table
                    + "): the stored log is ahead of its head");
        }
    }

    /** Makes a committed checkpoint outlive the database, then visible. */
    private boolean publish(String note) {
        try {
            lockFile.write(note);
        } catch (IOException e) {
            return refuse("lock file " + lockFile + " cannot be written: " + e);
        }
        published = verified(note);
        return true;
    }

    /** Where the entries of these names stand, of those that are stored, and which of these link tags are taken. */
    private static void lookUp(Connection c, List<Pending> batch, Map<ByteBuffer, Known> known, Set<ByteBuffer> taken)
            throws SQLException {
        List<byte[]> names = new ArrayList<>();
        List<byte[]> tags = new ArrayList<>();
        for (Pending pending : batch) {
            for (Submission s : pending.entries) {
                names.add(nameBytes(s));
                byte[] tag = linkTag(s.entry());
                if (tag != null) {
                    tags.add(tag);
                }
            }
        }
        if (names.isEmpty()) {
            return;
        }
        Map<ByteBuffer, Long> indexes = new HashMap<>();
        try (PreparedStatement select = c.prepareStatement(tags.isEmpty() ? LOOK_UP : LOOK_UP_WITH_TAGS)) {
            select.setArray(1, bytes(c, names.stream()));
            if (!tags.isEmpty()) {
                select.setArray(2, bytes(c, tags.stream()));
            }
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ByteBuffer found = ByteBuffer.wrap(rows.getBytes(1));
                    long index = rows.getLong(2);
                    if (rows.wasNull()) {
                        taken.add(found);
                    } else {
                        indexes.put(found, index);
                    }
                }
            }
        }
        // The hash of what is stored is in its tile. Asked for entries sent again only, and those stand together.
        StoredPages pages = new StoredPages(() -> c, false);
        Map<Long, byte[]> tiles = new HashMap<>();
        indexes.forEach((name, index) -> {
            byte[] tile = tiles.computeIfAbsent(index >> 8, number -> pages.tile(0, number));
            int at = (int) (index & 255) * 32;
            known.put(name, new Known(index, Arrays.copyOfRange(tile, at, at + 32)));
        });
    }

    private static final String LOOK_UP = "SELECT identity, index FROM ledger_identity WHERE identity = ANY (?)";
    private static final String LOOK_UP_WITH_TAGS =
            LOOK_UP + " UNION ALL SELECT tag, NULL FROM ledger_link_tag WHERE tag = ANY (?)";

    /** What the index of identities keeps of one: its first 16 bytes. */
    private static byte[] nameBytes(Submission s) {
        return Arrays.copyOf(s.identity(), NAME);
    }

    private static ByteBuffer name(Submission s) {
        return ByteBuffer.wrap(s.identity(), 0, NAME);
    }

    /** kind(1) ‖ tag(32) ‖ digest(32): the tag of a link entry, null for every other entry. */
    private static byte[] linkTag(byte[] entry) {
        return entry.length == 65 && entry[0] == KIND_LINK ? Arrays.copyOfRange(entry, 1, 33) : null;
    }

    // Arrays of a type of their own go to the database in binary; an Object[] would be written and parsed as text.

    private static Array longs(Connection c, Stream<Long> values) throws SQLException {
        return c.createArrayOf("int8", values.toArray(Long[]::new));
    }

    private static Array shorts(Connection c, Stream<Integer> values) throws SQLException {
        return c.createArrayOf("int2", values.map(Integer::shortValue).toArray(Short[]::new));
    }

    private static Array bytes(Connection c, Stream<byte[]> values) throws SQLException {
        return c.createArrayOf("bytea", values.toArray(byte[][]::new));
    }

    /** The connection as a {@link CommitWork} may use it: ending the transaction is not its business. */
    private static Connection inTransaction(Connection c) {
        Set<String> forbidden = Set.of("commit", "rollback", "close", "abort", "setAutoCommit");
        return (Connection) Proxy.newProxyInstance(
                Sequencer.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                    if (forbidden.contains(method.getName())) {
                        throw new IllegalStateException("commit work called " + method.getName() + "()");
                    }
                    try {
                        return method.invoke(c, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public void close() {
        closed = true;
        try {
            writer.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
