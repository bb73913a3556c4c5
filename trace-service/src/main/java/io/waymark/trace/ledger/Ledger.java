package io.waymark.trace.ledger;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.InvalidNoteException;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The log, for the features of this service. One per process; whichever process holds the database's lock writes. */
@ApplicationScoped
public class Ledger {
    /** Start before everything that appends at start-up (which observes with a later priority). */
    public static final int START = 100;

    private final javax.sql.DataSource database;
    private final Sequencer sequencer;
    private final StoredPages pages;
    private final ReadSide readers;
    private final LinkMap map;
    private final Optional<Witnesses> witnesses;
    private final Optional<PublishedFiles> files;
    private final Drill drill;
    private Publisher publisher;

    @Inject
    public Ledger(
            @DataSource("ledger") AgroalDataSource database,
            @ConfigProperty(name = "waymark.trace.origin") String origin,
            @ConfigProperty(name = "waymark.trace.log-key-file") Path keyFile,
            @ConfigProperty(name = "waymark.trace.log-key-passphrase-file") Optional<Path> passphrase,
            @ConfigProperty(name = "waymark.trace.next-log-key-file") Optional<Path> nextKeyFile,
            @ConfigProperty(name = "waymark.trace.lock-file") Path lockFile,
            @ConfigProperty(name = "waymark.trace.publish-dir") Optional<Path> publishTo,
            @ConfigProperty(name = "waymark.trace.witness-policy-file") Optional<Path> witnessPolicy,
            @ConfigProperty(name = "waymark.trace.mirrors") Optional<List<String>> mirrors,
            Instance<Drill> drill) {
        this(
                (javax.sql.DataSource) database,
                origin,
                logKeys(KeyFile.at(keyFile, passphrase), nextKeyFile),
                lockFile,
                publishTo,
                witnessPolicy,
                mirrors.orElse(List.of()),
                // No service has such a bean: the assembly's says NONE except in a drill's own process.
                drill.isResolvable() ? drill.get() : Drill.NONE);
    }

    /** Whether a fire drill has taken this safety away; see {@link Drill}. */
    public boolean lacks(Drill.Sabotage safety) {
        return drill.does(safety);
    }

    private static LogKeyFiles logKeys(KeyFile inForce, Optional<Path> next) {
        return next.isPresent() ? new LogKeyFiles(inForce, next) : LogKeyFiles.beside(inForce);
    }

    /** For CDI's client proxy only. */
    Ledger() {
        this.database = null;
        this.sequencer = null;
        this.pages = null;
        this.readers = null;
        this.map = null;
        this.witnesses = Optional.empty();
        this.files = Optional.empty();
        this.drill = Drill.NONE;
    }

    /** A log of its own, outside any container: {@link #start()} it, and {@link #stop()} it. For measurements and tests. */
    public Ledger(
            javax.sql.DataSource database,
            String origin,
            Path keyFile,
            Path lockFile,
            Optional<Path> publishTo,
            Optional<Path> witnessPolicy) {
        this(
                database,
                origin,
                new LogKeyFiles(KeyFile.at(keyFile), Optional.empty()),
                lockFile,
                publishTo,
                witnessPolicy,
                List.of(),
                Drill.NONE);
    }

    /**
     * As above, of a log that may promise its next key.
     *
     * @param mirrors base addresses or folders of copies, asked what they saw before anything is signed
     * @param drill   for {@code waymark chaos ledger}: may make the log die, and unsafe
     */
    public Ledger(
            javax.sql.DataSource database,
            String origin,
            LogKeyFiles keyFile,
            Path lockFile,
            Optional<Path> publishTo,
            Optional<Path> witnessPolicy,
            List<String> mirrors,
            Drill drill) {
        this.drill = drill;
        this.database = database;
        this.pages = new StoredPages(database::getConnection, true);
        this.map = new LinkMap(database);
        this.witnesses = witnessPolicy.map(Witnesses::new);
        this.files = publishTo.map(folder -> new PublishedFiles(folder, this::verifier, pages::page));
        this.readers = new ReadSide(files, pages);
        List<Remembers> outside = new ArrayList<>();
        witnesses.ifPresent(outside::add);
        files.ifPresent(outside::add);
        if (!mirrors.isEmpty()) {
            outside.add(new Mirrors(mirrors));
        }
        this.sequencer = new Sequencer(database, origin, keyFile, lockFile, outside);
        sequencer.drill = drill;
        map.drill = drill;
        files.ifPresent(f -> f.drill = drill);
        files.ifPresent(f -> f.handOvers = this::handOversFile);
    }

