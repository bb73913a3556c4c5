package io.waymark.evidence.audit;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.key.Sha256;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.NoteVerifier;
import io.waymark.evidence.log.PublicEntry;
import io.waymark.evidence.log.Revocation;
import io.waymark.evidence.log.Tiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** All that an audit remembers of the entries it has read: what a second audit needs to go on. */
public final class AuditState {
    // "waymark-audit/1", vkey, size, last link, kinds, open tiles, keys, tags; SHA-256 of it all.
    private static final String FORMAT = "waymark-audit/1";

    final TileTree tree = new TileTree();
    final LogKeys keys = new LogKeys();
    final TagSet statements;
    final TagSet links;
    final LogMap map;

    /** By kind byte; 0 counts all others. */
    final long[] kinds = new long[4];

    // Bindings and revocations as they stand in the log, each with index and length before it.
    private final ByteArrayOutputStream keyEntries = new ByteArrayOutputStream();
    private final String vkey;

    private AuditState(String vkey, int bits, long lastLink, InputTags tags) throws IOException {
        this.vkey = vkey;
        this.statements = new TagSet(bits);
        this.links = new TagSet(bits);
        tags.into(statements, links);
        this.map = new LogMap(links, lastLink);
    }

    private interface InputTags {
        void into(TagSet statements, TagSet links) throws IOException;
    }

    /** Before the first entry. */
    static AuditState fresh(NoteVerifier log, long logSize) {
        try {
            return new AuditState(log.vkey(), TagSet.bitsFor(logSize), -1, (statements, links) -> {});
        } catch (IOException e) {
            throw new IllegalStateException("nothing is read", e);
        }
    }

    /** Entries read. */
    public long size() {
        return tree.size();
    }

    /** @return what contradicts an earlier entry, or null */
    @Nullable
    String key(PublicEntry entry, long index) {
        byte[] bytes = entry.entry();
        keyEntries.writeBytes(Sha256.u64(index));
        keyEntries.writeBytes(Sha256.u64(bytes.length));
        keyEntries.writeBytes(bytes);
        if (entry instanceof KeyBinding binding) {
            return keys.bind(binding, index);
        }
        if (entry instanceof LogKey key) {
            return keys.logKey(key, index);
        }
        return entry instanceof Revocation revocation ? keys.revoke(revocation, index) : null;
    }

    /** Writes everything; {@link #read} gives the same state again. */
    void write(OutputStream to) throws IOException {
        MessageDigest digest = Sha256.fresh();
        DataOutputStream out = new DataOutputStream(new DigestOutputStream(to, digest));
        out.writeUTF(FORMAT);
        out.writeUTF(vkey);
        out.writeLong(tree.size());
        out.writeLong(map.lastLink());
        for (long kind : kinds) {
            out.writeLong(kind);
        }
        for (int level = 0; level < TileTree.LEVELS; level++) {
            out.write(tree.tile(level), 0, 32 * tree.width(level));
        }
        out.writeInt(keyEntries.size());
        keyEntries.writeTo(out);
        statements.write(out);
        links.write(out);
        out.flush();
        to.write(digest.digest());
    }

    /**
     * @param logSize how large the log is now
     * @throws IOException when it cannot be read, is damaged, or is of another log
     */
    static AuditState read(InputStream from, NoteVerifier log, long logSize) throws IOException {
        DigestInputStream digested = new DigestInputStream(from, Sha256.fresh());
        DataInputStream in = new DataInputStream(digested);
        if (!in.readUTF().equals(FORMAT)) {
            throw new IOException("it is not a state of this version");
        }
        String vkey = in.readUTF();
        if (log.keys().stream().noneMatch(key -> key.vkey().equals(vkey))) {
            throw new IOException("it is of the log " + vkey);
        }
        long size = in.readLong();
        long lastLink = in.readLong();
        long[] kinds = new long[4];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = in.readLong();
        }
        TileTree sized = new TileTree();
        sized.resume(size);
        byte[][] tiles = new byte[TileTree.LEVELS][];
        for (int level = 0; level < TileTree.LEVELS; level++) {
            tiles[level] = in.readNBytes(32 * sized.width(level));
        }
        byte[] keyEntries = in.readNBytes(Math.max(0, in.readInt()));
        AuditState state =
                new AuditState(log.vkey(), TagSet.bitsFor(Math.max(size, logSize)), lastLink, (statements, links) -> {
                    statements.read(in);
                    links.read(in);
                });
        byte[] expected = digested.getMessageDigest().digest();
        if (!Arrays.equals(expected, from.readNBytes(33))) {
            throw new IOException("it is damaged");
        }
        System.arraycopy(kinds, 0, state.kinds, 0, kinds.length);
        for (int level = 0; level < TileTree.LEVELS; level++) {
            System.arraycopy(tiles[level], 0, state.tree.tile(level), 0, tiles[level].length);
        }
        state.tree.resume(size);
        DataInputStream keys = new DataInputStream(new ByteArrayInputStream(keyEntries));
        while (keys.available() > 0) {
            long index = keys.readLong();
            byte[] entry = keys.readNBytes((int) Math.min(keys.readLong(), Tiles.MAX_ENTRY));
            try {
                PublicEntry parsed = PublicEntry.parse(entry);
                if (parsed != null) {
                    state.key(parsed, index);
                }
            } catch (MalformedException e) {
                throw new IOException("it is damaged: " + e.getMessage(), e);
            }
        }
        return state;
    }
}
