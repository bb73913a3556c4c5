package io.waymark.local.chaos;

import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.log.CompactTree;
import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.log.MerkleHash;
import io.waymark.local.chaos.Findings.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares what clients were told and shown with what a log holds. Knows neither the ledger's code nor its tiles: entries and hashes only. */
final class Checker {
    private Checker() {}

    /**
     * @param told       as it was before the log was read: what is signed meanwhile is not in {@code entries}
     * @param entries    the log's entries, in order, all of them
     * @param identities first 16 bytes of an identity to the index the log keeps for it
     */
    static Findings check(History.Told told, List<byte[]> entries, Map<ByteBuffer, Long> identities) {
        Findings findings = new Findings();
        acknowledged(told, entries, findings);
        Map<ByteBuffer, Long> places = onceEach(entries, told.sent(), findings);
        names(identities, places, findings);
        signed(told.seen(), entries, findings);
        told.unsigned().forEach(what -> findings.add(Kind.INCONSISTENT, "shown as a checkpoint, not signed: " + what));
        return findings;
    }

    private static void acknowledged(History.Told told, List<byte[]> entries, Findings findings) {
        for (History.Acknowledged promise : told.acknowledged()) {
            if (promise.index() < 0 || promise.index() >= entries.size()) {
                findings.add(
                        Kind.LOST,
                        "entry acknowledged at index " + promise.index() + " of a log that ends at " + entries.size());
            } else if (!promise.entry().equals(ByteBuffer.wrap(entries.get((int) promise.index())))) {
                findings.add(
                        Kind.LOST, "index " + promise.index() + " holds another entry than the one acknowledged there");
            }
        }
        told.wronglyRefused()
                .forEach(refused -> findings.add(Kind.LOST, "refused for good though its name was free: " + refused));
    }

    /** @return identity to index */
    private static Map<ByteBuffer, Long> onceEach(
            List<byte[]> entries, Map<ByteBuffer, ByteBuffer> sent, Findings findings) {
        Map<ByteBuffer, Long> places = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            byte[] entry = entries.get(i);
            ByteBuffer identity = sent.get(ByteBuffer.wrap(entry));
            if (identity == null) {
                if (!isMapHeadOf(entry, i)) {
                    findings.add(Kind.INVENTED, "nobody sent the entry at index " + i);
                }
                continue;
            }
            Long before = places.putIfAbsent(identity, (long) i);
            if (before != null) {
                findings.add(Kind.DUPLICATE, "one identity at index " + before + " and at index " + i);
            }
        }
        return places;
    }

    /** The log itself writes these; whether root and count are true is the audit's question. */
    private static boolean isMapHeadOf(byte[] entry, long index) {
        try {
            return MapHead.is(entry) && MapHead.parse(entry).size() == index;
        } catch (MalformedException e) {
            return false;
        }
    }

    /** The index that keeps duplicates out must tell the truth, or the next retry makes one. */
    private static void names(Map<ByteBuffer, Long> identities, Map<ByteBuffer, Long> places, Findings findings) {
        places.forEach((identity, index) -> {
            byte[] name = new byte[16];
            identity.duplicate().get(name);
            Long kept = identities.get(ByteBuffer.wrap(name));
            if (kept == null || !kept.equals(index)) {
                findings.add(
                        Kind.INCONSISTENT, "the index of identities says " + kept + " of the entry at index " + index);
            }
        });
    }

    private static void signed(List<History.Seen> seen, List<byte[]> entries, Findings findings) {
        // One of each root: the same checkpoint is seen at many places.
        TreeMap<Long, Map<ByteBuffer, History.Seen>> bySize = new TreeMap<>();
        seen.forEach(s ->
                bySize.computeIfAbsent(s.size(), size -> new LinkedHashMap<>()).putIfAbsent(s.root(), s));
        CompactTree tree = new CompactTree();
        for (Map.Entry<Long, Map<ByteBuffer, History.Seen>> same : bySize.entrySet()) {
            long size = same.getKey();
            Collection<History.Seen> roots = same.getValue().values();
            if (roots.size() > 1) {
                findings.fork(roots.size() + " roots were signed for " + size + " entries: "
                        + String.join(", ", roots.stream().map(Checker::words).toList()));
            }
            if (size > entries.size()) {
                roots.forEach(one -> findings.add(
                        Kind.INCONSISTENT,
                        "signed were " + size + " entries (" + words(one) + "), the log ends at " + entries.size()));
                continue;
            }
            while (tree.size() < size) {
                tree.append(MerkleHash.leaf(entries.get((int) tree.size())));
            }
            byte[] root = tree.root();
            for (History.Seen one : roots) {
                if (!Arrays.equals(one.root().array(), root)) {
                    // The stored log goes on from another history than the one that was signed.
                    findings.fork("the first " + size + " entries do not give the root that was signed: " + words(one));
                }
            }
        }
    }

    private static String words(History.Seen seen) {
        return HexFormat.of().formatHex(seen.root().array(), 0, 6) + "… seen at " + seen.where();
    }
}
