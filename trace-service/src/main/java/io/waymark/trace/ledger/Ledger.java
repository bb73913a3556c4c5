package io.waymark.trace.ledger;

import io.agroal.api.AgroalDataSource;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import io.waymark.evidence.map.MapProof;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The log, for the features of this service. One per process; whichever process holds the database's lock writes. */
@ApplicationScoped
public class Ledger {
    /** Start before everything that appends at start-up (which observes with a later priority). */
    public static final int START = 100;

    private final Sequencer sequencer;
    private final StoredPages pages;
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
            @ConfigProperty(name = "waymark.trace.lock-file") Path lockFile,
            @ConfigProperty(name = "waymark.trace.publish-dir") Optional<Path> publishTo,
            @ConfigProperty(name = "waymark.trace.witness-policy-file") Optional<Path> witnessPolicy) {
        this((javax.sql.DataSource) database, origin, keyFile, lockFile, publishTo, witnessPolicy);
    }

    /** For CDI's client proxy only. */
    Ledger() {
        this.sequencer = null;
        this.pages = null;
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
        this(database, origin, keyFile, lockFile, publishTo, witnessPolicy, Drill.NONE);
    }

    /** As the other, for {@code waymark chaos ledger}: may be made to die, and to be unsafe. */
    public Ledger(
            javax.sql.DataSource database,
            String origin,
            Path keyFile,
            Path lockFile,
            Optional<Path> publishTo,
            Optional<Path> witnessPolicy,
            Drill drill) {
        this.drill = drill;
        this.pages = new StoredPages(database::getConnection, true);
        this.map = new LinkMap(database);
        this.witnesses = witnessPolicy.map(Witnesses::new);
        this.files = publishTo.map(folder -> new PublishedFiles(folder, this::verifier, pages::page));
        List<Remembers> outside = new ArrayList<>();
        witnesses.ifPresent(outside::add);
        files.ifPresent(outside::add);
        this.sequencer = new Sequencer(database, origin, keyFile, lockFile, outside);
        sequencer.drill = drill;
        map.drill = drill;
        files.ifPresent(f -> f.drill = drill);
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

    /** Returns when entries can be appended. @throws IllegalStateException when that is not so within ten seconds */
    public void awaitWritable() {
        try {
            for (int i = 0; trouble().isPresent(); i++) {
                if (i == 1000) {
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
     * What the world is shown: the newest checkpoint, or with witnesses the newest that enough of them cosigned, its note with their lines. As
     * long as no quorum ever cosigned, the newest.
     */
    public VerifiedCheckpoint shown() {
        return publisher.shown().orElseGet(this::checkpoint);
    }

    /**
     * A checkpoint for a proof over the first {@code size} entries: what the world is shown, if within a second that is so large; else the
     * newest. Rows are seen from COMMIT on, their checkpoint only after it is kept: a proof made in between would deny what is stored.
     */
    public VerifiedCheckpoint checkpointOver(long size) {
        try {
            for (int i = 0; i < 100 && shown().size() < size && trouble().isEmpty(); i++) {
                publisher.hurry();
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        VerifiedCheckpoint shown = shown();
        return shown.size() >= size ? shown : checkpoint();
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
        return Tiles.inclusion(index, size, pages);
    }

    /** @throws IllegalArgumentException unless 1 ≤ from ≤ to ≤ size of the newest checkpoint */
    public ConsistencyProof consistency(long from, long to) {
        if (from < 1 || from > to || to > checkpoint().checkpoint().size()) {
            throw new IllegalArgumentException("no consistency proof from " + from + " to " + to);
        }
        return Tiles.consistency(from, to, pages);
    }

    /**
     * The entry's bytes.
     *
     * @throws IllegalArgumentException when the newest checkpoint does not contain it
     */
    public byte[] entry(long index) {
        if (index < 0 || index >= checkpoint().checkpoint().size()) {
            throw new IllegalArgumentException("no entry " + index);
        }
        return pages.entry(index);
    }

    /**
     * A tile (level 0–7) or entry bundle (level −1) of the given width, as the newest checkpoint has it; empty when it has not grown so far.
     */
    Optional<byte[]> page(int level, long number, int width) {
        long count = checkpoint().checkpoint().size() >> (8 * Math.max(level, 0));
        return number <= count >> 8 && width <= count - (number << 8)
                ? Optional.of(pages.page(level, number, width))
                : Optional.empty();
    }

    /** The log's public key and name, in the form others configure it ({@code vkey()}). */
    public NoteVerifier verifier() {
        return sequencer.verifier();
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
