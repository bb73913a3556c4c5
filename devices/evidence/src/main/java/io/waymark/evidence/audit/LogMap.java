package io.waymark.evidence.audit;

import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.map.MapTop;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The map of link tags, built from the log's links alone, at the size of one map head after the other. */
final class LogMap {
    private final TagSet links;

    // Buckets whose tags are not all in the map yet. A head costs the buckets that changed since the one before, not
    // the map.
    private final BitSet changed;
    private @Nullable MapTop top;
    private long size;

    /** @param size that of the last head so far; the map is built at the next one */
    LogMap(TagSet links, long size) {
        this.links = links;
        this.size = size;
        this.changed = new BitSet(1 << links.bits());
        for (int bucket = 0; bucket < 1 << links.bits(); bucket++) {
            if (links.count(bucket) > 0) {
                changed.set(bucket);
            }
        }
    }

    /** A link was added to the set. */
    void added(byte[] bundle, int tagAt) {
        changed.set(links.bucket(bundle, tagAt));
    }

    long size() {
        return size;
    }

    /** @return how the head differs from the log's own links; null when it does not */
    @Nullable
    String differs(MapHead head, long index) {
        if (head.size() > index) {
            return "a map over " + head.size() + " entries, though it stands at index " + index;
        }
        if (head.size() < size) {
            return "a map over " + head.size() + " entries, after one over " + size;
        }
        MapTop map = grown(head.size());
        if (map.count() != head.count()) {
            return head.count() + " tags, counted are " + map.count();
        }
        return Arrays.equals(map.root(), head.root())
                ? null
                : "map root " + hex(head.root()) + ", from the links it is " + hex(map.root());
    }

    private MapTop grown(long to) {
        MapTop map = top;
        if (map == null) {
            map = new MapTop(links.bits());
            top = map;
        } else if (to == size) {
            return map;
        }
        size = to;
        for (int bucket = changed.nextSetBit(0); bucket >= 0; bucket = changed.nextSetBit(bucket + 1)) {
            byte[] tags = links.below(bucket, to);
            int held = tags.length / TagSet.TAG;
            if (held != map.count(bucket)) {
                map.update(bucket, tags);
            }
            changed.set(bucket, held < links.count(bucket));
        }
        return map;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
