package io.waymark.trace.ledger;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.Tiles;
import io.waymark.evidence.log.VerifiedCheckpoint;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The keys that have signed this log, from the first that promised its successor, as rows; empty while it promises nothing.
 *
 * @param links by generation
 */
record LogKeyChain(List<Link> links) {
    /**
     * A key's entry, and the checkpoint with which it took over: of size {@code index} + 1, its note signed by the key before as well. The first
     * key took over from none, and after a recovery there may be no note of it.
     */
    record Link(LogKey key, long index, String note) {
        long size() {
            return index + 1;
        }
    }

    LogKeyChain {
        links = List.copyOf(links);
    }

    static LogKeyChain read(Connection c) throws SQLException {
        List<Link> links = new ArrayList<>();
        try (PreparedStatement select =
                        c.prepareStatement("SELECT k.index, k.entry, coalesce(k.note, s.note) FROM ledger_log_key k"
                                + " LEFT JOIN ledger_checkpoint s ON s.size = k.index + 1 ORDER BY k.generation");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                links.add(new Link(LogKey.parse(row.getBytes(2)), row.getLong(1), row.getString(3)));
            }
        } catch (MalformedException e) {
            throw new IllegalStateException("a stored log key is damaged", e);
        }
        return new LogKeyChain(links);
    }

    static void insert(Connection c, LogKey key, long index) throws SQLException {
        insert(c, key, index, null);
    }

    /** @param note that both keys signed; null when it is the log's own checkpoint of that size */
    static void insert(Connection c, LogKey key, long index, String note) throws SQLException {
        try (PreparedStatement insert = c.prepareStatement(
                "INSERT INTO ledger_log_key (generation, index, entry, note) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setLong(1, key.generation());
            insert.setLong(2, index);
            insert.setBytes(3, key.entry());
            insert.setString(4, note);
            insert.executeUpdate();
        }
    }

    /** From here on the head is signed by this key. */
    static void signedBy(Connection c, NoteVerifier key) throws SQLException {
        try (PreparedStatement update = c.prepareStatement("UPDATE ledger_head SET vkey = ?")) {
            update.setString(1, key.vkey());
            update.executeUpdate();
        }
    }

    static String vkeyOfHead(Connection c) throws SQLException {
        try (Statement s = c.createStatement();
                ResultSet head = s.executeQuery("SELECT vkey FROM ledger_head")) {
            head.next();
            return head.getString(1);
        }
    }

    Optional<Link> inForce() {
        return links.isEmpty() ? Optional.empty() : Optional.of(links.get(links.size() - 1));
    }

    /** The log's verifier, which knows the keys before {@code newest} too. */
    NoteVerifier verifier(NoteVerifier newest) {
        if (links.isEmpty()) {
            return newest;
        }
        NoteVerifier verifier =
                NoteVerifier.of(newest.name(), links.get(0).key().key());
        for (Link link : links.subList(1, links.size())) {
            verifier = verifier.handedOver(link.key().key(), link.size());
        }
        if (!verifier.vkey().equals(newest.vkey())) {
            throw new IllegalStateException(
                    "the head is signed by " + newest.vkey() + ", but the log's last key is " + verifier.vkey());
        }
        return verifier;
    }

    /** What a reader needs to follow the keys up to this checkpoint; empty when there was no hand-over up to it. */
    Optional<HandOvers> upTo(VerifiedCheckpoint checkpoint, Tiles.TileSource pages) {
        List<Link> over = handOvers(checkpoint.size());
        return over.isEmpty() ? Optional.empty() : Optional.of(told(over, checkpoint.size(), pages));
    }

    /** The same up to the last hand-over in a tree of this size, for the file beside the checkpoint (FORMAT.md §8). */
    Optional<HandOvers> published(long size, Tiles.TileSource pages) {
        List<Link> over = handOvers(size);
        return over.isEmpty()
                ? Optional.empty()
                : Optional.of(told(over, over.get(over.size() - 1).size(), pages));
    }

    /** Those in a tree of this size. */
    List<Link> handOvers(long size) {
        return links.stream().skip(1).filter(link -> link.size() <= size).toList();
    }

    private HandOvers told(List<Link> over, long end, Tiles.TileSource pages) {
        List<HandOvers.HandOver> told = new ArrayList<>();
        for (int i = 0; i < over.size(); i++) {
            Link link = over.get(i);
            long next = i + 1 < over.size() ? over.get(i + 1).size() : end;
            told.add(new HandOvers.HandOver(
                    link.note(), placed(link, link.size(), pages), Tiles.consistency(link.size(), next, pages)));
        }
        return new HandOvers(placed(links.get(0), over.get(0).size(), pages), told);
    }

    private static HandOvers.Placed placed(Link link, long size, Tiles.TileSource pages) {
        return new HandOvers.Placed(link.key().entry(), Tiles.inclusion(link.index(), size, pages));
    }
}
