package io.waymark.evidence;

import io.waymark.evidence.key.SigningKey;
import io.waymark.evidence.log.Checkpoint;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.ConsistencyProof;
import io.waymark.evidence.log.HandOvers;
import io.waymark.evidence.log.HashSource;
import io.waymark.evidence.log.InclusionProof;
import io.waymark.evidence.log.KeyBinding;
import io.waymark.evidence.log.LogKey;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.evidence.log.NoteSigner;
import io.waymark.evidence.log.NoteVerifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A log that promises its keys and hands over to them, and that can be made to do it wrong. */
public final class HandedOverLog implements HashSource {
    public static final String ORIGIN = "trace.example/handed-over";

    private record Placed(byte[] entry, int index) {}

    private record Taken(Placed placed, int size, String note) {}

    private final List<byte[]> entries = new ArrayList<>();
    private final List<Taken> taken = new ArrayList<>();
    private final String word;
    private Placed promise;
    private NoteSigner signer = signer(0);

    private final Set<String> signed = new LinkedHashSet<>();

    /** @param word what its entries say: another one is another history */
    public HandedOverLog(String word) {
        this.word = word;
    }

    public static NoteSigner signer(int generation) {
        return new NoteSigner(ORIGIN, SigningKey.ofSeed(Arrays.copyOf(new byte[] {(byte) (40 + generation)}, 32)));
    }

    public static NoteVerifier key(int generation) {
        return signer(generation).verifier();
    }

    /** Names a receipt key in its binding and revocation. */
    public static byte[] receiptStream(SigningKey key) {
        return Arrays.copyOf(MerkleHash.sha256(key.verificationKey().coseKey()), 16);
    }

    /** The entry that binds it. */
    public static byte[] receiptKey(SigningKey key) {
        return new KeyBinding(
                        receiptStream(key),
                        key.verificationKey(),
                        KeyBinding.RECEIPT,
                        "platform",
                        new byte[32],
                        "trace.example",
                        "self-declared",
                        0,
                        "")
                .entry();
    }

    /** @return −1 when it has no such entry */
    public int indexOf(byte[] entry) {
        for (int i = 0; i < entries.size(); i++) {
            if (Arrays.equals(entries.get(i), entry)) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] logKey(int generation, int key) {
        return new LogKey(
                        generation,
                        key(key).key(),
                        LogKey.commitment(key(generation + 1).key()))
                .entry();
    }

    public HandedOverLog promise() {
        entries.add(logKey(0, 0));
        promise = new Placed(entries.get(entries.size() - 1), entries.size() - 1);
        return this;
    }

    public HandedOverLog grow(int by) {
        for (int i = 0; i < by; i++) {
            entries.add(("\t" + word + " " + entries.size()).getBytes(StandardCharsets.UTF_8));
        }
        return this;
    }

    public HandedOverLog add(byte[] entry) {
        entries.add(entry);
        return this;
    }

    /** To the key of this number, which says that it is of this generation. */
    public HandedOverLog handOver(int generation, int key) {
        byte[] entry = logKey(generation, key);
        entries.add(entry);
        NoteSigner next = signer(key);
        String note = signer.handOver(treeHead(size()).text(), next);
        signed.add(note);
        taken.add(new Taken(new Placed(entry, size() - 1), size(), note));
        signer = next;
        return this;
    }

    public HandedOverLog handOver() {
        return handOver(taken.size() + 1, taken.size() + 1);
    }

    public int size() {
        return entries.size();
    }

    private Checkpoint treeHead(int size) {
        CompactTree tree = new CompactTree();
        entries.subList(0, size).forEach(entry -> tree.append(MerkleHash.leaf(entry)));
        return new Checkpoint(ORIGIN, size, tree.root());
    }

    /** Of the whole, by the key in force. */
    public String checkpoint() {
        return checkpoint(signer);
    }

    public String checkpoint(NoteSigner by) {
        String note = by.sign(treeHead(size()).text());
        signed.add(note);
        return note;
    }

    @Override
    public byte[] hash(int level, long index) {
        return level == 0
                ? MerkleHash.leaf(entries.get((int) index))
                : MerkleHash.node(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1));
    }

    /** Every checkpoint that was asked for, one after another. */
    public String signed() {
        return String.join("", signed);
    }

    /** The file, of the first so many. */
    public byte[] handOvers(int count) {
        List<HandOvers.HandOver> told = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Taken one = taken.get(i);
            int next = i + 1 < count ? taken.get(i + 1).size() : one.size();
            told.add(new HandOvers.HandOver(
                    one.note(),
                    new HandOvers.Placed(
                            one.placed().entry(), InclusionProof.of(one.placed().index(), one.size(), this)),
                    ConsistencyProof.of(one.size(), next, this)));
        }
        return new HandOvers(
                        new HandOvers.Placed(
                                promise.entry(),
                                InclusionProof.of(promise.index(), taken.get(0).size(), this)),
                        told)
                .encode();
    }

    /** As it is published, with everything. */
    public Path publish(Path folder) throws IOException {
        return publish(folder, checkpoint(), taken.size());
    }

    /** @param handOvers told in the file; 0: no file */
    public Path publish(Path folder, String checkpoint, int handOvers) throws IOException {
        PublishedLog.write(Files.createDirectories(folder), entries, signer);
        if (handOvers > 0) {
            Files.write(folder.resolve(HandOvers.FILE), handOvers(handOvers));
        }
        Files.writeString(folder.resolve("checkpoint"), checkpoint);
        return folder;
    }
}