    void start(@Observes @Priority(START) StartupEvent event) {
        start();
    }

    void stop(@Observes ShutdownEvent event) {
        stop();
    }

    public void start() {
        sequencer.start();
        publisher = new Publisher(this, map, witnesses, files, pages);
        publisher.drill = drill;
        publisher.start();
    }

    public void stop() {
        publisher.close();
        sequencer.close();
    }

    /** Returns when entries can be appended. @throws IllegalStateException when that is not so within ten seconds, or never will be */
    public void awaitWritable() {
        try {
            for (int i = 0; trouble().isPresent(); i++) {
                if (i == 1000 || sequencer.refusal().isPresent()) {
                    throw new IllegalStateException(trouble().orElse("the ledger is not writable"));
                }
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /**
     * Appends all entries, or none, in one commit with the caller's own rows. Blocks until COMMIT is acknowledged and the checkpoint that
     * contains them is signed and kept outside the database. An exception thrown by {@code work} is thrown here.
     *
     * @param entries at most 65,536; may be empty when only the work's rows are wanted in the sequencer's order
     * @return one index per entry, in order
     * @throws ConflictException an identity is taken by another entry; nothing was stored
     * @throws BusyException     try again
     * @throws ReadOnlyException the log refuses to sign
     */
    public List<Long> append(List<Submission> entries, CommitWork work) {
        return Arrays.stream(sequencer.append(List.copyOf(entries), work))
                .boxed()
                .toList();
    }

    /** As {@link #append} for one entry that is made when its index is known, as the first of its commit. One caller at a time. */
    long appendFirst(LongFunction<Submission> entryAt, CommitWork work) {
        return sequencer.appendFirst(entryAt, work);
    }

    /** The newest signed checkpoint whose COMMIT is acknowledged and that the lock file holds. */
    public VerifiedCheckpoint checkpoint() {
        return sequencer.checkpoint();
    }

    /**
     * Signed notes of sizes {@code after} &lt; size ≤ that of {@link #shown()}, ascending, the first {@code most} of them: with those of every
     * further page all that were ever signed.
     */
    List<String> signedAfter(long after, int most) {
        try (Connection c = database.getConnection()) {
            return StoredCheckpoints.between(c, after, shown().size(), most);
        } catch (SQLException e) {
            throw new IllegalStateException("the checkpoints cannot be read", e);
        }
    }

    /**
     * What the world is shown: the checkpoint of the published files; until there are any, the newest that enough witnesses cosigned; until
     * there is none of these, the newest.
     */
    public VerifiedCheckpoint shown() {
        return files.flatMap(PublishedFiles::shown).or(() -> publisher.shown()).orElseGet(this::checkpoint);
    }

    /** Whether the operator has a list of witnesses. */
    public boolean hasWitnesses() {
        return witnesses.isPresent();
    }

    /** The newest checkpoint that enough of the operator's witnesses have cosigned, by the list as it is now; empty without one, or while there is none. */
    public Optional<VerifiedCheckpoint> cosigned() {
        if (witnesses.isEmpty()) {
            return Optional.empty();
        }
        return publisher.shown().filter(checkpoint -> {
            Witnessed by = witnessed(checkpoint);
            return by.needed() > 0 && by.by().size() >= by.needed();
        });
    }

    /** {@link #shown} as a reader of the files finds it now, which somebody may have altered. */
    String shownNote() {
        return files.flatMap(PublishedFiles::note).orElseGet(() -> shown().note());
    }

    /**
     * A checkpoint for a proof over the first {@code size} entries: one that witnesses cosigned and that ends with a map head, if it is so
     * large, for then their clocks say as of when no later step is known; or that of the published files, for then the proof needs nothing
     * else; or what is shown next, if within a second that is; else the newest.
     */
    public VerifiedCheckpoint checkpointOver(long size) {
        VerifiedCheckpoint published =
                publisher.shownHead().filter(head -> head.size() >= size).orElseGet(this::shown);
        if (published.size() >= size) {
            return published;
        }
        try {
            for (int i = 0; i < 100 && next().size() < size && trouble().isEmpty(); i++) {
                publisher.hurry();
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        VerifiedCheckpoint next = next();
        return next.size() >= size ? next : checkpoint();
    }

    /** A checkpoint signed earlier. @param size that of a commit of this process */
    VerifiedCheckpoint signed(long size) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("SELECT note FROM ledger_checkpoint WHERE size = ?")) {
            select.setLong(1, size);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException("no checkpoint of size " + size + " is stored");
                }
                return verifier().checkpoint(row.getString(1));
            }
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("the stored checkpoint of size " + size + " does not verify", e);
        }
    }

    private VerifiedCheckpoint next() {
        return publisher.shown().orElseGet(this::checkpoint);
    }

    /**
     * What the operator's own list of witnesses says of a checkpoint: a claim for whoever did not write that list.
     *
     * @param entities how many independent witnesses it names
     * @param needed   how many of them must have cosigned
     * @param survives how many of them may be dishonest
     * @param by       names of those that have
     * @param keys     names of the keys they used, which begin with their domains
     */
    public record Witnessed(int entities, int needed, int survives, List<String> by, List<String> keys) {}

    /** Who has cosigned this checkpoint; nobody of nobody without a policy. */
    public Witnessed witnessed(VerifiedCheckpoint checkpoint) {
        return witnesses
                .map(w -> w.witnessed(verifier(), checkpoint))
                .orElseGet(() -> new Witnessed(0, 0, 0, List.of(), List.of()));
    }

    /** The operator's list of witnesses (C2SP tlog-policy), if there is one. */
    Optional<String> witnessPolicy() {
        return witnesses.map(Witnesses::text);
    }

    /** A map head in the log, and what its map says of one tag. {@code size} = how many entries the map covers. */
    public record MapAnswer(long index, byte[] entry, long size, byte[] root, MapProof proof) {
        /** Whether the map holds the tag that was asked for. */
        public boolean holds(byte[] tag) {
            return proof.find(tag, root) == MapProof.Finding.PRESENT;
        }
    }

    /**
     * What the newest map head says of a link tag. Waits up to two seconds until one covers {@code size} entries, and asks for it to be made.
     *
     * @return empty while there is none at all; the head may cover less when it could not be made in time
     */
    public Optional<MapAnswer> inMap(byte[] tag, long size) {
        try {
            for (int i = 0; i < 100 && map.size() < size && sequencer.refusal().isEmpty(); i++) {
                publisher.hurry();
                Thread.sleep(20);
            }
            return map.find(tag);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (SQLException e) {
            throw new IllegalStateException("the map of link tags cannot be read", e);
        }
    }

    /**
     * The path from an entry to the root of the tree of {@code size} entries.
     *
     * @throws IllegalArgumentException unless 0 ≤ index &lt; size ≤ size of the newest checkpoint
     */
    public InclusionProof inclusion(long index, long size) {
        if (index < 0 || index >= size || size > checkpoint().checkpoint().size()) {
            throw new IllegalArgumentException("no entry " + index + " in a tree of " + size);
        }
        return Tiles.inclusion(index, size, readers);
    }

    /** @throws IllegalArgumentException unless 1 ≤ from ≤ to ≤ size of the newest checkpoint */
    public ConsistencyProof consistency(long from, long to) {
        if (from < 1 || from > to || to > checkpoint().checkpoint().size()) {
            throw new IllegalArgumentException("no consistency proof from " + from + " to " + to);
        }
        return Tiles.consistency(from, to, readers);
    }

    /** Tiles as readers are given them: the published files, and the database for what is not in them yet. */
    public Tiles.TileSource tiles() {
        return readers;
    }

    /**
     * The entry's bytes, as readers are given them.
     *
     * @throws IllegalArgumentException when the newest checkpoint does not contain it
     * @throws IllegalStateException    when its bundle is damaged
     */
    public byte[] entry(long index) {
        if (index < 0 || index >= checkpoint().checkpoint().size()) {
            throw new IllegalArgumentException("no entry " + index);
        }
        int place = (int) (index & 255);
        List<byte[]> entries = StoredPages.entries(readers.page(-1, index >> 8, place + 1));
        if (entries.size() <= place) {
            throw new IllegalStateException("the bundle of entry " + index + " is damaged");
        }
        return entries.get(place);
    }

    /** An entry of the log; committed, perhaps not yet under the newest checkpoint. */
    public record Standing(long index, byte[] entry) {}

    /** What the log has under the names of these entries, by place in the list: the entry itself, or another. */
    public Map<Integer, Standing> standing(List<Submission> entries) {
        Map<ByteBuffer, Integer> places = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            places.put(ByteBuffer.wrap(Arrays.copyOf(entries.get(i).identity(), Sequencer.NAME)), i);
        }
        Map<Integer, Standing> standing = new HashMap<>();
        try (Connection c = database.getConnection();
                PreparedStatement select =
                        c.prepareStatement("SELECT identity, index FROM ledger_identity WHERE identity = ANY (?)")) {
            select.setArray(
                    1,
                    c.createArrayOf(
                            "bytea",
                            places.keySet().stream().map(ByteBuffer::array).toArray(byte[][]::new)));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long index = row.getLong(2);
                    standing.put(places.get(ByteBuffer.wrap(row.getBytes(1))), new Standing(index, stored(index)));
                }
            }
            return standing;
        } catch (SQLException e) {
            throw new BusyException("the index of identities cannot be read", e);
        }
    }

    private byte[] stored(long index) {
        int place = (int) (index & 255);
        return StoredPages.entries(pages.page(-1, index >> 8, place + 1)).get(place);
    }

    /** Up to which size the log was taken from a mirror, the last time its database had lost entries; 0 when never. */
    public long recovered() {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("SELECT coalesce(max(to_size), 0) FROM ledger_recovery");
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new BusyException("the recoveries cannot be read", e);
        }
    }

    /**
     * A tile (level 0–7) or entry bundle (level −1) of the given width, as the newest checkpoint has it; empty when it has not grown so far.
     */
    Optional<byte[]> page(int level, long number, int width) {
        long size = Math.max(checkpoint().size(), shown().size());
        long count = size >> (8 * Math.max(level, 0));
        return number <= count >> 8 && width <= count - (number << 8)
                ? Optional.of(readers.page(level, number, width))
                : Optional.empty();
    }

    /** The log's public key and name, in the form others configure it ({@code vkey()}). */
    public NoteVerifier verifier() {
        return sequencer.verifier();
    }

    /** The folder that readers are served from, if there is one. */
    Optional<PublishedFiles> files() {
        return files;
    }

    /** What keeps the newest state from being shown to the world, if something does; appends do not wait for it. */
    Optional<String> publishingTrouble() {
        return publisher.trouble();
    }

    /** How the log's keys took over from each other up to this checkpoint; empty for a log with its first one. */
    public Optional<HandOvers> handOvers(VerifiedCheckpoint checkpoint) {
        return sequencer.handOvers(checkpoint, pages);
    }

    /** The file of hand-overs that goes with {@link #shown()}; empty for a log with its first key. */
    Optional<byte[]> handOversFile() {
        return handOversFile(shown());
    }

    private Optional<byte[]> handOversFile(VerifiedCheckpoint shown) {
        return sequencer.keys().published(shown.size(), pages).map(HandOvers::encode);
    }

    /** The checkpoints of more than {@code size} entries that two keys of this log signed, ascending. */
    List<VerifiedCheckpoint> handOversAfter(long size) {
        List<VerifiedCheckpoint> both = new ArrayList<>();
        try {
            for (LogKeyChain.Link link : sequencer.keys().handOvers(checkpoint().size())) {
                if (link.size() > size) {
                    both.add(verifier().checkpoint(link.note()));
                }
            }
        } catch (InvalidNoteException e) {
            throw new IllegalStateException("a stored checkpoint that two keys signed does not verify", e);
        }
        return both;
    }

    /** The log's keys that promised their successors, by generation. */
    List<LogKeyChain.Link> keys() {
        return sequencer.keys().links();
    }

    /** Whether the database holds more than this checkpoint: another process has written since. */
    boolean overtaken(VerifiedCheckpoint own) throws SQLException {
        try (Connection c = database.getConnection();
                PreparedStatement select = c.prepareStatement("SELECT size FROM ledger_head");
                ResultSet head = select.executeQuery()) {
            return head.next() && head.getLong(1) > own.size();
        }
    }

    /** Entries that callers wait for. */
    int queued() {
        return sequencer.queued();
    }

    /** @param times told of every commit from now on */
    void timed(CommitTimes times) {
        sequencer.times = times;
    }

    /** From now on nothing is signed by this process; the reason is told to callers and in the health check. */
    void stopSigning(String reason) {
        sequencer.refuse(reason);
    }

    /** Whether entries can be appended now; the text says why not. */
    public Optional<String> trouble() {
        return sequencer
                .refusal()
                .or(() -> sequencer.leading() ? Optional.empty() : Optional.of("not the writer, or not yet"));
    }
}
