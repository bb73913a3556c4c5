package io.waymark.evidence.audit;

import io.waymark.evidence.log.MapHead;
import io.waymark.evidence.map.MapTop;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The map of link tags, built from the log's links alone, at one map head after the other. */
final class LogMap {
    private final TagSet links;

    // Buckets whose tags are not all in the map yet. A head costs the buckets that changed since the one before, not
    // the map.
    private final BitSet changed;
    private @Nullable MapTop top;
    private long lastLink;

    /** @param lastLink index of the last link in the set; −1 when it is empty. The map is built at the first head. */
    LogMap(TagSet links, long lastLink) {
        this.links = links;
        this.lastLink = lastLink;
        this.changed = new BitSet(1 << links.bits());
        for (int bucket = 0; bucket < 1 << links.bits(); bucket++) {
            if (links.count(bucket) > 0) {
                changed.set(bucket);
            }
        }
    }

    /** A link was added to the set. */
    void added(byte[] bundle, int tagAt, long index) {
        changed.set(links.bucket(bundle, tagAt));
        lastLink = index;
    }

    long lastLink() {
        return lastLink;
    }

    /** @return how the head differs from the log's own links; null when it does not */
    @Nullable
    String differs(MapHead head, long index) {
        if (head.size() > index) {
            return "a map over " + head.size() + " entries, though it stands at index " + index;
        }
        // With the day's time over yesterday's links it would hide what came between.
        if (head.size() <= lastLink) {
            return "a map over " + head.size() + " entries, which leaves out the link before it at index " + lastLink;
        }
        MapTop map = grown();
        if (map.count() != head.count()) {
            return head.count() + " tags, counted are " + map.count();
        }
        return Arrays.equals(map.root(), head.root())
                ? null
                : "map root " + hex(head.root()) + ", from the links it is " + hex(map.root());
    }

    private MapTop grown() {
        MapTop map = top == null ? new MapTop(links.bits()) : top;
        top = map;
        for (int bucket = changed.nextSetBit(0); bucket >= 0; bucket = changed.nextSetBit(bucket + 1)) {
            map.update(bucket, links.tags(bucket));
        }
        changed.clear();
        return map;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
